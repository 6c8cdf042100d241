package features

import "iter"

// Terms yields the hash and the df of each term that has occurred, by hash. It
// is for counts that never forget.
func (t *DF) Terms() iter.Seq2[uint64, uint32] {
	return func(yield func(uint64, uint32) bool) {
		for _, s := range t.sorted() {
			if !yield(s.hash, s.count) {
				return
			}
		}
	}
}

// CountedDF makes a DF that never forgets of at most n terms, each of which
// comes once, and of the observations that found no room. It takes no more terms
// than DFTermsMax; Len tells whether all found room.
func CountedDF(n int, terms iter.Seq2[uint64, uint32], dropped uint64) *DF {
	t := &DF{dropped: dropped}
	t.reserve(min(n, DFTermsMax))
	slot := make([]uint32, 0, 1)
	one := make([]uint64, 1)
	for hash, count := range terms {
		one[0] = hash
		if slot = t.Resolve(slot, one); slot[0] < weighed && count > 0 && t.admit() {
			t.slots[slot[0]].count = count
		}
	}
	return t
}

// TermDigest is what a term with a df adds to the Digest of counts that never
// forget; 0 where it never occurred.
func TermDigest(hash uint64, df uint32) uint64 {
	if df == 0 {
		return 0
	}
	return mix(hash ^ mix(uint64(df)))
}
