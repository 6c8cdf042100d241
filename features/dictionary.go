package features

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// Dictionary numbers the distinct terms of one frame in the order of their
// first appearance: the first term is 0, the next 1. A term is its 64-bit
// xxHash; its text is kept for people and for the wire, so two texts of equal
// hash are one term under the text that came first.
//
// The zero value is an empty dictionary. It is made to be used again: Reset
// keeps the memory, and filling it a second time allocates nothing. References
// and texts are valid until Reset. All texts together may have 4 GiB.
type Dictionary struct {
	hashes []uint64
	ends   []uint32 // of each text in arena; the next begins there
	arena  []byte
	table  []dictionarySlot // open addressing by the top bits of the hash
	shift  uint             // 64 - log2(len(table))
	epoch  uint32           // slots of other epochs are empty
}

type dictionarySlot struct {
	hash  uint64
	ref   uint32
	epoch uint32
}

const dictionarySlotsMin = 1 << 9

// Reset empties the dictionary and keeps its memory.
func (d *Dictionary) Reset() {
	d.hashes, d.ends, d.arena = d.hashes[:0], d.ends[:0], d.arena[:0]
	d.epoch++
	if d.epoch == 0 { // 2^32 resets: old stamps would come alive again
		clear(d.table)
		d.epoch = 1
	}
}

// Len returns the number of terms.
func (d *Dictionary) Len() int { return len(d.hashes) }

// Hash returns the identity of a term.
func (d *Dictionary) Hash(ref uint32) uint64 { return d.hashes[ref] }

// Hashes returns the identities of all terms, by reference. The caller must
// not change them.
func (d *Dictionary) Hashes() []uint64 { return d.hashes }

// Text returns a term's text, which the caller must not change.
func (d *Dictionary) Text(ref uint32) []byte {
	var start uint32
	if ref > 0 {
		start = d.ends[ref-1]
	}
	return d.arena[start:d.ends[ref]:d.ends[ref]]
}

// Add returns the reference of the term with this text, which is numbered and
// copied when it is new.
func (d *Dictionary) Add(text []byte) uint32 {
	hash := xxhash.Sum64(text)
	if len(d.hashes)*2 >= len(d.table) {
		d.grow()
	}
	mask := uint64(len(d.table) - 1)
	for i := hash >> d.shift; ; i++ {
		slot := &d.table[i&mask]
		if slot.epoch != d.epoch {
			ref := uint32(len(d.hashes))
			*slot = dictionarySlot{hash: hash, ref: ref, epoch: d.epoch}
			d.hashes = append(d.hashes, hash)
			d.arena = append(d.arena, text...)
			d.ends = append(d.ends, uint32(len(d.arena)))
			return ref
		}
		if slot.hash == hash {
			return slot.ref
		}
	}
}

// grow doubles the table, or makes the first one.
func (d *Dictionary) grow() {
	size := max(dictionarySlotsMin, 2*len(d.table))
	d.table = make([]dictionarySlot, size)
	d.shift = 64 - uint(bits.TrailingZeros(uint(size)))
	d.epoch = max(d.epoch, 1)
	mask := uint64(size - 1)
	for ref, hash := range d.hashes {
		i := hash >> d.shift
		for d.table[i&mask].epoch == d.epoch {
			i++
		}
		d.table[i&mask] = dictionarySlot{hash: hash, ref: uint32(ref), epoch: d.epoch}
	}
}

// truncate forgets all but the first n terms. Terms leave in the reverse order
// of their arrival, so that no probe chain of a remaining term breaks.
func (d *Dictionary) truncate(n int) {
	mask := uint64(len(d.table) - 1)
	for ref := len(d.hashes) - 1; ref >= n; ref-- {
		i := d.hashes[ref] >> d.shift
		for d.table[i&mask].ref != uint32(ref) || d.table[i&mask].epoch != d.epoch {
			i++
		}
		d.table[i&mask].epoch = d.epoch - 1
	}
	if n == 0 {
		d.arena = d.arena[:0]
	} else if n < len(d.ends) {
		d.arena = d.arena[:d.ends[n-1]]
	}
	d.hashes, d.ends = d.hashes[:min(n, len(d.hashes))], d.ends[:min(n, len(d.ends))]
}
