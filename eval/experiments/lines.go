package experiments

import (
	"fmt"
	"slices"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// line is a row of a table, put together from its beginning.
type line []report.Cell

func (l line) numbers(all ...float64) line {
	for _, x := range all {
		l = append(l, report.Number(x))
	}
	return l
}

// estimate adds a mean and its interval.
func (l line) estimate(e statistics.Estimate) line { return l.numbers(e.Mean, e.Low, e.High) }

// everyFailure is a table with a row for each model and failure: which, where, what
// was before, how a share changed, and what else there is.
func everyFailure(remark, where string, before []report.Column, behind ...[]report.Column) report.Table {
	t := report.Table{Name: "cells", Title: "Every model and failure", Remark: remark, Columns: []report.Column{{Name: "model"}, {Name: "promise"}, {Name: where}}}
	t.Columns = slices.Concat(t.Columns, before, testedColumns("change", "low", "high", "p"))
	t.Columns = append(t.Columns, slices.Concat(behind...)...)
	return t
}

// failed begins such a row.
func failed(model string, promise Promise, where string) line {
	return line{report.Text(model), report.Text(string(promise)), report.Text(where)}
}

// testedColumns are those of an estimate and of what a test says of it.
func testedColumns(mean, low, high, p string) []report.Column {
	return []report.Column{{Name: mean, Decimals: 3}, {Name: low, Decimals: 3}, {Name: high, Decimals: 3}, {Name: p, Decimals: 5}}
}

// verdict is that of a difference.
func verdict(p float64) report.Verdict {
	if p < .05 {
		return report.Shown
	}
	return report.Open
}

// points shows an estimate of a change, in points.
func points(e statistics.Estimate) string {
	return fmt.Sprintf("%+.2f (%+.2f to %+.2f)", e.Mean, e.Low, e.High)
}

// differ is of how many documents the first label is another, in percent, the mean
// of all seeds.
func differ(of []*Outcome, truth *Outcome) float64 {
	var all []float64
	for _, o := range of {
		all = append(all, o.differ(truth))
	}
	return statistics.Average(all)
}

// brief is a label that fits over a column.
func brief(label string) string {
	const runesMax = 12
	if r := []rune(label); len(r) > runesMax {
		return string(r[:runesMax-1]) + "…"
	}
	return label
}

// counts are means over seeds.
func counts(of []*Outcome) (state, output, lost float64) {
	for _, o := range of {
		state += float64(o.State)
		output += float64(o.Output)
		lost += float64(o.Lost)
	}
	n := float64(len(of))
	return state / n, output / n, lost / n
}
