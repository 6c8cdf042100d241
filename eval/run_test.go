package eval_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"tidings/datasets/datasetstest"
	"tidings/eval"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// lines reads at most n lines of a file of the real data, 0 for all.
func lines(tb testing.TB, file string, n int) [][]byte {
	tb.Helper()
	return datasetstest.Lines(tb, file, n)
}

// fill puts documents into a pipeline's log, pack to a message, and an end
// behind them.
func fill(tb testing.TB, b *broker.Broker, name pipeline.Name, documents [][]byte, pack int) {
	tb.Helper()
	if err := b.CreateStream(tb.Context(), name.LogStream()); err != nil {
		tb.Fatal(err)
	}
	last, err := b.LastSequence(tb.Context(), name.LogStream().Name)
	if err != nil {
		tb.Fatal(err)
	}
	a := b.Publisher(name.LogStream().Name, last, func(uint64, uint64) error { return nil }) // barriers may come between
	defer a.Close()
	for len(documents) > 0 {
		n := min(pack, len(documents))
		if err := a.Append(name.LogSubject(pipeline.ArticleRecord, "test"), nil, bytes.Join(documents[:n], []byte{'\n'})); err != nil {
			tb.Fatal(err)
		}
		documents = documents[n:]
	}
	if err := errors.Join(a.Append(name.LogSubject(pipeline.ControlRecord, "test"), nil, nil), a.Wait(tb.Context())); err != nil {
		tb.Fatal(err)
	}
}

// run lets a pipeline work until all that is in its log is committed.
func run(tb testing.TB, b *broker.Broker, p pipeline.Plan, each func(u *pipeline.Unit)) *pipeline.Tally {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), brokertest.Patience)
	defer cancel()
	t, err := eval.Run(ctx, b, p, nil, each)
	if err != nil {
		tb.Fatalf("after log sequence %d: %v", t.To, err)
	}
	return t
}

// follow reads results up to a log sequence.
func follow(ctx context.Context, tb testing.TB, b *broker.Broker, p pipeline.Plan, last uint64, each func(u *pipeline.Unit)) *pipeline.Tally {
	tb.Helper()
	t, err := eval.Follow(ctx, b, p, last, each)
	if err != nil {
		tb.Fatalf("after log sequence %d of %d: %v", t.To, last, err)
	}
	return t
}

// oracle runs the plain loop over a pipeline's log.
func oracle(tb testing.TB, b *broker.Broker, p pipeline.Plan, prepare func(*eval.Oracle)) *eval.Oracle {
	tb.Helper()
	o, err := eval.NewOracle(p)
	if err != nil {
		tb.Fatal(err)
	}
	if prepare != nil {
		prepare(o)
	}
	if err := o.Replay(tb.Context(), b, p.Pipeline); err != nil {
		tb.Fatal(err)
	}
	return o
}

// runFaults is run with something going wrong.
func runFaults(tb testing.TB, b *broker.Broker, p pipeline.Plan, faults *guarantees.Faults) *pipeline.Tally {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), brokertest.Patience)
	defer cancel()
	t, err := eval.Run(ctx, b, p, faults, nil)
	if err != nil {
		tb.Fatalf("after log sequence %d: %v", t.To, err)
	}
	return t
}

// runSaving is run with workers that save their state each so many documents and
// are killed by a plan.
func runSaving(ctx context.Context, tb testing.TB, b *broker.Broker, p pipeline.Plan, every uint64, kills []guarantees.Fault, each func(u *pipeline.Unit)) *pipeline.Tally {
	tb.Helper()
	r, err := pipeline.NewRunner(b, p, "", "saving")
	if err != nil {
		tb.Fatal(err)
	}
	r.Snapshots(every)
	r.Inject(&guarantees.Faults{Plan: kills, Fired: pipeline.Fired{Broker: b, Pipeline: p.Pipeline}})
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		tb.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(working); err != nil {
			tb.Error(err)
			stop()
		}
	})
	tally := follow(working, tb, b, p, last, each)
	stop()
	running.Wait()
	return tally
}
