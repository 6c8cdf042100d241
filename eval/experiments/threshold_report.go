package experiments

import (
	"fmt"
	"strings"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// Shares of the published experiment, in percent.
const (
	publishedPopular = 10.1
	publishedLost    = 9.4
)

func (t *threshold) label() string { return t.corpus.labels[t.topic] }

// unpopular is in how many runs the topic is not popular any more.
func (t *threshold) unpopular(x *thresholdCell) counted {
	var c counted
	for _, o := range x.outcomes {
		c.add(o.Share(t.topic) <= popular)
	}
	return c
}

// others is in how many runs another topic became popular or unpopular.
func (t *threshold) others(m *thresholdModel, x *thresholdCell) counted {
	var c counted
	for _, o := range x.outcomes {
		flipped := false
		for l := range t.corpus.labels {
			if l := int32(l); l != t.topic && (o.Share(l) > popular) != (m.truth.Share(l) > popular) {
				flipped = true
			}
		}
		c.add(flipped)
	}
	return c
}

// computed is the topic's share by counting.
func (t *threshold) computed(m *thresholdModel, x *thresholdCell) float64 {
	d := x.hit
	if x.promise == AtMostOnce {
		d = -d
	}
	return m.truth.Computed(t.topic, d, t.like(x))
}

// name is what a failure is called.
func (t *threshold) name(x *thresholdCell) string {
	if x.tail {
		return fmt.Sprintf("%s, %d of the topic's own", x.promise, x.hit)
	}
	return fmt.Sprintf("%s, %d before it", x.promise, x.hit)
}

func (t *threshold) report() report.Experiment {
	o, m := t.options, t.models[0]
	e := report.Experiment{
		Name:     "threshold",
		Title:    "A topic that one failure loses",
		Question: "Is a topic that is just popular without a failure still popular after one?",
		Claims: []report.Claim{{Holds: report.Observed, Text: fmt.Sprintf(
			"%s, which learnt %d documents and no more, finds %.2f %% %s among %d documents without a failure, and so under exactly-once: it is popular, which is above %.0f %%.",
			m.name, o.Trained, m.truth.Share(t.topic), t.label(), len(m.window), popular)}},
	}
	for _, m := range t.models {
		for _, x := range m.cells {
			if !x.swept {
				e.Claims = append(e.Claims, t.claim(m, x))
			}
		}
	}
	e.Claims = append(e.Claims, t.enough())
	e.Figures = []report.Figure{t.figure()}
	e.Tables = []report.Table{t.short(), t.table()}
	e.Notes = []string{
		fmt.Sprintf("One window: %d documents of all other topics, behind the first %d, which are learnt, then %d of %q; so many that its share comes to %v to %v %%. The model is frozen; df goes on counting. Places of the failure are drawn from each of %d seeds.", t.head, o.Trained, len(m.window)-t.head, t.label(), aboveLow, aboveHigh, o.Seeds),
		fmt.Sprintf("Published: Trofimov et al., BIRTE 2019, on Apache Flink: 4,450 articles of lenta.ru about all topics, then 550 about animals; about %v %% without a failure, %v %% after one under at-least-once that repeats about 600. Their news cannot be had; share, window and failure are chosen alike.", publishedPopular, publishedLost),
		"Computed: c/n becomes (c + d a)/(n + d), d being the outputs that are repeated, below 0 those that are lost, a how often documents like them are said to be about the topic.",
	}
	if len(t.left) > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("Left out, as they do not find the topic often enough: %s.", strings.Join(t.left, ", ")))
	}
	return e
}

// claim says whether a failure loses the topic.
func (t *threshold) claim(m *thresholdModel, x *thresholdCell) report.Claim {
	lost, share := t.unpopular(x), m.truth.Share(t.topic)
	return report.Claim{Holds: verdict(x.below.differs), P: x.below.differs, Test: t.below.signs(), Text: fmt.Sprintf(
		"%s, %s: one failure changes the share of %s by %s points, from %.2f to %.2f %%; the topic is lost in %d of %d runs.",
		m.name, t.name(x), t.label(), points(x.change.mean), share, share+x.change.mean.Mean, lost.hold, lost.of)}
}

// enough says from how many repeated documents on the topic is lost.
func (t *threshold) enough() report.Claim {
	m := t.models[0]
	c, n := float64(m.truth.said[t.topic]), float64(m.truth.Puts)
	var rate counted
	for at := range t.head {
		rate.add(m.truth.first[at] == t.topic)
	}
	a := rate.percent() / 100
	text := fmt.Sprintf("%s: by counting the topic is lost when %.0f documents before it are repeated", m.name, (c-popularShare*n)/(popularShare-a))
	for _, x := range m.cells {
		if lost := t.unpopular(x); x.swept && lost.hold == lost.of {
			return report.Claim{Holds: report.Observed, Text: fmt.Sprintf("%s; in all runs it is with %d, the first that was tried of which that holds.", text, x.hit)}
		}
	}
	return report.Claim{Holds: report.Observed, Text: text + "; in no series that was tried it is lost in all runs."}
}

