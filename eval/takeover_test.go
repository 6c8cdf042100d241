package eval_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// Properties, at 1 and 3 partitions, by commit and by replay: a runner whose partitions another one
// takes in the middle of its work stops with ErrFenced that names the other,
// leaves no trace behind the other's fence, and the results are the oracle's.
func TestATakenOverRunnerLeavesNoTrace(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 8000)
	for i, recovery := range []string{guarantees.Commit, guarantees.Commit, guarantees.Replay} {
		n := []int{1, 3, 3}[i]
		t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "taken", n, recovery)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents[:len(documents)/2], 4)
			first, second := make(chan error, 1), make(chan error, 1)
			start := func(who string, ended chan<- error) {
				r, err := pipeline.NewRunner(b, p, "", who)
				if err != nil {
					t.Fatal(err)
				}
				go func() { ended <- r.Run(ctx) }()
			}
			start("first", first)
			half, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			follow(ctx, t, b, p, half, nil)
			start("second", second)
			awaitEpoch(ctx, t, b, "taken-pred-0", 2)
			fill(t, b, p.Pipeline, documents[len(documents)/2:], 4)
			if err := <-first; !errors.Is(err, guarantees.ErrFenced) {
				t.Errorf("the first ended with %v, want %v", err, guarantees.ErrFenced)
			}
			last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			tally := follow(ctx, t, b, p, last, nil)
			cancel()
			if err := <-second; err != nil {
				t.Errorf("the second ended with %v", err)
			}
			got, want := tally.Summary(p), oracle(t, b, p, nil).Tally.Summary(p)
			if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
				got.Windows != want.Windows || got.Lost+got.Duplicates > 0 {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// awaitEpoch waits for the fence of a partition's new owner.
func awaitEpoch(ctx context.Context, t *testing.T, b *broker.Broker, stream string, epoch uint64) {
	t.Helper()
	r, err := b.Read(ctx, stream, 1, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			h, err := guarantees.ParseHeader(record)
			if err != nil {
				t.Fatal(err)
			}
			if h.Epoch >= epoch {
				return
			}
		}
	}
}
