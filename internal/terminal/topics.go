package terminal

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"tidings/pipeline/topics"
)

// Limits of the topics.
const (
	definitionsMax = topics.WindowsMax
	windowsMax     = 4
	topicRowsMax   = 8
	topicRowsTop   = 6 // of the newest window; the others were popular before
	windowColumns  = 8
)

// topics show how the labels' shares moved through the last windows, and
// where the documents of each definition went.
func (p *page) topics(r Report) {
	for _, definition := range r.definitions() {
		p.definition(definition, r.Windows[definition], r.counts(definition))
	}
}

// definitions are in the order of the counts; what has windows alone follows
// by name.
func (r Report) definitions() []string {
	var all []string
	for _, c := range r.Counts {
		all = append(all, c.Definition)
	}
	for _, definition := range slices.Sorted(maps.Keys(r.Windows)) {
		if !slices.Contains(all, definition) && len(r.Windows[definition]) > 0 {
			all = append(all, definition)
		}
	}
	return all[:min(len(all), definitionsMax)]
}

func (r Report) counts(definition string) *topics.Counts {
	for i := range r.Counts {
		if r.Counts[i].Definition == definition {
			return &r.Counts[i]
		}
	}
	return nil
}

func (p *page) definition(definition string, windows []topics.Window, counts *topics.Counts) {
	if len(windows) == 0 && (counts == nil || counts.In == 0) {
		return
	}
	p.section("Topics", "of windows "+visible(definition).cut(40))
	if len(windows) == 0 {
		p.print(line{}.add(dim, "  No window is closed yet."))
	} else {
		table := newTopicTable(p.width, windows[max(0, len(windows)-windowsMax):])
		p.print(table.heading())
		for _, label := range table.rows {
			p.print(table.row(label))
		}
		p.print(table.documents())
	}
	if counts != nil {
		p.conservation(*counts)
	}
}

// topicTable is a row for each label and a column for each window.
type topicTable struct {
	windows []topics.Window // oldest first, at least one
	shares  []map[string]topics.Share
	rows    []string // labels
	name    int
	column  int
	bar     int
	left    int // labels that have no row
}

func newTopicTable(width int, windows []topics.Window) topicTable {
	t := topicTable{windows: windows}
	for _, w := range windows {
		shares := make(map[string]topics.Share, len(w.Shares))
		for _, s := range w.Shares {
			shares[s.Label] = s
		}
		t.shares = append(t.shares, shares)
		t.column = max(t.column, windowName(w).columns()+2, windowColumns)
	}
	t.choose()
	t.name = len("share in %")
	for _, label := range t.rows {
		t.name = max(t.name, named(label).columns())
	}
	t.name = min(t.name, labelColumnsMax, width/3)
	fixed := 4 + t.name + t.column*len(windows) + 9
	for len(t.windows) > 1 && width-fixed < 0 {
		t.windows, t.shares = t.windows[1:], t.shares[1:]
		fixed -= t.column
	}
	t.bar = min(width-fixed-4, 24)
	return t
}

// choose takes the labels that lead the newest window, and those that were
// popular in an older one.
func (t *topicTable) choose() {
	newest := t.windows[len(t.windows)-1]
	for _, s := range newest.Shares[:min(len(newest.Shares), topicRowsTop)] {
		t.rows = append(t.rows, s.Label)
	}
	for i := len(t.windows) - 1; i >= 0; i-- {
		for _, s := range t.windows[i].Shares {
			if s.Popular && len(t.rows) < topicRowsMax && !slices.Contains(t.rows, s.Label) {
				t.rows = append(t.rows, s.Label)
			}
		}
	}
	for _, s := range newest.Shares {
		if !slices.Contains(t.rows, s.Label) {
			t.left++
		}
	}
}

func (t topicTable) heading() line {
	l := line{}.add(dim, "  "+text("share in %").left(t.name))
	for _, w := range t.windows {
		l = l.add(dim, (windowName(w) + " ").right(t.column))
	}
	return l
}

