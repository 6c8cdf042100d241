package check_test

import (
	"fmt"
	"testing"

	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties, of runs under each recovery in which workers of each stage are
// killed, alone and with partitions:
//   - the claim is kept, and all is through;
//   - at-most-once has lost and not repeated, at-least-once the other way round,
//     exactly-once neither, and its digests are the oracle's.
func TestRunsWithCrashesKeepTheirClaims(t *testing.T) {
	documents := evaltest.Documents(3000)
	for _, n := range []int{1, 2} {
		for _, recovery := range guarantees.Recoveries("") {
			t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
				b := evaltest.Broker(t)
				p := evaltest.Plan(t, "p", n, recovery)
				evaltest.Fill(t, b, p.Pipeline, documents, 4)
				var faults []guarantees.Fault
				for i, stage := range pipeline.Stages() {
					for j, point := range []guarantees.Point{guarantees.Stepped, guarantees.Stored} {
						faults = append(faults, guarantees.Fault{Kind: guarantees.Kill, Stage: stage, At: uint64(700 + 300*i + 1000*j), Point: point})
					}
				}
				evaltest.Run(t, b, p, faults...)
				r := evaltest.Check(t, b, p)
				if r.Broken || r.Unfinished > 0 {
					t.Errorf("broken %t, unfinished %d", r.Broken, r.Unfinished)
				}
				for _, f := range r.Findings {
					t.Log(f.Broken, f.String())
				}
				if r.Broken {
					for _, s := range r.Stages {
						t.Logf("%+v", s)
					}
				}
				t.Log(r.Digests, r.Notes)
				wantLost, wantRepeated := p.Guarantee == guarantees.AtMostOnce, p.Guarantee == guarantees.AtLeastOnce
				if r.Has(check.Lost) != wantLost || r.Has(check.Repeated) != wantRepeated {
					t.Errorf("lost %t, want %t; repeated %t, want %t", r.Has(check.Lost), wantLost, r.Has(check.Repeated), wantRepeated)
				}
			})
		}
	}
}
