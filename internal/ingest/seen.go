package ingest

import "github.com/cespare/xxhash/v2"

// seen remembers the last so many ids, by their hashes: at 100,000 ids the
// chance that it ever takes one for another is below one in a billion.
type seen struct {
	ring  []uint64
	next  int
	known map[uint64]struct{}
}

func newSeen(n int) *seen {
	return &seen{ring: make([]uint64, 0, n), known: make(map[uint64]struct{}, n)}
}

// add remembers an id and says whether it is new.
func (s *seen) add(id string) bool {
	h := xxhash.Sum64String(id)
	if _, ok := s.known[h]; ok {
		return false
	}
	if len(s.ring) < cap(s.ring) {
		s.ring = append(s.ring, h)
	} else {
		delete(s.known, s.ring[s.next])
		s.ring[s.next] = h
		s.next = (s.next + 1) % len(s.ring)
	}
	s.known[h] = struct{}{}
	return true
}
