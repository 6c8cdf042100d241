package topics

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"time"
)

// event is what happens to a state: a document, or the end of the source.
type event struct {
	doc Document
	end bool
}

// emitted is a window and the event, by place, after which it was emitted.
type emitted struct {
	after  int
	window Window
}

// reference is what the windows of a stream are by definition: it sees all
// events at once, looks back over all of them for each one, and takes no care
// of memory.
func reference(o Options, events []event) (windows []emitted, counts []Counts) {
	o = o.WithDefaults()
	for _, d := range o.Windows {
		var w []emitted
		var c Counts
		if d.documents > 0 {
			w, c = referenceCount(o, d, events)
		} else {
			w, c = referenceTime(o, d, events)
		}
		windows = append(windows, w...)
		counts = append(counts, c)
	}
	// By event, then definition (kept by the stable sort), then number.
	sort.SliceStable(windows, func(i, j int) bool { return windows[i].after < windows[j].after })
	return windows, counts
}

// floorDiv knows no overflow.
func floorDiv(a, b *big.Int) int64 { return new(big.Int).Div(a, b).Int64() } // Euclid's, b > 0

// closedBefore is the lowest window that is still open after the first n events.
func closedBefore(o Options, d Definition, events []event, n int) (floor int64, some bool) {
	length := big.NewInt(int64(d.length))
	var newest *big.Int
	for _, e := range events[:n] {
		f, now := int64(0), false
		switch {
		case e.end && newest != nil:
			f, now = floorDiv(newest, length)+1, true
		case !e.end && e.doc.Time != NoTime:
			if t := big.NewInt(e.doc.Time); newest == nil || t.Cmp(newest) > 0 {
				newest = t
			}
			f, now = floorDiv(new(big.Int).Sub(newest, big.NewInt(int64(o.OutOfOrder))), length), true
		}
		if now && (!some || f > floor) {
			floor, some = f, true
		}
	}
	return floor, some
}

func referenceTime(o Options, d Definition, events []event) ([]emitted, Counts) {
	c := Counts{Definition: d.String()}
	docs := map[int64][]string{}
	for i, e := range events {
		if e.end {
			continue
		}
		c.In++
		if e.doc.Time == NoTime {
			c.Untimed++
			continue
		}
		n := floorDiv(big.NewInt(e.doc.Time), big.NewInt(int64(d.length)))
		if floor, some := closedBefore(o, d, events, i); some && n < floor {
			c.Late++
			continue
		}
		c.Windowed++
		docs[n] = append(docs[n], e.doc.Label)
	}
	numbers := make([]int64, 0, len(docs))
	for n := range docs {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var windows []emitted
	for _, n := range numbers {
		closing := 0 // after which event it is final
		for ; closing < len(events); closing++ {
			if floor, some := closedBefore(o, d, events, closing+1); some && n < floor {
				break
			}
		}
		if closing == len(events) {
			c.Open++
			continue
		}
		start, end := d.bounds(n)
		w := Window{Definition: d.String(), Number: n, Start: start, End: end}
		referenceShares(o, &w, docs[n])
		windows = append(windows, emitted{after: closing, window: w})
	}
	return windows, c
}

func referenceCount(o Options, d Definition, events []event) ([]emitted, Counts) {
	c := Counts{Definition: d.String()}
	var windows []emitted
	var labels []string
	number, seen := int64(0), uint64(0)
	for i, e := range events {
		if !e.end {
			seen++
			c.In++
			c.Windowed++
			labels = append(labels, e.doc.Label)
		}
		if full := int64(len(labels)) == d.documents; full || e.end && len(labels) > 0 {
			w := Window{Definition: d.String(), Number: number, First: seen - uint64(len(labels)) + 1, Last: seen}
			referenceShares(o, &w, labels)
			windows = append(windows, emitted{after: i, window: w})
			labels = nil
			number++
		}
	}
	if len(labels) > 0 {
		c.Open++
	}
	return windows, c
}

func referenceShares(o Options, w *Window, labels []string) {
	known := map[string]bool{}
	count := map[string]uint64{}
	for _, l := range labels {
		if !known[l] && (len(known) >= o.LabelsMax || len(l) > 256) {
			l = Other
		} else if l != Other {
			known[l] = true
		}
		count[l]++
	}
	w.Documents = uint64(len(labels))
	for l, n := range count {
		share := float64(n) / float64(len(labels))
		w.Shares = append(w.Shares, Share{Label: l, Documents: n, Share: share, Popular: share > o.Popular && l != "" && l != Other})
	}
	sort.Slice(w.Shares, func(i, j int) bool {
		a, b := w.Shares[i], w.Shares[j]
		return a.Documents > b.Documents || a.Documents == b.Documents && a.Label < b.Label
	})
}

func (e event) String() string {
	switch {
	case e.end:
		return "end"
	case e.doc.Time == NoTime:
		return fmt.Sprintf("untimed %q", e.doc.Label)
	}
	return fmt.Sprintf("%s %q", time.Unix(0, e.doc.Time).UTC().Format(time.RFC3339Nano), e.doc.Label)
}
