package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// recut is a pipeline in memory whose workers die and begin again: each from
// snapshots of its own choice, or none, over inputs that come in handfuls of any
// size, so that the units of each life are cut otherwise.
type recut struct {
	ctx     context.Context
	t       *testing.T
	random  *rand.Rand
	plan    Plan
	log     []broker.Record
	version *ModelVersion // that is promoted
	streams map[string][]broker.Record
	saved   map[string][]savedPiece

	lives, again, otherwise int // of workers; records made again, and of these those that end elsewhere
}

// savedPiece is a piece of state behind a log sequence.
type savedPiece struct {
	at     uint64
	places places
	data   []byte
}

// handfuls delivers records, a few at a time.
type handfuls struct {
	random  *rand.Rand
	records []broker.Record
}

func (h *handfuls) Next(context.Context) ([]broker.Record, error) {
	if len(h.records) == 0 {
		return nil, io.EOF
	}
	n := 1 + h.random.IntN(min(len(h.records), 1+h.random.IntN(9)))
	next := h.records[:n]
	h.records = h.records[n:]
	return next, nil
}

func (h *handfuls) Close() {}

// arrivals are a stream's from a sequence on.
func (c *recut) arrivals(stream []broker.Record, promise guarantees.Promise, from uint64) arrivals {
	return newArrivals(&handfuls{c.random, stream[min(from-1, uint64(len(stream))):]}, promise, from)
}

// zip is what openZip opens.
func (c *recut) zip(r reading, stages []string) *zipInput {
	r.plan = c.plan
	df := c.plan.Partitions.DF
	in := &zipInput{reading: r, df: df, route: newRouter(df)}
	for _, stage := range stages {
		n := c.node(stage)
		for i := range *c.plan.Partitions.of(stage) {
			name := c.plan.Pipeline.partitionStream(n, i).Name
			from := r.places[name]
			from.Next = max(from.Next, 1)
			s := &side{
				node: n, partition: i, of: *c.plan.Partitions.of(stage), name: name, promise: c.plan.Promise(stage).OrDefault(),
				begin: from, at: from.At, released: c.plan.Releases(stage), arrivals: c.arrivals(c.streams[name], r.promise, from.Next),
			}
			s.says = stage == TokenizeStage && slices.Contains(stages, ClassifyStage)
			s.codec.wanted = s.says && ordered(c.plan.Topics)
			in.sides = append(in.sides, s)
		}
	}
	in.begin()
	return in
}

func (c *recut) node(stage string) Node {
	n, err := node(stage)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// life is a worker from one start to its death.
type life struct {
	*recut
	worker     *worker
	committers []*guarantees.Committer
	stage      string // that it writes
	streams    []string
	pieces     []piece
	from       restored
	begins     []uint64 // by partition: what is behind it is written
	mortal     bool
	missed     int // a released record was lost so many records ago; 0: none was
}

// live lets a worker of some partitions live. One that is not mortal reaches the end.
func (c *recut) live(stage string, partitions []int, mortal bool) {
	c.lives++
	w := &worker{plan: c.plan, stage: stage, partitions: partitions}
	a, err := w.assemble()
	if err != nil {
		c.t.Fatal(err)
	}
	w.assembly = a
	l := &life{recut: c, worker: w, stage: w.writes().Stage, mortal: mortal}
	committers := make([]*guarantees.Committer, len(partitions))
	for i, p := range partitions {
		committers[i] = new(guarantees.Committer)
		l.streams = append(l.streams, c.plan.Pipeline.partitionStream(w.writes(), p).Name)
	}
	l.committers = committers
	l.pieces = w.pieces(c.ctx, a, committers)
	l.restore()
	in := l.input()
	var verifiers []*verifier
	for i, p := range partitions {
		if len(l.pieces) > 0 && (c.plan.Releases(l.stage) || l.stage != TokenizeStage && l.stage != DFStage) {
			verifiers = append(verifiers, l.verifier(p, l.streams[i], l.restoredTo(i)))
		}
	}
	for done := l.from.after; done < uint64(len(c.log)); {
		u := &Unit{}
		if err := in.next(c.ctx, u); err != nil {
			c.t.Fatalf("%s/%v behind %d: %v", l.stage, partitions, done, err)
		}
		done = u.To
		l.step(u, verifiers)
		if l.write(u) {
			return
		}
		if c.random.IntN(6) == 0 && l.missed == 0 {
			l.save(u.To, in.resume(u.To))
		}
	}
}

// cursor is how far a stream has come.
func (c *recut) cursor(stream string) (to uint64) {
	for _, r := range c.streams[stream] {
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			c.t.Fatal(err)
		}
		if h.Kind == guarantees.Done {
			to = max(to, h.To)
		}
	}
	return to
}

