package eval_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/metric"
	"tidings/guarantees"
	"tidings/pipeline"
)

const (
	guaranteesDocuments = 20_000
	guaranteesPerSecond = 500  // of the load under which latency is measured
	guaranteesLoad      = 1500 // documents of that load, the first tenth warms up
)

// BenchmarkGuarantees measures what each guarantee and recovery costs where
// nothing goes wrong, at 1 and 2 partitions, one document a message, stores on
// disk: throughput and processor time from a filled log, then latency under a
// load. Each iteration runs every one of them once, so that a noisy machine is
// as noisy to all; medians are printed at the end, beside the ratio to
// at-least-once with state kept, the cheapest that loses nothing.
func BenchmarkGuarantees(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", guaranteesDocuments)
	for _, n := range []int{1, 2} {
		type contender struct {
			promise guarantees.Promise
			every   pipeline.Interval // of snapshots, where there are any
			runs    []cost
			latency metric.Latency
		}
		var all []*contender
		for _, name := range guarantees.Recoveries("") {
			promise, err := guarantees.NewPromise("", name)
			if err != nil {
				b.Fatal(err)
			}
			if !promise.Holds() {
				all = append(all, &contender{promise: promise})
				continue
			}
			for _, every := range []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second} {
				all = append(all, &contender{promise: promise, every: pipeline.Interval{Time: every}})
			}
		}
		for range b.N {
			for _, c := range all {
				p := pipeline.Plan{
					Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
					Guarantee: c.promise.Guarantee, Recovery: c.promise.Recovery, SnapshotEvery: c.every,
				}.WithDefaults()
				c.runs = append(c.runs, benchPromise(b, p, documents, &c.latency))
			}
		}
		var yard cost
		for _, c := range all {
			if c.promise.Recovery == guarantees.Kept {
				yard = median(c.runs)
			}
		}
		fmt.Printf("\n%d documents, %d partitions, medians of %d runs; latency at %d documents/s\n%-34s %10s %8s %8s %8s %8s %8s %8s\n",
			len(documents), n, b.N, guaranteesPerSecond, "", "docs/s", "/kept", "us CPU", "cores", "p50 ms", "p95 ms", "p99 ms")
		for _, c := range all {
			m := median(c.runs)
			name := c.promise.String()
			if c.promise.Holds() {
				name += " every " + c.every.String()
			}
			fmt.Printf("%-34s %10.0f %8.2f %8.1f %8.2f %8.2f %8.2f %8.2f\n", name, m.rate(len(documents)), m.rate(len(documents))/yard.rate(len(documents)),
				m.perDocument(len(documents)), m.cores(), c.latency.P50(), c.latency.P95(), c.latency.P99())
		}
	}
}

func benchPromise(b *testing.B, p pipeline.Plan, documents [][]byte, latency *metric.Latency) cost {
	b.Helper()
	b.StopTimer()
	s := openDiskBroker(b)
	defer s.Close()
	fill(b, s, p.Pipeline, documents, 1)
	measure(b, func() {
		t, err := eval.Run(b.Context(), s, p, nil, nil)
		if err != nil || t.Documents != uint64(len(documents)) {
			b.Fatalf("%s: %d documents of %d: %v", p.Claim(), t.Documents, len(documents), err)
		}
	})
	took := lastCost
	load := p
	load.Pipeline = "load"
	documentsLoad := guaranteesLoad
	if p.Holds() { // several intervals
		documentsLoad = max(documentsLoad, int(4*p.SnapshotEvery.Time.Seconds()*guaranteesPerSecond))
	}
	l, err := eval.Load(b.Context(), s, p.Pipeline, load, guaranteesPerSecond, documentsLoad)
	if err != nil {
		b.Fatal(err)
	}
	latency.Merge(l)
	return took
}

// BenchmarkTakenOver measures how long nothing new comes out of a pipeline that
// another process takes over under a load, by commit and by snapshots at
// intervals: from the moment at which it begins to the first output that is
// released behind it. That is what the recovery itself takes; that a process has
// died the others learn by its lease (guarantees.LeaseTTL).
func BenchmarkTakenOver(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 8*guaranteesPerSecond)
	for _, n := range []int{1, 2} {
		for _, every := range []time.Duration{0, 100 * time.Millisecond, time.Second, 2 * time.Second} {
			p := pipeline.Plan{Pipeline: "taken", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}
			if every > 0 {
				p.Recovery, p.SnapshotEvery.Time = guarantees.BySnapshot, every
			}
			p = p.WithDefaults()
			b.Run(fmt.Sprintf("partitions=%d/%s-%s", n, p.Recovery, every), func(b *testing.B) {
				total := time.Duration(0)
				for range b.N {
					total += takenOver(b, p, documents)
				}
				b.ReportMetric(total.Seconds()*1e3/float64(b.N), "ms/silent")
			})
		}
	}
}

// takenOver is how long nothing new came out when the second runner began, in the
// middle of a load.
func takenOver(b *testing.B, p pipeline.Plan, documents [][]byte) time.Duration {
	b.Helper()
	s := openDiskBroker(b)
	defer s.Close()
	if err := pipeline.Create(b.Context(), s, p); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	start := func() {
		r, err := pipeline.NewRunner(s, p, "", "bench")
		if err != nil {
			b.Fatal(err)
		}
		running.Go(func() {
			if err := r.Run(ctx); err != nil && !errors.Is(err, guarantees.ErrFenced) && ctx.Err() == nil {
				b.Error(err)
				stop()
			}
		})
	}
	var began atomic.Int64
	running.Go(func() {
		subject, last := p.Pipeline.LogSubject(pipeline.ArticleRecord, "load"), uint64(0)
		tick := time.NewTicker(time.Second / guaranteesPerSecond)
		defer tick.Stop()
		for i, d := range documents {
			<-tick.C
			if i == len(documents)/2 {
				began.Store(time.Now().UnixNano())
				start()
			}
			var err error
			if last, err = s.Put(ctx, p.Pipeline.LogStream().Name, subject, subject, last, nil, d); err != nil {
				return
			}
		}
	})
	start()
	first := int64(0)
	_, err := eval.Follow(ctx, s, p, ^uint64(0), func(u *pipeline.Unit) {
		at := began.Load()
		for i := range u.Entries {
			if e := &u.Entries[i]; at > 0 && e.Logged > at && e.Committed > at {
				first = e.Committed - at
				stop()
				return
			}
		}
	})
	if first == 0 {
		b.Fatal(err)
	}
	return time.Duration(first)
}
