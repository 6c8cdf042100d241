package eval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// BenchmarkThroughputOfTopics measures, interleaved in one run, what windows, and
// bursts and stories in them, take of the throughput from a filled log to
// committed records. Without windows the stage topics does not run; in a chain,
// where it always does, there is one window that never closes. The stores are on
// disk. A ratio is the median of those of the rounds.
func BenchmarkThroughputOfTopics(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 0)
	never, err := topics.Parse("count:1000000000")
	if err != nil {
		b.Fatal(err)
	}
	contenders := []struct {
		name string
		topics.Options
		off bool
	}{
		{name: "no windows", Options: topics.Options{Windows: []topics.Definition{never}}, off: true},
		{name: "windows"},
		{name: "windows, 5 bursts", Options: topics.Options{Bursts: 5}},
		{name: "windows, 5 stories", Options: topics.Options{Stories: 5}},
		{name: "windows, 5 bursts, 5 stories", Options: topics.Options{Bursts: 5, Stories: 5}},
	}
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			runs := make([][]cost, len(contenders))
			for range b.N {
				for i, c := range contenders {
					benchTopics(b, n, c.Options, c.off, documents)
					runs[i] = append(runs[i], lastCost)
				}
			}
			fmt.Printf("\n%d partitions, %d documents, medians of %d runs\n%-30s %10s %10s %8s %10s %10s\n", n, len(documents), b.N, "", "docs/s", "us CPU", "cores", "/none", "/none, CPU")
			for i, c := range contenders {
				m := median(runs[i])
				wall := shareOf(runs[i], runs[0], func(c cost) time.Duration { return c.wall })
				cpu := shareOf(runs[i], runs[0], func(c cost) time.Duration { return c.cpu })
				fmt.Printf("%-30s %10.0f %10.1f %8.2f %10.2f %10.2f\n", c.name, m.rate(len(documents)), m.perDocument(len(documents)), m.cores(), wall, cpu)
			}
		})
	}
}

// shareOf is the median of how much the yard took, of what each run took.
func shareOf(runs, yard []cost, of func(cost) time.Duration) float64 {
	ratios := make([]float64, len(runs))
	for i := range runs {
		ratios[i] = float64(of(yard[i])) / float64(of(runs[i]))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func benchTopics(b *testing.B, n int, o topics.Options, off bool, documents [][]byte) {
	b.StopTimer()
	s := openDiskBroker(b)
	defer s.Close()
	p := pipeline.Plan{Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}, Topics: o}.WithDefaults()
	fill(b, s, p.Pipeline, documents, 256)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	last, err := s.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err := errors.Join(err, pipeline.Create(ctx, s, p)); err != nil {
		b.Fatal(err)
	}
	stages, streams := "", "win"
	if off && n > 1 {
		stages = "tokenize,df,classify"
	}
	if off || n == 1 {
		streams = "pred"
	}
	r, err := pipeline.NewRunner(s, p, stages, "bench")
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
		for i := range n {
			awaitCommitted(b, s, fmt.Sprintf("%s-%s-%d", p.Pipeline, streams, i), last)
		}
		cancel()
		running.Wait()
	})
}

// awaitCommitted reads a partition's stream until it covers a log sequence.
func awaitCommitted(b *testing.B, s *broker.Broker, stream string, last uint64) {
	b.Helper()
	r, err := s.Read(b.Context(), stream, 1, broker.ReaderOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for at := uint64(0); at < last; {
		records, err := r.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, record := range records {
			h, err := guarantees.ParseHeader(record)
			if err != nil {
				b.Fatal(err)
			}
			at = max(at, h.To)
		}
	}
}
