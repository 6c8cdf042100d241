package eval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// forgetful are options of a df that forgets by age, to make room, or both. The
// words and pairs of the documents are more than the limit.
func forgetful() map[string]features.Options {
	pairs := features.NGrams{Min: 1, Max: 2}
	return map[string]features.Options{
		"documents": {DFHalfLife: features.HalfLife{Documents: 700}},
		"time":      {DFHalfLife: features.HalfLife{Time: 36 * time.Hour}},
		"terms":     {NGrams: pairs, DFTerms: features.DFTermsMin},
		"both":      {NGrams: pairs, DFTerms: features.DFTermsMin, DFHalfLife: features.HalfLife{Documents: 40_000}},
	}
}

// Properties, where df forgets:
//   - predictions, their probabilities' bits, df and model digests are the
//     oracle's, at 1, 2, 3 and 4 partitions, however documents are packed into
//     messages, and when workers are killed and go back to snapshots
//   - they are not those of a df that never forgets
func TestADFThatForgetsEqualsTheOracle(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 6000)
	b := evaltest.Broker(t)
	plain := pipeline.Plan{Pipeline: "plain"}.WithDefaults()
	fill(t, b, "plain", documents, 256)
	never := oracle(t, b, plain, nil).Tally.Summary(plain)
	for name, o := range forgetful() {
		t.Run(name, func(t *testing.T) {
			var want string
			for i, n := range []int{1, 2, 3, 4} {
				pipelineName := pipeline.Name(fmt.Sprintf("%s-%d", name, n))
				p := pipeline.Plan{Pipeline: pipelineName, Features: o, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: 1}}.WithDefaults()
				fill(t, b, pipelineName, documents, []int{256, 1, 7, 100}[i])
				s := runKilled(t, b, p).Summary(p)
				got := fmt.Sprintln(s.Documents, s.PredictionsDigest, s.DFDigest, s.ModelDigest, s.Accuracy, s.TermsDropped, s.Lost, s.Duplicates)
				if want == "" {
					loop := oracle(t, b, p, nil)
					truth := loop.Tally.Summary(p)
					want = fmt.Sprintln(truth.Documents, truth.PredictionsDigest, truth.DFDigest, truth.ModelDigest, truth.Accuracy, truth.TermsDropped, truth.Lost, truth.Duplicates)
					if truth.PredictionsDigest == never.PredictionsDigest || truth.DFDigest == never.DFDigest {
						t.Error("nothing was forgotten")
					}
					if off := loop.DFError(); (truth.TermsDropped > 0) != (o.DFTerms > 0) || (off > 0) != (o.DFTerms > 0) || off > 40 {
						t.Errorf("%d terms were dropped, df may be too low by %v", truth.TermsDropped, off)
					}
					t.Log(want)
				}
				if got != want {
					t.Errorf("%d partitions:\n got %s\nwant %s", n, got, want)
				}
			}
		})
	}
}

// runKilled lets a pipeline work that makes snapshots often, and whose workers are
// killed in the middle and right behind a snapshot.
func runKilled(t *testing.T, b *broker.Broker, p pipeline.Plan) *pipeline.Tally {
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	return runSaving(ctx, t, b, p, 900, []guarantees.Fault{
		{Kind: guarantees.Kill, Partition: -1, At: 2500},
		{Kind: guarantees.Kill, Partition: -1, At: 3300, Point: guarantees.Saved},
	}, nil)
}
