package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tidings"
	"tidings/internal/broker"
	"tidings/pipeline/topics"
	"tidings/pipeline/topics/stories"
)

// Limits of WindowTeller.
const (
	// WindowKeysMax is how many definitions and keys of windows have a newest
	// window that is remembered; windows of further ones are told, but compared
	// with none, and not kept for who joins late.
	WindowKeysMax = 500
	// windowReadsMax is how many documents are read for the names of one window's
	// stories.
	windowReadsMax = 64
)

// WindowLine is the result of a window as outside readers see it: one JSON line
// that explains itself. It is a function of the log and of what is committed.
type WindowLine struct {
	Pipeline Name `json:"pipeline"`
	topics.Window
	Shares   []ShareLine     `json:"shares"`             // in place of the window's
	Previous *PreviousWindow `json:"previous,omitempty"` // what it is compared with; nil: there was none
	Late     uint64          `json:"late"`               // documents too late for a window of this definition, so far

	named bool // the stories
}

// ShareLine is a label's share, beside what it was before.
type ShareLine struct {
	topics.Share
	Before float64 `json:"before,omitempty"` // in the previous window; 0: none there
}

// PreviousWindow is the newest window of the same definition and key that was
// final before.
type PreviousWindow struct {
	Number    int64       `json:"number"`
	Start     time.Time   `json:"start,omitzero"`
	End       time.Time   `json:"end,omitzero"`
	Last      uint64      `json:"last,omitempty"`
	Documents uint64      `json:"documents"`
	Gone      []GoneLabel `json:"gone,omitempty"` // its labels that the window has none of
}

// GoneLabel is a label that is no more.
type GoneLabel struct {
	Label  string  `json:"label"`
	Before float64 `json:"before"`
}

// windowOf is whose windows follow each other.
type windowOf struct{ definition, key string }

func (l *WindowLine) of() windowOf { return windowOf{l.Definition, l.Key} }

// Follows says whether a result is newer than another one of the same definition
// and key: of a window that ends later, or a later one of the same window.
func (l *WindowLine) Follows(other *WindowLine) bool {
	return placeOfWindow(&l.Window).compare(placeOfWindow(&other.Window)) > 0
}

// windowPlace says which of two results of windows that follow each other is the
// newer one: the window that ends later, of one window the later result.
type windowPlace struct {
	end      time.Time
	last     uint64 // of a count window
	revision uint64
}

func placeOfWindow(w *topics.Window) windowPlace { return windowPlace{w.End, w.Last, w.Revision} }

func (p windowPlace) compare(q windowPlace) int {
	return cmp.Or(p.end.Compare(q.end), cmp.Compare(p.last, q.last), cmp.Compare(p.revision, q.revision))
}

// WindowTeller makes lines of windows, out of results in their order. What it
// says of a window does not depend on how often it was stopped, as long as it is
// given the results from their beginning on. It belongs to one goroutine.
type WindowTeller struct {
	plan   Plan
	names  *StoryNames
	newest map[windowOf]*topics.Window // that is final
	counts [][]topics.Counts           // by partition
}

// NewWindowTeller is for the windows of a pipeline whose log the broker has.
func NewWindowTeller(b *broker.Broker, p Plan) *WindowTeller {
	return newWindowTeller(p, NewStoryNames(b, p.Pipeline))
}

func newWindowTeller(p Plan, names *StoryNames) *WindowTeller {
	return &WindowTeller{plan: p, names: names, newest: map[windowOf]*topics.Window{}}
}

// Unit returns the windows of the next stretch of results, provisional ones
// among them, in the order in which they were told. Their stories have no names
// yet.
func (t *WindowTeller) Unit(u *Unit) (lines []WindowLine) {
	for p := range u.Counts {
		for len(t.counts) <= p {
			t.counts = append(t.counts, nil)
		}
		if len(u.Counts[p]) > 0 {
			t.counts[p] = append(t.counts[p][:0], u.Counts[p]...)
		}
	}
	for _, w := range u.AllWindows() {
		lines = append(lines, t.line(w, t.late(u, &w)))
		if !w.Provisional {
			t.remember(w)
		}
	}
	return lines
}

func (t *WindowTeller) line(w topics.Window, late uint64) WindowLine {
	l := WindowLine{Pipeline: t.plan.Pipeline, Window: w, Shares: make([]ShareLine, 0, len(w.Shares)), Late: late}
	l.Window.Shares = nil
	before := map[string]float64{}
	if p := t.newest[l.of()]; p != nil && placeOfWindow(p).compare(placeOfWindow(&w)) < 0 {
		l.Previous = &PreviousWindow{Number: p.Number, Start: p.Start, End: p.End, Last: p.Last, Documents: p.Documents}
		for _, s := range p.Shares {
			before[s.Label] = s.Share
		}
	}
	for _, s := range w.Shares {
		l.Shares = append(l.Shares, ShareLine{s, before[s.Label]})
		delete(before, s.Label)
	}
	if l.Previous != nil {
		for _, s := range t.newest[l.of()].Shares {
			if _, gone := before[s.Label]; gone {
				l.Previous.Gone = append(l.Previous.Gone, GoneLabel{s.Label, s.Share})
			}
		}
	}
	return l
}