func (t topicTable) row(label string) line {
	l := line{}.add(plain, "  "+named(label).left(t.name))
	for i := range t.windows {
		s, there := t.shares[i][label]
		switch {
		case !there:
			l = l.add(dim, text("· ").right(t.column))
		case s.Popular:
			l = l.add(bold, percent(s.Share, 1).right(t.column-1)).add(yellow, "●")
		default:
			l = l.add(plain, (percent(s.Share, 1) + " ").right(t.column))
		}
	}
	l = append(l.add(plain, " "), t.change(label)...)
	if t.bar >= 4 {
		l = append(l.add(plain, "  "), solid(t.shares[len(t.shares)-1][label].Share, t.most(), t.bar)...)
	}
	return l
}

// most is the largest share of the newest window that has a row.
func (t topicTable) most() float64 {
	most := 0.0
	for _, label := range t.rows {
		most = max(most, t.shares[len(t.shares)-1][label].Share)
	}
	return most
}

// change compares the two newest windows, in points of a hundred.
func (t topicTable) change(label string) line {
	if len(t.shares) < 2 {
		return line{}.to(8)
	}
	now, there := t.shares[len(t.shares)-1][label]
	before, was := t.shares[len(t.shares)-2][label]
	points := (now.Share - before.Share) * 100
	switch {
	case there && !was:
		return line{}.add(green, text("▲ new").left(8))
	case !there:
		return line{}.add(red, text("▼ gone").left(8))
	case points >= .95:
		return line{}.add(green, ("▲ " + signed(points, 1)).left(8))
	case points <= -.95:
		return line{}.add(red, ("▼ " + signed(points, 1)).left(8))
	}
	return line{}.add(dim, text("=").left(8))
}

// documents is the last row: how large the windows are, and what is not shown.
func (t topicTable) documents() line {
	l := line{}.add(dim, "  "+text("documents").left(t.name))
	for _, w := range t.windows {
		l = l.add(dim, (count(w.Documents) + " ").right(t.column))
	}
	remark := text("  ● popular")
	if t.left > 0 {
		remark = "  ● popular, … and " + plural(uint64(t.left), "more label", "more labels")
	}
	return l.add(dim, remark)
}

// solid draws a share as a block, the largest as wide as all columns.
func solid(share, most float64, columns int) line {
	if !(share > 0) || !(most > 0) || !finite(share) || !finite(most) {
		return nil
	}
	eighths := max(int(math.Round(share/most*float64(8*columns))), 1)
	parts := [...]text{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}
	return line{}.add(blue, repeat("█", eighths/8)+parts[eighths%8])
}

// windowName is when an event-time window begins, or which documents a count
// window ends with.
func windowName(w topics.Window) text {
	switch {
	case w.Start.IsZero():
		return "to " + number(w.Last)
	case w.Start.UTC().Truncate(24*time.Hour).Equal(w.Start) && w.End.UTC().Truncate(24*time.Hour).Equal(w.End):
		return date(w.Start, time.DateOnly)
	case w.End.Sub(w.Start) < time.Minute:
		return date(w.Start, time.TimeOnly)
	}
	return date(w.Start, "01-02 15:04")
}

func date(t time.Time, layout string) text { return clean(t.UTC().Format(layout)) }

// conservation shows that every document went somewhere.
func (p *page) conservation(c topics.Counts) {
	parts := []text{number(c.Windowed) + " windowed", number(c.Late) + " late", number(c.Untimed) + " without a time"}
	if c.Dropped > 0 {
		parts = append(parts, number(c.Dropped)+" dropped")
	}
	joined := make([]string, len(parts))
	for i, part := range parts {
		joined[i] = string(part)
	}
	sum := number(c.In) + " documents = " + text(strings.Join(joined, " + "))
	l := line{}.to(2)
	if c.In == c.Windowed+c.Late+c.Untimed+c.Dropped {
		l = l.add(green, "✓ ").add(dim, sum)
	} else {
		l = l.add(red.strong(), "✗ "+sum+": this does not add up")
	}
	if c.Open > 0 {
		l = l.add(dim, ", "+plural(uint64(c.Open), "window", "windows")+" still open")
	}
	p.print(l)
}