func (l *life) restoredTo(i int) uint64 {
	if l.worker.stage == "" || l.stage == ClassifyStage {
		return l.from.after
	}
	return l.worker.restoredTo(i)
}

// restore loads what the worker chooses of what it may, and finds where its units
// begin to be written.
func (l *life) restore() {
	releases := l.plan.Releases(l.stage)
	limit := ^uint64(0)
	for _, stream := range l.streams {
		if at := l.cursor(stream); !releases {
			limit = min(limit, at)
			l.begins = append(l.begins, at)
		}
	}
	l.from.after = ^uint64(0)
	chosen := l.random.IntN(1 << 20) // in a chain all are of one place
	for i, p := range l.pieces {
		if l.worker.stage != "" {
			chosen = l.random.IntN(1 << 20)
		}
		of := slices.DeleteFunc(slices.Clone(l.saved[p.name]), func(k savedPiece) bool { return k.at > limit && !strings.HasPrefix(p.name, TopicsStage) })
		if strings.HasPrefix(p.name, TopicsStage) && l.worker.stage != "" {
			of = slices.DeleteFunc(of, func(k savedPiece) bool { return k.at > l.begins[i] })
		}
		var k savedPiece
		if n := chosen % (len(of) + 1); n < len(of) {
			k = of[n]
			if err := p.load(bytes.NewReader(k.data), k.at); err != nil {
				l.t.Fatalf("plan %s: %v", line(l.plan), err)
			}
		} else if err := p.reset(); err != nil {
			l.t.Fatal(err)
		}
		if k.at < l.from.after {
			l.from = restored{after: k.at, places: k.places}
		}
	}
	if len(l.pieces) == 0 {
		l.from = restored{after: slices.Min(l.begins)}
	}
	for i, stream := range l.streams {
		if releases {
			at := l.restoredTo(i)
			l.begins = append(l.begins, at)
			l.put(stream, guarantees.Header{Kind: guarantees.Fence, From: at + 1, To: at}, nil)
		}
	}
}

// input is what the worker reads.
func (l *life) input() input {
	r := reading{cuts: slices.Clone(l.begins), after: l.from.after, places: l.from.places, gathers: l.random.IntN(4) > 0}
	for _, p := range l.pieces {
		r.cuts = append(r.cuts, p.at())
	}
	reads := l.plan.reads(l.worker.writes())
	if l.worker.stage == "" || len(reads) == 0 {
		return &logInput{arrivals: l.arrivals(l.log, guarantees.Promise{}, r.after+1), cuts: r.cuts, at: r.after}
	}
	return l.zip(r, reads)
}

// verifier compares what a partition makes again with its stream, as replay does.
func (l *life) verifier(partition int, stream string, at uint64) *verifier {
	of := l.recut.streams[stream]
	return &verifier{
		place: stream, sections: l.worker.assembly.sections, next: at + 1, last: uint64(len(of)), ended: len(of) == 0,
		side: &side{node: l.worker.writes(), partition: partition, name: stream, released: true, at: at, arrivals: l.arrivals(of, guarantees.Promise{}, 1)},
	}
}

func (l *life) step(u *Unit, verifiers []*verifier) {
	for i := range u.Entries {
		if u.Entries[i].Kind == BarrierEntry && (u.Entries[i].Position.Sequence != u.To || !u.Barrier) {
			l.t.Fatalf("unit %d..%d does not end at the barrier %v", u.From, u.To, u.Entries[i].Position)
		}
	}
	for _, cut := range l.begins {
		if u.From <= cut && cut < u.To {
			l.t.Fatalf("unit %d..%d crosses the cursor %d", u.From, u.To, cut)
		}
	}
	l.through(l.worker.assembly, u)
	for i, v := range verifiers {
		if err := v.compare(l.ctx, u, l.owns(l.worker.partitions[i])); err != nil {
			l.t.Fatal(err)
		}
	}
}

