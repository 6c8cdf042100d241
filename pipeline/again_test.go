package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline/topics"
)

// rerun is a range that a partition's stream covers again.
type rerun struct {
	stage     string
	partition int
	sequence  uint64 // of its record
	from, to  uint64
	part      int    // the only tokenize partition that it is about, from 1
	bump      uint32 // its df values are higher by so much
}

// trigger is what a unit says that it brings about.
func (r rerun) trigger() string {
	return fmt.Sprintf("%s/%d@%d", map[string]string{TokenizeStage: "tok", DFStage: "df", ClassifyStage: "pred"}[r.stage], r.partition, r.sequence)
}

// scribe writes partitions' streams by hand.
type scribe struct {
	ctx    context.Context
	t      *testing.T
	broker *broker.Broker
	plan   Plan
	unit   *Unit
	random *rand.Rand
}

// write writes one partition's stream, cut as chance has it, with reruns of
// what stands in it between, and returns those.
func (s *scribe) write(stage string, partition int) (again []rerun) {
	n, err := node(stage)
	if err != nil {
		s.t.Fatal(err)
	}
	stream := s.plan.Pipeline.partitionStream(n, partition)
	if err := s.broker.CreateStream(s.ctx, stream); err != nil {
		s.t.Fatal(err)
	}
	sequence := uint64(0)
	put := func(r rerun, first bool) {
		sequence++
		r.sequence = sequence
		h := guarantees.Header{Kind: guarantees.Done, From: r.from, To: r.to, Part: r.part}
		if !first {
			again = append(again, r)
			if r.part > 0 {
				h.Trigger = fmt.Sprintf("tok/%d@1", r.part-1)
			}
		}
		if _, err := s.broker.Put(s.ctx, stream.Name, stream.Subjects[0], "", sequence-1, headerOf(h), s.record(r)); err != nil {
			s.t.Fatal(err)
		}
	}
	end := s.unit.To + 1 // one more, so that what comes again at the end is met
	for at := uint64(0); at < end; {
		to := at + 1 + s.random.Uint64N(1+min(end-at-1, 12))
		put(rerun{stage: stage, partition: partition, from: at + 1, to: to}, true)
		at = to
		for s.random.IntN(6) == 0 && at < end {
			r := rerun{stage: stage, partition: partition, bump: 1000 * (1 + s.random.Uint32N(9))}
			r.from = 1 + s.random.Uint64N(at)
			r.to = r.from + s.random.Uint64N(at-r.from+1)
			if stage == DFStage && s.random.IntN(2) == 0 {
				r.part = 1 + s.random.IntN(s.plan.Partitions.Tokenize)
			}
			put(r, false)
		}
	}
	return again
}

func headerOf(h guarantees.Header) broker.Header {
	l := broker.Header{"Tidings-Kind": {string(h.Kind)}, "Tidings-Epoch": {"1"}, "Tidings-From": {fmt.Sprint(h.From)}, "Tidings-To": {fmt.Sprint(h.To)}}
	if h.Trigger != "" {
		l["Tidings-Trigger"], l["Tidings-Part"] = []string{h.Trigger}, []string{fmt.Sprint(h.Part)}
	}
	return l
}

// record is what stands in a partition's record of a range.
func (s *scribe) record(r rerun) []byte {
	var c codec
	of := *s.plan.Partitions.of(r.stage)
	section := map[string]byte{TokenizeStage: tokensSection, DFStage: dfSection, ClassifyStage: predictionsSection, TopicsStage: windowsSection}[r.stage]
	data, err := c.encode(s.stretch(r), []byte{section}, r.partition, func(sequence uint64) bool { return blockOwner(sequence, of) == r.partition })
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.Clone(data)
}

// stretch is the unit that a rerun is about: with the df values of its
// partition as they are now, all others as they were first.
func (s *scribe) stretch(r rerun) *Unit {
	n := s.plan.Partitions.DF
	u := part(s.unit, n, r.from, r.to)
	if r.part > 0 {
		kept := &Unit{From: u.From, To: u.To}
		kept.room(n)
		for from := u.From; from <= u.To; from++ {
			if blockOwner(from, s.plan.Partitions.Tokenize) == r.part-1 {
				join(kept, part(s.unit, n, from, from))
			}
		}
		u = kept
	}
	for i := range u.DF[r.partition] {
		u.DF[r.partition][i] += r.bump
	}
	for p := range n {
		u.Windows[p], u.Counts[p], u.Late[p] = nil, nil, nil
		if r.stage == TopicsStage {
			u.Windows[p] = []topics.Window{{Definition: fmt.Sprint(p), First: r.from, Last: r.to, Documents: uint64(r.bump)}}
		}
	}
	return u
}

// fired are the units that a reader met, those in their place put together.
type fired struct {
	inPlace *Unit
	again   map[string]seen
	part    map[string]int
}

