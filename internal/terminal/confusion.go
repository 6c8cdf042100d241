package terminal

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"tidings/eval/metric"
)

// Limits of the confusion matrix.
const (
	matrixLabelsMax = 12
	cellColumnsMax  = 9
	cellColumnsMin  = 6
	headLinesMax    = 3
	mistakesMax     = 6
)

// matrix shows which labels are taken for which, and the worst mistakes.
func (p *page) matrix(r Report) {
	if r.Confusion == nil || r.Confusion.Documents() == 0 {
		return
	}
	c := newCrossing(r.Confusion)
	if len(c.order) < 2 {
		return // one label cannot be taken for another
	}
	p.section("Confusion", "a row is the truth, a column what it was taken for")
	p.cells(c)
	p.mistakes(c)
}

// crossing is a confusion matrix in the order in which it is shown.
type crossing struct {
	labels []string   // as in cells
	cells  [][]uint64 // [truth][predicted]
	order  []int      // places among labels, most documents first; without ""
	rows   []uint64   // documents by truth
}

func newCrossing(c *metric.Confusion) crossing {
	x := crossing{labels: c.Labels(), cells: c.Matrix()}
	x.rows = make([]uint64, len(x.labels))
	for i, row := range x.cells {
		for _, n := range row {
			x.rows[i] += n
		}
		if x.labels[i] != "" {
			x.order = append(x.order, i)
		}
	}
	slices.SortStableFunc(x.order, func(a, b int) int { return cmp.Compare(x.rows[b], x.rows[a]) })
	return x
}

// cells prints as many labels as fit; what was predicted beside them is one
// column more.
func (p *page) cells(c crossing) {
	name := 0
	for _, at := range c.order[:min(len(c.order), matrixLabelsMax)] {
		name = max(name, named(c.labels[at]).columns())
	}
	name = min(name, p.width/4)
	room := p.width - name - 4
	shown := c.order[:min(len(c.order), matrixLabelsMax, room/cellColumnsMin-1)]
	cell := min(room/(len(shown)+1), cellColumnsMax)
	rest := c.rest(shown)
	p.heads(c, shown, name, cell, rest != nil)
	for i, truth := range shown {
		l := line{}.add(plain, "  "+named(c.labels[truth]).left(name)+"  ")
		for _, predicted := range shown {
			l = append(l, c.cell(truth, predicted, cell)...)
		}
		if rest != nil {
			l = append(l, shaded(rest[i], c.rows[truth], cell)...)
		}
		p.print(l)
	}
	p.more(len(c.order)-len(shown), "more label", "more labels")
}

// rest counts what was predicted beside the labels shown, by truth; nil when
// there is nothing.
func (c crossing) rest(shown []int) []uint64 {
	rest := make([]uint64, len(shown))
	any := false
	for i, truth := range shown {
		rest[i] = c.rows[truth]
		for _, predicted := range shown {
			rest[i] -= c.cells[truth][predicted]
		}
		any = any || rest[i] > 0
	}
	if !any {
		return nil
	}
	return rest
}

func (c crossing) cell(truth, predicted, columns int) line {
	n := c.cells[truth][predicted]
	if truth != predicted || n == 0 {
		return shaded(n, c.rows[truth], columns)
	}
	return line{}.add(green.strong(), compact(n).right(columns-1)).add(plain, " ")
}

// shaded writes a number of mistakes, the stronger the larger their share of
// the row.
func shaded(n, row uint64, columns int) line {
	share := float64(n) / float64(max(row, 1))
	i, mark := dim, text(" ")
	switch {
	case n == 0:
		return line{}.add(dim, text("·").right(columns-1)+" ")
	case share >= .25:
		i, mark = red.strong(), "▓"
	case share >= .1:
		i, mark = red, "▒"
	case share >= .03:
		i, mark = yellow, "░"
	}
	return line{}.add(i, compact(n).right(columns-1)+mark)
}

// heads prints the labels over the columns, each in a few short lines.
func (p *page) heads(c crossing, shown []int, name, cell int, rest bool) {
	heads := make([][]text, 0, len(shown)+1)
	for _, at := range shown {
		heads = append(heads, abbreviate(named(c.labels[at]), cell-2))
	}
	if rest {
		heads = append(heads, []text{"other"})
	}
	height := 0
	for _, h := range heads {
		height = max(height, len(h))
	}
	for row := range height {
		l := line{}.to(2 + name + 2)
		for _, h := range heads {
			piece := text("")
			if at := row - (height - len(h)); at >= 0 {
				piece = h[at]
			}
			l = l.add(dim, piece.right(cell-1)+" ")
		}
		p.print(l)
	}
}

// abbreviate writes a label in at most headLinesMax short lines: its first
// words that are longer than three letters, or all where none is, each cut.
// A label of one word runs over the lines.
func abbreviate(label text, columns int) []text {
	words := strings.FieldsFunc(string(label), func(r rune) bool { return strings.ContainsRune(" ._-/,&()", r) })
	long := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return utf8.RuneCountInString(w) <= 3 })
	if len(long) >= 2 {
		words = long
	}
	var lines []text
	if len(words) == 1 {
		lines = text(words[0]).wrap(columns)
	}
	if len(words) > 1 {
		for _, w := range words {
			lines = append(lines, shorten(text(w), columns))
		}
	}
	if len(lines) == 0 {
		lines = []text{label.cut(columns)}
	}
	return lines[:min(len(lines), headLinesMax)]
}

// shorten cuts a word, with a full stop where letters are missing.
func shorten(word text, columns int) text {
	if word.columns() <= columns {
		return word
	}
	return word[:word.fitting(columns-1)] + "."
}

// mistake is one cell beside the diagonal.
type mistake struct {
	truth, predicted int
	n                uint64
}

// mistakes lists the labels most often taken for another one.
func (p *page) mistakes(c crossing) {
	worst := c.worst()
	if len(worst) == 0 {
		p.gap()
		p.print(line{}.add(green, "  No label was ever taken for another one."))
		return
	}
	p.gap()
	width := 0
	for _, m := range worst {
		width = max(width, number(m.n).columns())
	}
	for _, m := range worst {
		share := percent(float64(m.n)/float64(c.rows[m.truth]), 1)
		tail := text("  (" + share + " % of its documents)")
		room := p.width - width - 4 - tail.columns() - len(" taken for ")
		truth, predicted := named(c.labels[m.truth]), named(c.labels[m.predicted])
		half := max(room/2, room-predicted.columns())
		truth = truth.cut(half)
		predicted = predicted.cut(room - truth.columns())
		p.print(line{}.add(yellow, "  "+number(m.n).right(width)+"  ").add(plain, truth).add(dim, " taken for ").add(plain, predicted).add(dim, tail))
	}
}

// worst are the most frequent mistakes, equal ones in the order of the names.
// Before any label was known nothing was taken for anything.
func (c crossing) worst() []mistake {
	var worst []mistake
	for i, row := range c.cells {
		for j, n := range row {
			if i == j || n == 0 || c.labels[j] == "" {
				continue
			}
			worst = append(worst, mistake{i, j, n})
		}
	}
	slices.SortStableFunc(worst, func(a, b mistake) int { return cmp.Compare(b.n, a.n) })
	return worst[:min(len(worst), mistakesMax)]
}
