package cmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tidings/eval"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// lane is a broker in a process of its own, which one pipeline after the other
// uses.
type lane struct {
	*proof
	t      *testing.T
	ctx    context.Context
	number int
	random *rand.Rand
	store  string
	listen string
	broker *process
	client *broker.Broker
	rounds int
	rate   int               // documents that come in a second, each in a message of its own
	redis  *redistest.Server // with df counts; nil: they are in workers
	kills  int               // of it
}

// laneTimeout is how long a lane may take.
const laneTimeout = 10 * time.Minute

func newLane(t *testing.T, p *proof, number int, random *rand.Rand) *lane {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), laneTimeout)
	t.Cleanup(cancel)
	l := &lane{proof: p, t: t, ctx: ctx, number: number, random: random, store: brokertest.Dir(t), listen: brokertest.FreeAddress(t), rate: proveRate}
	l.serve()
	var err error
	if l.client, err = broker.Open(ctx, broker.Options{URL: l.url()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.client.Close() })
	return l
}

// serve starts the broker's process. It runs a pipeline of its own, which has
// nothing to do.
func (l *lane) serve() {
	l.broker = start(l.t, "classify", "--listen", l.listen, "--store", l.store, "--pipeline", "idle")
	l.listen = strings.TrimPrefix(l.broker.find(l.t, `broker is at (nats://[0-9.:]+)`), "nats://")
}

func (l *lane) url() string { return "nats://" + l.listen }

// pause lets a random time pass, in which the processes work.
func (l *lane) pause(most time.Duration) {
	select {
	case <-time.After(time.Duration(l.random.Int64N(int64(most)))):
	case <-l.ctx.Done():
		l.t.Fatal(l.ctx.Err())
	}
}

// try repeats a question while the broker is away.
func try[T any](l *lane, ask func(ctx context.Context) (T, error)) T {
	l.t.Helper()
	for {
		answer, err := ask(l.ctx)
		if err == nil {
			return answer
		}
		if !errors.Is(err, broker.ErrNoBroker) || l.client.Await(l.ctx) != nil {
			l.t.Fatal(err)
		}
	}
}

// round is one pipeline: processes that share it, a source, and what came of
// it.
type round struct {
	*lane
	name     string
	division division
	recovery string
	plan     pipeline.Plan
	workers  []*process
	source   *process
}

func (l *lane) round(d division) *round {
	l.rounds++
	r := &round{lane: l, name: fmt.Sprintf("round-%d", l.rounds), division: d, recovery: *proveBy}
	if r.recovery == "" {
		of := l.recoveries()
		r.recovery = of[(l.number+l.rounds)%len(of)]
	}
	for i := range d.stages {
		r.workers = append(r.workers, r.work(i))
	}
	r.started()
	return r
}

// recoveries are those of exactly-once that there are, where state is in a Redis
// those that there are with one.
func (l *lane) recoveries() []string {
	return slices.DeleteFunc([]string{guarantees.Replay, guarantees.Commit, guarantees.BySnapshot}, func(recovery string) bool {
		p := pipeline.Plan{Pipeline: "any", Guarantee: guarantees.ExactlyOnce, Recovery: recovery, Partitions: pipeline.Partitions{Tokenize: 2, DF: 2, Classify: 2, Topics: 2}}
		if l.redis != nil {
			p.State = pipeline.RedisState
		}
		return p.WithDefaults().Check() != nil
	})
}

// work starts one of the processes.
func (r *round) work(i int) *process {
	args := []string{"--nats", r.url(), "--pipeline", r.name, "--partitions", r.division.partitions}
	switch args = append(args, "--recovery", r.recovery); r.recovery {
	case guarantees.Replay:
		args = append(args, "--verify-replay")
	case guarantees.BySnapshot:
		args = append(args, "--snapshot-every", "300ms")
	}
	if s := r.division.stages[i]; s != "" {
		args = append(args, "--stages", s)
	}
	if r.redis != nil {
		args = append(args, "--state", r.redis.URL)
	}
	return start(r.t, "classify", args...)
}

