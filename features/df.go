package features

import (
	"math/bits"
	"slices"
)

// DF counts in how many documents each term occurred. The zero value is empty.
//
// Counting goes in two steps, so that a frame is looked up at once: Resolve
// gives each term a slot, Observe counts one document at a slot. A term that
// was resolved and never observed has df 0, and is in no Len, Digest or Save.
//
// A count stays at 2^32-1 when it gets there. Beyond DFTermsMax terms no new
// one is taken: its df is then 1 in each document, and Dropped counts them.
type DF struct {
	table   []dfSlot // open addressing by the top bits of the hash
	shift   uint     // 64 - log2(len(table))
	used    int      // slots taken, those of df 0 among them
	terms   int      // slots with df above 0
	limit   int      // of slots taken; 0 means DFTermsMax
	dropped uint64
}

type dfSlot struct {
	hash  uint64
	count uint32
	used  bool
}

const (
	dfSlotsMin = 1 << 10
	// noSlot stands for a term that found no room.
	noSlot = ^uint32(0)
)

// Resolve returns the slots of the terms with these hashes, appended to
// slots[:0]. The slots are valid until the next Resolve.
func (t *DF) Resolve(slots []uint32, hashes []uint64) []uint32 {
	slots = slots[:0]
	t.reserve(len(hashes))
	for _, hash := range hashes {
		slots = append(slots, t.slot(hash))
	}
	return slots
}

// Observe counts one more document that has the term, and returns the term's
// df including this document. Call it once for each document and term.
func (t *DF) Observe(slot uint32) uint32 {
	if slot == noSlot {
		t.dropped++
		return 1
	}
	s := &t.table[slot]
	if s.count == 0 {
		t.terms++
	}
	if s.count != ^uint32(0) {
		s.count++
	}
	return s.count
}

// Lookup returns a term's df, 0 when it never occurred. It changes nothing.
func (t *DF) Lookup(hash uint64) uint32 {
	if len(t.table) == 0 {
		return 0
	}
	mask := uint64(len(t.table) - 1)
	for i := hash >> t.shift; ; i++ {
		s := &t.table[i&mask]
		if !s.used {
			return 0
		}
		if s.hash == hash {
			return s.count
		}
	}
}

// Peek returns the df that each term of a document would have if the document
// were counted now, appended to dst[:0]: what Observe would say, with nothing
// counted. A vector made from it needs n + 1, because the document is then one
// of the n. It changes nothing.
func (t *DF) Peek(dst []uint32, dict *Dictionary, terms []TermCount) []uint32 {
	dst = dst[:0]
	for _, term := range terms {
		df := t.Lookup(dict.Hash(term.Ref))
		if df != ^uint32(0) {
			df++
		}
		dst = append(dst, df)
	}
	return dst
}

// Len returns the number of terms with a df above 0.
func (t *DF) Len() int { return t.terms }

// Dropped returns how many observations found no room and were not kept.
func (t *DF) Dropped() uint64 { return t.dropped }

// Bytes returns the memory of the table.
func (t *DF) Bytes() int64 { return int64(len(t.table)) * 16 }

// Clone returns a copy that goes its own way, in the time that copying Bytes
// takes: to save it while this one counts on.
func (t *DF) Clone() *DF {
	c := *t
	c.table = slices.Clone(t.table)
	return &c
}

// Digest returns the sum (modulo 2^64) of a hash of each (term, df),
// mix(xxHash of the term ^ mix(df)). It does not depend on the order of
// anything, and the digests of df partitions add up to the digest of the whole.
func (t *DF) Digest() uint64 {
	var sum uint64
	for i := range t.table {
		if s := &t.table[i]; s.count > 0 {
			sum += mix(s.hash ^ mix(uint64(s.count)))
		}
	}
	return sum
}

// slot finds or takes the slot of a term; there is room in the table.
func (t *DF) slot(hash uint64) uint32 {
	mask := uint64(len(t.table) - 1)
	for i := hash >> t.shift; ; i++ {
		s := &t.table[i&mask]
		if s.used {
			if s.hash == hash {
				return uint32(i & mask)
			}
			continue
		}
		if t.used >= t.max() {
			return noSlot
		}
		*s = dfSlot{hash: hash, used: true}
		t.used++
		return uint32(i & mask)
	}
}

func (t *DF) max() int {
	if t.limit > 0 {
		return t.limit
	}
	return DFTermsMax
}

// reserve makes room for n further terms. A table three quarters full is
// rebuilt at most half full, without the terms nobody observed.
func (t *DF) reserve(n int) {
	want := min(t.used+n, t.max())
	if want*4 <= len(t.table)*3 && t.used < t.max() {
		return
	}
	size := max(dfSlotsMin, len(t.table))
	for size < 2*min(t.terms+n, t.max()) {
		size *= 2
	}
	if size == len(t.table) && t.used == t.terms {
		return // full of observed terms, and at the limit
	}
	t.rebuild(size)
}

func (t *DF) rebuild(size int) {
	old := t.table
	t.table = make([]dfSlot, size)
	t.shift = 64 - uint(bits.TrailingZeros(uint(size)))
	t.used = 0
	mask := uint64(size - 1)
	for i := range old {
		if old[i].count == 0 {
			continue
		}
		at := old[i].hash >> t.shift
		for t.table[at&mask].used {
			at++
		}
		t.table[at&mask] = old[i]
		t.used++
	}
}