// read reads streams together until all is met that has to be.
func (s *scribe) read(stages []string, c cuts, want int) fired {
	s.ctx = brokertest.Context(s.t) // reading ranges again takes its time on a busy machine
	in, err := openZip(s.ctx, reading{broker: s.broker, plan: s.plan, cuts: c, promise: guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}}, stages)
	if err != nil {
		s.t.Fatal(err)
	}
	defer in.close()
	f := fired{inPlace: &Unit{}, again: map[string]seen{}, part: map[string]int{}}
	f.inPlace.room(s.plan.Partitions.DF)
	u := &Unit{}
	for at := uint64(0); at <= s.unit.To || len(f.again) < want; {
		u.Reset()
		if err := in.next(s.ctx, u); err != nil {
			s.t.Fatalf("behind %d, %d of %d came again: %v", at, len(f.again), want, err)
		}
		for i := range u.Entries {
			u.Entries[i].Scores = slices.Clone(u.Entries[i].Scores)
		}
		switch {
		case u.Trigger == "" && (u.From != at+1 || c.limit(u.From, u.To) != u.To):
			s.t.Fatalf("unit %d..%d follows %d, cuts %v", u.From, u.To, at, c)
		case u.Trigger == "":
			at = u.To
			join(f.inPlace, u)
		case u.To > at || f.part[u.Trigger] > 0:
			s.t.Fatalf("%s fires %d..%d behind %d", u.Trigger, u.From, u.To, at)
		default:
			f.again[u.Trigger], f.part[u.Trigger] = look(u), u.Part+1
		}
	}
	return f
}

// Properties, of streams of tokens and df in which random ranges come again,
// with other df values, of all tokenize partitions or of one:
//   - what stands in its place is what it is without;
//   - a reader of tokens alone sees each range that comes again as its partition
//     says it now, once, behind the place where it stood;
//   - a join fires for each range that a df partition repeats, with its new df
//     values and the first of everything else, restricted to the tokenize
//     partition that it is about; for repeated tokens it does not fire;
//   - none of it depends on how the streams are cut.
func TestWhatComesAgainFires(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	fires := 0
	for round := range 6 {
		n := []int{1, 2, 3}[round%3]
		s := &scribe{
			ctx: brokertest.Context(t), t: t, broker: b, random: random,
			unit: rapid.Custom(func(t *rapid.T) *Unit { return drawUnit(t, n) }).Example(random.IntN(1 << 30)),
			plan: Plan{Pipeline: Name(fmt.Sprintf("p%d", round)), Partitions: Partitions{n, n, n, n}, Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept},
		}
		var tokens, df []rerun
		for p := range n {
			tokens = append(tokens, s.write(TokenizeStage, p)...)
			df = append(df, s.write(DFStage, p)...)
		}
		fires += len(tokens) + len(df)
		whole := look(s.unit)
		whole.Entries, whole.Windows, whole.Counts, whole.Late = withoutPredictions(whole.Entries), nil, nil, nil
		for range 2 {
			var c cuts
			for range random.IntN(4) {
				c = append(c, random.Uint64N(s.unit.To+5))
			}
			alone := s.read([]string{TokenizeStage}, c, len(tokens))
			want := whole
			want.DF, want.Ends = nil, nil
			if d := difference(look(alone.inPlace), want); d != "" {
				t.Fatalf("tokens alone, - got + want:\n%s", d)
			}
			s.wantAlone(alone, tokens)
			both := s.read([]string{TokenizeStage, DFStage}, c, len(df))
			if d := difference(look(both.inPlace), whole); d != "" {
				t.Fatalf("joined, - got + want:\n%s", d)
			}
			s.wantJoined(both, df)
		}
	}
	t.Logf("%d ranges came again", fires)
}

func (s *scribe) wantAlone(got fired, tokens []rerun) {
	for _, r := range tokens {
		u := s.stretch(r)
		mine := &Unit{From: r.from, To: r.to}
		mine.room(s.plan.Partitions.DF)
		for from := r.from; from <= r.to; from++ {
			if blockOwner(from, s.plan.Partitions.Tokenize) == r.partition {
				join(mine, part(u, s.plan.Partitions.DF, from, from))
			}
		}
		want := look(mine)
		want.Entries, want.DF, want.Ends, want.Windows, want.Counts, want.Late = withoutPredictions(want.Entries), nil, nil, nil, nil, nil
		if d := difference(got.again[r.trigger()], want); d != "" {
			s.t.Fatalf("%s covers %d..%d again, - got + want:\n%s", r.trigger(), r.from, r.to, d)
		}
		part := 0
		if s.plan.Partitions.Tokenize > 1 {
			part = r.partition + 1
		}
		if got.part[r.trigger()] != part+1 {
			s.t.Fatalf("%s is of part %d, want %d", r.trigger(), got.part[r.trigger()]-1, part)
		}
	}
}

func (s *scribe) wantJoined(got fired, df []rerun) {
	for _, r := range df {
		want := look(s.stretch(r))
		want.Entries = withoutPredictions(want.Entries)
		if d := difference(got.again[r.trigger()], want); d != "" {
			s.t.Fatalf("%s covers %d..%d of part %d again, - got + want:\n%s", r.trigger(), r.from, r.to, r.part, d)
		}
		if got.part[r.trigger()] != r.part+1 {
			s.t.Fatalf("%s is of part %d, want %d", r.trigger(), got.part[r.trigger()]-1, r.part)
		}
	}
}
