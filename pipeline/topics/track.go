package topics

import "sort"

// track is one definition's windows.
type track struct {
	definition Definition
	counts     Counts    // Open is counted when asked for
	floor      int64     // windows below are final; of a count definition, the window in progress
	open       []*window // by number
	last       int       // place in open of the window found last; a guess, never trusted
}

func newTrack(d Definition) track {
	t := track{definition: d, counts: Counts{Definition: d.String()}}
	if d.length > 0 {
		t.floor = noFloor
	}
	return t
}

// at returns the open window with that number, or nil. Most documents fall in
// the window of the one before.
func (t *track) at(number int64) *window {
	if t.last < len(t.open) && t.open[t.last].number == number {
		return t.open[t.last]
	}
	i := t.search(number)
	if i == len(t.open) || t.open[i].number != number {
		return nil
	}
	t.last = i
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
	t.last = i
	return w
}

// forget lets go of the first n open windows.
func (t *track) forget(n int) {
	kept := copy(t.open, t.open[n:])
	clear(t.open[kept:])
	t.open = t.open[:kept]
}

// final is what is emitted of an open window.
func (t *track) final(w *window, popular float64) Window {
	f := Window{
		Definition: t.counts.Definition,
		Number:     w.number,
		Documents:  w.documents,
		Shares:     w.shares(popular),
	}
	if t.definition.length > 0 {
		f.Start, f.End = t.definition.bounds(w.number)
	} else {
		f.First, f.Last = w.first, w.first+w.documents-1
	}
	return f
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
	}
	return sum + t.countsDigest()
}

// countsDigest multiplies each count with a hash of its name: linear, so that
// the partitions' digests add up.
func (t *track) countsDigest() uint64 {
	var sum uint64
	for i, n := range []uint64{t.counts.Windowed, t.counts.Late, t.counts.Untimed, t.counts.Dropped} {
		h := newDigest(t.counts.Definition, int64(i))
		h.text("counts")
		sum += n * (h.sum() | 1)
	}
	return sum
}
