package terminal

import (
	"cmp"
	"slices"
	"strings"

	"tidings/eval/metric"
)

// Limits of the confusion matrix.
const (
	matrixLabelsMax = 12
	cellColumnsMax  = 9
	cellColumnsMin  = 5 // four digits and a mark
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
	fitting := c.order[:min(len(c.order), matrixLabelsMax)]
	name := 0
	for _, at := range fitting {
		name = max(name, named(c.labels[at]).columns())
	}
	name = min(name, max(p.width/4, p.width-4-cellColumnsMin*(len(fitting)+1)), labelColumnsMax)
	room := p.width - name - 4
	shown := fitting[:min(len(fitting), room/cellColumnsMin-1)]
	cell := min(room/(len(shown)+1), cellColumnsMax)
	rest := c.rest(shown)
	heads := c.heads(shown, cell-1)
	if rest != nil {
		heads = append(heads, []text{c.restName(shown)})
	}
	p.heads(heads, 2+name+2, cell)
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

// restName says what the column beside the labels shown is about.
func (c crossing) restName(shown []int) text {
	if len(shown) == len(c.order) {
		return "none" // predicted before any label was known
	}
	return "rest"
}

// heads abbreviates the labels shown. Where two begin alike, the whole words
// are broken into lines instead.
func (c crossing) heads(shown []int, columns int) [][]text {
	heads := make([][]text, 0, len(shown)+1)
	alike := make(map[text]int)
	for _, at := range shown {
		head := abbreviate(named(c.labels[at]), columns)
		heads = append(heads, head)
		if len(head) == 1 {
			alike[head[0]]++
		}
	}
	for i, at := range shown {
		if len(heads[i]) == 1 && alike[heads[i][0]] > 1 {
			heads[i] = broken(named(c.labels[at]), columns)
		}
	}
	return heads
}

// heads prints what stands over the columns, the last lines of all at the same
// height.
func (p *page) heads(heads [][]text, column, cell int) {
	height := 0
	for _, h := range heads {
		height = max(height, len(h))
	}
	for row := range height {
		l := line{}.to(column)
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

// abbreviate writes a label in at most headLinesMax short lines, the
// beginnings of its first words. The rows have the same order and the names.
func abbreviate(label text, columns int) []text {
	words := strings.FieldsFunc(string(label), func(r rune) bool { return strings.ContainsRune(" ._-/,&()", r) })
	words = slices.DeleteFunc(words, filler)
	if len(words) == 0 {
		return []text{label.cut(columns)}
	}
	var lines []text
	for _, w := range words[:min(len(words), headLinesMax)] {
		lines = append(lines, text(w)[:text(w).fitting(columns)])
	}
	return lines
}

// filler tells whether a word tells no label from another one.
func filler(word string) bool {
	switch strings.ToLower(word) {
	case "and", "of", "the", "or", "in", "for":
		return true
	}
	return false
}

// broken breaks a label into at most headLinesMax lines, in the middle of
// words too.
func broken(label text, columns int) []text {
	lines := label.wrap(columns)
	return lines[:min(len(lines), headLinesMax)]
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
		l := line{}.add(yellow, "  "+number(m.n).right(width)).add(dim, "  "+share.right(5)+" %  ")
		room := p.width - l.columns() - len(" taken for ")
		truth, predicted := named(c.labels[m.truth]), named(c.labels[m.predicted])
		truth = truth.cut(max(room/2, room-predicted.columns()))
		predicted = predicted.cut(room - truth.columns())
		p.print(l.add(plain, truth).add(dim, " taken for ").add(plain, predicted))
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
