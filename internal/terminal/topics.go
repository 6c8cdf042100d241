package terminal

import (
	"cmp"
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
	changeColumns  = 9
	barColumnsMin  = 4
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
	p.section("Topics", "windows "+visible(definition).cut(40)+", as predicted; ● popular")
	if len(windows) == 0 {
		p.print(line{}.add(dim, "  no window is closed yet"))
	} else {
		newest := windows[len(windows)-1]
		p.table(newTopicTable(p.width, ofKey(newest.Key, windows[max(0, len(windows)-windowsMax):])))
		p.brief(newest)
	}
	if counts != nil {
		p.conservation(*counts)
	}
}

// ofKey are the windows of one key: those of others do not go before them.
func ofKey(key string, windows []topics.Window) (of []topics.Window) {
	for _, w := range windows {
		if w.Key == key {
			of = append(of, w)
		}
	}
	return of
}

func (p *page) table(t topicTable) {
	p.print(t.heading())
	for _, label := range t.rows {
		p.print(t.row(label))
	}
	p.more(t.left, "more label", "more labels")
	p.print(t.documents())
}

// topicTable is a row for each label and a column for each window.
type topicTable struct {
	windows []topics.Window // oldest first, at least one
	shares  []map[string]topics.Share
	rows    []string // labels, those of the largest shares in the newest window first
	left    int      // labels of the newest window that have no row
	title   text
	heads   []text // by window
	name    int    // columns of the labels
	column  int    // columns of a window
	bar     int    // columns of the bars; 0: no room
}

func newTopicTable(width int, windows []topics.Window) topicTable {
	t := topicTable{windows: windows}
	for _, w := range windows {
		shares := make(map[string]topics.Share, len(w.Shares))
		for _, s := range w.Shares {
			shares[s.Label] = s
		}
		t.shares = append(t.shares, shares)
	}
	t.choose()
	t.title, t.heads = windowNames(windows)
	t.layOut(width)
	return t
}

// layOut gives every column its width; where there are too many windows, the
// oldest are left out.
func (t *topicTable) layOut(width int) {
	t.name, t.column = t.title.columns(), windowColumns
	for _, label := range t.rows {
		t.name = max(t.name, named(label).columns())
	}
	for _, head := range t.heads {
		t.column = max(t.column, head.columns()+3)
	}
	t.name = min(t.name, labelColumnsMax, width/3)
	room := width - 2 - t.name - changeColumns - 1
	if over := len(t.windows) - max(room/t.column, 1); over > 0 {
		t.windows, t.shares, t.heads = t.windows[over:], t.shares[over:], t.heads[over:]
	}
	t.bar = min(max(room-t.column*len(t.windows)-2, 0), 24)
}

// choose takes the labels that lead the newest window, and those that were
// popular in an older one.
func (t *topicTable) choose() {
	last := len(t.windows) - 1
	newest := t.windows[last]
	for _, s := range newest.Shares[:min(len(newest.Shares), topicRowsTop)] {
		t.rows = append(t.rows, s.Label)
	}
	for i := last; i >= 0; i-- {
		for _, s := range t.windows[i].Shares {
			if s.Popular && len(t.rows) < topicRowsMax && !slices.Contains(t.rows, s.Label) {
				t.rows = append(t.rows, s.Label)
			}
		}
	}
	slices.SortStableFunc(t.rows, func(a, b string) int {
		return cmp.Compare(t.shares[last][b].Documents, t.shares[last][a].Documents)
	})
	for _, s := range newest.Shares {
		if !slices.Contains(t.rows, s.Label) {
			t.left++
		}
	}
}

