package check_test

import (
	"fmt"
	"testing"

	"tidings/eval"
	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties, of labels that come later, under each promise, alone and with
// partitions, with snapshots, where workers of classify and df are killed:
//   - under exactly-once everything is the oracle's, to the bit: predictions,
//     model, what became of each label, and the ledger;
//   - each other promise keeps its account: what it allows is all that differs;
//   - labels of all fates are among them.
func TestLateLabelsAreLearntAsTheOracleLearnsThem(t *testing.T) {
	documents := evaltest.Documents(1600)
	for _, n := range []int{1, 2, 4} {
		for _, recovery := range guarantees.Recoveries("") {
			if n == 4 && recovery != guarantees.Commit {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
				t.Parallel()
				b := evaltest.Broker(t)
				p := evaltest.Plan(t, "late", n, recovery)
				p.LabelWait = pipeline.LabelWait{Documents: 300}
				evaltest.FillLate(t, b, p.Pipeline, documents, 4, 40)
				tally := evaltest.Run(t, b, p,
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 800, Point: guarantees.Stepped},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 1500, Point: guarantees.Stored},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.DFStage, Partition: 0, At: 600, Point: guarantees.Stepped},
				)
				late := tally.Late
				t.Logf("%+v", late)
				if late.Learnt == 0 || late.Corrected == 0 || late.Repeated == 0 || late.TooLate == 0 || late.Unknown == 0 {
					t.Errorf("some fates are missing: %+v", late)
				}
				report := evaltest.CheckFinished(t, b, p)
				for _, f := range report.Findings {
					if f.Broken && f.Kind != check.WindowLost { // topics know no labels
						t.Errorf("%v", &f)
					}
				}
				run, err := ledger.NewRun(t.Context(), b, p)
				if err != nil {
					t.Fatal(err)
				}
				for replica := range run.Replicas() {
					d, err := ledger.Diff(t.Context(), run, replica, ledger.Oracle{Run: run}, 0, 3)
					if err != nil || run.Proofs[replica].Broken > 0 {
						t.Fatalf("%v, %+v", err, run.Proofs[replica])
					}
					if p.Guarantee == guarantees.ExactlyOnce && !d.Equal() {
						t.Errorf("replica %d: %+v", replica, d)
					}
				}
				if p.Guarantee != guarantees.ExactlyOnce {
					return
				}
				if len(report.Findings) > 0 {
					t.Error(report.Findings)
				}
				truth, err := eval.NewTruth(t.Context(), b, p)
				if err != nil {
					t.Fatal(err)
				}
				got, want := tally.Summary(p), truth.Tally.Summary(p)
				if got.ModelDigest != want.ModelDigest || got.PredictionsDigest != want.PredictionsDigest || *got.LateLabels != *want.LateLabels || got.Accuracy != want.Accuracy || got.Labelled != want.Labelled {
					t.Errorf("\n got %+v %+v\nwant %+v %+v", got, *got.LateLabels, want, *want.LateLabels)
				}
			})
		}
	}
}
