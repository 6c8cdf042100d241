package guarantees

import (
	"fmt"
	"slices"
)

// Range is a stretch of log sequences, both inclusive.
type Range struct{ From, To uint64 }

// holds says whether the other range lies within.
func (r Range) holds(from, to uint64) bool { return r.From <= from && to <= r.To }

// History is what a partition's stream says that its state has been through.
// Nearly all of it is one number: everything up to Cursor, once. The rest are
// the exceptions that crashes left behind.
type History struct {
	Cursor uint64 // up to here everything is done or lost
	Acked  uint64 // at-least-once: up to here nothing is done again

	begun    bool // the stream's first record has been read
	holes    []Range
	again    []Range            // done again, each time
	triggers map[string]trigger // units that an input's repetition brought about
	claimed  Range              // not yet done
}

type trigger struct {
	times int
	acked bool
}

// add takes the next record of the stream.
func (h *History) add(r Header) error {
	if !h.begun { // what was before may have been purged
		h.begun, h.Cursor, h.Acked = true, r.From-1, r.From-1
	}
	switch {
	case r.Kind == Claimed:
		h.claimed = Range{r.From, r.To}
		return nil
	case r.Kind == Ack:
		h.Acked = max(h.Acked, r.To)
		for name, t := range h.triggers {
			h.triggers[name] = trigger{t.times, true}
		}
		return nil
	case !r.Kind.covers():
		return nil
	case r.Trigger != "":
		if h.triggers == nil {
			h.triggers = map[string]trigger{}
		}
		h.triggers[r.Trigger] = trigger{times: h.triggers[r.Trigger].times + 1}
		return nil
	case r.From > h.Cursor+1:
		return fmt.Errorf("a record covers %d..%d, but the one before ended at %d; the stream is damaged: rebuild it from the log with another --pipeline", r.From, r.To, h.Cursor)
	case r.To <= h.Cursor:
		h.again = append(h.again, Range{r.From, r.To})
		return nil
	case r.From <= h.Cursor:
		return fmt.Errorf("a record covers %d..%d, half of it again and half of it new; the stream is damaged: rebuild it from the log with another --pipeline", r.From, r.To)
	}
	if r.Kind == Hole {
		h.holes = append(h.holes, Range{r.From, r.To})
	}
	h.Cursor, h.claimed = r.To, Range{}
	return nil
}

// cuts are log sequences behind which units have to end, so that each of them
// lies on one side of every exception.
func (h *History) cuts() []uint64 {
	all := []uint64{h.Cursor, h.Acked}
	for _, ranges := range [][]Range{h.holes, h.again} {
		for _, r := range ranges {
			all = append(all, r.From-1, r.To)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lost says whether a unit was lost.
func (h *History) lost(from, to uint64) bool {
	return slices.ContainsFunc(h.holes, func(r Range) bool { return r.holds(from, to) })
}

// times is how often a unit is done, according to the stream.
func (h *History) times(u Unit) int {
	if u.Trigger != "" {
		return h.triggers[u.Trigger].times
	}
	if u.To > h.Cursor || h.lost(u.From, u.To) {
		return 0
	}
	n := 1
	for _, r := range h.again {
		if r.holds(u.From, u.To) {
			n++
		}
	}
	return n
}

// settled says whether a unit need not be done, or not again, where
// acknowledgements decide.
func (h *History) settled(u Unit) bool {
	if u.Trigger != "" {
		return h.triggers[u.Trigger].acked
	}
	return u.To <= h.Acked
}
