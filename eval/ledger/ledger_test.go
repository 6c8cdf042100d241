package ledger_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidings/eval/evaltest"
	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties, under each recovery, alone and with partitions, where workers of
// df and classify are killed:
//   - each record's documents lead from its version to the next one;
//   - exactly-once differs in nothing from the oracle, at-least-once repeats and
//     loses nothing, at-most-once loses and repeats nothing.
func TestTheLogProvesTheLedger(t *testing.T) {
	documents := evaltest.Documents(3000)
	for _, n := range []int{1, 2} {
		for _, recovery := range guarantees.Recoveries("") {
			t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
				b := evaltest.Broker(t)
				p := evaltest.Plan(t, "p", n, recovery)
				evaltest.Fill(t, b, p.Pipeline, documents, 4)
				evaltest.Run(t, b, p,
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 1500, Point: guarantees.Stepped},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 2500, Point: guarantees.Stored},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.DFStage, Partition: 0, At: 1000, Point: guarantees.Stepped},
				)
				run, err := ledger.NewRun(t.Context(), b, p)
				if err != nil {
					t.Fatal(err)
				}
				var sum ledger.Difference
				for replica := range run.Replicas() {
					d, err := ledger.Diff(t.Context(), run, replica, ledger.Oracle{Run: run}, 0, 3)
					if err != nil {
						t.Fatal(err)
					}
					proof := run.Proofs[replica]
					if proof.Broken != 0 || proof.Untraced != 0 || proof.Updates != d.Updates || d.Updates == 0 || !d.ByPosition {
						t.Errorf("replica %d: %+v", replica, proof)
					}
					t.Logf("replica %d: %+v", replica, d)
					sum.Lost, sum.Repeated = sum.Lost+d.Lost, sum.Repeated+d.Repeated
					sum.Unexpected, sum.Reordered = sum.Unexpected+d.Unexpected, sum.Reordered+d.Reordered
				}
				wantLost, wantRepeated := p.Guarantee == guarantees.AtMostOnce, p.Guarantee == guarantees.AtLeastOnce
				if sum.Lost > 0 != wantLost || sum.Repeated > 0 != wantRepeated || sum.Unexpected > 0 || sum.Reordered > 0 {
					t.Errorf("under %s: %+v", p.Guarantee, sum)
				}
			})
		}
	}
}

// Properties:
//   - a ledger that was written is the same when it is read;
//   - of a file that is none, or is cut, the error says which line.
func TestALedgerIsWrittenAndRead(t *testing.T) {
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "p", 2, guarantees.Commit)
	evaltest.Fill(t, b, p.Pipeline, evaltest.Documents(500), 4)
	evaltest.Run(t, b, p)
	run, err := ledger.NewRun(t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	n, err := ledger.Write(t.Context(), &text, run, "p")
	if err != nil || n == 0 {
		t.Fatalf("%d updates, %v", n, err)
	}
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text.String())
	file, err := ledger.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for replica := range file.Replicas() {
		d, err := ledger.Diff(t.Context(), file, replica, run, replica, 3)
		if err != nil || !d.Equal() || !d.ByPosition || d.Updates == 0 {
			t.Errorf("replica %d: %+v, %v", replica, d, err)
		}
	}
	write(text.String()[:text.Len()-20])
	if file, err = ledger.OpenFile(path); err == nil {
		_, err = ledger.Diff(t.Context(), file, 1, run, 1, 3)
	}
	if want := fmt.Sprintf("ledger.jsonl:%d:", n+1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a cut file gives %v, want %s", err, want)
	}
	write("{}\n")
	if _, err := ledger.OpenFile(path); err == nil || !strings.Contains(err.Error(), ":1: no ledger") {
		t.Errorf("another file gives %v", err)
	}
	if _, err := ledger.OpenFile(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file gives %v", err)
	}
}
