package eval_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Properties, of each guarantee and recovery, chained and with several
// partitions, under the default faults:
//   - it keeps its claim, and the weaker ones do what they may do;
//   - exactly-once is the oracle, with no error of df and all updates;
//   - the counts of df that are read back are those of the state, by its digest;
//   - the model is seen at the log's end, and its weights are the oracle's if it is;
//   - the same seed gives the same outcome, but for its speed.
func TestTrialsKeepTheirClaimsUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 1500)
	for _, n := range []int{1, 2} {
		for _, name := range guarantees.Recoveries("") {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				promise, err := guarantees.NewPromise("", name)
				if err != nil {
					t.Fatal(err)
				}
				p := pipeline.Plan{
					Pipeline: "trial", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
					Guarantee: promise.Guarantee, Recovery: promise.Recovery,
				}.WithDefaults()
				trial := eval.Trial{Plan: p, Faults: pipeline.FaultPlan{Faults: eval.DefaultFaults(p.Partitions, uint64(len(documents)), 3), Seed: 3}}
				o, b := try(t, trial, documents)
				if what := o.Broken(); what != "" {
					t.Errorf("%+v is broken: %s", o, what)
				}
				if weak := promise.Guarantee != guarantees.ExactlyOnce; o.Bitten() != weak || o.Equal == weak {
					t.Errorf("bitten %v, equal %v: %+v", o.Bitten(), o.Equal, o)
				}
				if o.Equal && (o.DFError != 0 || o.Differ != 0 || o.Updates.Applied != o.Updates.Expected) {
					t.Errorf("equal, and yet %+v", o)
				}
				if w, same := o.Weights, !slices.Contains(o.Differs, "the model"); w == nil || w.Replicas != n || same != (w.Percent == 0) || same != (w.Max == 0) {
					t.Errorf("not the oracle's are %v, and the weights are %+v apart", o.Differs, w)
				}
				if got := digest(t, trial, b); got != o.DFDigest {
					t.Errorf("the counts read back have the digest %s, the state %s", got, o.DFDigest)
				}
				again, _ := try(t, trial, documents)
				o.PerSecond, again.PerSecond = 0, 0
				o.RecoveryMS, again.RecoveryMS = 0, 0
				if !reflect.DeepEqual(o, again) {
					t.Errorf("first %+v\nthen %+v", o, again)
				}
			})
		}
	}
}

func try(t *testing.T, trial eval.Trial, documents [][]byte) (*eval.Outcome, *broker.Broker) {
	t.Helper()
	b := evaltest.Broker(t)
	fill(t, b, trial.Plan.Pipeline, documents, 8)
	if err := eval.Seal(t.Context(), b, trial.Plan.Pipeline); err != nil {
		t.Fatal(err)
	}
	truth, err := eval.NewTruth(t.Context(), b, trial.Plan)
	if err != nil {
		t.Fatal(err)
	}
	o, err := trial.Run(t.Context(), b, truth)
	if err != nil {
		t.Fatal(err)
	}
	return o, b
}

// digest is that of a df table with the counts that were read back.
func digest(t *testing.T, trial eval.Trial, b *broker.Broker) string {
	t.Helper()
	last, err := b.LastSequence(t.Context(), trial.Plan.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := trial.DF(t.Context(), b, last)
	if err != nil {
		t.Fatal(err)
	}
	var df features.DF
	var slots []uint32
	for term, n := range counts {
		slots = df.Resolve(slots, []uint64{term})
		for range n {
			df.Observe(slots[0])
		}
	}
	return pipeline.Digest(df.Digest())
}

// Properties: a load of so many documents is measured but for the first tenth,
// and leaves the log that it is taken from alone.
func TestLoadMeasuresLatency(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 200)
	b := evaltest.Broker(t)
	p := pipeline.Plan{Pipeline: "from"}.WithDefaults()
	fill(t, b, p.Pipeline, documents, 8)
	p.Pipeline = "load"
	l, err := eval.Load(t.Context(), b, "from", p, 1000, 100)
	if err != nil {
		t.Fatal(err)
	}
	if l.Count() != 90 || l.P50() <= 0 {
		t.Errorf("%d documents measured, p50 %v ms", l.Count(), l.P50())
	}
	if tally := run(t, b, pipeline.Plan{Pipeline: "from"}.WithDefaults(), nil); tally.Documents != 200 {
		t.Errorf("the log has %d documents now", tally.Documents)
	}
}
