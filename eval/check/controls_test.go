package check_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/planted"
	"tidings/pipeline"
)

// control is a mistake, what it needs to show, and the check that finds it.
type control struct {
	mistake    planted.Mistake
	partitions int
	recovery   string
	order      string
	faults     []guarantees.Fault
	zombie     bool         // while a worker stands still another one does its work
	published  bool         // results are published, and some are when a worker is killed
	untimed    bool         // documents have no time
	late       bool         // the first document of every message is three days late
	want       []check.Kind // each has to be found
	impure     string       // or the run itself stops, and says that this one is not pure
}

// kill kills classify when so many documents have passed.
func kill(at uint64, point guarantees.Point) guarantees.Fault {
	return guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, At: at, Point: point}
}

func controls() []control {
	return []control{
		{mistake: planted.AckFirst, faults: []guarantees.Fault{kill(1500, guarantees.Stepped)}, want: []check.Kind{check.Gap, check.Lost}},
		{mistake: planted.TwoPublishes, faults: []guarantees.Fault{kill(1500, guarantees.Stored)}, want: []check.Kind{check.Repeated}},
		{mistake: planted.SecondStore, faults: []guarantees.Fault{kill(1500, guarantees.Stored)}, want: []check.Kind{check.Repeated}},
		{mistake: planted.BlindRetry, faults: []guarantees.Fault{{Kind: guarantees.DropAck, Partition: -1, Share: .5}}, want: []check.Kind{check.Repeated}},
		{mistake: planted.NoFence, zombie: true, want: []check.Kind{check.Repeated, check.Fence}},
		{mistake: planted.SessionFence, zombie: true, want: []check.Kind{check.Fence}},
		{mistake: planted.MarkForgets, faults: []guarantees.Fault{kill(1500, guarantees.Stored)}, want: []check.Kind{check.Ledger, check.Differs}},
		{mistake: planted.UnorderedSum, want: []check.Kind{check.Differs}},
		{mistake: planted.TimerOutside, late: true, faults: []guarantees.Fault{kill(1500, guarantees.Saved)}, want: []check.Kind{check.WindowRepeated}},
		{mistake: planted.SharedReplica, partitions: 2, recovery: guarantees.Claim, want: []check.Kind{check.Ledger}, faults: []guarantees.Fault{
			kill(1500, guarantees.Stepped), kill(2500, guarantees.Stored),
		}},
		{mistake: planted.Unaligned, recovery: guarantees.BySnapshot, want: []check.Kind{check.Ledger, check.Differs}, faults: []guarantees.Fault{kill(1500, guarantees.Stored)}},
		{mistake: planted.EarlyRelease, recovery: guarantees.BySnapshot, published: true, want: []check.Kind{check.Early}, faults: []guarantees.Fault{kill(1500, guarantees.Stored)}},
		{mistake: planted.SecondMarks, partitions: 2, recovery: guarantees.Replay, impure: "df/0", faults: []guarantees.Fault{
			{Kind: guarantees.Kill, Stage: pipeline.DFStage, At: 2200, Point: guarantees.Stored},
		}},
		{mistake: planted.ReadsClock, partitions: 2, recovery: guarantees.Replay, untimed: true, impure: "tokenize/", faults: []guarantees.Fault{
			{Kind: guarantees.Kill, Stage: pipeline.TokenizeStage, At: 1700, Point: guarantees.Stored},
		}},
		{mistake: planted.ReadsClock, recovery: guarantees.Replay, untimed: true, impure: "classify/0", faults: []guarantees.Fault{kill(1700, guarantees.Stored)}},
	}
}

// Properties, of each mistake that is planted, in a pipeline under faults:
//   - with it the checks that are named find something, and the claim is broken;
//   - without it, under the same faults, nothing breaks the claim.
func TestEachMistakeIsFound(t *testing.T) {
	covered := map[planted.Mistake]bool{}
	for _, c := range controls() {
		covered[c.mistake] = true
		for _, wrong := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/%d/%t", c.mistake, c.partitions, wrong), func(t *testing.T) {
				t.Parallel()
				r := c.run(t, wrong)
				if wrong && c.impure != "" {
					return
				}
				c.found(t, r, wrong)
				if owners := r.Stages[len(r.Stages)-1].Fences; !wrong && len(c.faults) > 0 && c.partitions == 0 && owners < 2 {
					t.Errorf("%d owners: no fault has struck, which proves nothing", owners)
				}
				for _, f := range r.Findings {
					if wrong && f.Broken {
						t.Log(f.String())
					}
				}
			})
		}
	}
	for _, m := range planted.All() {
		if !covered[m] {
			t.Errorf("nothing is to find %q", m)
		}
	}
}

