package topics

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"time"
)

// event is what happens to a state: a document, or the word that doc.Source is
// idle or has ended.
type event struct {
	doc       Document
	end, idle bool
}

func (e event) document() bool { return !e.end && !e.idle }

// emitted is a window and the event, by place, after which it was emitted.
type emitted struct {
	after  int
	window Window
}

// reference is what the windows of a stream are by definition, the final ones
// and those that are still open: it sees all events at once, looks back over all
// of them for each one, and takes no care of memory.
func reference(o Options, events []event) (windows []emitted, open []Window, counts []Counts) {
	o = o.WithDefaults()
	for _, d := range o.Windows {
		var w []emitted
		var still []Window
		c := Counts{Definition: d.String()}
		if d.kind == count {
			w, still, c = referenceCount(o, d, events)
		} else {
			for _, key := range referenceKeys(o, events) {
				of := referenceTime
				if d.kind == session {
					of = referenceSession
				}
				kw, kstill, kc := of(o, d, key, events)
				w, still = append(w, kw...), append(still, kstill...)
				c.Add(kc)
			}
		}
		// By event, then number, then key.
		sort.SliceStable(w, func(i, j int) bool {
			a, b := w[i], w[j]
			return cmp.Or(cmp.Compare(a.after, b.after), cmp.Compare(a.window.Number, b.window.Number), cmp.Compare(a.window.Key, b.window.Key)) < 0
		})
		windows, open = append(windows, w...), append(open, still...)
		c.Open = len(still)
		counts = append(counts, c)
	}
	// By event, then definition (kept by the stable sort), then number.
	sort.SliceStable(windows, func(i, j int) bool { return windows[i].after < windows[j].after })
	return windows, open, counts
}

// referenceKey is the key under which a document counts, and whether that is
// because its own is too long.
func referenceKey(o Options, d Document) (key string, pooled bool) {
	switch o.By {
	case BySource:
		key = d.Source
	case ByLabel:
		key = d.Label
	}
	if len(key) > 256 {
		return Other, true
	}
	return key, false
}

