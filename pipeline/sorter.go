package pipeline

import (
	"slices"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// sorter puts what was met as it arrived in log order again, for those who read
// what came of it. It holds what lanes are ahead of the slowest (raceMax).
type sorter struct {
	lanes []uint64 // by lane: up to which log sequence it was met
	held  []*Unit
}

// newSorter begins where all lanes have been met up to a log sequence.
func newSorter(lanes int, at uint64) *sorter {
	return &sorter{lanes: slices.Repeat([]uint64{at}, lanes)}
}

// sort makes a frame of what is whole with the record that comes next.
func (s *side) sort(r broker.Record, h guarantees.Header) error {
	m := h.Met
	if h.Kind != guarantees.Done || m.Lane < 1 || m.Lane > len(s.sorter.lanes) || m.To <= s.sorter.lanes[m.Lane-1] {
		return nil
	}
	held := &Unit{From: m.From, To: m.To}
	if err := s.codec.decode(held, r.Data, s.partition); err != nil {
		return err
	}
	for i := range held.Entries {
		held.Entries[i].Committed = r.Time.UnixNano()
	}
	to := s.sorter.met(m, held)
	if to == s.at {
		return nil
	}
	s.frame.Reset()
	s.frame.From, s.frame.To = s.at+1, to
	s.sorter.take(&s.frame)
	s.at, s.entry, s.value, s.window, s.have = to, 0, 0, 0, true
	if s.sorter.whole() {
		s.remember(guarantees.Place{At: to, Next: r.Sequence + 1})
	}
	return nil
}

// met holds what a lane brought, and returns up to where all lanes have been met.
func (s *sorter) met(m guarantees.Met, held *Unit) (to uint64) {
	if len(held.Entries) > 0 {
		s.held = append(s.held, held)
	}
	s.lanes[m.Lane-1] = m.To
	if m.Aligned {
		for i := range s.lanes {
			s.lanes[i] = m.To
		}
	}
	return slices.Min(s.lanes)
}

// whole says whether nothing has been met of what comes behind the slowest lane.
func (s *sorter) whole() bool { return len(s.held) == 0 && slices.Max(s.lanes) == slices.Min(s.lanes) }

// take moves the entries up to the frame's end there.
func (s *sorter) take(frame *Unit) {
	held := s.held[:0]
	for _, h := range s.held {
		n, _ := slices.BinarySearchFunc(h.Entries, frame.To+1, func(e Entry, sequence uint64) int {
			if e.Position.Sequence < sequence {
				return -1
			}
			return 1
		})
		frame.Entries = append(frame.Entries, h.Entries[:n]...)
		if h.Entries = h.Entries[n:]; len(h.Entries) > 0 {
			held = append(held, h)
		}
	}
	clear(s.held[len(held):])
	s.held = held
	slices.SortStableFunc(frame.Entries, func(a, b Entry) int { return a.Position.Compare(b.Position) })
}
