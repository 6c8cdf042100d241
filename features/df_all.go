package features

import "iter"

// All yields the hash of each term with its df, by hash.
func (t *DF) All() iter.Seq2[uint64, uint32] {
	return func(yield func(hash uint64, df uint32) bool) {
		for _, s := range t.sorted() {
			if !yield(s.hash, t.df(s.count)) {
				return
			}
		}
	}
}
