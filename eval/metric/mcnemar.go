package metric

import "math"

// mcnemarExact is how many documents on which exactly one of two was right it
// takes for the approximation: below, the binomial is summed (Dietterich 1998,
// section 3.1, asks for more than 10; 25 is usual).
const mcnemarExact = 25

// McNemar compares two who predicted the same documents. Only those say
// something on which one was right and the other wrong: where both are equally
// good, each is as often the one that is right.
//
// The zero value has compared nothing. It is counts alone, so two of them are
// merged by adding each.
type McNemar struct {
	Both    uint64 // right
	First   uint64 // alone right
	Second  uint64 // alone right
	Neither uint64
}

// Add counts one document.
func (m *McNemar) Add(first, second bool) { *m.count(first, second) += 1 }

// Drop takes a document out again that was added.
func (m *McNemar) Drop(first, second bool) { *m.count(first, second) -= 1 }

func (m *McNemar) count(first, second bool) *uint64 {
	switch {
	case first && second:
		return &m.Both
	case first:
		return &m.First
	case second:
		return &m.Second
	}
	return &m.Neither
}

// Documents is how many were compared.
func (m McNemar) Documents() uint64 { return m.Both + m.First + m.Second + m.Neither }

// Accuracies are those of both, in [0, 1]; 0 when nothing was compared.
func (m McNemar) Accuracies() (first, second float64) {
	return ratio(m.Both+m.First, m.Documents()), ratio(m.Both+m.Second, m.Documents())
}

// Exact says whether P sums the binomial rather than approximating it.
func (m McNemar) Exact() bool { return m.First+m.Second < mcnemarExact }

// P is the probability that two who are equally good differ by as much as
// these do, or more, in either direction (McNemar 1947). With fewer than 25
// documents that tell them apart it is exact, from the binomial; with more it is
// the chi-squared approximation with one degree of freedom and a continuity
// correction (Edwards 1948; Dietterich 1998, section 3.1). It is 1 when nothing
// tells them apart.
//
// It holds for one look at documents that were chosen beforehand, and takes
// documents as independent of each other. Who looks again and again, and stops
// when it is small, will see it small by chance.
func (m McNemar) P() float64 {
	n := m.First + m.Second
	few := min(m.First, m.Second)
	switch {
	case 2*few == n:
		return 1
	case m.Exact():
		return min(1, 2*binomialTail(few, n))
	}
	over := float64(n-2*few) - 1
	return math.Erfc(math.Sqrt(over * over / float64(n) / 2))
}

// binomialTail is the probability of at most k heads in n throws.
func binomialTail(k, n uint64) float64 {
	sum, ways := 0.0, 1.0 // n over 0
	for i := uint64(0); i <= k; i++ {
		sum += ways
		ways = ways * float64(n-i) / float64(i+1)
	}
	return math.Ldexp(sum, -int(n))
}
