package eval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// BenchmarkThroughput measures, interleaved in one run, the pipeline from a
// filled log to committed predictions against two yardsticks: a bare copy of
// the same items from one stream to another, and the oracle's plain loop. Each
// iteration runs every one of them once; medians and ratios are printed at the
// end. The stores are on disk.
func BenchmarkThroughput(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 0)
	contenders := []struct {
		name string
		run  func(*testing.B, [][]byte)
		runs []cost
	}{
		{name: "copy, one item a message", run: benchCopy},
		{name: "pipeline, 1 partition, one item a message", run: benchPipeline(1, 1)},
		{name: "pipeline, 2 partitions, one item a message", run: benchPipeline(2, 1)},
		{name: "pipeline, 1 partition, packed", run: benchPipeline(1, 256)},
		{name: "pipeline, 2 partitions, packed", run: benchPipeline(2, 256)},
		{name: "oracle loop, packed", run: benchOracle},
	}
	for range b.N {
		for i := range contenders {
			contenders[i].run(b, documents)
			contenders[i].runs = append(contenders[i].runs, lastCost)
		}
	}
	yard := median(contenders[0].runs)
	fmt.Printf("\n%d documents, medians of %d runs\n%-44s %10s %8s %8s %8s\n", len(documents), b.N, "", "docs/s", "us CPU", "cores", "/copy")
	for _, c := range contenders {
		m := median(c.runs)
		fmt.Printf("%-44s %10.0f %8.1f %8.2f %8.2f\n", c.name, m.rate(len(documents)), m.perDocument(len(documents)), m.cores(), m.rate(len(documents))/yard.rate(len(documents)))
	}
}

type cost struct{ wall, cpu time.Duration }

func (c cost) rate(n int) float64        { return float64(n) / c.wall.Seconds() }
func (c cost) perDocument(n int) float64 { return float64(c.cpu.Microseconds()) / float64(n) }
func (c cost) cores() float64            { return c.cpu.Seconds() / c.wall.Seconds() }

func median(runs []cost) cost {
	s := slices.SortedFunc(slices.Values(runs), func(a, b cost) int { return int(a.wall - b.wall) })
	return s[len(s)/2]
}

var lastCost cost

// measure times f with the processor time of the whole process.
func measure(b *testing.B, f func()) {
	b.StartTimer()
	began, before := time.Now(), cpuTime()
	f()
	lastCost = cost{time.Since(began), cpuTime() - before}
	b.StopTimer()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func openDiskBroker(b *testing.B) *broker.Broker {
	b.Helper()
	s, err := broker.Open(b.Context(), broker.Options{Store: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func benchCopy(b *testing.B, documents [][]byte) {
	b.StopTimer()
	s := openDiskBroker(b)
	defer s.Close()
	fill(b, s, "from", documents, 1)
	to := broker.Stream{Name: "to", Subjects: []string{"to"}}
	if err := s.CreateStream(b.Context(), to); err != nil {
		b.Fatal(err)
	}
	measure(b, func() {
		if err := s.Copy(b.Context(), "from-log", "to", len(documents)); err != nil {
			b.Fatal(err)
		}
	})
}

func benchPipeline(n, pack int) func(*testing.B, [][]byte) {
	return func(b *testing.B, documents [][]byte) {
		b.StopTimer()
		s := openDiskBroker(b)
		defer s.Close()
		p := pipeline.Plan{Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
		fill(b, s, p.Pipeline, documents, pack)
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		last, err := s.LastSequence(ctx, p.Pipeline.LogStream().Name)
		if err := errors.Join(err, pipeline.Create(ctx, s, p)); err != nil {
			b.Fatal(err)
		}
		r, err := pipeline.NewRunner(s, p, "", "bench")
		if err != nil {
			b.Fatal(err)
		}
		measure(b, func() {
			var running sync.WaitGroup
			running.Go(func() {
				if err := r.Run(ctx); err != nil {
					b.Error(err)
				}
			})
			t := follow(ctx, b, s, p, last, nil)
			if t.Documents != uint64(len(documents)) {
				b.Errorf("%d documents of %d", t.Documents, len(documents))
			}
			cancel()
			running.Wait()
		})
	}
}

func benchOracle(b *testing.B, documents [][]byte) {
	b.StopTimer()
	s := openDiskBroker(b)
	defer s.Close()
	p := pipeline.Plan{Pipeline: "bench"}.WithDefaults()
	fill(b, s, p.Pipeline, documents, 256)
	measure(b, func() { oracle(b, s, p, nil) })
}