func referenceKeys(o Options, events []event) (keys []string) {
	for _, e := range events {
		if key, _ := referenceKey(o, e.doc); e.document() && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// referencePast is which labels were popular in the window before.
type referencePast struct {
	known  bool
	number int64
	labels map[string]bool
}

func (p *referencePast) remember(number int64, w Window) {
	*p = referencePast{true, number, map[string]bool{}}
	for _, s := range w.Shares {
		if s.Popular {
			p.labels[s.Label] = true
		}
	}
}

// bigFloor knows no overflow.
func bigFloor(a, b *big.Int) int64 { return new(big.Int).Div(a, b).Int64() } // Euclid's, b > 0

// horizon is what of time is over after some events: the furthest that the active
// sources ever were all at, less disorder and lateness, and the highest event
// time when the last active source ended; nil: none yet.
type horizon struct{ watermark, ended *big.Int }

// horizons are those after the first 0, 1, 2, ... events.
func horizons(o Options, events []event) []horizon {
	all := make([]horizon, 1, len(events)+1)
	for i := range events {
		h := all[i]
		if at := level(events[:i+1]); at != nil {
			at = new(big.Int).Sub(at, big.NewInt(int64(o.OutOfOrder+o.Lateness)))
			if h.watermark == nil || at.Cmp(h.watermark) > 0 {
				h.watermark = at
			}
		}
		if closes(o, events, i) {
			h.ended = highest(events[:i+1])
		}
		all = append(all, h)
	}
	return all
}

// highest is the highest event time, nil where there is none.
func highest(events []event) (newest *big.Int) {
	for _, e := range events {
		if t := big.NewInt(e.doc.Time); e.document() && e.doc.Time != NoTime && (newest == nil || t.Cmp(newest) > 0) {
			newest = t
		}
	}
	return newest
}

// activity is what each active source has sent since it became active.
func activity(events []event) map[string][]event {
	active := map[string][]event{}
	for _, e := range events {
		if e.document() {
			active[e.doc.Source] = append(active[e.doc.Source], e)
		} else {
			delete(active, e.doc.Source)
		}
	}
	return active
}

// level is the event time that all active sources have reached or, where none
// has one, that any source ever reached.
func level(events []event) (all *big.Int) {
	for _, sent := range activity(events) {
		if at := highest(sent); at != nil && (all == nil || at.Cmp(all) < 0) {
			all = at
		}
	}
	if all == nil {
		return highest(events)
	}
	return all
}

// closes says whether event i is the end of the last active source, and closes
// everything.
func closes(o Options, events []event, i int) bool {
	return events[i].end && !o.KeepOpen && len(activity(events[:i+1])) == 0
}

// done says whether window n is final.
func (h horizon) done(d Definition, n int64) bool {
	step := big.NewInt(int64(d.step))
	start := new(big.Int).Mul(big.NewInt(n), step)
	end := new(big.Int).Add(start, big.NewInt(int64(d.length)))
	return h.watermark != nil && end.Cmp(h.watermark) <= 0 || h.ended != nil && start.Cmp(h.ended) <= 0
}

func referenceTime(o Options, d Definition, key string, events []event) ([]emitted, []Window, Counts) {
	c := Counts{Definition: d.String()}
	docs := map[int64][]string{}
	over := horizons(o, events)
	for i, e := range events {
		of, pooled := referenceKey(o, e.doc)
		if !e.document() || of != key {
			continue
		}
		c.In++
		if e.doc.Time == NoTime {
			c.Untimed++
			continue
		}
		at, step, length := big.NewInt(e.doc.Time), big.NewInt(int64(d.step)), big.NewInt(int64(d.length))
		newest := bigFloor(at, step)
		if over[i+1].done(d, newest) {
			c.Late++
			c.Listed++
			continue
		}
		c.Windowed++
		if pooled {
			c.Pooled++
		}
		for n := newest; ; n-- {
			start := new(big.Int).Mul(big.NewInt(n), step)
			if new(big.Int).Add(start, length).Cmp(at) <= 0 {
				break
			}
			if !over[i+1].done(d, n) {
				docs[n] = append(docs[n], e.doc.Label)
			}
		}
	}
	numbers := make([]int64, 0, len(docs))
	for n := range docs {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var windows []emitted
	var open []Window
	var past referencePast
	for _, n := range numbers {
		closing := 0 // after which event it is final
		for closing < len(events) && !over[closing+1].done(d, n) {
			closing++
		}
		start, end := d.bounds(n)
		w := Window{Definition: d.String(), Key: key, Number: n, Start: start, End: end}
		if past.number != n-1 {
			past = referencePast{}
		}
		referenceShares(o, &w, docs[n], past.labels)
		past.remember(n, w)
		if closing == len(events) {
			open = append(open, w)
			continue
		}
		windows = append(windows, emitted{after: closing, window: w})
	}
	return windows, open, c
}

// referenceSession keeps the documents of all open sessions in one heap, and
// divides it into sessions anew after each event.
func referenceSession(o Options, d Definition, key string, events []event) (windows []emitted, open []Window, c Counts) {
	c.Definition = d.String()
	gap, longest := big.NewInt(int64(d.length)), big.NewInt(int64(o.sessionMax()))
	cut := func(t int64) int64 { return bigFloor(big.NewInt(t), longest) }
	horizons := horizons(o, events)
	over := func(after int, last int64) bool { // a session, or a document alone
		h, t := horizons[after], big.NewInt(last)
		return h.watermark != nil && (new(big.Int).Add(t, gap).Cmp(h.watermark) <= 0 || bigFloor(h.watermark, longest) > cut(last)) ||
			h.ended != nil && t.Cmp(h.ended) <= 0
	}
	var heap []Document
	sessions := func() (all [][]Document) {
		slices.SortStableFunc(heap, func(a, b Document) int { return cmp.Compare(a.Time, b.Time) })
		for i, doc := range heap {
			if i == 0 || cut(heap[i-1].Time) != cut(doc.Time) ||
				new(big.Int).Sub(big.NewInt(doc.Time), big.NewInt(heap[i-1].Time)).Cmp(gap) >= 0 {
				all = append(all, nil)
			}
			all[len(all)-1] = append(all[len(all)-1], doc)
		}
		return all
	}
	var past referencePast
	window := func(docs []Document) Window {
		first, last := docs[0].Time, docs[len(docs)-1].Time
		w := Window{Definition: d.String(), Key: key, Number: first, Start: time.Unix(0, first).UTC(), End: time.Unix(0, last).UTC().Add(d.length)}
		var labels []string
		for _, doc := range docs {
			labels = append(labels, doc.Label)
		}
		if past.known && cut(first)-past.number > 1 {
			past = referencePast{}
		}
		referenceShares(o, &w, labels, past.labels)
		past.remember(cut(first), w)
		return w
	}
	for i, e := range events {
		for _, docs := range sessions() {
			if last := docs[len(docs)-1].Time; over(i+1, last) {
				windows = append(windows, emitted{after: i, window: window(docs)})
				heap = slices.DeleteFunc(heap, func(doc Document) bool { return doc.Time >= docs[0].Time && doc.Time <= last })
			}
		}
		of, pooled := referenceKey(o, e.doc)
		switch {
		case !e.document() || of != key:
		case e.doc.Time == NoTime:
			c.In++
			c.Untimed++
		case over(i+1, e.doc.Time):
			c.In++
			c.Late++
			c.Listed++
		default:
			c.In++
			c.Windowed++
			if pooled {
				c.Pooled++
			}
			heap = append(heap, e.doc)
		}
	}
	for _, docs := range sessions() {
		open = append(open, window(docs))
	}
	return windows, open, c
}

func referenceCount(o Options, d Definition, events []event) ([]emitted, []Window, Counts) {
	type keyed struct {
		window Window
		labels []string
		heard  uint64
		past   referencePast
	}
	c := Counts{Definition: d.String()}
	var windows []emitted
	number, seen := int64(0), uint64(0)
	all := map[string]*keyed{}
	result := func(k *keyed) Window {
		w := k.window
		referenceShares(o, &w, k.labels, k.past.labels)
		return w
	}
	keys := referenceKeys(o, events)
	for i, e := range events {
		if e.document() {
			key, pooled := referenceKey(o, e.doc)
			if all[key] == nil {
				all[key] = &keyed{}
			}
			k := all[key]
			seen++
			c.In++
			c.Windowed++
			if pooled {
				c.Pooled++
			}
			if len(k.labels) == 0 {
				k.window = Window{Definition: d.String(), Key: key, Number: number, First: seen}
				number++
			}
			k.window.Last, k.heard = seen, seen
			k.labels = append(k.labels, e.doc.Label)
		}
		for _, key := range keys {
			k := all[key]
			if k == nil {
				continue
			}
			silent := o.By != ByAll && e.document() && seen-k.heard >= 100*uint64(d.documents)
			if len(k.labels) > 0 && (silent || int64(len(k.labels)) == d.documents || closes(o, events, i)) {
				w := result(k)
				windows = append(windows, emitted{after: i, window: w})
				k.past.remember(0, w)
				k.labels = nil
			}
			if silent {
				delete(all, key)
			}
		}
	}
	var open []Window
	for _, key := range keys {
		if k := all[key]; k != nil && len(k.labels) > 0 {
			open = append(open, result(k))
		}
	}
	return windows, open, c
}

func referenceShares(o Options, w *Window, labels []string, before map[string]bool) {
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
		w.Shares = append(w.Shares, Share{Label: l, Documents: n, Share: share, Popular: (share > o.Popular || o.PopularUntil > 0 && share >= o.PopularUntil && before[l]) && l != "" && l != Other})
	}
	sort.Slice(w.Shares, func(i, j int) bool {
		a, b := w.Shares[i], w.Shares[j]
		return a.Documents > b.Documents || a.Documents == b.Documents && a.Label < b.Label
	})
}

func (e event) String() string {
	switch {
	case e.end:
		return fmt.Sprintf("end of %q", e.doc.Source)
	case e.idle:
		return fmt.Sprintf("idle %q", e.doc.Source)
	case e.doc.Time == NoTime:
		return fmt.Sprintf("untimed of %q %q", e.doc.Source, e.doc.Label)
	}
	return fmt.Sprintf("%s of %q %q", time.Unix(0, e.doc.Time).UTC().Format(time.RFC3339Nano), e.doc.Source, e.doc.Label)
}
