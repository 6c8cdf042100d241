package eval_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// BenchmarkSecondStart measures how long a worker takes from its start to its
// first new commit when it goes on from a snapshot with a million df terms and
// the Wikipedia stream's model.
func BenchmarkSecondStart(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 0)
	for i := range 5000 { // not labelled: they only make df larger
		var text strings.Builder
		for j := range 200 {
			fmt.Fprintf(&text, "t%dx%d ", i, j)
		}
		documents = append(documents, fmt.Appendf(nil, `{"id":"t%d","title":"","text":%q}`, i, text.String()))
	}
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprintf("partitions=%d", n), func(b *testing.B) {
			s := openDiskBroker(b)
			defer s.Close()
			p := pipeline.Plan{Pipeline: "large", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
			if err := pipeline.Create(b.Context(), s, p); err != nil {
				b.Fatal(err)
			}
			fill(b, s, p.Pipeline, documents, 64)
			startAndCommit(b, s, p) // builds the state, and leaves a snapshot
			var all, worst time.Duration
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				fill(b, s, p.Pipeline, [][]byte{fmt.Appendf(nil, `{"id":"again %d","title":"one more","text":"document"}`, i)}, 1)
				b.StartTimer()
				took := startAndCommit(b, s, p)
				all, worst = all+took, max(worst, took)
			}
			b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "first-commit-ms/op")
			b.ReportMetric(float64(worst.Milliseconds()), "first-commit-ms-max")
		})
	}
}

// startAndCommit runs the whole pipeline until all of its log is committed, and
// says how long the first commit to the end of the graph took.
func startAndCommit(b *testing.B, s *broker.Broker, p pipeline.Plan) (first time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	last, err := s.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		b.Fatal(err)
	}
	streams := p.Streams()
	stream := streams[len(streams)-1].Name
	before, err := s.LastSequence(ctx, stream)
	if err != nil {
		b.Fatal(err)
	}
	r, err := pipeline.NewRunner(s, p, "", "bench")
	if err != nil {
		b.Fatal(err)
	}
	r.Snapshots(20_000)
	working, stop := context.WithCancel(ctx)
	defer stop()
	began := time.Now()
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(working); err != nil {
			b.Error(err)
			stop()
		}
	})
	records, err := s.Read(working, stream, before+1, broker.ReaderOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer records.Close()
	for at := uint64(0); at < last; {
		batch, err := records.Next(working)
		if err != nil {
			b.Fatal(err)
		}
		for _, record := range batch {
			h, err := guarantees.ParseHeader(record)
			if err = errors.Join(err, working.Err()); err != nil {
				b.Fatal(err)
			}
			if at = h.To; h.Kind == guarantees.Done && first == 0 {
				first = time.Since(began)
			}
			if h.Kind != guarantees.Done {
				at = 0
			}
		}
	}
	stop()
	running.Wait()
	return first
}
