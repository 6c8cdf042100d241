package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tidings/datasets/datasetstest"
	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// How long each measurement lasts, how many there are of each kind, and how many
// documents come a second.
const (
	retrainSeconds = 8
	retrainRounds  = 4
	retrainRate    = 500
)

// BenchmarkRetraining measures how long a document takes from the log to its
// committed prediction at 500 documents a second, alone and while `train run`,
// a process of its own, learns the same log again and again from its first
// message on. Both are measured in turn, in one run, over one log.
func BenchmarkRetraining(b *testing.B) {
	documents := datasetstest.Lines(b, "wikipedia-current-events.jsonl.gz", 0)
	train := filepath.Join(b.TempDir(), "train")
	if out, err := exec.Command("go", "build", "-o", train, "./train").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	ctx := b.Context()
	s, err := broker.Open(ctx, broker.Options{Store: b.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p := pipeline.Plan{Pipeline: "bench"}.WithDefaults()
	if err := pipeline.Create(ctx, s, p); err != nil {
		b.Fatal(err)
	}
	r, err := pipeline.NewRunner(s, p, "", "bench")
	if err != nil {
		b.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(working); err != nil {
			b.Error(err)
		}
	})
	defer running.Wait()
	defer stop()
	enter(b, s, p, documents, 64, 0)
	latencyBehind(b, s, p, 0)
	fmt.Printf("\n%-12s %10s %8s %8s %8s\n", "", "documents", "p50 ms", "p95 ms", "p99 ms")
	p99 := map[string][]float64{}
	for b.Loop() {
		for round := range retrainRounds {
			for _, kind := range []string{"alone", "retraining"} {
				learning, enough := context.WithCancel(ctx)
				var beside sync.WaitGroup
				learnt := 0
				if kind == "retraining" {
					beside.Go(func() {
						for ; learning.Err() == nil; learnt++ {
							c := exec.CommandContext(learning, train, "run", "--nats", s.URL(), "--pipeline", "bench", "--until", "end", "--json")
							if out, err := c.CombinedOutput(); err != nil && learning.Err() == nil {
								b.Errorf("%v\n%s", err, out)
								return
							}
						}
					})
				}
				before, err := s.LastSequence(ctx, p.Pipeline.LogStream().Name)
				if err != nil {
					b.Fatal(err)
				}
				enter(b, s, p, documents[round*100:][:retrainRate*retrainSeconds], 1, retrainRate)
				l := latencyBehind(b, s, p, before)
				enough()
				beside.Wait()
				fmt.Printf("%-12s %10d %8.2f %8.2f %8.2f  (%d times learnt)\n", kind, retrainRate*retrainSeconds, l.P50(), l.P95(), l.P99(), learnt)
				p99[kind] = append(p99[kind], l.P99())
			}
		}
	}
	for _, all := range p99 {
		slices.Sort(all)
	}
	alone, beside := p99["alone"], p99["retraining"]
	fmt.Printf("median p99: %.2f ms alone, %.2f ms beside a retraining\n", alone[len(alone)/2], beside[len(beside)/2])
}

// enter puts documents behind the log's last record, so many a message and a
// second; 0 is as fast as it goes.
func enter(b *testing.B, s *broker.Broker, p pipeline.Plan, documents [][]byte, pack int, perSecond float64) {
	b.Helper()
	last, err := s.LastSequence(b.Context(), p.Pipeline.LogStream().Name)
	if err != nil {
		b.Fatal(err)
	}
	a := s.Appender(p.Pipeline.LogStream().Name, last)
	defer a.Close()
	pace := rate.NewLimiter(rate.Inf, 1)
	if perSecond > 0 {
		pace = rate.NewLimiter(rate.Limit(perSecond), 1)
	}
	for chunk := range slices.Chunk(documents, pack) {
		if err := errors.Join(pace.Wait(b.Context()), a.Append(p.Pipeline.LogSubject(pipeline.ArticleRecord, "bench"), nil, bytes.Join(chunk, []byte{'\n'}))); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// latencyBehind is that of the documents behind a log sequence, once all of them
// are committed.
func latencyBehind(b *testing.B, s *broker.Broker, p pipeline.Plan, after uint64) *metric.Latency {
	b.Helper()
	last, err := s.LastSequence(b.Context(), p.Pipeline.LogStream().Name)
	if err != nil {
		b.Fatal(err)
	}
	results, err := pipeline.OpenResultsBehind(b.Context(), s, p, after)
	if err != nil {
		b.Fatal(err)
	}
	defer results.Close()
	l := new(metric.Latency)
	for to := after; to < last; {
		u, err := results.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		to = u.To
		for i := range u.Entries {
			if e := &u.Entries[i]; e.Position.Sequence > after {
				l.Record(time.Duration(max(0, e.Committed-e.Logged)))
			}
		}
	}
	return l
}
