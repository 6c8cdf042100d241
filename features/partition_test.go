package features_test

import (
	"fmt"
	"testing"

	"tidings/features"
)

// TestPartitionIsEvenWhateverOtherBitsSay verifies that partitions are level
// over all terms, over the terms of one feature region (low bits) and over those
// of one table region (high bits).
func TestPartitionIsEvenWhateverOtherBitsSay(t *testing.T) {
	const terms = 200_000
	views := map[string]func(hash uint64) bool{
		"all terms":         func(uint64) bool { return true },
		"one low nibble":    func(h uint64) bool { return h&15 == 5 },
		"one high nibble":   func(h uint64) bool { return h>>60 == 5 },
		"one middle nibble": func(h uint64) bool { return h>>30&15 == 5 },
	}
	for name, view := range views {
		for _, n := range []int{2, 3, 4, 7, 8, 16} {
			counts, all := make([]float64, n), 0.0
			for i := range terms {
				if h := term(fmt.Sprint("term", i)); view(h) {
					counts[features.Partition(h, n)]++
					all++
				}
			}
			chi := 0.0
			for _, c := range counts {
				chi += (c - all/float64(n)) * (c - all/float64(n)) / (all / float64(n))
			}
			if chi > 50 { // 15 degrees of freedom pass 50 once in 80,000
				t.Errorf("%s over %d partitions: %v", name, n, counts)
			}
		}
	}
}

func TestPartitionOfOneOrNone(t *testing.T) {
	for _, n := range []int{-1, 0, 1} {
		if got := features.Partition(12345, n); got != 0 {
			t.Errorf("of %d partitions: %d", n, got)
		}
	}
}