// found holds what was found against what was to be.
func (c control) found(t *testing.T, r check.Report, wrong bool) {
	t.Helper()
	for _, kind := range c.want {
		found := slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Kind == kind && f.Broken })
		if found != wrong {
			t.Errorf("%s is found: %t\n%v", kind, found, r.Findings)
		}
	}
	if r.Broken != wrong || !wrong && r.Unfinished > 0 {
		t.Errorf("the claim is broken: %t, %d documents are not through\n%v", r.Broken, r.Unfinished, r.Findings)
	}
}

// Properties, where records are met as they arrive and all go back together:
//   - a barrier that is not aligned is found, without it nothing is;
//   - a zombie of another attempt leaves no trace.
func TestWhatRacesIsCheckedUnderEveryPromise(t *testing.T) {
	c := control{mistake: planted.Unaligned, partitions: 2, recovery: guarantees.BySnapshot, order: guarantees.Arrival, want: []check.Kind{check.Ledger, check.Differs}}
	for _, wrong := range []bool{true, false} {
		c.faults = []guarantees.Fault{kill(1500, guarantees.Stored)}
		c.found(t, c.run(t, wrong), wrong)
	}
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "p", 2, guarantees.BySnapshot)
	p.Order, p.SnapshotEvery = guarantees.Arrival, pipeline.Interval{Documents: 400}
	evaltest.Fill(t, b, p.Pipeline, evaltest.Documents(3000), 4)
	c.zombies(t, b, p)
	c.found(t, evaltest.Check(t, b, p), false)
}

// zombies pauses a worker of classify beside all others, until another one has
// done its work.
func (c control) zombies(t *testing.T, b *broker.Broker, p pipeline.Plan) {
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	asleep, awake := make(chan struct{}), make(chan struct{})
	faults := evaltest.Faults(b, p, guarantees.Fault{Kind: guarantees.Pause, Stage: pipeline.ClassifyStage, At: 1500, Point: guarantees.Stepped, For: time.Second})
	faults.Pause = func(context.Context, time.Duration) error {
		close(asleep)
		<-awake
		return nil
	}
	others := c.start(ctx, t, b, p, "tokenize,df,classify/1,topics", evaltest.Faults(b, p), "others")
	first := c.start(ctx, t, b, p, "classify/0", faults, "first")
	<-asleep
	second := c.start(ctx, t, b, p, "classify/0", evaltest.Faults(b, p), "second")
	if _, err := eval.Follow(ctx, b, p, last, nil); err != nil {
		t.Fatal(err)
	}
	close(awake)
	if err := <-first.ended; !errors.Is(err, guarantees.ErrFenced) {
		t.Errorf("the first ended with %v, want %v", err, guarantees.ErrFenced)
	}
	second.stop()
	others.stop()
}

// Properties: where all go back together a worker that wakes when another one has
// done its work is told so and leaves no trace, and the run keeps its claim.
func TestAZombieOfAnotherAttemptLeavesNoTrace(t *testing.T) {
	r := control{recovery: guarantees.BySnapshot, zombie: true}.run(t, false)
	if r.Broken || r.Unfinished > 0 || r.Stages[0].Fences < 2 {
		t.Errorf("broken: %t, %d not through, %d owners\n%v", r.Broken, r.Unfinished, r.Stages[0].Fences, r.Findings)
	}
}

// untime is what makes a document one without a time.
var untime = regexp.MustCompile(`"time":"[^"]*",`)

// run lets a pipeline work with the mistake or without, and checks what it left.
func (c control) run(t *testing.T, wrong bool) check.Report {
	b := evaltest.Broker(t)
	recovery, n := guarantees.Commit, 1
	if c.recovery != "" {
		recovery = c.recovery
	}
	if c.partitions > 0 {
		n = c.partitions
	}
	p := evaltest.Plan(t, "p", n, recovery)
	if c.order != "" {
		p.Order = c.order
	}
	if p.Holds() {
		p.SnapshotEvery = pipeline.Interval{Documents: 400}
	}
	documents := evaltest.Documents(3000)
	if c.late {
		documents = late(documents)
	}
	for i := range documents {
		if c.untimed {
			documents[i] = untime.ReplaceAll(documents[i], nil)
		}
	}
	evaltest.Fill(t, b, p.Pipeline, documents, 4)
	faults := evaltest.Faults(b, p, c.faults...)
	if p.Races() && p.Holds() {
		faults.Kill = func(ctx context.Context, partition string) error { return goneBack(ctx, b, p, partition) }
	}
	if wrong {
		faults.Planted = planted.Plant(t, c.mistake)
	}
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if c.published {
		defer c.publish(ctx, t, b, p, faults, wrong)()
	}
	var err error
	if c.zombie {
		c.haunt(ctx, t, b, p, faults, wrong)
	} else if _, err = eval.Run(ctx, b, p, faults, nil); err != nil && !wrong {
		t.Fatal(err)
	} else if err != nil {
		t.Log("it ended with", err)
	}
	if impure := new(pipeline.ImpureError); wrong && c.impure != "" && (!errors.As(err, &impure) || !strings.HasPrefix(impure.Place, c.impure) || impure.From == 0) {
		t.Errorf("it ended with %v, not with %s being not pure", err, c.impure)
	}
	return evaltest.Check(t, b, p)
}