func (t topicTable) heading() line {
	l := line{}.add(dim, "  "+t.title.left(t.name))
	for _, head := range t.heads {
		l = l.add(dim, (head + " ").right(t.column))
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
	if t.bar >= barColumnsMin {
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
		return line{}.to(changeColumns)
	}
	now, there := t.shares[len(t.shares)-1][label]
	before, was := t.shares[len(t.shares)-2][label]
	points := (now.Share - before.Share) * 100
	switch {
	case there && !was:
		return line{}.add(green, text("▲ new").left(changeColumns))
	case !there:
		return line{}.add(red, text("▼ gone").left(changeColumns))
	case points >= .95:
		return line{}.add(green, ("▲ " + signed(points, 1)).left(changeColumns))
	case points <= -.95:
		return line{}.add(red, ("▼ " + signed(points, 1)).left(changeColumns))
	}
	return line{}.add(dim, text("=").left(changeColumns))
}

// documents is the last row: how large the windows are.
func (t topicTable) documents() line {
	l := line{}.add(dim, "  "+text("documents").left(t.name))
	for _, w := range t.windows {
		l = l.add(dim, (count(w.Documents) + " ").right(t.column))
	}
	return l
}

// solid draws a share as a line to half a column, the largest as long as all
// columns.
func solid(share, most float64, columns int) line {
	if !(share > 0) || !(most > 0) || !finite(share) || !finite(most) {
		return nil
	}
	halves := max(int(math.Round(share/most*float64(2*columns))), 1)
	l := line{}.add(blue, repeat("━", halves/2))
	if halves%2 == 1 {
		l = l.add(blue, "╸")
	}
	return l
}

// windowNames are what stands over the columns: when an event-time window
// begins, or which document a count window ends with. What all of them have in
// common is in the title.
func windowNames(windows []topics.Window) (title text, names []text) {
	first, last := windows[0].Start.UTC(), windows[len(windows)-1].Start.UTC()
	title, layout := "share in %", "2006-01-02 15:04"
	switch {
	case first.IsZero():
		for _, w := range windows {
			names = append(names, "to "+number(w.Last))
		}
		return title, names
	case wholeDays(windows) && first.Year() == last.Year():
		title, layout = title+", "+date(last, "2006"), "01-02"
	case wholeDays(windows):
		layout = time.DateOnly
	case first.Format(time.DateOnly) == last.Format(time.DateOnly):
		title, layout = title+", "+date(last, time.DateOnly), "15:04:05"
	case first.Year() == last.Year():
		title, layout = title+", "+date(last, "2006"), "01-02 15:04"
	}
	for _, w := range windows {
		names = append(names, date(w.Start, layout))
	}
	return title, names
}

func wholeDays(windows []topics.Window) bool {
	for _, w := range windows {
		if w.Start.Unix()%86_400 != 0 || w.End.Unix()%86_400 != 0 {
			return false
		}
	}
	return true
}

func date(t time.Time, layout string) text { return clean(t.UTC().Format(layout)) }

// conservation shows that every document went somewhere.
func (p *page) conservation(c topics.Counts) {
	parts := []text{number(c.Windowed) + " windowed", number(c.Late) + " late", number(c.Untimed) + " without a time"}
	if c.Future > 0 {
		parts = append(parts, number(c.Future)+" from the future")
	}
	if c.Dropped > 0 {
		parts = append(parts, number(c.Dropped)+" dropped")
	}
	joined := make([]string, len(parts))
	for i, part := range parts {
		joined[i] = string(part)
	}
	sum := number(c.In) + " documents = " + text(strings.Join(joined, " + "))
	if c.Open > 0 {
		sum += ", " + plural(uint64(c.Open), "window", "windows") + " still open"
	}
	if c.Pooled > 0 {
		sum += ", " + number(c.Pooled) + " of further keys as " + visible(topics.Other)
	}
	if c.Forced > 0 {
		sum += ", " + plural(c.Forced, "window", "windows") + " closed early"
	}
	if c.In == c.Sum() {
		p.marked(green, "✓ ", dim, sum)
	} else {
		p.marked(red.strong(), "✗ ", red.strong(), sum+": this does not add up")
	}
}
