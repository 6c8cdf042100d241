package statistics

import (
	"math"
	"testing"
)

// values are made by the "quick and dirty" generator of Numerical Recipes, so
// that other languages can make the same.
func values(n int) (out []float64) {
	state := uint32(42)
	for range n {
		state = state*1664525 + 1013904223
		x := float64(state>>16) / 65535
		out = append(out, x*x-.3)
	}
	return out
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The wanted interval is that of SciPy 1.17's bootstrap(method="BCa") with 400,000
// samples.
func TestMeanIsThatOfSciPy(t *testing.T) {
	e := Mean(values(24), Resampling{Samples: 100_000, Seed: 1})
	near(t, "mean", e.Mean, 0.04718936505159365, 1e-15)
	near(t, "low", e.Low, -0.07405, 1.5e-3)
	near(t, "high", e.High, 0.19302, 1.5e-3)
	if again := Mean(values(24), Resampling{Samples: 100_000, Seed: 1}); again != e {
		t.Errorf("the same seed gave %+v, then %+v", e, again)
	}
}

// Of values that do not differ, and of none, nothing is said of others.
func TestMeansOfWhatDoesNotDiffer(t *testing.T) {
	for _, of := range [][]float64{{3}, {3, 3, 3}} {
		if e := Mean(of, Resampling{}); e.Mean != 3 || e.Low != 3 || e.High != 3 || e.N != len(of) {
			t.Errorf("of %v: %+v", of, e)
		}
	}
	if e := Mean(nil, Resampling{}); e != (Estimate{}) {
		t.Errorf("of nothing: %+v", e)
	}
	if e := MeanOfBlocks([][]float64{nil}, 5, Resampling{}); e != (Estimate{}) {
		t.Errorf("blocks of nothing: %+v", e)
	}
	if e := MeanOfBlocks([][]float64{{2, 2}, {2}}, 5, Resampling{}); e.Mean != 2 || e.Low != 2 || e.High != 2 {
		t.Errorf("blocks of what does not differ: %+v", e)
	}
}

// Where values come in runs, blocks that are longer than the runs give an interval
// as wide as it has to be, and single values one that is too narrow: the true one
// for runs of 50 equal values is about 7 times as wide. Where they do not, the
// length of blocks makes no difference.
func TestBlocksKeepNeighboursTogether(t *testing.T) {
	var runs []float64
	for _, v := range values(60) {
		for range 50 {
			runs = append(runs, v)
		}
	}
	r := Resampling{Samples: 4000, Seed: 7}
	width := func(series []float64, block int) float64 {
		e := MeanOfBlocks([][]float64{series}, block, r)
		return e.High - e.Low
	}
	if alone, blocks := width(runs, 1), width(runs, 250); !(blocks > 5*alone && blocks < 9*alone) {
		t.Errorf("width %v with single values, %v with blocks", alone, blocks)
	}
	mixed := values(3000)
	if alone, blocks := width(mixed, 1), width(mixed, 50); math.Abs(blocks/alone-1) > .25 {
		t.Errorf("width %v with single values, %v with blocks, of values that are independent", alone, blocks)
	}
}

// Seeds that differ as wholes make the interval wide, however many documents each
// has.
func TestSeedsAreResampledToo(t *testing.T) {
	var series [][]float64
	for _, v := range values(20) {
		one := make([]float64, 5000)
		for i := range one {
			one[i] = v
		}
		series = append(series, one)
	}
	e := MeanOfBlocks(series, 100, Resampling{Seed: 3, Samples: 4000})
	alone := Mean(values(20), Resampling{Seed: 3})
	near(t, "mean", e.Mean, alone.Mean, 1e-12)
	near(t, "width over that of the seeds' means", (e.High-e.Low)/(alone.High-alone.Low), 1, .1)
}

// The wanted probabilities are those of SciPy 1.17's permutation_test
// (permutation_type="samples"), the second of 200,000 samples.
func TestSignFlipIsThatOfSciPy(t *testing.T) {
	near(t, "p of 12", SignFlip(values(12), Resampling{}), 0.96533203125, 1e-12)
	near(t, "p of 24", SignFlip(values(24), Resampling{Samples: 100_000, Seed: 2}), 0.5009, .01)
	near(t, "p of equal signs", SignFlip([]float64{1, 2, 3, 4, 5}, Resampling{}), 2./32, 1e-15)
	near(t, "p of nothing", SignFlip(nil, Resampling{}), 1, 0)
	near(t, "p of zeros", SignFlip(make([]float64, 30), Resampling{}), 1, 0)
	large := make([]float64, 100)
	for i := range large {
		large[i] = 1
	}
	near(t, "p of a hundred equal ones", SignFlip(large, Resampling{Samples: 999}), 1./1000, 1e-12)
}

// The wanted numbers are those of SciPy 1.17's ttest_1samp, against each margin
// from its side, and of its confidence_interval(.9).
func TestEquivalentIsTwoOneSidedTests(t *testing.T) {
	differences := values(24)
	for i := range differences {
		differences[i] *= .1
	}
	for margin, p := range map[float64]float64{.03: 0.0006665128895579871, .02: 0.01879334556755323, .005: 0.4839871611463065} {
		e := Equivalent(differences, margin)
		near(t, "p", e.P, p, 1e-9)
		near(t, "low", e.Low, -0.007149155895302902, 1e-9)
		near(t, "high", e.High, 0.01658702890562163, 1e-9)
		if e.Within() != (p < .05) {
			t.Errorf("within %v: %v", margin, e.Within())
		}
	}
	for name, tt := range map[string]struct {
		differences []float64
		margin, p   float64
	}{
		"one":              {[]float64{0}, 1, 1},
		"no margin":        {[]float64{0, 0}, 0, 1},
		"margin NaN":       {[]float64{0, 0}, math.NaN(), 1},
		"all equal within": {[]float64{.1, .1}, .2, 0},
		"all equal beyond": {[]float64{.2, .2}, .2, 1},
	} {
		if e := Equivalent(tt.differences, tt.margin); e.P != tt.p {
			t.Errorf("%s: p %v, want %v", name, e.P, tt.p)
		}
	}
}

// The example of Holm's paper in the form that statsmodels and R's p.adjust give.
func TestHolmAdjustsForTheNumberOfTests(t *testing.T) {
	got := Holm([]float64{.01, .04, .03, .005})
	for i, want := range []float64{.03, .06, .06, .02} {
		near(t, "adjusted", got[i], want, 1e-15)
	}
	if got := Holm([]float64{.9, .8}); got[0] != 1 || got[1] != 1 {
		t.Errorf("more than certain: %v", got)
	}
	if Holm(nil) == nil {
		t.Error("of none nothing, but not nil")
	}
}

func BenchmarkMeanOfBlocks(b *testing.B) {
	series := make([][]float64, 20)
	for i := range series {
		series[i] = values(60_000)
	}
	for b.Loop() {
		MeanOfBlocks(series, 500, Resampling{Samples: 2000})
	}
}
