package statistics

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// flipsExact is how many differences there may be for SignFlip to look at all
// ways to turn their signs.
const flipsExact = 20

// SignFlip is the probability that differences whose signs were tossed have a
// mean as far from 0 as these, or further: the paired randomisation test (Fisher
// 1935, "The Design of Experiments", section 21). It asks for nothing but that a
// difference is as likely as its opposite if there is none. Up to 20 differences
// all ways are looked at, with more r.Samples are drawn. It is 1 where all are 0.
func SignFlip(differences []float64, r Resampling) float64 {
	r = r.withDefaults()
	n := len(differences)
	observed, size := 0.0, 0.0
	for _, d := range differences {
		observed += d
		size += math.Abs(d)
	}
	observed = math.Abs(observed) - 1e-12*size // sums in another order are equal still
	if size == 0 {
		return 1
	}
	if n <= flipsExact {
		extreme := 0
		for signs := range 1 << n {
			if math.Abs(flipped(differences, uint64(signs))) >= observed {
				extreme++
			}
		}
		return float64(extreme) / float64(uint64(1)<<n)
	}
	random := r.random()
	extreme := 1 // the one that was observed
	for range r.Samples {
		sum := 0.0
		for from := 0; from < n; from += 64 {
			sum += flipped(differences[from:min(from+64, n)], random.Uint64())
		}
		if math.Abs(sum) >= observed {
			extreme++
		}
	}
	return float64(extreme) / float64(r.Samples+1)
}

// flipped is the sum with the signs that the bits say turned.
func flipped(differences []float64, signs uint64) (sum float64) {
	for i, d := range differences {
		if signs>>i&1 != 0 {
			d = -d
		}
		sum += d
	}
	return sum
}

// Equivalence is the outcome of a test whether a mean difference lies within a
// margin of 0.
type Equivalence struct {
	Margin float64 `json:"margin"`
	P      float64 `json:"p"`   // that it would seem to, if it did not
	Low    float64 `json:"low"` // the interval at level 1 - 2 alpha, alpha being .05
	High   float64 `json:"high"`
}

// Within tells whether the difference is within the margin, at a level of .05.
func (e Equivalence) Within() bool { return e.P < .05 }

// Equivalent tests whether the mean of paired differences is less than margin
// from 0: two one-sided t tests (Schuirmann 1987). A margin that is not above 0
// is never kept. Of differences that are all equal, P is 0 or 1.
func Equivalent(differences []float64, margin float64) Equivalence {
	e := Equivalence{Margin: margin, P: 1}
	n := len(differences)
	if n < 2 || !(margin > 0) {
		return e
	}
	mean, deviation := stat.MeanStdDev(differences, nil)
	err := deviation / math.Sqrt(float64(n))
	e.Low, e.High = mean, mean
	if err == 0 {
		if math.Abs(mean) < margin {
			e.P = 0
		}
		return e
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	e.P = max(t.CDF(-(mean+margin)/err), t.CDF((mean-margin)/err))
	reach := t.Quantile(.95) * err
	e.Low, e.High = mean-reach, mean+reach
	return e
}

// Holm adjusts the probabilities of several tests for their number, so that the
// chance of one false alarm among all of them stays the level's (Holm 1979). The
// result is in the order of p.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(p[i]*float64(len(p)-rank), 1))
		adjusted[i] = highest
	}
	return adjusted
}
