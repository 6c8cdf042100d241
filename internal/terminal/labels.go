package terminal

import (
	"cmp"
	"slices"

	"tidings/eval/metric"
)

// Limits of the table of labels.
const (
	labelRowsMax    = 20
	labelColumnsMax = 34
)

// noLabel is how the empty prediction reads.
const noLabel text = "(none yet)"

// named is a label as it is shown; "" is the prediction made before any label
// was known.
func named(label string) text {
	if label == "" {
		return noLabel
	}
	return visible(label)
}

// labels tells how well each label was told from the others.
func (p *page) labels(r Report) {
	if r.Confusion == nil || r.Confusion.Documents() == 0 {
		return
	}
	scores := bySupport(r.Confusion)
	shown := scores[:min(len(scores), labelRowsMax)]
	name := p.labelColumns(shown)
	table := scoreTable{name: name, bar: min(max((p.width-name-40)/3, 3), 14)}
	p.section("Labels", "predicted before learnt; precision, recall and F1 in %")
	p.print(table.heading())
	for _, s := range shown {
		p.print(table.row(s))
	}
	p.more(len(scores)-len(shown), "more label", "more labels")
}

// more says that something was left out.
func (p *page) more(n int, one, many text) {
	if n > 0 {
		p.print(line{}.add(dim, "  … and "+plural(uint64(n), one, many)))
	}
}

// bySupport sorts labels: most documents first, equal ones by name.
func bySupport(c *metric.Confusion) []metric.LabelScore {
	scores := c.PerLabel()
	slices.SortStableFunc(scores, func(a, b metric.LabelScore) int { return cmp.Compare(b.Support, a.Support) })
	return scores
}

// labelColumns is the width of the widest name, within reason.
func (p *page) labelColumns(scores []metric.LabelScore) int {
	n := len("label")
	for _, s := range scores {
		n = max(n, named(s.Label).columns())
	}
	return min(n, labelColumnsMax, p.width/3)
}

// scoreTable holds the widths of the table's columns.
type scoreTable struct{ name, bar int }

func (t scoreTable) heading() line {
	l := line{}.add(dim, "  "+text("label").left(t.name)+"  "+text("documents").right(9))
	for _, name := range []text{"precision", "recall", "F1"} {
		l = l.add(dim, "  "+name.right(t.bar+7))
	}
	return l
}

func (t scoreTable) row(s metric.LabelScore) line {
	l := line{}.add(plain, "  "+named(s.Label).left(t.name)+"  ").add(dim, count(s.Support).right(9))
	if s.Support == 0 {
		return l.add(dim, "   never the truth, predicted "+number(s.Predicted)+" times")
	}
	for _, score := range []struct {
		share float64
		ink   ink
	}{{s.Precision, cyan}, {s.Recall, cyan}, {s.F1, grade(s.F1)}} {
		l = append(l.add(plain, "   "), bar(score.share, t.bar, score.ink)...)
		l = l.add(plain, percent(score.share, 1).right(6))
	}
	return l
}

// count is number as long as it is legible in nine columns.
func count(n uint64) text {
	if n < 10_000_000 {
		return number(n)
	}
	return compact(n)
}
