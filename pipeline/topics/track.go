package topics

import (
	"math"
	"sort"
	"time"
)

// track is one definition's windows.
type track struct {
	definition Definition
	counts     Counts // Open is counted when asked for
	// done is the place up to which everything is final: a window's number, or of
	// sessions an event time, which their last document must have passed.
	done int64
	open []*window // by number
	near int       // place in open of the window found last; a guess, never trusted
	due  int64     // no open session ends at an earlier place
}

// nothingDone is done before anything was closed. Neither a number nor an event
// time is as low.
const nothingDone = math.MinInt64

func newTrack(d Definition) track {
	t := track{definition: d, counts: Counts{Definition: d.String()}, done: nothingDone, due: math.MaxInt64}
	if d.kind == count {
		t.done = -1
	}
	return t
}

// at returns the open window with that number, or nil. Most documents fall in
// the window of the one before.
func (t *track) at(number int64) *window {
	if t.near < len(t.open) && t.open[t.near].number == number {
		return t.open[t.near]
	}
	i := t.search(number)
	if i == len(t.open) || t.open[i].number != number {
		return nil
	}
	t.near = i
	return t.open[i]
}

func (t *track) search(number int64) int {
	return sort.Search(len(t.open), func(i int) bool { return t.open[i].number >= number })
}

// start opens a window that is not open yet.
func (t *track) start(number int64, first uint64, owned bool) *window {
	w := newWindow(number, first, owned)
	i := t.search(number)
	t.open = append(t.open, nil)
	copy(t.open[i+1:], t.open[i:])
	t.open[i] = w
	t.near = i
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

// close takes the windows that are done out of the open ones, in order.
func (t *track) close(done int64) (closed []*window) {
	if done <= t.done {
		return nil
	}
	t.done = done
	if t.definition.kind == session {
		return t.closeSessions()
	}
	n := sort.Search(len(t.open), func(i int) bool { return t.open[i].number > done })
	closed = append(closed, t.open[:n]...)
	kept := copy(t.open, t.open[n:])
	clear(t.open[kept:])
	t.open = t.open[:kept]
	return closed
}

func (t *track) closeSessions() (closed []*window) {
	if t.due > t.done {
		return nil
	}
	t.due = math.MaxInt64
	kept := t.open[:0]
	for _, w := range t.open {
		if w.last <= t.done {
			closed = append(closed, w)
			continue
		}
		t.due = min(t.due, w.last)
		kept = append(kept, w)
	}
	clear(t.open[len(kept):])
	t.open = kept
	return closed
}

// result is what is emitted of a window.
func (t *track) result(w *window, popular float64) Window {
	r := Window{
		Definition: t.counts.Definition,
		Number:     w.number,
		Documents:  w.documents,
		Shares:     w.shares(popular),
		Revision:   w.results,
	}
	switch t.definition.kind {
	case count:
		r.First, r.Last = w.first, w.first+w.documents-1
	case session:
		r.Start, r.End = time.Unix(0, w.number).UTC(), time.Unix(0, w.last).UTC().Add(t.definition.length)
	default:
		r.Start, r.End = t.definition.bounds(w.number)
	}
	return r
}

// provisional is a result of a window that is still open, nil where nothing has
// changed since the last one.
func (t *track) provisional(w *window, popular float64, reader *Reader, emit func(Window)) {
	if !w.owned || w.told == w.documents {
		return
	}
	r := t.result(w, popular)
	reader.tell(&r, w.contents)
	r.Provisional = true
	w.results++
	w.told = w.documents
	emit(r)
}

// owned is how many open windows belong to the partition.
func (t *track) owned() int {
	n := 0
	for _, w := range t.open {
		if w.owned {
			n++
		}
	}
	return n
}

// digest sums over labels and counts, so that sums over partitions agree.
func (t *track) digest() uint64 {
	var sum uint64
	for _, w := range t.open {
		for _, tally := range w.tallies {
			h := newDigest(t.counts.Definition, w.number)
			h.text(tally.label)
			h.number(tally.documents)
			sum += h.sum()
		}
		if w.contents != nil {
			h := newDigest(t.counts.Definition, w.number)
			h.text(string(w.contents.append(nil)))
			sum += h.sum()
		}
	}
	return sum + t.countsDigest()
}

// countsDigest multiplies each count with a hash of its name: linear, so that
// the partitions' digests add up.
func (t *track) countsDigest() uint64 {
	var sum uint64
	for i, n := range []uint64{t.counts.Windowed, t.counts.Late, t.counts.Untimed, t.counts.Dropped, t.counts.Listed, t.counts.Future, t.counts.Forced} {
		h := newDigest(t.counts.Definition, int64(i))
		h.text("counts")
		sum += n * (h.sum() | 1)
	}
	return sum
}