// through lets a worker's stages step, with what Promotions bring.
func (c *recut) through(a *assembly, u *Unit) {
	for i := range u.messages {
		u.messages[i].version = c.version
	}
	for i := range u.Entries {
		if p := u.Entries[i].Promotion; p != nil {
			p.version = c.version
		}
	}
	for _, s := range slices.Concat(a.ahead, a.steps) {
		if err := s.Step(u); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (l *life) owns(partition int) func(uint64) bool {
	of := *l.plan.Partitions.of(l.stage)
	return func(sequence uint64) bool { return blockOwner(sequence, of) == partition }
}

// write writes the unit's records, and says whether the worker dies.
func (l *life) write(u *Unit) (dies bool) {
	var c codec
	for i, p := range l.worker.partitions {
		if stored := l.recut.streams[l.streams[i]]; u.To <= l.begins[i] {
			l.again++
			if !slices.ContainsFunc(stored, func(r broker.Record) bool { return r.Header.Get("Tidings-To") == fmt.Sprint(u.To) }) {
				l.otherwise++
			}
			continue
		}
		data, err := c.encode(u, l.worker.assembly.sections, p, l.owns(p))
		if err != nil {
			l.t.Fatal(err)
		}
		if l.plan.Releases(l.stage) && l.mortal && l.missed == 0 && l.random.IntN(30) == 0 {
			l.missed = 1 // what comes behind it is stored
			continue
		}
		l.put(l.streams[i], guarantees.Header{Kind: guarantees.Done, From: u.From, To: u.To}, bytes.Clone(data))
	}
	if l.missed > 0 {
		l.missed++
	}
	return l.missed > 5 || l.mortal && l.random.IntN(12) == 0
}

func (c *recut) put(stream string, h guarantees.Header, data []byte) {
	c.streams[stream] = append(c.streams[stream], broker.Record{Sequence: uint64(len(c.streams[stream]) + 1), Header: headerOf(h), Data: data})
}

// save makes snapshots.
func (l *life) save(at uint64, from places) {
	for _, p := range l.worker.pieces(l.ctx, l.worker.assembly, l.committers) {
		if p.at() > at {
			continue
		}
		save, err := p.copy()
		var data bytes.Buffer
		if err == nil {
			err = save(&data)
		}
		if err != nil {
			l.t.Fatal(err)
		}
		l.saved[p.name] = append(l.saved[p.name], savedPiece{at, from, data.Bytes()})
	}
}

// run lets all stages work to the end, by several workers each.
func (c *recut) run() {
	stages := Stages()
	if c.plan.Partitions.Chained() {
		stages = []string{""}
	}
	for _, stage := range stages {
		of := 1
		if stage != "" {
			of = *c.plan.Partitions.of(stage)
		}
		all := make([]int, of)
		for i := range all {
			all[i] = i
		}
		for range 1 + c.random.IntN(4) {
			some := slices.DeleteFunc(slices.Clone(all), func(int) bool { return c.random.IntN(3) == 0 })
			if len(some) > 0 {
				c.live(stage, some, true)
			}
		}
		if c.random.IntN(2) == 0 {
			c.live(stage, all, false)
			continue
		}
		for _, p := range all {
			c.live(stage, []int{p}, false)
		}
	}
}

// Properties, of workers of all stages that die again and again, go back to any
// snapshot and cut their units by what is at hand:
//   - what readers see is what one goroutine makes of the log, message by message,
//     to the bit: predictions, fates of labels, alarms, digests, windows in their
//     order with what their lines say of those before and of late documents, late
//     documents in their order, counts and sums;
//   - a reader that begins anywhere sees what is behind that, once;
//   - what is made again is what is stored (verifier), and no unit crosses a barrier
//     or a cursor.
func TestResultsAreTheSameHoweverUnitsAreCutAgainInPart(t *testing.T) {
	random := brokertest.Random(t)
	lives, again, otherwise, late := 0, 0, 0, 0
	for round := range 20 {
		c := &recut{
			ctx: t.Context(), t: t, random: random, plan: recutPlan(t, random, round), log: drawLog(random, 40+random.IntN(60)),
			streams: map[string][]broker.Record{}, saved: map[string][]savedPiece{},
		}
		c.version = newVersion(t, c.plan)
		c.run()
		want := c.oracle()
		got, resume := c.results(0, nil)
		c.compare("all", got, want)
		if got.sums() != want.sums() {
			t.Fatalf("plan %s: sums\n%s, want\n%s", line(c.plan), got.sums(), want.sums())
		}
		after, from := resume()
		behind, _ := c.results(after, from)
		c.compare(fmt.Sprintf("behind %d", after), behind, want.behind(after))
		lives, again, otherwise, late = lives+c.lives, again+c.again, otherwise+c.otherwise, late+len(want.late)
	}
	if otherwise == 0 || otherwise == again || late == 0 {
		t.Errorf("of %d records that were made again %d end elsewhere, %d documents were late: this proves too little", again, otherwise, late)
	}
	t.Logf("%d workers lived, of %d records that were made again %d end elsewhere, %d documents were late", lives, again, otherwise, late)
}
