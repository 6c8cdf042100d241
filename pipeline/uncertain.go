package pipeline

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"time"

	"tidings"
	"tidings/internal/broker"
)

// UncertainMax is how many documents Uncertain finds at most.
const UncertainMax = 10_000

// Uncertain is a document whose label would teach much.
type Uncertain struct {
	tidings.Prediction
	Logged time.Time // when the log stored it
	Margin float64   // between the probabilities of the two likeliest labels
}

// FindUncertain finds the n documents without a label, of those that since lets
// through, whose two likeliest labels were nearest to each other when they were
// predicted (margin sampling: Scheffer, Decomain and Wrobel 2001; Settles 2009,
// section 3.1), the nearest first, of equals the newest. Labels that came later
// count as labels. Documents that came before any label was known are left out.
// It looks at what is committed by now and changes nothing.
//
// Memory is that of 2n documents, however many there are: where so many of the
// nearest have got a label since that fewer than n are left, the records are
// read again for those that come next.
func FindUncertain(ctx context.Context, b *broker.Broker, p Plan, n int, since func(*Entry) bool) ([]Uncertain, error) {
	n = min(max(n, 1), UncertainMax)
	var found []Uncertain
	var after *Uncertain // the last one that was looked at
	for {
		nearest := &nearest{after: after, max: 2 * n, at: map[tidings.Position]bool{}}
		if err := EachCommitted(ctx, b, p, func(e *Entry) error {
			switch {
			case e.Kind == LabelEntry && e.Target != (tidings.Position{}):
				nearest.label(e.Target)
			case e.Kind == DocumentEntry && e.Truth == "" && e.Label != "" && since(e):
				nearest.add(e)
			}
			return nil
		}); err != nil {
			return nil, err
		}
		slices.SortFunc(nearest.all, compareUncertain)
		for _, u := range nearest.all {
			if after = &u; !nearest.at[u.Position] {
				found = append(found, u)
			}
			if len(found) == n {
				return found, nil
			}
		}
		if !nearest.more {
			return found, nil
		}
	}
}

// compareUncertain puts the smallest margin first, of equals the newest.
func compareUncertain(a, b Uncertain) int {
	return cmp.Or(cmp.Compare(a.Margin, b.Margin), b.Position.Compare(a.Position))
}

// nearest is a heap, the last in order on top, of the first documents behind
// one.
type nearest struct {
	all   []Uncertain
	max   int
	more  bool // some found no room
	after *Uncertain
	at    map[tidings.Position]bool // those in the heap: whether a label came
}

func (h *nearest) Len() int           { return len(h.all) }
func (h *nearest) Less(i, j int) bool { return compareUncertain(h.all[i], h.all[j]) > 0 }
func (h *nearest) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *nearest) Push(x any)         { h.all = append(h.all, x.(Uncertain)) }
func (h *nearest) Pop() any {
	last := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return last
}

func (h *nearest) add(e *Entry) {
	u := Uncertain{Prediction: tidings.Prediction{Position: e.Position}, Margin: e.Probability}
	if len(e.Scores) > 1 {
		u.Margin -= e.Scores[1].Probability
	}
	if h.after != nil && compareUncertain(u, *h.after) <= 0 {
		return
	}
	if len(h.all) == h.max {
		h.more = true
		if compareUncertain(u, h.all[0]) > 0 {
			return
		}
		delete(h.at, heap.Pop(h).(Uncertain).Position)
	}
	u.Prediction, u.Logged = e.Prediction(), time.Unix(0, e.Logged).UTC()
	u.Scores = slices.Clone(u.Scores)
	h.at[u.Position] = false
	heap.Push(h, u)
}

// label notes that a document has got one.
func (h *nearest) label(at tidings.Position) {
	if _, in := h.at[at]; in {
		h.at[at] = true
	}
}
