package topics

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// track is one definition's windows.
type track struct {
	definition Definition
	hash       uint64 // of the definition
	counts     Counts // Open is counted when asked for
	// done is the place up to which everything is final: a window's number, or of
	// sessions an event time, which their last document must have passed. Count
	// windows have none.
	done   int64
	begun  int64              // count windows so far, of all keys: they are numbered as they begin
	series []*series          // by key; without keys one, always
	keys   map[string]*series // nil without keys
	near   *series            // that was found last; a guess
	open   int                // windows, of all series
	due    int64              // before this place, or ordinal, nothing closes and nothing is forgotten
	untold int64              // no window that was never told is at an earlier place
}

// nothingDone is done before anything was closed. Neither a number nor an event
// time is as low.
const nothingDone = math.MinInt64

func newTrack(d Definition, by By) track {
	t := track{definition: d, hash: hashOf(d.String()), counts: Counts{Definition: d.String()}, done: nothingDone, due: math.MaxInt64, untold: math.MaxInt64}
	if by == ByAll {
		t.series = []*series{{}}
	} else {
		t.keys = map[string]*series{}
	}
	return t
}

// start opens a window of a series.
func (t *track) start(sr *series, w *window) *window {
	w.of = sr
	sr.add(w)
	t.open++
	if t.definition.kind != count {
		t.due = min(t.due, t.place(w))
	}
	if w.owned {
		t.untold = min(t.untold, t.place(w))
	}
	return w
}

// place is where a window stands, compared with done.
func (t *track) place(w *window) int64 {
	if t.definition.kind == session {
		return w.last
	}
	return w.number
}

// over is the place up to which windows are over when the watermark stands at
// an event time.
func (t *track) over(watermark int64, sessionMax time.Duration) int64 {
	d := t.definition
	if d.kind != session {
		return d.oldestWith(watermark) - 1
	}
	over := watermark - int64(d.length)
	if over > watermark { // below what can be told
		over = math.MinInt64
	}
	// What lies before the last cut is over too.
	cut := watermark % int64(sessionMax)
	if cut < 0 {
		cut += int64(sessionMax)
	}
	if before := watermark - cut; before <= watermark && before > math.MinInt64 {
		over = max(over, before-1)
	}
	return over
}

// close takes the windows up to a place out of the open ones, by number, then
// key. In a series places rise with numbers, of sessions too.
func (t *track) close(done int64) (closed []*window) {
	for _, sr := range t.series {
		n := 0
		for n < len(sr.open) && t.place(sr.open[n]) <= done {
			n++
		}
		closed = append(closed, t.shut(sr, n)...)
	}
	inOrder(closed)
	return closed
}

// oldest is the lowest place of an open window.
func (t *track) oldest() int64 {
	oldest := int64(math.MaxInt64)
	for _, sr := range t.series {
		if len(sr.open) > 0 {
			oldest = min(oldest, t.place(sr.open[0]))
		}
	}
	return oldest
}

// shut takes the first n open windows out of a series.
func (t *track) shut(sr *series, n int) []*window {
	if n == 0 {
		return nil
	}
	closed := slices.Clone(sr.open[:n])
	sr.open = slices.Delete(sr.open, 0, n)
	t.open -= n
	return closed
}

// inOrder sorts windows of several series as they are told.
func inOrder(windows []*window) {
	for i := 1; i < len(windows); i++ {
		if windows[i].of != windows[0].of {
			slices.SortFunc(windows, func(a, b *window) int {
				return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.of.key, b.of.key))
			})
			return
		}
	}
}

// result is what is emitted of a window, whose predecessor is before.
func (t *track) result(w *window, o *Options, before *past) Window {
	r := Window{
		Definition: t.counts.Definition,
		Key:        w.of.key,
		Number:     w.number,
		Documents:  w.documents,
		Shares:     w.shares(o, before),
		Revision:   w.results,
	}
	switch t.definition.kind {
	case count:
		r.First, r.Last = w.first, uint64(w.last)
	case session:
		r.Start, r.End = time.Unix(0, w.number).UTC(), time.Unix(0, w.last).UTC().Add(t.definition.length)
	default:
		r.Start, r.End = t.definition.bounds(w.number)
	}
	return r
}

// owned is how many open windows belong to the partition.
func (t *track) owned() int {
	n := 0
	for _, sr := range t.series {
		for _, w := range sr.open {
			if w.owned {
				n++
			}
		}
	}
	return n
}

// digest sums over labels and counts, so that sums over partitions agree.
func (t *track) digest() uint64 {
	var sum uint64
	for _, sr := range t.series {
		for _, w := range sr.open {
			for _, tally := range w.tallies {
				h := newDigest(t.counts.Definition, w.number)
				h.text(tally.label)
				h.number(tally.documents)
				if t.keys != nil {
					h.text(sr.key)
				}
				sum += h.sum()
			}
			if w.contents != nil {
				h := newDigest(t.counts.Definition, w.number)
				h.text(string(w.contents.append(nil)))
				if t.keys != nil {
					h.text(sr.key)
				}
				sum += h.sum()
			}
		}
	}
	return sum + t.countsDigest()
}

// countsDigest multiplies each count with a hash of its name: linear, so that
// the partitions' digests add up.
func (t *track) countsDigest() uint64 {
	var sum uint64
	for i, n := range []uint64{t.counts.Windowed, t.counts.Late, t.counts.Untimed, t.counts.Dropped, t.counts.Listed, t.counts.Future, t.counts.Forced, t.counts.Pooled} {
		h := newDigest(t.counts.Definition, int64(i))
		h.text("counts")
		sum += n * (h.sum() | 1)
	}
	return sum
}
