package features

import "math/bits"

// table holds the counts of terms: open addressing by the top bits of the hash.
type table struct {
	slots []dfSlot
	shift uint // 64 - log2(len(slots))
	used  int  // slots taken, those of count 0 among them
	full  int  // of these, those of a count above 0; shards have rooms of their own
	limit int  // of those; 0 means DFTermsMax
}

type dfSlot struct {
	hash  uint64
	count uint32
	mark  uint32 // 0: free; else 1 + what the count may be short of
}

const (
	dfSlotsMin = 1 << 10
	// weighed marks a slot at which there is more to do than to count. A table has
	// fewer slots.
	weighed = uint32(1 << 31)
	// countsFreely is where a count begins to be watched, for it stays at the
	// highest there is. No frame has so many documents.
	countsFreely = 1 << 31
)

// find returns the slot of a term, nil when it has none.
func (t *table) find(hash uint64) *dfSlot {
	if len(t.slots) == 0 {
		return nil
	}
	mask := uint64(len(t.slots) - 1)
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&mask]
		if s.mark == 0 {
			return nil
		}
		if s.hash == hash {
			return s
		}
	}
}

// slot finds or takes the slot of a term; there is room in the table. A term takes
// none of the limit before it is counted, for then only is its turn.
func (t *table) slot(hash uint64) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := hash >> t.shift; ; i++ {
		s := &t.slots[i&mask]
		if s.mark != 0 {
			if s.hash != hash {
				continue
			}
			if s.count >= countsFreely {
				return uint32(i&mask) | weighed
			}
			return uint32(i & mask)
		}
		*s = dfSlot{hash: hash, mark: 1}
		t.used++
		return uint32(i & mask)
	}
}

func (t *table) max() int {
	if t.limit > 0 {
		return t.limit
	}
	return DFTermsMax
}

// admit says whether one more term may be counted, and takes its place.
func (t *table) admit() bool {
	if t.full >= t.max() {
		return false
	}
	t.full++
	return true
}

// reserve makes room for n further terms. A table three quarters full is
// rebuilt without the terms of count 0, at most half full of what it may hold.
func (t *table) reserve(n int) {
	if (t.used+n)*4 <= len(t.slots)*3 {
		return
	}
	size := max(dfSlotsMin, len(t.slots))
	for size < 2*min(t.full+n, t.max()) || size*3 < (t.full+n)*4 {
		size *= 2
	}
	t.rebuild(size)
}

// count is how many terms have a count above 0.
func (t *table) count() (terms int) {
	for i := range t.slots {
		if t.slots[i].count > 0 {
			terms++
		}
	}
	return terms
}

// rebuild puts the terms of a count above 0 into a table of the given size, a
// power of 2.
func (t *table) rebuild(size int) {
	old := t.slots
	t.slots = make([]dfSlot, size)
	t.shift = 64 - uint(bits.TrailingZeros(uint(size)))
	t.used, t.full = 0, 0
	for i := range old {
		if old[i].count > 0 {
			t.put(old[i])
		}
	}
}

// put places a term that is not there yet, and for which there is room.
func (t *table) put(s dfSlot) *dfSlot {
	mask := uint64(len(t.slots) - 1)
	at := s.hash >> t.shift
	for t.slots[at&mask].mark != 0 {
		at++
	}
	t.slots[at&mask] = s
	t.used++
	if s.count > 0 {
		t.full++
	}
	return &t.slots[at&mask]
}

// age halves all counts so many times. Terms stay where they are, those that
// come to 0 until the table is rebuilt.
func (t *table) age(ended uint64) {
	for i := range t.slots {
		s := &t.slots[i]
		if s.count == 0 {
			continue
		}
		if s.count = halved(s.count, ended); s.count == 0 {
			t.full--
		}
		s.mark = 1 + halvedUp(s.mark-1, ended)
	}
}

func (t *table) digest(place uint64) (sum uint64) {
	for i := range t.slots {
		if s := &t.slots[i]; s.count > 0 {
			sum += mix(s.hash ^ mix(uint64(s.mark-1)<<32|uint64(s.count)) ^ place)
		}
	}
	return sum
}

func (t *table) bytes() int64 { return int64(len(t.slots)) * 16 }
