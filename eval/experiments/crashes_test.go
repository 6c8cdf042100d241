package experiments_test

import (
	"slices"
	"strings"
	"testing"

	"tidings/eval/experiments"
	"tidings/eval/report"
)

// What is told of runs under crashes: exactly-once is shown where all runs equal the
// oracle and refuted where one does not; a loss of accuracy in all seeds is shown,
// and a change that is small beside the margin is shown to be; a run above the oracle
// is told.
func TestCrashesTellWhatTheyShow(t *testing.T) {
	const seeds = 20
	runs := func(of func(seed int) experiments.Crashed) (all []experiments.Crashed) {
		for seed := range seeds {
			all = append(all, of(seed))
		}
		return all
	}
	e := experiments.Crashes([]experiments.CrashedRuns{
		{Name: "worse", Runs: runs(func(seed int) experiments.Crashed {
			return experiments.Crashed{Accuracy: -1 - float64(seed)/100, Lost: 2}
		})},
		{Name: "alike", Runs: runs(func(seed int) experiments.Crashed {
			return experiments.Crashed{Accuracy: .01 * float64(seed%2*2-1), Labels: 3, Repeated: 4}
		})},
		{Name: "exact", Exact: true, Runs: runs(func(int) experiments.Crashed { return experiments.Crashed{Equal: true} })},
		{Name: "broken", Exact: true, Runs: runs(func(seed int) experiments.Crashed { return experiments.Crashed{Equal: seed != 7} })},
	}, experiments.Setting{Seeds: seeds, Model: "arow"}, "kills")
	for _, want := range []struct {
		holds report.Verdict
		text  string
	}{
		{report.Shown, "worse: accuracy changes by -1.095"},
		{report.Open, "alike: accuracy changes by +0.000"},
		{report.Shown, "alike: accuracy stays within 0.2 points, while 3.00 % of the labels are others"},
		{report.Observed, "alike: in 10 of 20 runs accuracy is above the oracle's, in one by 0.01 points"},
		{report.Shown, "exact: all 20 runs are the oracle to the bit."},
		{report.Refuted, "broken: 1 of 20 runs are not the oracle's."},
	} {
		if !slices.ContainsFunc(e.Claims, func(c report.Claim) bool { return c.Holds == want.holds && strings.HasPrefix(c.Text, want.text) }) {
			t.Errorf("nothing that is %s says %q:\n%+v", want.holds, want.text, e.Claims)
		}
	}
	if len(e.Claims) != 6 {
		t.Errorf("%d claims, want 6: %+v", len(e.Claims), e.Claims)
	}
	for _, table := range e.Tables {
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("table %s: a row of %d cells for %d columns", table.Name, len(row), len(table.Columns))
			}
		}
	}
}