// goneBack kills a worker when there is a snapshot to which all go back.
func goneBack(ctx context.Context, b *broker.Broker, p pipeline.Plan, partition string) error {
	for {
		a, _, err := p.Attempt(ctx, b)
		if err != nil {
			return err
		}
		if a.Complete > 0 {
			return fmt.Errorf("%s: %w", partition, guarantees.ErrKilled)
		}
	}
}

// publish publishes results beside a run, and kills no worker before something
// was: what is not to be seen is seen only if somebody looks.
func (c control) publish(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, faults *guarantees.Faults, wrong bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- pipeline.Project(ctx, b, p, pipeline.Shape{Planted: faults.Planted}) }()
	faults.Kill = func(ctx context.Context, partition string) error {
		for {
			to, err := pipeline.PublishedBefore(ctx, b, p.Pipeline, time.Now())
			if err != nil {
				return err
			}
			a, _, err := p.Attempt(ctx, b)
			if err != nil {
				return err
			}
			if to > a.Complete || !wrong && to > 0 && to == a.Complete {
				return fmt.Errorf("%s: %w", partition, guarantees.ErrKilled)
			}
		}
	}
	return func() {
		cancel()
		if err := <-ended; err != nil && !wrong { // what it has read of the log may count no more
			t.Error(err)
		}
	}
}

// late makes the first document of every four three days older.
func late(documents [][]byte) [][]byte {
	day := func(i int) []byte {
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 15 * time.Minute)
		if i%4 == 0 {
			at = at.Add(-72 * time.Hour)
		}
		return []byte(at.Format(time.RFC3339))
	}
	for i, d := range documents {
		before, rest, _ := bytes.Cut(d, []byte(`"time":"`))
		_, after, _ := bytes.Cut(rest, []byte(`"`))
		documents[i] = slices.Concat(before, []byte(`"time":"`), day(i), []byte(`"`), after)
	}
	return documents
}

// haunt pauses a worker in the middle of a unit, has another one do all that
// there is to do, and wakes the first.
func (c control) haunt(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, faults *guarantees.Faults, wrong bool) {
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	asleep, awake := make(chan struct{}), make(chan struct{})
	faults.Plan = []guarantees.Fault{{Kind: guarantees.Pause, Stage: pipeline.ClassifyStage, At: 1500, Point: guarantees.Stepped, For: time.Second}}
	faults.Pause = func(ctx context.Context, _ time.Duration) error {
		close(asleep)
		<-awake
		return nil
	}
	first := c.start(ctx, t, b, p, "", faults, "first")
	<-asleep
	others := evaltest.Faults(b, p)
	others.Planted = faults.Planted
	second := c.start(ctx, t, b, p, "", others, "second")
	c.await(ctx, t, b, p, func(r guarantees.Header) bool { return r.Worker == "second" && r.To >= last })
	close(awake)
	if wrong {
		c.await(ctx, t, b, p, func(r guarantees.Header) bool { return r.Worker == "first" && r.To >= last })
		first.stop()
	} else if err := <-first.ended; !errors.Is(err, guarantees.ErrFenced) {
		t.Errorf("the first ended with %v, want %v", err, guarantees.ErrFenced)
	}
	second.stop()
}

// runner is one that works.
type runner struct {
	ended  chan error
	cancel context.CancelFunc
}

func (r *runner) stop() {
	r.cancel()
	<-r.ended
}

func (c control) start(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, stages string, faults *guarantees.Faults, who string) *runner {
	r, err := pipeline.NewRunner(b, p, stages, who)
	if err != nil {
		t.Fatal(err)
	}
	r.Inject(faults)
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	running := &runner{make(chan error, 1), cancel}
	go func() { running.ended <- r.Run(ctx) }()
	return running
}

// await reads the chain's stream until a record is as wanted.
func (c control) await(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, wanted func(guarantees.Header) bool) {
	t.Helper()
	r, err := b.Read(ctx, string(p.Pipeline)+"-pred-0", 1, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			h, err := guarantees.ParseHeader(record)
			if err != nil {
				t.Fatal(err)
			}
			if wanted(h) {
				return
			}
		}
	}
}
