package eval_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties, of one log whose records are met as they arrive, at 2 partitions, with
// a snapshot each few documents:
//   - without faults df has counted each document once, aligned or not;
//   - one of tokenize's partitions being slow, and workers of df, classify and
//     topics killed, aligned snapshots lose and repeat nothing: no document, no
//     update of the model, no count of df;
//   - under the same faults snapshots without alignment lose nothing, show
//     nothing twice, and df and model have counted documents twice;
//   - what each left behind keeps its claim when it is checked.
func TestSnapshotsOfWhatRacesCountTwiceWithoutAlignmentUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 800)
	slow := guarantees.Fault{Kind: guarantees.Delay, Stage: pipeline.TokenizeStage, Partition: 1, For: 50 * time.Millisecond}
	kills := []guarantees.Fault{
		{Kind: guarantees.Kill, Stage: pipeline.DFStage, At: 350, Point: guarantees.Stored},
		{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, At: 500, Point: guarantees.Stored},
		{Kind: guarantees.Kill, Stage: pipeline.TopicsStage, At: 650, Point: guarantees.Stored},
	}
	for _, recovery := range []string{guarantees.BySnapshot, guarantees.Unaligned} {
		for what, faults := range map[string][]guarantees.Fault{"undisturbed": {slow}, "killed": append(kills, slow)} {
			t.Run(fmt.Sprintf("%s/%s", recovery, what), func(t *testing.T) {
				p := evaltest.Plan(t, "aligned", 2, recovery)
				p.Order, p.SnapshotEvery = guarantees.Arrival, pipeline.Interval{Documents: 25}
				o, over, report := recount(t, p, documents, faults)
				twice := recovery == guarantees.Unaligned && what == "killed"
				if o.Lost+o.Repeated+o.Updates.Lost > 0 || len(o.Idle) > 0 {
					t.Errorf("%d documents lost, %d repeated, %d updates lost, never struck: %v", o.Lost, o.Repeated, o.Updates.Lost, o.Idle)
				}
				if (over > 0) != twice || (o.Updates.Repeated > 0) != twice || over < 0 {
					t.Errorf("df has counted %+d, updates of %d twice", over, o.Updates.Repeated)
				}
				if o.Broken() != "" || report.Broken || report.Unfinished > 0 {
					t.Errorf("the claim is broken: %s; %v", o.Broken(), report.Findings)
				}
				t.Logf("df off by %+d (%.2f %%), %d updates of %d replicas twice, %d units met behind later ones", over, o.DFError, o.Updates.Repeated, o.Updates.Replicas, o.Jumps)
			})
		}
	}
}

// recount runs a plan over documents, under faults, and says by how much the sum
// of df is above the oracle's, too.
func recount(t *testing.T, p pipeline.Plan, documents [][]byte, faults []guarantees.Fault) (*eval.Outcome, int64, check.Report) {
	t.Helper()
	b := evaltest.Broker(t)
	fill(t, b, p.Pipeline, documents, 1)
	if err := errors.Join(eval.Seal(t.Context(), b, p.Pipeline), pipeline.Create(t.Context(), b, p)); err != nil {
		t.Fatal(err)
	}
	truth, err := eval.NewTruth(t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	trial := eval.Trial{Plan: p, Faults: pipeline.FaultPlan{Faults: guarantees.FormatFaults(faults), Seed: 1}}
	o, err := trial.Run(t.Context(), b, truth)
	if err != nil {
		t.Fatal(err)
	}
	df, err := trial.DF(t.Context(), b, 0)
	if err != nil {
		t.Fatal(err)
	}
	over := -int64(truth.Counted())
	for _, n := range df {
		over += int64(n)
	}
	report := evaltest.CheckFinished(t, b, p)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return o, over, report
}