func (r *round) feed(more ...string) []string {
	return append([]string{"--nats", r.url(), "--pipeline", r.name, "--from", r.file, "--limit", fmt.Sprint(*proveSize), "--pack", "1"}, more...)
}

// started lets documents come when there is a pipeline, and waits until something is
// committed to the end of the graph.
func (r *round) started() {
	var err error
	for r.plan, err = pipeline.Stored(r.ctx, r.client, pipeline.Name(r.name)); err != nil; r.plan, err = pipeline.Stored(r.ctx, r.client, pipeline.Name(r.name)) {
		r.lane.pause(20 * time.Millisecond) // the first process is making the pipeline
	}
	streams := r.streams()
	last := streams[len(streams)-1]
	for _, err := r.client.LastSequence(r.ctx, last); err != nil; _, err = r.client.LastSequence(r.ctx, last) {
		r.lane.pause(20 * time.Millisecond)
	}
	r.source = start(r.t, "ingest", r.feed("--rate", fmt.Sprintf("%d/s", r.rate))...)
	r.await(last, 1, func(h guarantees.Header, _ broker.Record) bool { return h.Kind == guarantees.Done })
}

// streams are those that partitions write.
func (r *round) streams() (names []string) {
	for _, s := range r.plan.Streams()[1:] {
		names = append(names, s.Name)
	}
	return names
}

// disturb does something to the round up to n times, as long as more than half
// of the documents are still to come, and says how often. Where they came before
// anything happened the next round is slower.
func (r *round) disturb(n int, something func() (counts bool)) (times int) {
	for times < n && r.logged() < uint64(*proveSize/2) {
		if something() {
			times++
		}
	}
	if times == 0 {
		r.lane.rate = max(1, r.lane.rate/2)
		r.t.Logf("half of the documents came before anything happened; the next come at %d/s", r.lane.rate)
	}
	return times
}

// logged is the last sequence of the log.
func (r *round) logged() uint64 {
	return try(r.lane, func(ctx context.Context) (uint64, error) {
		return r.client.LastSequence(ctx, pipeline.Name(r.name).LogStream().Name)
	})
}

// mark is what stood in a partition's stream when its owner was disturbed.
type mark struct {
	worker   int // of round.workers
	stream   string
	sequence uint64
	epoch    uint64
	at       time.Time
	busy     bool // there was work to do
}

// mark picks one of the partitions and finds out who has it.
func (r *round) mark() mark {
	streams := r.streams()
	for {
		m := mark{stream: streams[r.random.IntN(len(streams))]}
		last := try(r.lane, func(ctx context.Context) (broker.Record, error) {
			return r.client.Last(ctx, m.stream, ">")
		})
		h, err := guarantees.ParseHeader(last)
		if err != nil {
			r.t.Fatal(err)
		}
		m.busy = h.To < r.logged()
		m.sequence, m.epoch, m.at = last.Sequence, h.Epoch, time.Now()
		for m.worker = range r.workers {
			if strings.HasSuffix(h.Worker, "-"+strconv.Itoa(r.workers[m.worker].Process.Pid)) {
				return m
			}
		}
		r.lane.pause(50 * time.Millisecond) // nobody has it now, but soon
	}
}

