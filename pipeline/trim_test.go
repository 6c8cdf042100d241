package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// entered puts n documents of a source behind a log's last record, some of them
// bad, with rejects between, and an end of the source.
func entered(ctx context.Context, t *testing.T, b *broker.Broker, name Name, source string, n int, random *rand.Rand) {
	t.Helper()
	last, err := b.LastSequence(ctx, name.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	a := b.Appender(name.LogStream().Name, last)
	defer a.Close()
	words := []string{"goal", "match", "vote", "law", "rain", "storm", "star", "orbit"}
	labels := []string{"sport", "politics", "weather", "space"}
	put := func(kind string, data []byte) {
		if err := a.Append(name.LogSubject(kind, source), nil, data); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < n; {
		var lines [][]byte
		for range 1 + random.IntN(5) {
			label := random.IntN(len(labels))
			text := fmt.Sprint(words[2*label], " ", words[2*label+1], " ", words[random.IntN(len(words))])
			if random.IntN(20) == 0 {
				text = ""
			}
			lines = append(lines, fmt.Appendf(nil, `{"id":"%s-%d-%d","time":"2026-01-%02dT00:00:00Z","label":%q,"text":%q}`, source, last, i, 1+i*27/n, labels[label], text))
			i++
		}
		put(ArticleRecord, bytes.Join(lines, []byte{'\n'}))
		if random.IntN(30) == 0 {
			put(RejectRecord, fmt.Appendf(nil, `{"id":"r%d","reason":"bad_row","detail":"row %d"}`, i, i))
		}
	}
	put(ControlRecord, []byte(`{"end":true}`))
	if err := a.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

// worked lets a pipeline work, with snapshots, until all of its log is done.
func worked(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan) {
	t.Helper()
	r, err := NewRunner(b, plan, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	r.Snapshots(100)
	working, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- r.Run(working) }()
	account(ctx, t, b, plan)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// account adds up what is committed, up to the log's end, with a line for each
// document.
func account(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan) (*Tally, []string) {
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
	tally := NewTally()
	var all []string
	for tally.To < last {
		u, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("behind %d of %d: %v", tally.To, last, err)
		}
		tally.Add(u)
		for i := range u.Entries {
			e := &u.Entries[i]
			all = append(all, fmt.Sprintln(e.Position, e.Kind, e.ID, e.Label, e.Probability, e.Version, e.DFDigest, e.ModelDigest))
		}
	}
	return tally, all
}

// Properties, of logs that are trimmed while a pipeline works on them, is
// stopped and started again, chained and divided:
//   - it goes on to the same predictions, df and model, to the bit, as one over a
//     log that was not trimmed;
//   - the account of what is kept has no holes and nothing twice, and says that
//     it begins later;
//   - the log can be read from where it is said to begin, and is refused before;
//   - each source keeps its last records;
//   - outside readers see each line once, from beginning to end, and windows
//     compared with those before them, deleted or not;
//   - nothing is deleted that a partition, a snapshot or the projection needs.
func TestATrimmedPipelineGoesOnAsIfNothingWereDeleted(t *testing.T) {
	for name, partitions := range map[string]Partitions{"chain": {1, 1, 1, 1}, "divided": {2, 2, 2, 2}} {
		t.Run(name, func(t *testing.T) {
			ctx := brokertest.Context(t)
			random := brokertest.Random(t)
			seed := random.Uint64()
			b := brokertest.Embed(t)
			whole, trimmed := projectionPlan(t, "whole", partitions), projectionPlan(t, "trimmed", partitions)
			projecting, end := context.WithCancel(ctx)
			defer end()
			projected := make(chan error, 1)
			for _, p := range []Plan{whole, trimmed} {
				if err := Create(ctx, b, p); err != nil {
					t.Fatal(err)
				}
			}
			project := func() {
				projecting, end = context.WithCancel(ctx)
				go func() { projected <- Project(projecting, b, trimmed, Shape{Pack: 7}) }()
			}
			halt := func() {
				end()
				if err := <-projected; err != nil {
					t.Error(err)
				}
			}
			var begins []uint64
			for round := range 4 {
				for _, p := range []Plan{whole, trimmed} {
					chance := rand.New(rand.NewPCG(seed, uint64(round)))
					if round == 0 {
						entered(ctx, t, b, p.Pipeline, "old", 3, chance)
					}
					entered(ctx, t, b, p.Pipeline, "new", 700, chance)
					worked(ctx, t, b, p)
				}
				want := lines(ctx, t, b, whole)
				project()
				openOutside(ctx, t, b, trimmed, 0).untilCounts(ctx, t, want)
				halt()
				found, err := Trim(ctx, b, trimmed.Pipeline, Trimming{Keep: Keep{Bytes: 20_000}, Now: time.Now()})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("round %d: %+v", round, found)
				begins = append(begins, found.Begin)
			}
			if begins[1] < 2 || !slices.IsSorted(begins) || begins[3] <= begins[1] {
				t.Errorf("the log begins at %d", begins)
			}
			wantTally, want := account(ctx, t, b, whole)
			tally, got := account(ctx, t, b, trimmed)
			if tally.After == 0 || tally.Lost > 0 || tally.Duplicates > 0 || tally.ModelDigest != wantTally.ModelDigest || tally.DFDigest != wantTally.DFDigest {
				t.Errorf("the account begins behind %d, %d lost, %d twice, model %x, want %x", tally.After, tally.Lost, tally.Duplicates, tally.ModelDigest, wantTally.ModelDigest)
			}
			if len(got) == 0 || len(got) >= len(want) || !slices.Equal(got, want[len(want)-len(got):]) {
				t.Errorf("%d entries, which are not the last ones of %d", len(got), len(want))
			}
			begin, err := LogBegin(ctx, b, trimmed.Pipeline)
			if err != nil || begin != begins[3] || tally.After+1 < begin {
				t.Errorf("the log begins at %d, the account behind %d (%v)", begin, tally.After, err)
			}
			gone := new(TrimmedError)
			if err := CheckBegin(ctx, b, trimmed.Pipeline, begin-1); !errors.As(err, &gone) || gone.Begin != begin || !errors.Is(err, broker.ErrGone) {
				t.Errorf("reading before: %v", err)
			}
			if err := CheckBegin(ctx, b, trimmed.Pipeline, begin); err != nil {
				t.Error(err)
			}
			readable(ctx, t, b, trimmed.Pipeline, begin)
			sameWindows(ctx, t, b, trimmed, lines(ctx, t, b, whole)["windows"])
			for _, subject := range []string{"article.old", "control.old", "article.new", "control.new"} {
				r, err := b.Last(ctx, "trimmed-log", "trimmed.log."+subject)
				twin, twinErr := b.Last(ctx, "whole-log", "whole.log."+subject)
				if err != nil || twinErr != nil || r.Sequence != twin.Sequence {
					t.Errorf("%s: its last record is %d (%v), want %d", subject, r.Sequence, err, twin.Sequence)
				}
			}
		})
	}
}

// readable reads the log from a sequence to its end.
func readable(ctx context.Context, t *testing.T, b *broker.Broker, name Name, from uint64) {
	t.Helper()
	last, err := b.LastSequence(ctx, name.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Read(ctx, name.LogStream().Name, from, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for at := from; at <= last; {
		records, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("the log from %d on cannot be read at %d: %v", from, at, err)
		}
		at += uint64(len(records))
	}
}

// sameWindows compares the windows that are still there for outside readers with
// the last ones of another pipeline.
func sameWindows(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, want []string) {
	t.Helper()
	var got []string
	err := b.Scan(ctx, plan.Pipeline.OutStream().Name, string(plan.Pipeline)+".out."+windowLines, 1, math.MaxUint64, func(r broker.Record) error {
		got = append(got, strings.Split(string(r.Data), "\n")...)
		return nil
	})
	if err != nil || len(got) == 0 || len(got) > len(want) {
		t.Fatalf("%d windows of %d (%v)", len(got), len(want), err)
	}
	for i, l := range want[len(want)-len(got):] {
		_, l, _ = strings.Cut(l, ",") // without the pipeline's name
		_, g, _ := strings.Cut(got[i], ",")
		if g != l || !strings.Contains(g, `"previous":`) {
			t.Errorf("window %d of the last %d is\n%s, want\n%s", i, len(got), g, l)
		}
	}
}

// untilCounts waits until the last message of each kind says that as many lines
// were published as there should be, and those that are kept are the last ones.
func (o *outside) untilCounts(ctx context.Context, t *testing.T, want map[string][]string) {
	t.Helper()
	o.reader.Close()
	for kind, lines := range want {
		subject := string(o.plan.Pipeline) + ".out." + kind
		for {
			r, err := o.broker.Last(ctx, o.plan.Pipeline.OutStream().Name, subject)
			if ctx.Err() != nil {
				t.Fatalf("%s: %v", kind, ctx.Err())
			}
			if err == nil && r.Header.Get(headerLines) == fmt.Sprint(len(lines)) {
				break
			}
			if err != nil && !errors.Is(err, broker.ErrEmpty) {
				t.Fatal(err)
			}
			if n := r.Header.Get(headerLines); len(n) >= len(fmt.Sprint(len(lines))) && n > fmt.Sprint(len(lines)) {
				t.Fatalf("%s %s were published, there are %d", n, kind, len(lines))
			}
		}
	}
}
