package eval_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties of documents that are held out:
//   - about so many are, the same ones each time, and no others lose their labels;
//   - nobody learns them, under any promise, and the oracle neither;
//   - they are scored by the labels that they had: exactly-once as the oracle.
func TestHeldOutDocumentsAreScoredAndNeverLearnt(t *testing.T) {
	const documents, share = 1200, .25
	held := &eval.HeldOut{Share: share}
	lines, labelled, scored := holdOut(t, held, evaltest.Documents(documents))
	again, _, _ := holdOut(t, held, evaltest.Documents(documents))
	if !reflect.DeepEqual(lines, again) {
		t.Error("other documents were held out the second time")
	}
	if got := float64(scored) / float64(scored+labelled); got < share-.05 || got > share+.05 {
		t.Errorf("%.3f of the documents are held out, want about %.2f", got, share)
	}
	for _, recovery := range []string{guarantees.Commit, guarantees.Kept, guarantees.Claim} {
		b := evaltest.Broker(t)
		p := evaltest.Plan(t, "held", 1, recovery)
		fill(t, b, p.Pipeline, lines, 8)
		if err := eval.Seal(t.Context(), b, p.Pipeline); err != nil {
			t.Fatal(err)
		}
		truth, err := eval.NewTruthOf(t.Context(), b, p, held)
		if err != nil {
			t.Fatal(err)
		}
		faults := pipeline.FaultPlan{Faults: eval.DefaultFaults(p.Partitions, documents, 1), Seed: 1}
		o, err := eval.Trial{Plan: p, Faults: faults}.Run(t.Context(), b, truth)
		if err != nil {
			t.Fatal(err)
		}
		oracle := truth.Outcome()
		if oracle.Test.Documents != uint64(scored) || oracle.Test.Accuracy < .5 || oracle.Test.MacroF1 < .5 || oracle.Updates.Applied != uint64(labelled) {
			t.Errorf("%d are held out, %d have labels, the oracle: %+v", scored, labelled, oracle)
		}
		if o.Updates.Expected != uint64(labelled) || o.Test.Documents+o.Lost < uint64(scored) {
			t.Errorf("%s: %+v", recovery, o)
		}
		if recovery != guarantees.Claim && o.Test.Documents != oracle.Test.Documents || recovery == guarantees.Commit && o.Test != oracle.Test {
			t.Errorf("%s: %+v, the oracle %+v", recovery, o.Test, oracle.Test)
		}
	}
}

// holdOut takes labels off lines, and counts the labels that are left and those
// that were taken.
func holdOut(t *testing.T, held *eval.HeldOut, from [][]byte) (lines [][]byte, labelled, scored int) {
	t.Helper()
	for _, line := range from {
		var d struct{ ID, Label string }
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		taken := tidings.Document{ID: d.ID, Label: d.Label}
		held.Take(&taken)
		switch {
		case taken.Label != "":
			labelled++
		case d.Label != "":
			scored++
		}
		lines = append(lines, bytes.Replace(line, fmt.Appendf(nil, `"label":%q`, d.Label), fmt.Appendf(nil, `"label":%q`, taken.Label), 1))
	}
	return lines, labelled, scored
}

// Properties: a document keeps its label without a share, and loses all that it
// has with the whole.
func TestHeldOutSharesAtTheirEnds(t *testing.T) {
	for i := range 100 {
		d := tidings.Document{ID: strings.Repeat("x", i+1), Labels: []string{"a", "b"}}
		(*eval.HeldOut)(nil).Take(&d)
		new(eval.HeldOut).Take(&d)
		if len(d.Labels) != 2 {
			t.Fatalf("%+v lost its labels", d)
		}
		(&eval.HeldOut{Share: 1}).Take(&d)
		if d.Label != "" || d.Labels != nil {
			t.Fatalf("%+v kept a label", d)
		}
	}
}