// recovered waits until something is committed behind the mark, in a later
// epoch if there has to be one, and until that happens within lagMax of the
// document's coming in. All times are the machine's.
func (r *round) recovered(m mark, epoch uint64) {
	const lagMax = 100 * time.Millisecond
	log := pipeline.Name(r.name).LogStream().Name
	first := time.Duration(0)
	back := r.await(m.stream, m.sequence+1, func(h guarantees.Header, record broker.Record) bool {
		if h.Kind != guarantees.Done || h.Epoch < epoch || record.Time.Before(m.at) {
			return false
		}
		if first == 0 {
			first = record.Time.Sub(m.at)
		}
		logged := try(r.lane, func(ctx context.Context) (broker.Record, error) { return r.client.Record(ctx, log, h.To) })
		return record.Time.Sub(logged.Time) < lagMax
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, first)
	r.back = append(r.back, back.Time.Sub(m.at))
	if m.busy {
		r.busy++
	}
}

func (r *round) sourceEnded() bool { return len(r.source.done) > 0 }

// replaced waits until somebody else has committed behind the mark, and says how
// long that took.
func (r *round) replaced(m mark, epoch uint64) time.Duration {
	record := r.await(m.stream, m.sequence+1, func(h guarantees.Header, _ broker.Record) bool {
		return h.Kind == guarantees.Done && h.Epoch >= epoch
	})
	return record.Time.Sub(m.at)
}

// await reads a stream from a sequence on until a record is the one.
func (r *round) await(stream string, from uint64, is func(guarantees.Header, broker.Record) bool) broker.Record {
	reader := try(r.lane, func(ctx context.Context) (*broker.Reader, error) {
		return r.client.Read(ctx, stream, from, broker.ReaderOptions{})
	})
	defer reader.Close()
	ctx, cancel := context.WithTimeout(r.ctx, brokertest.Patience)
	defer cancel()
	for {
		records, err := reader.Next(ctx)
		if err != nil {
			r.t.Fatalf("%s, waiting behind record %d: %v\n%s", stream, from, err, r.outputs())
		}
		for _, record := range records {
			h, err := guarantees.ParseHeader(record)
			if err != nil {
				r.t.Fatal(err)
			}
			if is(h, record) {
				return record
			}
		}
	}
}

func (r *round) outputs() string {
	var s strings.Builder
	for _, p := range append(slices.Clone(r.workers), r.broker, r.source) {
		if p == nil {
			continue // it has not begun
		}
		fmt.Fprintf(&s, "%s\n%s\n", p.name, tail([]byte(p.output())))
	}
	return s.String()
}

// finish lets the rest of the documents come at once, and compares what is
// committed with the oracle and with the untouched run.
func (r *round) finish() {
	if !r.sourceEnded() {
		r.source.kill(r.t)
	}
	command(r.t, "ingest", r.feed()...)
	name := pipeline.Name(r.name)
	last := r.logged()
	ctx, cancel := context.WithTimeout(r.ctx, brokertest.Patience)
	defer cancel()
	tally, err := eval.Follow(ctx, r.client, r.plan, last, nil)
	if err != nil {
		r.t.Fatalf("%s is committed up to log sequence %d of %d: %v\n%s", r.name, tally.To, last, err, r.outputs())
	}
	oracle, err := eval.NewOracle(r.plan)
	if err == nil {
		err = oracle.Replay(ctx, r.client, name)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	got, truth := accountOf(r.t, tally, r.plan), accountOf(r.t, oracle.Tally, r.plan)
	if got != truth || got != r.want || got.Documents != uint64(*proveSize) {
		r.t.Errorf("%s, partitions %s, by %s:\n       got %+v\n    oracle %+v\n untouched %+v", r.name, r.division.partitions, r.recovery, got, truth, r.want)
	}
	for _, w := range r.workers {
		w.signal(r.t, syscall.SIGINT)
	}
	for _, w := range r.workers {
		w.end(r.t, 130)
	}
	for _, s := range r.streams() {
		r.audit(ctx, s)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accounts++
}

// audit reads a partition's stream: epochs rise by one with each fence, a
// record is by whom the fence before it names, and units tile the log. Where all
// go back together a fence says from where on, and its attempt is not older.
func (r *round) audit(ctx context.Context, stream string) {
	first, err := r.client.FirstSequence(ctx, stream)
	last, err2 := r.client.LastSequence(ctx, stream)
	if err := errors.Join(err, err2); err != nil {
		r.t.Fatal(err)
	}
	if n := strings.TrimPrefix(stream, r.name+"-"); r.recovery == guarantees.Replay && r.division.partitions != "1" && (strings.HasPrefix(n, "tok-") || strings.HasPrefix(n, "df-")) {
		r.auditReleased(stream, first, last)
		return
	}
	var owner guarantees.Header
	r.await(stream, first, func(h guarantees.Header, record broker.Record) bool {
		known, fence := owner.Epoch > 0, h.Kind == guarantees.Fence || h.Kind == guarantees.Rewound
		switch {
		case known && h.From != owner.To+1 && !(h.Kind == guarantees.Rewound && h.From <= owner.To):
			r.t.Errorf("%s, record %d covers %d..%d behind %d", stream, record.Sequence, h.From, h.To, owner.To)
		case known && (h.Attempt < owner.Attempt || h.Attempt > owner.Attempt && !fence):
			r.t.Errorf("%s, record %d is of attempt %d behind attempt %d", stream, record.Sequence, h.Attempt, owner.Attempt)
		case known && fence && h.Epoch != owner.Epoch+1:
			r.t.Errorf("%s, record %d: a fence of epoch %d behind epoch %d", stream, record.Sequence, h.Epoch, owner.Epoch)
		case known && !fence && (h.Epoch != owner.Epoch || h.Worker != owner.Worker):
			r.t.Errorf("%s, record %d is by %s in epoch %d; %s has the partition in epoch %d", stream, record.Sequence, h.Worker, h.Epoch, owner.Worker, owner.Epoch)
		}
		owner = h
		return record.Sequence >= last
	})
}

// auditReleased reads a stream between stages by replay: whoever takes only what
// is above its mark finds nothing left out, and epochs rise with fences.
func (r *round) auditReleased(stream string, first, last uint64) {
	mark, epoch, met := uint64(0), uint64(0), map[uint64]bool{}
	r.await(stream, first, func(h guarantees.Header, record broker.Record) bool {
		if first > 1 && !met[h.Epoch] {
			mark = max(mark, h.From-1) // what its owner wrote before may be purged
		}
		met[h.Epoch] = true
		switch {
		case h.Kind == guarantees.Fence && h.Epoch <= epoch:
			r.t.Errorf("%s, record %d: a fence of epoch %d behind epoch %d", stream, record.Sequence, h.Epoch, epoch)
		case h.Kind == guarantees.Fence && h.From > mark+1:
			r.t.Errorf("%s, record %d: it goes on at %d, there is %d", stream, record.Sequence, h.From, mark)
		}
		if h.Kind == guarantees.Fence {
			epoch = h.Epoch
		} else if h.From <= mark+1 {
			mark = max(mark, h.To)
		}
		return record.Sequence >= last
	})
	if mark < r.logged() {
		r.t.Errorf("%s: without a gap it goes to %d of %d", stream, mark, r.logged())
	}
}

// accountOf is a tally as the command's summary tells it.
func accountOf(t *testing.T, tally *pipeline.Tally, plan pipeline.Plan) (a account) {
	t.Helper()
	data, err := json.Marshal(tally.Summary(plan))
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// untouchedRun is the account of a run in one process that nobody disturbs.
func untouchedRun(t *testing.T, args ...string) account {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary.json")
	command(t, "classify", append(args, "--summary", summary)...)
	want := readAccount(t, summary)
	if want.Documents == 0 || want.Lost+want.Duplicates > 0 {
		t.Fatalf("the uninterrupted run is no yardstick: %+v", want)
	}
	return want
}

// kill ends the process with SIGKILL.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatalf("%s: %v\n%s", p.name, err, p.output())
	}
	err := <-p.done
	if p.done <- err; p.ProcessState.Exited() {
		t.Fatalf("%s ended before it was killed: %v\n%s", p.name, err, p.output())
	}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatalf("%s: %v\n%s", p.name, err, p.output())
	}
}

// forget leaves out the lines printed so far when one is looked for.
func (p *process) forget() {
	for len(p.seen) > 0 {
		<-p.seen
	}
}
