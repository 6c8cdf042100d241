package eval_test

import (
	"context"
	"fmt"
	"testing"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// faultCase is a plan and what the two weaker guarantees make of it. The
// strongest neither loses nor repeats.
type faultCase struct {
	plan     string
	loses    bool // at-most-once
	repeats  bool // at-least-once
	changing bool // hits other workers wherever they happen to be
}

func faultCases() []faultCase {
	return []faultCase{
		{plan: "kill@300", loses: true, repeats: true},
		{plan: "pause@300 for 20ms"},
		{plan: "drop-ack:60%", repeats: true},
		{plan: "publish-fail:60%", loses: true, repeats: true},
		{plan: "duplicate:10%", repeats: true},
		{plan: "reorder:16", loses: true},
		{plan: "duplicate:5%, reorder:64 20%", loses: true, repeats: true},
		{plan: "delay:2ms"},
		{plan: "slow-disk:2ms"},
		{plan: "broker-restart@300", loses: true, repeats: true, changing: true},
		{plan: "disconnect@300", loses: true, repeats: true, changing: true},
		{plan: "kill@300, duplicate:5%, reorder:8, slow-disk:1ms", loses: true, repeats: true},
	}
}

// Properties, of each kind of fault under each promise at 1 and 2 partitions:
//   - it strikes;
//   - at-most-once never repeats, at-least-once never loses, and each does the
//     other where the fault makes one expect it;
//   - exactly-once does neither, and its results are the oracle's, to the bit;
//   - the same seed gives the same account again, at 2 partitions.
func TestEachFaultUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 700)
	for _, n := range []int{1, 2} {
		for _, name := range guarantees.Recoveries("") {
			promise, err := guarantees.NewPromise("", name)
			if err != nil {
				t.Fatal(err)
			}
			if n == 1 && promise.Recovery == guarantees.Rollback {
				continue // a chain differs from kept in nothing that faults could show
			}
			for _, c := range faultCases() {
				t.Run(fmt.Sprintf("%s/%d/%s", name, n, c.plan), func(t *testing.T) {
					t.Parallel()
					p := pipeline.Plan{
						Pipeline: "faults", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
						Guarantee: promise.Guarantee, Recovery: promise.Recovery, SnapshotEvery: often(promise),
					}.WithDefaults()
					first := faulty(t, p, c, documents)
					if n == 1 {
						return
					}
					if c.changing && promise.Guarantee != guarantees.ExactlyOnce {
						return // what others were about to do then is not decided by a seed
					}
					if second := faulty(t, p, c, documents); first != second {
						t.Errorf("the same seed gives\n%+v and\n%+v", first, second)
					}
				})
			}
		}
	}
}

// outcome is what has to be the same each time.
type outcome struct {
	documents, lost, repeated, updates, windows uint64
	predictions, df, model                      string
}

func outcomeOf(s pipeline.Summary) outcome {
	return outcome{s.Documents, s.Lost, s.Duplicates, s.Updates, s.Windows, s.PredictionsDigest, s.DFDigest, s.ModelDigest}
}

func faulty(t *testing.T, p pipeline.Plan, c faultCase, documents [][]byte) outcome {
	t.Helper()
	b := evaltest.Broker(t)
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	plan := pipeline.FaultPlan{Faults: c.plan, Seed: 7}
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	if err := pipeline.StoreFaults(ctx, b, p.Pipeline, plan); err != nil {
		t.Fatal(err)
	}
	faults, err := p.Faults(b, plan)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b, p.Pipeline, documents, 1)
	tally, err := eval.Run(ctx, b, p, faults, nil)
	if err != nil {
		t.Fatalf("after log sequence %d: %v", tally.To, err)
	}
	got := outcomeOf(tally.Summary(p))
	loses, repeats := false, false
	switch p.Guarantee {
	case guarantees.AtMostOnce:
		loses = c.loses
	case guarantees.AtLeastOnce:
		repeats = c.repeats
	}
	// The end of the source is a position too, and can be lost.
	if got.lost > 0 != loses || got.repeated > 0 != repeats || got.documents+got.lost < uint64(len(documents)) || got.documents+got.lost > uint64(len(documents))+1 {
		t.Errorf("%+v; want lost %v, repeated %v", got, loses, repeats)
	}
	if p.Guarantee == guarantees.ExactlyOnce {
		if want := outcomeOf(oracle(t, b, p, nil).Tally.Summary(p)); got != want {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	reports, err := pipeline.ReportFaults(ctx, b, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if len(r.Strikes) == 0 {
			t.Errorf("%s has not struck", r.Fault)
		}
		for _, s := range r.Strikes {
			if s.Place == "" || s.Time.IsZero() {
				t.Errorf("%s struck %+v", r.Fault, s)
			}
		}
	}
	if testing.Verbose() {
		t.Logf("lost %d, repeated %d; %d places", got.lost, got.repeated, len(reports[0].Strikes))
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return got
}