// short is ours beside the published figures.
func (t *threshold) short() report.Table {
	m := t.models[0]
	percent := func(name string, published bool) report.Column {
		return report.Column{Name: name, Unit: "%", Decimals: 2, Published: published}
	}
	table := report.Table{
		Name: "shares", Title: "The share of a topic that is just popular", Remark: fmt.Sprintf("%s, %s, means of %d seeds with the interval at 95 %%", m.name, t.label(), t.options.Seeds),
		Columns: []report.Column{
			{Name: "run"}, percent("share", false), percent("from", false), percent("to", false), percent("computed", false),
			{Name: "lost in", Unit: "%", Decimals: 0}, {Name: "state ×2"}, {Name: "output ×2"}, {Name: "lost"}, percent("published", true),
		},
	}
	share := m.truth.Share(t.topic)
	table.Rows = append(table.Rows, []report.Cell{
		report.Text("no failure, or exactly-once"), report.Number(share), {}, {}, {}, report.Number(0), report.Number(0), report.Number(0), report.Number(0), report.Number(publishedPopular),
	})
	for _, x := range m.cells {
		if x.swept {
			continue
		}
		state, output, lost := counts(x.outcomes)
		mean := x.change.mean
		row := line{report.Text(t.name(x))}.numbers(share+mean.Mean, share+mean.Low, share+mean.High, t.computed(m, x), t.unpopular(x).percent(), state, output, lost)
		row = append(row, report.Cell{})
		if x.promise != AtMostOnce {
			row[len(row)-1] = report.Number(publishedLost)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// table has a row for each model and failure.
func (t *threshold) table() report.Table {
	table := everyFailure(fmt.Sprintf("%d seeds; p are adjusted by Holm over all rows but those without one", t.options.Seeds), "strikes in",
		[]report.Column{{Name: "hit"}, {Name: "documents"}, {Name: "share, no failure", Unit: "%", Decimals: 3}},
		[]report.Column{
			{Name: "p of the threshold", Decimals: 5},
			{Name: "computed share", Unit: "%", Decimals: 3}, {Name: "topic lost in", Unit: "%", Decimals: 1}, {Name: "others flipped in", Unit: "%", Decimals: 1}, {Name: "labels differ", Unit: "%", Decimals: 3},
		})
	for _, m := range t.models {
		for _, x := range m.cells {
			where := "head"
			if x.tail {
				where = t.label()
			}
			row := failed(m.name, x.promise, where).numbers(float64(x.hit), float64(len(m.window)), m.truth.Share(t.topic))
			if x.swept {
				row = append(row.estimate(t.swept(m, x)), report.Cell{}, report.Cell{})
			} else {
				row = row.estimate(x.change.mean).numbers(x.change.differs, x.below.differs)
			}
			table.Rows = append(table.Rows, row.numbers(t.computed(m, x), t.unpopular(x).percent(), t.others(m, x).percent(), differ(x.outcomes, m.truth)))
		}
	}
	return table
}

// swept is the change of the topic's share, in points.
func (t *threshold) swept(m *thresholdModel, x *thresholdCell) statistics.Estimate {
	var all []float64
	for _, o := range x.outcomes {
		all = append(all, o.Share(t.topic)-m.truth.Share(t.topic))
	}
	return statistics.Mean(all, t.options.resampling())
}

// figure is the share against how many documents are repeated.
func (t *threshold) figure() report.Figure {
	m := t.models[0]
	share := m.truth.Share(t.topic)
	ours := report.Line{Name: t.label(), Points: []report.Point{{Y: share}}}
	counting := report.Line{Name: "by counting", Points: []report.Point{{Y: share}}}
	most := 0.0
	for _, x := range m.cells {
		if !x.swept {
			continue
		}
		e := t.swept(m, x)
		most = float64(x.hit)
		ours.Points = append(ours.Points, report.Point{X: most, Y: share + e.Mean, Low: share + e.Low, High: share + e.High})
		counting.Points = append(counting.Points, report.Point{X: most, Y: t.computed(m, x)})
	}
	return report.Figure{
		Name: "repeated", Title: "How many repeated documents lose a topic",
		X: report.Axis{Title: "documents before it that are repeated"}, Y: report.Axis{Title: "share of the topic, %"},
		Lines: []report.Line{
			ours, counting,
			{Name: "popular above", Points: []report.Point{{Y: popular}, {X: most, Y: popular}}},
			{Name: "published", Published: true, Points: []report.Point{{Y: publishedPopular}, {X: headHit, Y: publishedLost}}},
		},
	}
}
