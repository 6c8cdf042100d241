package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/model/drift"
	"tidings/pipeline/topics"
)

// abstained is the probability below which the projections of these tests name
// no label.
const abstained = 0.9

// logged puts n documents into a pipeline's log, with labels, some rows that
// tokenize refuses and some that were refused before, and ends of a source.
func logged(ctx context.Context, t *testing.T, b *broker.Broker, name Name, n int, random *rand.Rand) {
	t.Helper()
	if err := b.CreateStream(ctx, name.LogStream()); err != nil {
		t.Fatal(err)
	}
	a := b.Appender(name.LogStream().Name, 0)
	defer a.Close()
	words := []string{"goal", "match", "vote", "law", "rain", "storm", "star", "orbit"}
	labels := []string{"sport", "politics", "weather", "space"}
	titles := []string{"Tour de France", "Hong Kong", "Hurricane Harvey", "Voyager leaves the Solar System", "é nothing is named"}
	put := func(kind string, data []byte) {
		if err := a.Append(name.LogSubject(kind, "test"), nil, data); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < n; {
		var lines [][]byte
		for range 1 + random.IntN(12) {
			label := random.IntN(len(labels))
			switch random.IntN(12) {
			case 0:
				lines = append(lines, fmt.Appendf(nil, `{"id":"d%d","text":`, i))
			case 1:
				lines = append(lines, fmt.Appendf(nil, `{"id":"d%d","text":""}`, i))
			default:
				late := random.IntN(20) / 19 * 3 // days
				lines = append(lines, fmt.Appendf(nil, `{"id":"d%d","time":"2026-01-%02dT00:00:00Z","label":%q,"title":"%s","text":"%s %s %s"}`, i, 4+i*27/n-late,
					labels[label], titles[random.IntN(len(titles))], words[2*label], words[2*label+1], words[random.IntN(len(words))]))
			}
			i++
		}
		put(ArticleRecord, bytes.Join(lines, []byte{'\n'}))
		switch random.IntN(10) {
		case 0:
			put(RejectRecord, fmt.Appendf(nil, `{"id":"r%d","reason":"bad_row","detail":"row %d"}`, i, i))
		case 1:
			put(ControlRecord, []byte(`{"end":true}`))
		}
	}
	put(ControlRecord, []byte(`{"end":true}`))
	if err := a.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

func projectionPlan(t *testing.T, name Name, p Partitions) Plan {
	t.Helper()
	plan := Plan{Pipeline: name, Partitions: p, Drift: drift.Options{Detectors: []drift.Spec{"page-hinkley:1", "every:50"}}}
	for _, s := range []string{"tumbling:24h", "count:10"} {
		d, err := topics.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		plan.Topics.Windows = append(plan.Topics.Windows, d)
	}
	plan.Topics.Stories, plan.Topics.Bursts = 3, 3
	plan = plan.WithDefaults()
	plan.Features.HashBits = 10
	return plan
}

// work runs a pipeline in the background until the test ends or stop is called.
func work(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan) (stop func()) {
	t.Helper()
	r, err := NewRunner(b, plan, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// lines are what outside readers should see, by kind, from the results.
func lines(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan) map[string][]string {
	t.Helper()
	last, err := b.LastSequence(ctx, plan.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenResults(ctx, b, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := map[string][]string{}
	add := func(kind string, v any) {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out[kind] = append(out[kind], string(line))
	}
	teller := NewWindowTeller(b, plan)
	for to := uint64(0); to < last; {
		u, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range u.Entries {
			switch e := &u.Entries[i]; e.Kind {
			case DocumentEntry:
				add("predictions", NewPredictionLine(e.Prediction(), abstained))
			case DeadLetter, RejectEntry:
				add("deadletters", NewDeadLetterLine(e))
			}
			for _, a := range u.Entries[i].AllAlarms() {
				add("alarms", NewAlarmLine(a))
			}
		}
		for _, l := range teller.Unit(u) {
			if err := teller.Name(ctx, &l); err != nil {
				t.Fatal(err)
			}
			add("windows", l)
		}
		for _, l := range u.AllLate() {
			add("late", l)
		}
		to = u.To
	}
	for _, kind := range []string{"predictions", "deadletters", "windows", "alarms"} {
		if len(out[kind]) < 10 {
			t.Fatalf("%d %s are no test", len(out[kind]), kind)
		}
	}
	return out
}

// outside is what an outside reader has seen.
type outside struct {
	broker *broker.Broker
	plan   Plan
	reader *broker.Reader
	lines  map[string][]string
	pack   int
}

func openOutside(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, pack int) *outside {
	t.Helper()
	s := plan.Pipeline.OutStream()
	if err := b.CreateStream(ctx, s); err != nil {
		t.Fatal(err)
	}
	r, err := b.Read(ctx, s.Name, 1, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return &outside{broker: b, plan: plan, reader: r, lines: map[string][]string{}, pack: pack}
}

// until reads until so many lines of each kind have come. Each message says
// how many lines of its kind there are with it.
func (o *outside) until(ctx context.Context, t *testing.T, want map[string][]string) {
	t.Helper()
	more := func() bool {
		for kind, lines := range want {
			if len(o.lines[kind]) < len(lines) {
				return true
			}
		}
		return false
	}
	for more() {
		records, err := o.reader.Next(ctx)
		if err != nil {
			t.Fatalf("%d predictions of %d, %d dead letters of %d, %d windows of %d: %v", len(o.lines["predictions"]), len(want["predictions"]),
				len(o.lines["deadletters"]), len(want["deadletters"]), len(o.lines["windows"]), len(want["windows"]), err)
		}
		for _, r := range records {
			kind := r.Subject[len(o.plan.Pipeline)+len(".out."):]
			message := bytes.Split(r.Data, []byte{'\n'})
			if o.pack > 0 && len(message) > o.pack {
				t.Errorf("a message of %d lines, %d are allowed", len(message), o.pack)
			}
			for _, line := range message {
				o.lines[kind] = append(o.lines[kind], string(line))
			}
			if n := strconv.Itoa(len(o.lines[kind])); r.Header.Get(headerLines) != n {
				t.Errorf("message %d says that there are %s %s with it, there are %s", r.Sequence, r.Header.Get(headerLines), kind, n)
			}
		}
	}
}

// compare says where what was seen is not what should be.
func (o *outside) compare(t *testing.T, want map[string][]string) {
	t.Helper()
	for _, kind := range []string{"predictions", "deadletters", "windows", "alarms", "late"} {
		got := o.lines[kind]
		for i := range max(len(got), len(want[kind])) {
			if i >= len(got) || i >= len(want[kind]) || got[i] != want[kind][i] {
				t.Errorf("of %d %s %d were seen; number %d is not the one", len(want[kind]), kind, len(got), i)
				if i < len(got) && i < len(want[kind]) {
					t.Logf("seen %s\nwant %s", got[i], want[kind][i])
				}
				break
			}
		}
	}
}

// interrupted runs a projection that is stopped and started at random moments,
// at once or when some messages have been published, until ctx ends.
func interrupted(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, pack int, random *rand.Rand) (stops int) {
	for ; ctx.Err() == nil && !t.Failed(); stops++ {
		running, stop := context.WithCancel(ctx)
		var projecting sync.WaitGroup
		projecting.Go(func() {
			if err := Project(running, b, plan, Shape{Pack: pack, Abstain: abstained}); err != nil {
				t.Error(err)
			}
		})
		if random.IntN(4) == 0 {
			grows(ctx, b, plan, 1)
		}
		for range random.IntN(20_000) {
			runtime.Gosched()
		}
		stop()
		projecting.Wait()
	}
	return stops
}

// grows waits until n more messages have been published.
func grows(ctx context.Context, b *broker.Broker, plan Plan, n uint64) {
	var first uint64
	for i := 0; ; i++ {
		last, err := b.LastSequence(ctx, plan.Pipeline.OutStream().Name)
		if ctx.Err() != nil {
			return
		}
		if err == nil && i == 0 {
			first = last
		}
		if err == nil && last >= first+n {
			return
		}
	}
}

// Properties, of projections that are stopped and started at random moments,
// one and two at a time, with any packing, while the pipeline works and when it
// is done:
//   - outside readers see each prediction, window and dead letter exactly once,
//     in the order of the results;
//   - each message says how many lines of its kind there are with it, and none
//     has more lines than was asked for;
//   - the newest window of each definition is in the bucket for who joins late,
//     as soon as a projection has gone on, byte by byte as it was published.
func TestOutsideReadersSeeEachLineOnce(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	tests := map[string]struct {
		partitions   Partitions
		pack         int
		projections  int
		whileWorking bool
	}{
		"chain":                   {Partitions{1, 1, 1, 1}, 0, 1, false},
		"chain, two":              {Partitions{1, 1, 1, 1}, 3, 2, true},
		"divided":                 {Partitions{2, 2, 2, 3}, 1, 1, true},
		"divided, two":            {Partitions{2, 3, 2, 2}, 5, 2, false},
		"divided, two at a time":  {Partitions{1, 2, 3, 2}, 0, 2, true},
		"chain, two, one by one ": {Partitions{1, 1, 1, 1}, 1, 2, true},
	}
	i := 0
	for name, test := range tests {
		i++
		plan := projectionPlan(t, Name(fmt.Sprintf("p%d", i)), test.partitions)
		t.Run(name, func(t *testing.T) {
			ctx := brokertest.Context(t)
			if err := Create(ctx, b, plan); err != nil {
				t.Fatal(err)
			}
			logged(ctx, t, b, plan.Pipeline, 800, random)
			stop := work(ctx, t, b, plan)
			var want map[string][]string
			if !test.whileWorking {
				want = lines(ctx, t, b, plan)
				stop()
			}
			projecting, end := context.WithCancel(ctx)
			var projections sync.WaitGroup
			stops := make([]int, test.projections)
			for i := range stops {
				chance := rand.New(rand.NewPCG(random.Uint64(), 1))
				projections.Go(func() { stops[i] = interrupted(projecting, t, b, plan, test.pack, chance) })
			}
			if want == nil {
				want = lines(ctx, t, b, plan)
			}
			o := openOutside(ctx, t, b, plan, test.pack)
			o.until(ctx, t, want)
			end()
			projections.Wait()
			last, err := b.LastSequence(ctx, plan.Pipeline.OutStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			again := openOutside(ctx, t, b, plan, test.pack)
			again.until(ctx, t, want)
			o.compare(t, want)
			again.compare(t, want)
			if len(want["late"]) < 10 {
				t.Errorf("%d late documents are no test", len(want["late"]))
			}
			kept(ctx, t, b, plan, want["windows"])
			t.Logf("%d predictions, %d windows, %d dead letters in %d messages; stopped and started %v times",
				len(want["predictions"]), len(want["windows"]), len(want["deadletters"]), last, stops)
		})
	}
}

// Properties, of a pipeline and its projection whose connection is cut and
// whose server is stopped and started at random moments, until the source has
// ended:
//   - both go on by themselves, also when the last commit or the last message
//     was lost and nothing new comes;
//   - the results are those of a pipeline that was not disturbed, and outside
//     readers see each line once.
func TestARunGoesOnAfterOutages(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	s := brokertest.Serve(t)
	wire := brokertest.NewWire(t, s.Address())
	b := brokertest.Connect(t, wire.Address())
	ctx := brokertest.Context(t)
	random := brokertest.Random(t)
	seed := random.Uint64()
	for i, partitions := range []Partitions{{1, 1, 1, 1}, {2, 2, 2, 2}} {
		disturbed := projectionPlan(t, Name(fmt.Sprintf("p%d", i)), partitions)
		calm := projectionPlan(t, Name(fmt.Sprintf("q%d", i)), partitions)
		for _, plan := range []Plan{disturbed, calm} {
			if err := Create(ctx, s.Broker, plan); err != nil {
				t.Fatal(err)
			}
			logged(ctx, t, s.Broker, plan.Pipeline, 6000, rand.New(rand.NewPCG(seed, 0)))
		}
		stop := work(ctx, t, b, disturbed)
		projecting, end := context.WithCancel(ctx)
		var projection sync.WaitGroup
		projection.Go(func() {
			if err := Project(projecting, b, disturbed, Shape{Pack: 10, Abstain: abstained}); err != nil {
				t.Error(err)
			}
		})
		for cut := range 5 {
			if cut%3 > 0 {
				wire.Deafen() // what is committed now is lost for who commits
			}
			for range random.IntN(10_000) {
				runtime.Gosched()
			}
			if cut%4 == 3 {
				s.Stop()
				s.Start()
			}
			wire.Cut()
			if err := b.Await(ctx); err != nil {
				t.Fatal(err)
			}
		}
		stopCalm := work(ctx, t, s.Broker, calm)
		want := lines(ctx, t, s.Broker, calm)
		stopCalm()
		got := lines(ctx, t, s.Broker, disturbed)
		o := openOutside(ctx, t, s.Broker, disturbed, 10)
		o.until(ctx, t, got)
		end()
		projection.Wait()
		stop()
		o.compare(t, got)
		for i, l := range want["windows"] {
			want["windows"][i] = strings.Replace(l, fmt.Sprintf(`"pipeline":%q`, calm.Pipeline), fmt.Sprintf(`"pipeline":%q`, disturbed.Pipeline), 1)
		}
		(&outside{lines: got}).compare(t, want)
	}
}

// Properties:
//   - a projection whose last message was refused, because another one has
//     published, learns of it though it has nothing more to publish.
func TestAProjectionNoticesARefusal(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	plan := projectionPlan(t, "p", Partitions{1, 1, 1, 1})
	if err := Create(ctx, b, plan); err != nil {
		t.Fatal(err)
	}
	// One message is one unit, with nothing behind it.
	if _, err := b.Put(ctx, plan.Pipeline.LogStream().Name, plan.Pipeline.LogSubject(ArticleRecord, "test"), "", 0, nil, []byte(`{"id":"a","text":"one"}`)); err != nil {
		t.Fatal(err)
	}
	stop := work(ctx, t, b, plan)
	r, err := OpenResults(ctx, b, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(ctx); err != nil {
		t.Fatal(err)
	}
	stop()
	p := &Projection{broker: b, plan: plan, shape: Shape{Pack: UnitDocumentsMax}}
	if err := p.open(ctx); err != nil {
		t.Fatal(err)
	}
	defer p.appender.Close()
	if _, err := b.Put(ctx, plan.Pipeline.OutStream().Name, string(plan.Pipeline)+".out.other", "", 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.publish(ctx); !errors.Is(err, broker.ErrConflict) || ctx.Err() != nil {
		t.Errorf("it ends with %v (%v)", err, ctx.Err())
	}
}

// Properties:
//   - a worker that has been replaced while it had nothing to do stops with
//     ErrFenced at the next unit, also when no other comes after it.
func TestAWorkerNoticesThatItIsReplaced(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	plan := projectionPlan(t, "p", Partitions{1, 1, 1, 1})
	if err := Create(ctx, b, plan); err != nil {
		t.Fatal(err)
	}
	r, err := NewRunner(b, plan, "", "first")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- r.Run(ctx) })
	where, err := node(ClassifyStage)
	if err != nil {
		t.Fatal(err)
	}
	s := plan.Pipeline.partitionStream(where, 0)
	for last := uint64(0); last == 0; { // until it has written its fence
		if last, err = b.LastSequence(ctx, s.Name); err != nil {
			t.Fatal(err)
		}
	}
	second, err := guarantees.Open(ctx, b, guarantees.Partition{Name: "classify/0", Stream: s.Name, Subject: s.Subjects[0], Worker: "second"})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	logged(ctx, t, b, plan.Pipeline, 1, brokertest.Random(t))
	select {
	case err := <-ended:
		if !errors.Is(err, guarantees.ErrFenced) || !strings.Contains(err.Error(), "second") {
			t.Errorf("it ends with %v", err)
		}
	case <-ctx.Done():
		t.Error("it does not notice")
	}
	running.Wait()
	if last, err := b.LastSequence(ctx, s.Name); last != 2 || err != nil {
		t.Errorf("%d records, 2 fences are there (%v)", last, err)
	}
}
