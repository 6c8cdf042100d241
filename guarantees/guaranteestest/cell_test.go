package guaranteestest_test

import (
	"strings"
	"testing"

	"tidings/guarantees"
	"tidings/guarantees/guaranteestest"
)

func stages(int) []guaranteestest.Stage {
	return []guaranteestest.Stage{{Name: "tokenize", Stateless: true}, {Name: "df"}}
}

// Properties: the axes left out are all there is; points that are not on the way
// have no cell; of a thin selection each point of each stage has one cell, and
// each trouble comes to each point.
func TestCellsAreAllThereAre(t *testing.T) {
	cells := guaranteestest.Axes{States: []string{"embedded"}, Partitions: []int{2}, Stages: stages}.Cells()
	of := map[string]int{}
	for _, c := range cells {
		of[c.Promise.Recovery]++
	}
	// Nothing is saved at least once; a stage without state saves its place only
	// where it goes back there.
	want := map[string]int{guarantees.Claim: 45, guarantees.Kept: 42, guarantees.Rollback: 42, guarantees.Commit: 45, guarantees.Replay: 48, guarantees.BySnapshot: 48}
	for recovery, n := range want {
		if of[recovery] != n {
			t.Errorf("%s has %d cells, want %d", recovery, of[recovery], n)
		}
	}
	thin := guaranteestest.Thin(cells)
	met := map[guaranteestest.Trouble]map[guarantees.Point]bool{}
	for _, c := range thin {
		if met[c.Trouble] == nil {
			met[c.Trouble] = map[guarantees.Point]bool{}
		}
		met[c.Trouble][c.Point] = true
	}
	if len(thin) != len(cells)/3 {
		t.Errorf("%d of %d cells are a third of them", len(thin), len(cells))
	}
	for _, trouble := range guaranteestest.Troubles() {
		if len(met[trouble]) != len(guarantees.Points()) {
			t.Errorf("%s comes to %d points only", trouble, len(met[trouble]))
		}
	}
}

// Properties: an outcome that is as expected passes; one that shows nothing where
// something is expected fails like one that shows what is not.
func TestAnOutcomeIsJudgedByWhatTheCellExpects(t *testing.T) {
	cell := func(recovery string, point guarantees.Point) guaranteestest.Cell {
		p, err := guarantees.NewPromise("", recovery)
		if err != nil {
			t.Fatal(err)
		}
		return guaranteestest.Cell{Promise: p, State: "embedded", Partitions: 2, Stage: guaranteestest.Stage{Name: "df"}, Point: point, Trouble: guaranteestest.Killed}
	}
	claim, kept, commit := cell(guarantees.Claim, guarantees.Stepped), cell(guarantees.Kept, guarantees.Stored), cell(guarantees.Commit, guarantees.Stored)
	tests := map[string]struct {
		cell    guaranteestest.Cell
		outcome guaranteestest.Outcome
		want    string // "": it passes
	}{
		"exact":                            {commit, guaranteestest.Outcome{Documents: 9, Struck: 1}, ""},
		"nothing has struck":               {commit, guaranteestest.Outcome{Documents: 9}, "0 of 1 faults"},
		"lost":                             {commit, guaranteestest.Outcome{Documents: 9, Struck: 1, Lost: 2}, "2 of 9 documents are lost"},
		"twice":                            {commit, guaranteestest.Outcome{Documents: 9, Struck: 1, Repeated: 2}, "2 of 9 documents come twice"},
		"another model":                    {commit, guaranteestest.Outcome{Documents: 9, Struck: 1, Differing: []string{"the digest of the model"}}, "the model is not the oracle's"},
		"a zombie's trace":                 {commit, guaranteestest.Outcome{Documents: 9, Struck: 1, Broken: []string{"fence"}}, "fence"},
		"at most once, lost":               {claim, guaranteestest.Outcome{Documents: 9, Struck: 1, Lost: 2, Differing: []string{"x"}}, ""},
		"at most once, nothing lost":       {claim, guaranteestest.Outcome{Documents: 9, Struck: 1}, "this proves nothing"},
		"at most once, lost without words": {claim, guaranteestest.Outcome{Documents: 9, Struck: 1, Lost: 2, Untold: 1}, "1 documents are lost without a word"},
		"at most once, twice":              {claim, guaranteestest.Outcome{Documents: 9, Struck: 1, Lost: 2, Repeated: 1}, "1 of 9 documents come twice"},
		"at least once, twice":             {kept, guaranteestest.Outcome{Documents: 9, Struck: 1, Repeated: 2}, ""},
		"at least once, nothing twice":     {kept, guaranteestest.Outcome{Documents: 9, Struck: 1}, "this proves nothing"},
		"at least once, lost":              {kept, guaranteestest.Outcome{Documents: 9, Struck: 1, Repeated: 2, Lost: 1}, "1 of 9 documents are lost"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.cell.Judge(test.outcome)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
