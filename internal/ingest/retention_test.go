package ingest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// rowsOf are n documents whose ids begin with a name.
func rowsOf(name string, n int) (rows []datasets.Row) {
	for i := range n {
		r := document(i)
		r.Document.ID = fmt.Sprintf("%s-%d", name, i)
		rows = append(rows, r)
	}
	return rows
}

// classified lets a pipeline work on all of its log, with snapshots.
func classified(ctx context.Context, t *testing.T, b *broker.Broker, name pipeline.Name) {
	t.Helper()
	p := pipeline.Plan{Pipeline: name}.WithDefaults()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	r, err := pipeline.NewRunner(b, p, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	r.Snapshots(200)
	last, err := b.LastSequence(ctx, name.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(working); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer stop()
	results, err := pipeline.OpenResults(ctx, b, p)
	if err != nil {
		t.Fatal(err)
	}
	defer results.Close()
	for to := uint64(0); to < last; {
		u, err := results.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		to = u.To
	}
}

// Properties, of a log of several sources that is trimmed:
//   - before anything has worked on it nothing is deleted, and it is said why;
//   - a file that is fed again goes on at the row where it stopped, though all of
//     its documents were deleted;
//   - a pipe's documents are known again by their ids, and so are those that
//     clients sent, though other sources' documents around them are gone;
//   - the last record of each source is there.
func TestATrimmedLogKnowsWhatCameIn(t *testing.T) {
	ctx := brokertest.Context(t)
	s := brokertest.Serve(t)
	o := ingest.Options{Pipeline: "kept", Pack: 4, Clock: clock{now: noon}}
	feed := func(source_ string, resumable bool, rows []datasets.Row) ingest.Counts {
		t.Helper()
		o := o
		o.Source, o.Resumable = source_, resumable
		counts, err := ingest.Run(ctx, s.Broker, &source{rows: rows}, o)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	live := func(want string) {
		t.Helper()
		_, stop := serveLive(t, s.Broker, ingest.LiveOptions{Pipeline: o.Pipeline})
		defer stop()
		nc := dial(t, s.URL())
		for i := range 20 {
			if a := asked(t, nc, "kept.in", line(fmt.Sprintf("live-%d", i), "a text")); fmt.Sprint(a[0].Duplicate) != want {
				t.Errorf("live document %d: %+v, duplicate should be %s", i, a[0], want)
			}
		}
	}
	feed("file", true, rowsOf("file", 500))
	feed("pipe", false, rowsOf("pipe", 300))
	live("false")
	r := ingest.Retention{Pipeline: o.Pipeline, Keep: pipeline.Keep{Age: time.Nanosecond}}
	if _, err := ingest.TrimOnce(ctx, s.Broker, r); err == nil {
		t.Error("a log that nobody has worked on is trimmed")
	}
	for i := range 3 {
		feed(fmt.Sprintf("other-%d", i), true, rowsOf(fmt.Sprintf("other-%d", i), 1000))
		classified(ctx, t, s.Broker, o.Pipeline)
	}
	found, err := ingest.TrimOnce(ctx, s.Broker, r)
	if err != nil || found.Begin < 2 || found.Deleted == 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	t.Logf("%+v", found)
	if c := feed("file", true, rowsOf("file", 510)); c.Skipped != 500 || c.Documents != 10 {
		t.Errorf("a file that has grown by 10: %+v", c)
	}
	if c := feed("pipe", false, rowsOf("pipe", 310)); c.Skipped != 300 || c.Documents != 10 {
		t.Errorf("a pipe that has 10 more: %+v", c)
	}
	live("true")
	classified(ctx, t, s.Broker, o.Pipeline)
}

// A log is trimmed again and again while it grows, and somebody hears of it.
func TestRetainTrimsUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(brokertest.Context(t))
	defer stop()
	b := brokertest.Embed(t)
	var told []string
	looks := 0
	ticks := &stepper{now: noon, each: func() {
		if looks++; looks > 3 {
			stop()
			return
		}
		source := &source{rows: rowsOf(fmt.Sprint("s", looks), 900)}
		_, err := ingest.Run(ctx, b, source, ingest.Options{Pipeline: "grows", Source: fmt.Sprint("s", looks), Resumable: true, Pack: 2, Clock: clock{now: noon}})
		if err != nil {
			t.Error(err)
		}
		classified(ctx, t, b, "grows")
	}}
	err := ingest.Retain(ctx, b, ingest.Retention{
		Pipeline: "grows", Keep: pipeline.Keep{Bytes: 10_000}, Clock: ticks, Notice: func(text string) { told = append(told, text) },
	})
	if err != nil || len(told) != 1 {
		t.Errorf("%v, told %q", err, told)
	}
	begin, err := pipeline.LogBegin(t.Context(), b, "grows")
	if err != nil || begin < 450 {
		t.Errorf("the log begins at %d (%v)", begin, err)
	}
}

// stepper is a clock that does something each time somebody sleeps.
type stepper struct {
	now  time.Time
	each func()
}

func (s *stepper) Now() time.Time { return s.now }

func (s *stepper) Sleep(ctx context.Context, d time.Duration) error {
	s.each()
	s.now = s.now.Add(d)
	return ctx.Err()
}