// late is how many documents had been too late for a window's definition when it
// was told: what is counted of them where records end, without those that came
// behind it. Only documents that found no room in a record (topics.LateBytesMax)
// count from its beginning on.
func (t *WindowTeller) late(u *Unit, w *topics.Window) uint64 {
	late := t.Counts(w.Definition).Late
	if w.At == (topics.Place{}) {
		return late // an older program did not write when
	}
	for _, columns := range [][][]topics.Late{u.Late, u.ahead} {
		for _, partition := range columns {
			for i := range partition {
				if l := &partition[i]; l.Definition == w.Definition && l.Position.Compare(w.At.Position) > 0 {
					late -= min(late, 1)
				}
			}
		}
	}
	return late
}

// Counts sums what became of the documents for a definition, as far as results
// have come.
func (t *WindowTeller) Counts(definition string) topics.Counts {
	sum := topics.Counts{Definition: definition}
	for _, partition := range t.counts {
		for _, c := range partition {
			if c.Definition == definition {
				sum.Add(c)
			}
		}
	}
	return sum
}

// remember keeps a final window to compare the next one with, unless it is older
// than what is kept.
func (t *WindowTeller) remember(w topics.Window) {
	of := windowOf{w.Definition, w.Key}
	kept, known := t.newest[of]
	if known && placeOfWindow(kept).compare(placeOfWindow(&w)) >= 0 || !known && len(t.newest) == WindowKeysMax {
		return
	}
	w.Bursts, w.Stories = nil, nil
	t.newest[of] = &w
}

// resume takes windows of before, in place of results that are deleted.
func (t *WindowTeller) resume(final []WindowLine) {
	for i := range final {
		t.remember(final[i].window())
	}
}

// window is the window of the line, as it was committed.
func (l *WindowLine) window() topics.Window {
	w := l.Window
	w.Shares = make([]topics.Share, 0, len(l.Shares))
	for _, s := range l.Shares {
		w.Shares = append(w.Shares, s.Share)
	}
	return w
}

// Name fills in what the stories of a window are called, and their headlines, out
// of the log, with a bounded number of reads: where a window tells many stories
// fewer of each one's documents are read, and of the last ones none.
func (t *WindowTeller) Name(ctx context.Context, l *WindowLine) error {
	if l.named {
		return nil
	}
	l.Stories = slices.Clone(l.Stories)
	each := max(windowReadsMax/max(len(l.Stories), 1), 1)
	for i := range l.Stories {
		s := &l.Stories[i]
		terms := make([]stories.Term, 0, len(s.Terms))
		for rank, text := range s.Terms {
			terms = append(terms, stories.Term{Text: text, Weight: float64(len(s.Terms) - rank)})
		}
		central := make([]tidings.Position, 0, len(s.Central))
		for _, c := range s.Central {
			central = append(central, c.Position)
		}
		var err error
		if s.Name, s.Headline, err = t.names.Of(ctx, terms, central, min(each, windowReadsMax-i*each)); err != nil {
			return err
		}
	}
	l.named = true
	return nil
}

// AllWindows are those of all partitions, in the order in which they were told, of
// several at one place by definition and key, the older window first: however
// many partitions there are. Where an older program did not write when they were
// told, they stay as they are.
func (u *Unit) AllWindows() (all []topics.Window) {
	for _, partition := range u.Windows {
		all = append(all, partition...)
	}
	if slices.ContainsFunc(all, func(w topics.Window) bool { return w.At == topics.Place{} }) {
		return all
	}
	slices.SortStableFunc(all, func(a, b topics.Window) int {
		return cmp.Or(a.At.Compare(b.At.Position), strings.Compare(a.Definition, b.Definition), strings.Compare(a.Key, b.Key),
			placeOfWindow(&a).compare(placeOfWindow(&b)))
	})
	return all
}

// AllLate are the late documents of all partitions, in the order of the log, of one
// that is late several times by definition.
func (u *Unit) AllLate() (all []topics.Late) {
	for _, partition := range u.Late {
		all = append(all, partition...)
	}
	slices.SortStableFunc(all, func(a, b topics.Late) int {
		return cmp.Or(a.Position.Compare(b.Position.Position), strings.Compare(a.Definition, b.Definition))
	})
	return all
}
