package stories

import (
	"cmp"
	"math"
	"slices"
)

// shelf has the open stories in slots, in the order in which they were heard of.
// A story that closes leaves its slot, and the memory there, to another.
type shelf struct {
	at             []story
	sides          []side // of the stories, apart, as they are looked at most
	free           []uint32
	open           int
	newest, oldest uint32
	ids            []place // of the open stories and of some that closed, ascending
}

// side is how a story meets a document.
type side struct {
	unit float64 // scale / norm: what a dot with the index's numbers is multiplied by to be a cosine
	dot  float64 // scratch: with the document that is looked at, in the index's numbers
	like float64 // likewise: the cosine
}

type place struct {
	id   uint64
	slot uint32
}

func newShelf() shelf { return shelf{newest: none, oldest: none} }

// take opens a story with an id above all others', and hears of it.
func (h *shelf) take(id uint64) uint32 {
	slot := uint32(len(h.at))
	if n := len(h.free); n > 0 {
		slot, h.free = h.free[n-1], h.free[:n-1]
	} else {
		h.at = append(h.at, story{})
		h.sides = append(h.sides, side{})
	}
	h.at[slot].reset(id)
	h.open++
	h.ids = append(h.ids, place{id, slot})
	h.link(slot)
	return slot
}

// release closes a story.
func (h *shelf) release(slot uint32) {
	h.unlink(slot)
	h.at[slot].ID = 0
	h.open--
	h.free = append(h.free, slot)
	if len(h.ids) > 2*h.open+idsKept {
		h.ids = slices.DeleteFunc(h.ids, func(p place) bool { return h.at[p.slot].ID != p.id })
	}
}

// idsKept is how many closed stories' ids may be remembered beyond those of as
// many as are open.
const idsKept = 64

// measure is to be called when a story's scale or squares have changed.
func (h *shelf) measure(slot uint32) {
	unit := 0.0
	if b := &h.at[slot]; b.squares > 0 {
		unit = b.scale / math.Sqrt(b.squares)
	}
	h.sides[slot].unit = unit
}

// find is the slot of an open story, or none.
func (h *shelf) find(id uint64) uint32 {
	i, found := slices.BinarySearchFunc(h.ids, id, func(p place, id uint64) int { return cmp.Compare(p.id, id) })
	if !found || h.at[h.ids[i].slot].ID != id {
		return none
	}
	return h.ids[i].slot
}

// hear puts a story before all others.
func (h *shelf) hear(slot uint32) {
	h.unlink(slot)
	h.link(slot)
}

func (h *shelf) link(slot uint32) {
	b := &h.at[slot]
	b.older, b.newer = h.newest, none
	if h.newest != none {
		h.at[h.newest].newer = slot
	} else {
		h.oldest = slot
	}
	h.newest = slot
}

func (h *shelf) unlink(slot uint32) {
	b := &h.at[slot]
	if b.newer != none {
		h.at[b.newer].older = b.older
	} else {
		h.newest = b.older
	}
	if b.older != none {
		h.at[b.older].newer = b.newer
	} else {
		h.oldest = b.newer
	}
}
