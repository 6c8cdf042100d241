package eval_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// sharer is a runner that shares a pipeline.
type sharer struct {
	stop    context.CancelFunc
	ended   chan error
	notices chan string
}

func share(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, id string) *sharer {
	t.Helper()
	r, err := pipeline.NewRunner(b, p, "", "host-"+id)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &sharer{stop: cancel, ended: make(chan error, 1), notices: make(chan string, 1000)}
	r.Snapshots(1000)
	r.Share(pipeline.Sharing{ID: id, Now: time.Now, Notice: func(n string) { s.notices <- n }})
	go func() { s.ended <- r.Run(ctx) }()
	return s
}

// told waits for a notice.
func (s *sharer) told(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case n := <-s.notices:
			if strings.Contains(n, text) {
				return
			}
		case err := <-s.ended:
			t.Fatalf("it ended (%v) without saying %q", err, text)
		case <-ctx.Done():
			t.Fatalf("it does not say %q", text)
		}
	}
}

// Properties, under every promise, on partitions and as a chain: while two
// processes come and go in good order, nothing is lost, nothing is repeated, and
// what comes out is the oracle's.
func TestHandingOverLosesAndRepeatsNothing(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 1500)
	for _, recovery := range guarantees.Recoveries("") {
		for _, n := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
				brokertest.NoLeaks(t)
				b := evaltest.Broker(t)
				p := pipeline.Plan{Pipeline: "shared", Recovery: recovery, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
				ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
				defer cancel()
				if err := pipeline.Create(ctx, b, p); err != nil {
					t.Fatal(err)
				}
				fill(t, b, p.Pipeline, documents[:len(documents)/2], 2)
				first := share(ctx, t, b, p, "first")
				first.told(ctx, t, "runs ")
				second := share(ctx, t, b, p, "second")
				second.told(ctx, t, "handed over")
				fill(t, b, p.Pipeline, documents[len(documents)/2:], 2)
				first.stop()
				if err := <-first.ended; err != nil {
					t.Errorf("the first ended with %v", err)
				}
				second.told(ctx, t, "from host-first, which handed over")
				third := share(ctx, t, b, p, "third")
				third.told(ctx, t, "handed over")
				last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
				if err != nil {
					t.Fatal(err)
				}
				tally := follow(ctx, t, b, p, last, nil)
				for _, s := range []*sharer{second, third} {
					s.stop()
					if err := <-s.ended; err != nil {
						t.Errorf("it ended with %v", err)
					}
				}
				got, want := tally.Summary(p), oracle(t, b, p, nil).Tally.Summary(p)
				if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
					got.Windows != want.Windows || got.Lost+got.Duplicates > 0 || got.Documents != uint64(len(documents)) {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}
