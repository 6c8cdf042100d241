// Package statistics says how sure one can be of what experiments measured.
//
// The unit of replication is the seed of the faults: what differs between two
// runs of one seed is paired, and differences of many seeds are what is tested.
// Inside one run documents follow each other and are not independent, so they are
// resampled in blocks.
//
// The one rule to keep: which test is made, over what, and which margin counts as
// equal, is said before a run. No test here chooses itself by its data.
//
// Everything is a function of its input and a seed: resampling draws from a
// generator of its own, so that a figure can be had again to the bit.
package statistics

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// What the zero values of Resampling stand for.
const (
	SamplesDefault = 10_000
	LevelDefault   = 0.95

	samplesMin = 100 // with fewer an interval has no ends
)

// Resampling says how intervals are made. The zero value works.
type Resampling struct {
	Samples int     // drawn, at least samplesMin; 0: SamplesDefault
	Level   float64 // of confidence, in (0, 1); 0: LevelDefault
	Seed    uint64
}

func (r Resampling) withDefaults() Resampling {
	if r.Samples == 0 {
		r.Samples = SamplesDefault
	}
	r.Samples = max(r.Samples, samplesMin)
	if r.Level == 0 {
		r.Level = LevelDefault
	}
	return r
}

func (r Resampling) random() *rand.Rand { return rand.New(rand.NewPCG(r.Seed, 0)) }

// Estimate is a mean, and the interval that holds the true one with the level's
// confidence. Of a single value, or of values that are all equal, the interval is
// that value: it says nothing about others.
type Estimate struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	N    int     `json:"n"` // values
}

// Average is the mean alone, 0 of none.
func Average(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return stat.Mean(values, nil)
}

// Mean is the mean of independent values, such as one a seed, with its
// bias-corrected and accelerated bootstrap interval (Efron 1987; Efron and
// Tibshirani 1993, "An Introduction to the Bootstrap", section 14.3).
func Mean(values []float64, r Resampling) Estimate {
	r = r.withDefaults()
	e := Estimate{N: len(values)}
	if len(values) == 0 {
		return e
	}
	e.Mean = stat.Mean(values, nil)
	e.Low, e.High = e.Mean, e.Mean
	if slices.Min(values) == slices.Max(values) {
		return e
	}
	random := r.random()
	means := make([]float64, r.Samples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[random.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	e.Low, e.High = corrected(means, e.Mean, acceleration(values), r.Level)
	return e
}

// corrected reads an interval off sorted resampled means.
func corrected(means []float64, mean, acceleration, level float64) (low, high float64) {
	below, _ := slices.BinarySearch(means, mean)
	share := min(max(float64(below)/float64(len(means)), 1/float64(len(means))), 1-1/float64(len(means)))
	bias := distuv.UnitNormal.Quantile(share)
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		return stat.Quantile(distuv.UnitNormal.CDF(bias+z/(1-acceleration*z)), stat.LinInterp, means, nil)
	}
	return at((1 - level) / 2), at((1 + level) / 2)
}

// acceleration is how much the spread of a mean changes with it, by leaving each
// value out once (Efron and Tibshirani 1993, equation 14.15).
func acceleration(values []float64) float64 {
	mean := stat.Mean(values, nil)
	squares, cubes := 0.0, 0.0
	for _, v := range values {
		d := v - mean // the mean without v is lower by this, over n - 1
		squares += d * d
		cubes += d * d * d
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// MeanOfBlocks is the mean over all values of some series, such as what each
// document of each seed's run was worth. Series are drawn with replacement, and
// inside each, stretches of block values that begin anywhere, the end followed by
// the beginning (the circular block bootstrap of Politis and Romano 1992); so
// neither seeds nor neighbouring documents are taken as more than they are. The
// interval is that of percentiles. With one series it is about that one alone.
func MeanOfBlocks(series [][]float64, block int, r Resampling) Estimate {
	r = r.withDefaults()
	series = slices.DeleteFunc(slices.Clone(series), func(s []float64) bool { return len(s) == 0 })
	e := Estimate{N: len(series)}
	if len(series) == 0 {
		return e
	}
	sums := make([][]float64, len(series)) // of the first values
	total, n := 0.0, 0
	for i, s := range series {
		sums[i] = make([]float64, len(s)+1)
		for j, v := range s {
			sums[i][j+1] = sums[i][j] + v
		}
		total += sums[i][len(s)]
		n += len(s)
	}
	e.Mean = total / float64(n)
	random := r.random()
	means := make([]float64, r.Samples)
	for i := range means {
		total, n := 0.0, 0
		for range series {
			of := sums[random.IntN(len(sums))]
			total += resampled(of, block, random)
			n += len(of) - 1
		}
		means[i] = total / float64(n)
	}
	slices.Sort(means)
	e.Low = stat.Quantile((1-r.Level)/2, stat.LinInterp, means, nil)
	e.High = stat.Quantile((1+r.Level)/2, stat.LinInterp, means, nil)
	return e
}

// resampled is the sum of as many values as there are, drawn in blocks, given the
// sums of the first ones.
func resampled(sums []float64, block int, random *rand.Rand) (total float64) {
	n := len(sums) - 1
	block = min(max(block, 1), n)
	for left := n; left > 0; left -= block {
		length := min(block, left)
		from := random.IntN(n)
		if to := from + length; to <= n {
			total += sums[to] - sums[from]
		} else {
			total += sums[n] - sums[from] + sums[to-n]
		}
	}
	return total
}
