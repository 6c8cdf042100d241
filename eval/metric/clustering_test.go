package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

func clustering(reference, judged []int) (c Clustering) {
	for i := range reference {
		c.Add(reference[i], judged[i])
	}
	return c
}

// The values are those of scikit-learn 1.9.1: adjusted_mutual_info_score with
// its defaults, and F1 = 2 tp / (2 tp + fp + fn) of pair_confusion_matrix.
func TestClusteringsAreMeasuredAsScikitLearnDoes(t *testing.T) {
	of := func(n int, f func(i int) int) (all []int) {
		for i := range n {
			all = append(all, f(i))
		}
		return all
	}
	fifths := of(100, func(i int) int { return i * 7 % 13 % 5 })
	for _, tt := range []struct {
		reference, judged []int
		mutual, pairs     float64
	}{
		{[]int{0, 0, 1, 1}, []int{0, 0, 1, 2}, 0.5714285714285715, 0.6666666666666666},
		{[]int{0, 0, 0, 1, 1, 2}, []int{0, 1, 0, 1, 1, 2}, 0.41182763103317405, 0.5},
		{[]int{0, 1, 2, 3}, []int{0, 0, 1, 1}, 0, 0},
		{[]int{0, 0, 1, 1, 2, 2, 3, 3, 3, 3}, []int{0, 0, 0, 1, 1, 1, 2, 2, 3, 3}, 0.4590200879900482, 0.47058823529411764},
		{[]int{0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, -0.09846659471948101, 0.3902439024390244},
		{fifths, of(100, func(i int) int { return i * i % 17 % 6 }), -0.050797066674209274, 0.1824390243902439},
		{fifths, of(100, func(i int) int {
			if i%4 > 0 {
				return fifths[i]
			}
			return i % 6
		}), 0.5541987045539031, 0.6399197592778335},
	} {
		c := clustering(tt.reference, tt.judged)
		if got := c.AdjustedMutualInformation(); math.Abs(got-tt.mutual) > 1e-9 {
			t.Errorf("%v, %v: adjusted mutual information %v, want %v", tt.reference, tt.judged, got, tt.mutual)
		}
		if got := c.PairF1(); math.Abs(got-tt.pairs) > 1e-12 {
			t.Errorf("%v, %v: F1 of pairs %v, want %v", tt.reference, tt.judged, got, tt.pairs)
		}
	}
}

// Equal groupings are worth 1 whatever their names, everything alone and
// everything together are worth nothing, and neither depends on the order.
func TestClusteringsKnowGuessesFromKnowledge(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	reference := make([]int, 400)
	named, alone, together := make([]int, 400), make([]int, 400), make([]int, 400)
	for i := range reference {
		reference[i] = random.IntN(40)
		named[i], alone[i] = 1000-reference[i], i
	}
	for name, tt := range map[string]struct {
		judged        []int
		mutual, pairs float64
	}{
		"equal":    {named, 1, 1},
		"alone":    {alone, 0, 0},
		"together": {together, 0, -1},
	} {
		c := clustering(reference, tt.judged)
		if got := c.AdjustedMutualInformation(); math.Abs(got-tt.mutual) > 1e-9 {
			t.Errorf("seed %d, %s: adjusted mutual information %v, want %v", seed, name, got, tt.mutual)
		}
		if got := c.PairF1(); tt.pairs >= 0 && got != tt.pairs {
			t.Errorf("seed %d, %s: F1 of pairs %v, want %v", seed, name, got, tt.pairs)
		}
		var shuffled Clustering
		for _, i := range random.Perm(400) {
			shuffled.Add(reference[i], tt.judged[i])
		}
		if shuffled.AdjustedMutualInformation() != c.AdjustedMutualInformation() || shuffled.Things() != 400 {
			t.Errorf("seed %d, %s: it depends on the order", seed, name)
		}
	}
	var none Clustering
	if none.AdjustedMutualInformation() != 0 || none.PairF1() != 0 {
		t.Error("nothing is not worth 0")
	}
}
