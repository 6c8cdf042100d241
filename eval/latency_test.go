package eval_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// latencySeconds is how long each rate is held.
const latencySeconds = 8

// BenchmarkLatency measures from the moment the log has a document to the
// moment its prediction is committed, both by the broker's clock, one document
// a message, stores on disk: at 500 documents a second, and at half of the
// capacity measured just before.
func BenchmarkLatency(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 0)
	fmt.Printf("\n%-14s %12s %10s %8s %8s %8s %8s\n", "partitions", "docs/s", "documents", "p50 ms", "p95 ms", "p99 ms", "us CPU")
	for _, n := range []int{1, 2} {
		benchPipeline(n, 1)(b, documents)
		capacity := lastCost.rate(len(documents))
		for _, perSecond := range []float64{500, min(capacity/2, float64(len(documents))/latencySeconds)} {
			t, used := atRate(b, documents, n, perSecond)
			fmt.Printf("%-14d %12.0f %10d %8.2f %8.2f %8.2f %8.0f\n", n, perSecond, t.Documents, t.Latency.P50(), t.Latency.P95(), t.Latency.P99(), float64(used.Microseconds())/float64(t.Documents))
		}
	}
}

func atRate(b *testing.B, documents [][]byte, n int, perSecond float64) (*pipeline.Tally, time.Duration) {
	b.Helper()
	s := openDiskBroker(b)
	defer s.Close()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	p := pipeline.Plan{Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
	r, err := pipeline.NewRunner(s, p, "", "bench")
	if err := errors.Join(err, pipeline.Create(ctx, s, p)); err != nil {
		b.Fatal(err)
	}
	documents = documents[:min(len(documents), int(perSecond*latencySeconds))]
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	before := cpuTime()
	running.Go(func() { feedAtRate(ctx, b, s, p, documents, perSecond) })
	t := follow(ctx, b, s, p, uint64(len(documents)), nil)
	used := cpuTime() - before
	cancel()
	running.Wait()
	return t, used
}

// feedAtRate publishes one document a message, evenly.
func feedAtRate(ctx context.Context, b *testing.B, s *broker.Broker, p pipeline.Plan, documents [][]byte, perSecond float64) {
	a := s.Appender(p.Pipeline.LogStream().Name, 0)
	defer a.Close()
	pace := rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/1000)))
	for _, d := range documents {
		if err := errors.Join(pace.Wait(ctx), a.Append(p.Pipeline.LogSubject(pipeline.ArticleRecord, "test"), nil, d)); err != nil {
			if ctx.Err() == nil {
				b.Error(err)
			}
			return
		}
	}
}
