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

// work lets a pipeline's workers run until its log is committed, with snapshots
// every so many documents, and stops them in good order.
func work(t *testing.T, b *broker.Broker, p pipeline.Plan, every uint64) *pipeline.Tally {
	t.Helper()
	return workUntil(t, b, p, every, func(context.Context) {})
}

// workSaving is work until each piece of state has one snapshot more, or several.
func workSaving(t *testing.T, b *broker.Broker, p pipeline.Plan, every uint64) {
	t.Helper()
	s := objects(b, p)
	workUntil(t, b, p, every, newer(t, s, p.Partitions.DF+1+p.Partitions.Topics))
}

// objects are the snapshots of a pipeline that keeps them in its broker.
func objects(b *broker.Broker, p pipeline.Plan) guarantees.Snapshots {
	return guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: string(p.Pipeline) + "-snap"}}
}

// newer waits until each of so many pieces has a newer snapshot than now: they are
// stored beside the work, and who stops cuts that off.
func newer(t *testing.T, s guarantees.Snapshots, pieces int) (wait func(ctx context.Context)) {
	t.Helper()
	newest := func(ctx context.Context) map[string]uint64 {
		all, err := s.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]uint64{}
		for part, of := range all {
			at[part] = of[0].At
		}
		return at
	}
	before := newest(t.Context())
	return func(ctx context.Context) {
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for n := 0; n < pieces; <-look.C {
			n = 0
			for part, at := range newest(ctx) {
				if at > before[part] {
					n++
				}
			}
		}
	}
}

func workUntil(t *testing.T, b *broker.Broker, p pipeline.Plan, every uint64, settled func(ctx context.Context)) *pipeline.Tally {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	r, err := pipeline.NewRunner(b, p, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	r.Snapshots(every)
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- r.Run(working)
		stop()
	}()
	tally := follow(working, t, b, p, last, nil)
	settled(working)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return tally
}

// Properties, at 1 and 2 partitions: a newest snapshot that is damaged, in one of
// its pieces or all, cut short or another program's, is passed over for the one
// before, and the results are the oracle's, to the bit.
func TestADamagedSnapshotIsPassedOver(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 3000)
	for _, n := range []int{1, 2} {
		for name, damage := range map[string]func(part string, data []byte) []byte{
			"one byte of df": func(part string, data []byte) []byte {
				if strings.HasPrefix(part, "df") {
					data[len(data)/2] ^= 1
				}
				return data
			},
			"the model, cut short": func(part string, data []byte) []byte {
				if strings.HasPrefix(part, "classify") {
					return data[:len(data)-3]
				}
				return data
			},
			"everything": func(string, []byte) []byte { return []byte("something else") },
			"empty":      func(string, []byte) []byte { return nil },
		} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				b := evaltest.Broker(t)
				p := pipeline.Plan{Pipeline: "damaged", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
				if err := pipeline.Create(t.Context(), b, p); err != nil {
					t.Fatal(err)
				}
				for _, stretch := range [][][]byte{documents[:1000], documents[1000:2000]} {
					fill(t, b, p.Pipeline, stretch, 4)
					workSaving(t, b, p, 600)
				}
				spoil(t, b, p, damage)
				fill(t, b, p.Pipeline, documents[2000:], 4)
				got, want := work(t, b, p, 600).Summary(p), oracle(t, b, p, nil).Tally.Summary(p)
				if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
					got.Windows != want.Windows || got.Lost+got.Duplicates > 0 {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// spoil damages the newest snapshot of each part.
func spoil(t *testing.T, b *broker.Broker, p pipeline.Plan, damage func(part string, data []byte) []byte) {
	t.Helper()
	s := objects(b, p)
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for part, of := range all {
		if len(of) < 2 {
			t.Fatalf("there are %d snapshots of %s: this proves nothing", len(of), part)
		}
		data, err := s.Load(t.Context(), of[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), of[0], damage(part, data)); err != nil {
			t.Fatal(err)
		}
	}
}
