package experiments

import (
	"fmt"
	"math"
	"slices"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// Shares of the published experiment, in percent: of sport and of science.
var (
	publishedTruth = [2]float64{50, 50}
	publishedQuiet = [2]float64{41.8, 40.4}
	publishedIn    = [2][2]float64{{46.7, 35.5}, {37.7, 44.5}} // at-least-once, a failure in a block of the one or the other
)

func (b *bias) label(topic int) string { return b.corpus.labels[b.topics[topic]] }

// computed is a topic's share in a cell by counting, with the duplicates that each
// run counted: its mean, and how far each run is from it.
func (b *bias) computed(m *biasModel, x *biasCell, topic int) (mean float64, off []float64) {
	var all []float64
	for seed, o := range x.outcomes {
		want := m.truth.Computed(b.topics[topic], o.Output-o.Lost, b.like(x, seed))
		all = append(all, want)
		off = append(off, math.Abs(o.Share(b.topics[topic])-want))
	}
	return statistics.Average(all), off
}

func (b *bias) report() report.Experiment {
	o, m := b.options, b.models[0]
	e := report.Experiment{
		Name:     "bias",
		Title:    "One failure where topics come in blocks",
		Question: "How far is the share of a topic in a window off, after one failure among documents of one topic?",
		Claims: []report.Claim{{Holds: report.Observed, Text: fmt.Sprintf(
			"%s, which learnt %d documents and no more, finds %.1f %% %s and %.1f %% %s where there are 50 %% of each, without a failure and under exactly-once; %.2f %% of its labels are right.",
			m.name, o.Trained, m.truth.Share(b.topics[0]), b.label(0), m.truth.Share(b.topics[1]), b.label(1), m.truth.accuracy())}},
	}
	for _, m := range b.models {
		for _, x := range m.cells {
			e.Claims = append(e.Claims, b.claim(m, x))
		}
		e.Claims = append(e.Claims, b.formula(m))
		for _, x := range m.cells {
			if x.promise == Kept {
				e.Claims = append(e.Claims, b.apart(m, x), b.mcnemar(m, x))
			}
		}
	}
	e.Figures = []report.Figure{b.figure()}
	e.Tables = []report.Table{b.short(), b.duplicates(), b.table()}
	e.Notes = []string{
		fmt.Sprintf("One window of %d documents: %d of %q, as many of %q, and both again, in the order of the source, behind the first %d, which are learnt. The model is frozen then; df goes on counting. A failure hits %d neighbours inside a block; place and block are drawn from each of %d seeds.", len(b.window), o.Block, b.label(0), b.label(1), o.Trained, o.Hit, o.Seeds),
		"Published: Trofimov et al., BIRTE 2019, on Apache Flink: 4,000 articles of lenta.ru, sport and science, a model that is 77.3 % right, checkpoints a second apart. Their news cannot be had; what is comparable is by how much a share moves, which follows from counting, c/n to (c + d a)/(n + d): d outputs more, of a topic that is told with rate a. Flink restores state from a checkpoint, as rollback does here.",
		"State twice: documents that df counts twice. Output twice: documents with two predictions, both counted by whoever reads the window. Lost: documents with none.",
		"Intervals of shares are over seeds (bias-corrected and accelerated bootstrap, 95 %); those of accuracy over seeds and blocks of 50 documents.",
	}
	return e
}

// claim says how a failure moves the share of the topic that it hits.
func (b *bias) claim(m *biasModel, x *biasCell) report.Claim {
	change := x.shares[x.in]
	return report.Claim{Holds: verdict(change.differs), P: change.differs, Test: b.shares.signs(), Text: fmt.Sprintf(
		"%s, %s: a failure that hits %d documents about %s moves its share by %s points, to %.1f %%, and that of %s by %s.",
		m.name, x.promise, b.options.Hit, b.label(x.in), points(change.mean), m.truth.Share(b.topics[x.in])+change.mean.Mean, b.label(1-x.in), points(x.shares[1-x.in].mean))}
}

// halfAPoint is how near counting is to come.
const halfAPoint = .5

// formula says how near counting comes, of runs that repeat and of those that lose.
func (b *bias) formula(m *biasModel) report.Claim {
	var near counted
	repeated, lost := 0.0, 0.0
	for _, x := range m.cells {
		for topic := range b.topics {
			_, off := b.computed(m, x, topic)
			if x.promise == AtMostOnce {
				lost = max(lost, slices.Max(off))
				continue
			}
			repeated = max(repeated, slices.Max(off))
			for _, d := range off {
				near.add(d < halfAPoint)
			}
		}
	}
	return report.Claim{Holds: report.Observed, Text: fmt.Sprintf(
		"%s: of %d shares after a failure that repeats, %d are within half a point of (c + d a)/(n + d), from the duplicates counted and how often the topic is told in the block that is hit; the farthest is off by %.2f points, after a failure that loses (d below 0) by %.2f.",
		m.name, near.of, near.hold, repeated, lost)}
}

// apart says what counting twice adds to putting out twice.
func (b *bias) apart(m *biasModel, x *biasCell) report.Claim {
	return report.Claim{Holds: verdict(x.twice.within), P: x.twice.within, Test: b.twice.equal(), Text: fmt.Sprintf(
		"%s: the share of %s moves because documents are put out twice; that df counts them twice, too, changes it by %s points more.", m.name, b.label(x.in), points(x.twice.mean))}
}

// mcnemar looks inside the run of the first seed.
func (b *bias) mcnemar(m *biasModel, x *biasCell) report.Claim {
	_, n := x.outcomes[0].right(m.truth)
	return report.Claim{Holds: verdict(n.P()), P: n.P(), Test: "McNemar, first predictions of one run", Text: fmt.Sprintf(
		"%s, %s, a failure in %s, seed %d: the failure makes %d first predictions right and %d wrong; over all seeds accuracy changes by %s points.",
		m.name, x.promise, b.label(x.in), b.options.Seed, n.First, n.Second, points(b.options.inBlocks(x.outcomes, m.truth)))}
}

// short is the published table, and ours beside it.
func (b *bias) short() report.Table {
	m := b.models[0]
	share := func(name string, published bool) report.Column {
		return report.Column{Name: name, Unit: "%", Decimals: 1, Published: published}
	}
	t := report.Table{
		Name: "shares", Title: "Shares of two topics that come in blocks", Remark: fmt.Sprintf("%s, means of %d seeds", m.name, b.options.Seeds),
		Columns: []report.Column{
			{Name: "run"}, share(brief(b.label(0)), false), share(brief(b.label(1)), false), share("computed 1", false), share("computed 2", false),
			share("published 1", true), share("published 2", true),
		},
	}
	row := func(name string, shares, computed, published []report.Cell) {
		t.Rows = append(t.Rows, slices.Concat([]report.Cell{report.Text(name)}, shares, computed, published))
	}
	none := make([]report.Cell, 2)
	row("truth", both([2]float64{50, 50}), none, both(publishedTruth))
	quiet := [2]float64{m.truth.Share(b.topics[0]), m.truth.Share(b.topics[1])}
	row("no failure, or exactly-once", both(quiet), none, both(publishedQuiet))
	for _, x := range m.cells {
		var shares, computed [2]float64
		for topic := range b.topics {
			shares[topic] = quiet[topic] + x.shares[topic].mean.Mean
			computed[topic], _ = b.computed(m, x, topic)
		}
		published := none
		if x.promise != AtMostOnce {
			published = both(publishedIn[x.in])
		}
		row(b.row(x), both(shares), both(computed), published)
	}
	return t
}

// row is what a cell is called.
func (b *bias) row(x *biasCell) string {
	return fmt.Sprintf("%s, failure in %s", x.promise, b.label(x.in))
}

// duplicates tells those of state and of output apart.
func (b *bias) duplicates() report.Table {
	m := b.models[0]
	t := report.Table{
		Name: "duplicates", Title: "What was counted and put out twice, or lost", Remark: fmt.Sprintf("%s, means of %d seeds; the interval is that of the share of the topic that is hit, in points, 95 %%", m.name, b.options.Seeds),
		Columns: []report.Column{
			{Name: "run"}, {Name: "state twice"}, {Name: "output twice"}, {Name: "lost"},
			{Name: "its share", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "labels", Unit: "%", Decimals: 2},
		},
	}
	for _, x := range m.cells {
		state, output, lost := counts(x.outcomes)
		t.Rows = append(t.Rows, line{report.Text(b.row(x))}.numbers(state, output, lost).estimate(x.shares[x.in].mean).numbers(differ(x.outcomes, m.truth)))
	}
	return t
}

func both(x [2]float64) []report.Cell {
	return []report.Cell{report.Number(x[0]), report.Number(x[1])}
}

// table has a row for each model and way to fail.
func (b *bias) table() report.Table {
	t := everyFailure(fmt.Sprintf("changes against no failure, in points, means of %d seeds; p are adjusted by Holm over all rows", b.options.Seeds), "failure in",
		[]report.Column{{Name: "share of it, no failure", Unit: "%", Decimals: 2}},
		[]report.Column{{Name: "off the computed at most", Decimals: 3}}, testedColumns("change of the other", "low of it", "high of it", "p of it"),
		[]report.Column{{Name: "labels differ", Unit: "%", Decimals: 3}}, testedColumns("accuracy", "low of accuracy", "high of accuracy", "p within"))
	for _, m := range b.models {
		for _, x := range m.cells {
			_, off := b.computed(m, x, x.in)
			hit, other := x.shares[x.in], x.shares[1-x.in]
			t.Rows = append(t.Rows, failed(m.name, x.promise, b.label(x.in)).
				numbers(m.truth.Share(b.topics[x.in])).estimate(hit.mean).numbers(hit.differs, slices.Max(off)).
				estimate(other.mean).numbers(other.differs, differ(x.outcomes, m.truth)).
				estimate(b.options.inBlocks(x.outcomes, m.truth)).numbers(x.accuracy.within))
		}
	}
	return t
}

// figure is ours beside the published shares.
func (b *bias) figure() report.Figure {
	m := b.models[0]
	f := report.Figure{
		Name: "bars", Title: "Shares of two topics after one failure",
		X: report.Axis{Title: "run"}, Y: report.Axis{Title: "share of the window, %"},
		Names: []string{"truth", "no failure", "in " + b.label(0), "in " + b.label(1)},
	}
	for topic, l := range b.topics {
		ours := report.Bars{Name: b.label(topic), Values: []float64{50, m.truth.Share(l)}}
		for _, x := range m.cells {
			if x.promise == Kept {
				ours.Values = append(ours.Values, m.truth.Share(l)+x.shares[topic].mean.Mean)
			}
		}
		f.Bars = append(f.Bars, ours)
	}
	for topic, name := range usualTopics()[0] {
		f.Bars = append(f.Bars, report.Bars{Name: "published: " + name,
			Values: []float64{publishedTruth[topic], publishedQuiet[topic], publishedIn[0][topic], publishedIn[1][topic]}})
	}
	return f
}
