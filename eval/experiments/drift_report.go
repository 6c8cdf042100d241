package experiments

import (
	"fmt"
	"slices"
	"time"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// most is the label whose share the frozen model gets most wrong in a period, and
// by how much, in points.
func (d *drift) most(m *driftModel) (label, period int, off float64) {
	for i, p := range d.periods {
		for l, want := range p.truth {
			if x := abs(percent(m.runs[frozenArm].shares[i][l], p.total) - percent(want, p.total)); x > off {
				label, period, off = l, i, x
			}
		}
	}
	return label, period, off
}

func (d *drift) report() report.Experiment {
	m := d.models[0]
	label, at, off := d.most(m)
	p := d.periods[at]
	e := report.Experiment{
		Name:     "drift",
		Title:    "A model that stops learning",
		Question: "How far are the shares of topics off that a model finds which was frozen at a date, and how far those of the same model learning on?",
		Claims: []report.Claim{{Holds: report.Observed, Text: fmt.Sprintf(
			"%s, frozen at %s, is farthest off for %s in the %s %s: %.1f %% of the documents are about it, it finds %.1f %%, %.1f points off; learning on it finds %.1f %%.",
			m.name, d.options.Freeze.Format(time.DateOnly), d.corpus.labels[label], d.every, p.name, percent(p.truth[label], p.total),
			percent(m.runs[frozenArm].shares[at][label], p.total), off, percent(m.runs[learningArm].shares[at][label], p.total))}},
	}
	for _, m := range d.models {
		for _, x := range m.pairs {
			e.Claims = append(e.Claims, d.claims(m, x)...)
		}
	}
	e.Figures = []report.Figure{
		d.figure("variation", "Shares of topics, off by", "total variation, points", m, func(r armRun, i int) float64 { return r.variation[i] }),
		d.figure("accuracy", "Accuracy", "right, %", m, func(r armRun, i int) float64 { return r.right[i].percent() }),
		d.topic(m, label),
	}
	e.Tables = []report.Table{d.short(), d.table(m), d.topics(m)}
	e.Notes = []string{
		fmt.Sprintf("All learn the first %d documents, up to %s. Df counts on in all of them, also in those that are frozen; one that forgets has a half-life of %v. Behind that there are %d with %d labelled documents or more, %s by %s.", d.from, d.options.Freeze.Format(time.DateTime), d.options.HalfLife, len(d.periods), periodDocumentsMin, d.every, d.every),
		"No failure strikes here, so there are no seeds: accuracy is compared document by document (McNemar inside one run; the interval is over blocks of 500 neighbours), shares period by period (signs tossed). Neighbouring periods are not independent, and p of the latter is too small by as much.",
		"Published: learning on was proposed by Trofimov et al. (BIRTE 2019) and not measured, so there is no table to stand beside ours. Their ancestors tried a df over windows of 4 to 20 days of 200 documents, damped by .05 to .99, and tell no figures that can be compared.",
		"Total variation is half the sum over topics of how far a share is off, in points: the share of documents that would have to be moved to another topic.",
	}
	return e
}

// claims are those of two arms: which is right more often, and whose shares are nearer.
func (d *drift) claims(m *driftModel, x *driftPair) []report.Claim {
	names := armNames()
	first, second := m.runs[x.first], m.runs[x.second]
	claims := []report.Claim{
		{Holds: verdict(x.p), P: x.p, Test: fmt.Sprintf("McNemar inside one run, %d tests adjusted by Holm", 4*len(d.models)), Text: fmt.Sprintf(
			"%s: %s is right for %.2f %% of %d documents, %s for %.2f %%: a difference of %s points.",
			m.name, names[x.second], second.accuracy.percent(), second.accuracy.of, names[x.first], first.accuracy.percent(), points(x.accuracy))},
		{Holds: verdict(x.variation.differs), P: x.variation.differs, Test: fmt.Sprintf("signs tossed, %d periods, %d tests adjusted by Holm", len(d.periods), len(d.tests.all)), Text: fmt.Sprintf(
			"%s: shares of topics that %s finds are off by %.2f points a %s, those of %s by %.2f: a difference of %s.",
			m.name, names[x.second], statistics.Average(second.variation), d.every, names[x.first], statistics.Average(first.variation), points(x.variation.mean))},
	}
	if x.within < .05 {
		claims = append(claims, report.Claim{Holds: report.Shown, P: x.within, Test: fmt.Sprintf("two one-sided t tests against %v points, blocks of %d documents, %d tests adjusted by Holm", d.options.Margin, blockOfDrift, 4*len(d.models)),
			Text: fmt.Sprintf("%s: %s and %s are right equally often, to within %v points.", m.name, names[x.first], names[x.second], d.options.Margin)})
	}
	return claims
}

// short has a row for each arm of each model.
func (d *drift) short() report.Table {
	t := report.Table{
		Name: "arms", Title: "Learning on, or not", Remark: fmt.Sprintf("behind %s, shares off by total variation in points, of %d periods (%s)", d.options.Freeze.Format(time.DateOnly), len(d.periods), d.every),
		Columns: []report.Column{
			{Name: "run"}, {Name: "accuracy", Unit: "%", Decimals: 2}, {Name: "shares off", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "at most", Decimals: 2}, {Name: "in"},
		},
	}
	for _, m := range d.models {
		for arm, r := range m.runs {
			e := statistics.Mean(r.variation, d.options.resampling())
			worst := slices.Index(r.variation, slices.Max(r.variation))
			row := line{report.Text(m.name + ", " + armNames()[arm])}.numbers(r.accuracy.percent()).estimate(e)
			t.Rows = append(t.Rows, append(row, report.Number(r.variation[worst]), report.Text(d.periods[worst].name)))
		}
	}
	return t
}

// table has a row for each period.
func (d *drift) table(m *driftModel) report.Table {
	t := report.Table{
		Name: "periods", Title: "Period by period", Remark: m.name + "; right in percent, shares off by total variation in points",
		Columns: []report.Column{{Name: d.every}, {Name: "documents"}, {Name: "topics"}},
	}
	for _, name := range armNames() {
		t.Columns = append(t.Columns, report.Column{Name: name + ", right", Unit: "%", Decimals: 1}, report.Column{Name: name + ", shares off", Decimals: 2})
	}
	for i, p := range d.periods {
		topics := 0
		for _, n := range p.truth {
			if n > 0 {
				topics++
			}
		}
		row := []report.Cell{report.Text(p.name), report.Number(float64(p.total)), report.Number(float64(topics))}
		for _, r := range m.runs {
			row = append(row, report.Number(r.right[i].percent()), report.Number(r.variation[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// topics has a row for each topic of each period.
func (d *drift) topics(m *driftModel) report.Table {
	t := report.Table{
		Name: "topics", Title: "True and predicted shares", Remark: m.name + ", in percent",
		Columns: []report.Column{{Name: d.every}, {Name: "topic"}, {Name: "documents"}, {Name: "true", Unit: "%", Decimals: 2}},
	}
	for _, name := range armNames() {
		t.Columns = append(t.Columns, report.Column{Name: name, Unit: "%", Decimals: 2}, report.Column{Name: name + ", off", Decimals: 2})
	}
	for i, p := range d.periods {
		for l, n := range p.truth {
			if len(t.Rows) == report.RowsMax {
				return t
			}
			want := percent(n, p.total)
			row := []report.Cell{report.Text(p.name), report.Text(d.corpus.labels[l]), report.Number(float64(n)), report.Number(want)}
			for _, r := range m.runs {
				is := percent(r.shares[i][l], p.total)
				row = append(row, report.Number(is), report.Number(is-want))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// figure is a measure over the periods, a line an arm.
func (d *drift) figure(name, title, y string, m *driftModel, measure func(r armRun, i int) float64) report.Figure {
	f := report.Figure{Name: name, Title: fmt.Sprintf("%s, by %s behind %s", title, d.every, d.options.Freeze.Format(time.DateOnly)), X: report.Axis{Title: d.every + "s with enough documents behind the date"}, Y: report.Axis{Title: y}}
	for arm, r := range m.runs {
		l := report.Line{Name: armNames()[arm]}
		for i := range d.periods {
			l.Points = append(l.Points, report.Point{X: float64(i + 1), Y: measure(r, i)})
		}
		f.Lines = append(f.Lines, l)
	}
	return f
}

// topic is the share of one, true and as it is found.
func (d *drift) topic(m *driftModel, label int) report.Figure {
	f := d.figure("topic", "Share of "+d.corpus.labels[label], "share, %", m, func(armRun, int) float64 { return 0 })
	f.Lines = f.Lines[:learningArm+1]
	truth := report.Line{Name: "true"}
	for i, p := range d.periods {
		truth.Points = append(truth.Points, report.Point{X: float64(i + 1), Y: percent(p.truth[label], p.total)})
		for arm := range f.Lines {
			f.Lines[arm].Points[i].Y = percent(m.runs[arm].shares[i][label], p.total)
		}
	}
	f.Lines = append(f.Lines, truth)
	return f
}
