package terminal

import "io"

// Limits of a table. What is beyond is not shown.
const (
	tableRowsMax     = 1000
	tableColumnsMax  = 20
	tableCellColumns = 80

	tableGap    = 2 // between columns
	tableIndent = 2 // of the cells below their row's name
)

// Table is a table for people: of each row the first cell is its name, on the
// left, the others stand on the right of their columns.
type Table struct {
	Title, Remark string
	Heads         []string
	Rows          [][]string // as long as Heads; missing cells are empty
	Bad           []int      // rows that tell of something wrong
	Notes         []string   // sentences below
}

// RenderTables writes tables one below the other, in one Write, whose error it
// returns. Nothing in them can steer the terminal. Where a table is wider than
// the options allow, each name stands on a line of its own; what is too wide
// even so is cut.
func RenderTables(w io.Writer, tables []Table, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	for _, t := range tables {
		p.columnsOf(t)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (p *page) columnsOf(t Table) {
	if t.Title != "" {
		p.section(clean(t.Title), clean(t.Remark))
	}
	heads := cells(t.Heads, min(len(t.Heads), tableColumnsMax))
	rows := make([][]text, 0, len(t.Rows))
	widths := make([]int, len(heads))
	for i, h := range heads {
		widths[i] = h.columns()
	}
	for _, row := range t.Rows[:min(len(t.Rows), tableRowsMax)] {
		all := cells(row, len(heads))
		rows = append(rows, all)
		for i, cell := range all {
			widths[i] = max(widths[i], cell.columns())
		}
	}
	g := grid{widths: widths}
	if g.columns() > p.width {
		g.stacked, g.widths = true, append([]int{tableIndent}, widths[1:]...)
	}
	g.print(p, dim, heads)
	bad := map[int]bool{}
	for _, i := range t.Bad {
		bad[i] = true
	}
	for i, row := range rows {
		colour := plain
		if bad[i] {
			colour = red
		}
		g.print(p, colour, row)
	}
	p.more(len(t.Rows)-len(rows), "more row", "more rows")
	for _, note := range t.Notes {
		p.gap()
		p.say(plain, margin, clean(note))
	}
}

// cells cleans a row and gives it that many cells.
func cells(row []string, n int) []text {
	all := make([]text, n)
	for i := range min(n, len(row)) {
		all[i] = clean(row[i]).cut(tableCellColumns)
	}
	return all
}

// grid is how a table's columns stand.
type grid struct {
	widths  []int
	stacked bool // names have lines of their own
}

func (g *grid) columns() int {
	n := margin
	for _, w := range g.widths {
		n += w + tableGap
	}
	return n - tableGap
}

func (g *grid) print(p *page, i ink, row []text) {
	if len(row) == 0 {
		return
	}
	l := line{}.to(margin)
	if g.stacked {
		p.print(l.add(i, row[0]))
		row = append([]text{""}, row[1:]...)
	}
	for n, cell := range row {
		if n == 0 {
			l = l.add(i, cell.left(g.widths[n]))
			continue
		}
		l = l.add(i, spaces(tableGap)+cell.right(g.widths[n]))
	}
	p.print(l)
}
