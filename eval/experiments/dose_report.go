package experiments

import (
	"fmt"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// curves are runs of cells that differ in their rates alone.
func curves(all []tested) (of [][]tested) {
	for i, t := range all {
		if i == 0 || t.model != all[i-1].model || t.kind != all[i-1].kind || t.pattern != all[i-1].pattern {
			of = append(of, nil)
		}
		of[len(of)-1] = append(of[len(of)-1], t)
	}
	return of
}

// name is what a curve is called.
func (c *cell) name() string { return fmt.Sprintf("%s, %s", c.kind, c.pattern) }

const test20 = "two one-sided t tests against %v points, %d seeds, adjusted by Holm"

// claims are what a curve shows: up to which dose accuracy is the same, from which
// on it is not, what other measures say at a dose of 1 %, and whether repetition
// looks better than it is.
func (d *dose) claims(curve []tested) (all []report.Claim) {
	s := d.setting
	subject := fmt.Sprintf("%s: %s", curve[0].model, curve[0].name())
	same := -1
	for i := range curve {
		if curve[i].within >= .05 {
			break
		}
		same = i
	}
	if same >= 0 {
		t := curve[same]
		all = append(all, report.Claim{Holds: report.Shown, P: t.within, Test: fmt.Sprintf(test20, s.Margin, s.Seeds),
			Text: fmt.Sprintf("%s: up to %v %% of the documents accuracy stays within %v points (at %v %% it changes by %s).", subject, 100*t.rate, s.Margin, 100*t.rate, interval(t.accuracy))})
	}
	for _, t := range curve[same+1:] {
		if t.differs < .05 && (t.accuracy.Mean <= -s.Margin || t.accuracy.Mean >= s.Margin) {
			all = append(all, report.Claim{Holds: report.Shown, P: t.differs, Test: fmt.Sprintf("signs tossed, %d seeds, adjusted by Holm", s.Seeds),
				Text: fmt.Sprintf("%s: from %v %% on accuracy changes by more than that (%s points).", subject, 100*t.rate, interval(t.accuracy))})
			break
		}
	}
	if same < len(curve)-1 && len(all) == 0 {
		t := curve[len(curve)-1]
		all = append(all, report.Claim{Holds: report.Open, P: t.differs, Test: fmt.Sprintf("signs tossed, %d seeds, adjusted by Holm", s.Seeds),
			Text: fmt.Sprintf("%s: whether accuracy stays within %v points is not decided (at %v %% it changes by %s).", subject, s.Margin, 100*t.rate, interval(t.accuracy))})
	}
	for _, t := range curve {
		if t.rate == .01 {
			all = append(all, d.noticed(subject, t))
		}
		if t.rate == .05 && t.kind == Repetition && t.naive.Mean > 0 && t.naiveMoves < .05 {
			all = append(all, report.Claim{Holds: report.Shown, P: t.naiveMoves, Test: fmt.Sprintf("signs tossed, %d seeds, adjusted by Holm", s.Seeds),
				Text: fmt.Sprintf("%s: who counts all predictions sees accuracy rise by %s points at %v %%, for a document that comes again has been learnt; that of first predictions changes by %s.", subject, interval(t.naive), 100*t.rate, interval(t.accuracy))})
		}
	}
	return all
}

// noticed says what each measure shows of a dose.
func (d *dose) noticed(subject string, t tested) report.Claim {
	mean := func(measure func(Effect) float64) float64 {
		return statistics.Average(t.of(measure))
	}
	return report.Claim{Holds: report.Observed, Text: fmt.Sprintf(
		"%s: at %v %% document frequencies are off by %.2f %%, %.2f %% of the labels differ, shares of topics by %.2f points, accuracy by %.2f; %.1f %% of the windows have other popular topics.",
		subject, 100*t.rate,
		mean(func(e Effect) float64 { return e.DF }), mean(func(e Effect) float64 { return e.Differ }),
		mean(func(e Effect) float64 { return e.Shares }), mean(accuracyOf), mean(func(e Effect) float64 { return e.Flips }))}
}

// interval shows an estimate with the sign of a change.
func interval(e statistics.Estimate) string {
	return fmt.Sprintf("%+.3f, %+.3f to %+.3f", e.Mean, e.Low, e.High)
}

// figures are the curves of the setting's model.
func (d *dose) figures(all []tested) (figures []report.Figure) {
	for _, kind := range []Kind{Loss, Repetition} {
		for _, of := range []struct {
			name, title string
			measure     func(Effect) float64
		}{
			{"accuracy", "change of accuracy of first predictions, points", accuracyOf},
			{"labels", "labels that differ, %", func(e Effect) float64 { return e.Differ }},
			{"shares", "shares of topics, total variation in points", func(e Effect) float64 { return e.Shares }},
		} {
			f := report.Figure{
				Name: string(kind) + "-" + of.name, Title: fmt.Sprintf("%s: %s", kind, of.title),
				X: report.Axis{Title: fmt.Sprintf("%s, %% of the documents", kind), Log: true}, Y: report.Axis{Title: of.title},
			}
			for _, curve := range curves(all) {
				if curve[0].model == d.setting.Model && curve[0].kind == kind {
					f.Lines = append(f.Lines, d.line(string(curve[0].pattern), curve, of.measure))
				}
			}
			if kind == Repetition && of.name == "accuracy" {
				for _, curve := range curves(all) {
					if curve[0].model == d.setting.Model && curve[0].kind == kind && curve[0].pattern == Even {
						f.Lines = append(f.Lines, d.line("even, all predictions counted", curve, naiveOf))
					}
				}
			}
			figures = append(figures, f)
		}
	}
	return figures
}

func (d *dose) line(name string, curve []tested, measure func(Effect) float64) report.Line {
	l := report.Line{Name: name}
	for _, t := range curve {
		m := statistics.Mean(t.of(measure), d.setting.resampling())
		l.Points = append(l.Points, report.Point{X: 100 * t.rate, Y: m.Mean, Low: m.Low, High: m.High})
	}
	return l
}

// short is what a person looks at first: the setting's model alone, and few
// columns.
func (d *dose) short(all []tested) report.Table {
	t := report.Table{
		Name: "doses", Title: "What a dose does to " + d.setting.Model, Remark: fmt.Sprintf("against no damage, means of %d seeds; the interval is that of accuracy, 95 %%", d.setting.Seeds),
		Columns: []report.Column{
			{Name: "damage"}, {Name: "dose", Unit: "%", Decimals: 1}, {Name: "accuracy", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2},
			{Name: "all said", Decimals: 2}, {Name: "labels", Unit: "%", Decimals: 2}, {Name: "df", Unit: "%", Decimals: 2}, {Name: "shares", Decimals: 2}, {Name: "flips", Unit: "%", Decimals: 1},
		},
	}
	for _, x := range all {
		if x.model != d.setting.Model {
			continue
		}
		mean := func(measure func(Effect) float64) report.Cell {
			return report.Number(statistics.Average(x.of(measure)))
		}
		t.Rows = append(t.Rows, []report.Cell{
			report.Text(x.name()), report.Number(100 * x.rate), report.Number(x.accuracy.Mean), report.Number(x.accuracy.Low), report.Number(x.accuracy.High), report.Number(x.naive.Mean),
			mean(func(e Effect) float64 { return e.Differ }), mean(func(e Effect) float64 { return e.DF }), mean(func(e Effect) float64 { return e.Shares }), mean(func(e Effect) float64 { return e.Flips }),
		})
	}
	return t
}

// table has a row for each cell.
func (d *dose) table(all []tested) report.Table {
	t := report.Table{
		Name: "cells", Title: "Every dose", Remark: fmt.Sprintf("means of %d seeds; p of a change of accuracy, and of one within %v points, are adjusted by Holm over all rows", d.setting.Seeds, d.setting.Margin),
		Columns: []report.Column{
			{Name: "model"}, {Name: "kind"}, {Name: "pattern"}, {Name: "dose", Unit: "%", Decimals: 1},
			{Name: "lost", Decimals: 0}, {Name: "repeated", Decimals: 0},
			{Name: "accuracy", Unit: "points", Decimals: 3}, {Name: "low", Decimals: 3}, {Name: "high", Decimals: 3}, {Name: "p", Decimals: 4}, {Name: "p within", Decimals: 4},
			{Name: "held out", Unit: "points", Decimals: 3}, {Name: "macro-F1", Unit: "points", Decimals: 3}, {Name: "all predictions", Unit: "points", Decimals: 3},
			{Name: "labels differ", Unit: "%", Decimals: 2}, {Name: "df", Unit: "%", Decimals: 2}, {Name: "shares", Unit: "points", Decimals: 2}, {Name: "windows flipped", Unit: "%", Decimals: 1},
		},
	}
	for _, x := range all {
		mean := func(measure func(Effect) float64) report.Cell {
			return report.Number(statistics.Average(x.of(measure)))
		}
		t.Rows = append(t.Rows, []report.Cell{
			report.Text(x.model), report.Text(string(x.kind)), report.Text(string(x.pattern)), report.Number(100 * x.rate),
			mean(func(e Effect) float64 { return float64(e.Lost) }), mean(func(e Effect) float64 { return float64(e.Repeated) }),
			report.Number(x.accuracy.Mean), report.Number(x.accuracy.Low), report.Number(x.accuracy.High), report.Number(x.differs), report.Number(x.within),
			mean(func(e Effect) float64 { return e.HeldOut }), mean(func(e Effect) float64 { return e.MacroF1 }), report.Number(x.naive.Mean),
			mean(func(e Effect) float64 { return e.Differ }), mean(func(e Effect) float64 { return e.DF }), mean(func(e Effect) float64 { return e.Shares }), mean(func(e Effect) float64 { return e.Flips }),
		})
	}
	return t
}
