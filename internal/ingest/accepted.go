package ingest

import (
	"github.com/cespare/xxhash/v2"

	"tidings"
)

// place is where a document stands that was accepted, and what it was: the
// hashes of its id and of its line.
type place struct {
	id, hash uint64
	position tidings.Position
}

// accepted remembers the last so many documents, by their ids.
type accepted struct {
	ring []place
	next int
	at   map[uint64]int // by id, its place in the ring
}

func newAccepted(n int) *accepted {
	return &accepted{ring: make([]place, 0, n), at: make(map[uint64]int, n)}
}

func (a *accepted) find(id uint64) (place, bool) {
	i, ok := a.at[id]
	if !ok {
		return place{}, false
	}
	return a.ring[i], true
}

// add remembers a document; of an id that it knows the new one counts.
func (a *accepted) add(p place) {
	i := a.next
	if len(a.ring) < cap(a.ring) {
		i = len(a.ring)
		a.ring = append(a.ring, p)
	} else {
		if old := a.ring[i].id; a.at[old] == i {
			delete(a.at, old)
		}
		a.ring[i] = p
		a.next = (i + 1) % len(a.ring)
	}
	a.at[p.id] = i
}

func idHash(id string) uint64 { return xxhash.Sum64String(id) }
