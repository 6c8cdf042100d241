package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Properties of a calibration:
//   - what drew the labels is found again, by both of its steps;
//   - shares sum to 1, keep the order of the scores, and are the same in
//     whatever order the labels came, whatever was learnt before;
//   - shares of logits are the softmax's as long as nothing was learnt;
//   - neither asking nor learning allocates;
//   - it follows when what is right changes.

func threeLabels() *labels {
	l := new(labels)
	for _, name := range []string{"c", "a", "b"} {
		l.add(name)
	}
	return l
}

// drawn picks a label by its share.
func drawn(r *rand.Rand, shares []float64) int {
	truth, at := 0, r.Float64()
	for truth < len(shares)-1 && at > shares[truth] {
		at -= shares[truth]
		truth++
	}
	return truth
}

func TestCalibrationFindsWhatDrewTheLabels(t *testing.T) {
	const seed = 3
	for name, start := range map[string]func() calibration{"margins": calibratedMargins, "logits": calibratedLogits} {
		for _, want := range []float64{0.5, 2, 6} {
			r, l := rand.New(rand.NewPCG(seed, seed)), threeLabels()
			learnt, actual := start(), start()
			actual.setFactor(math.Log(want))
			var shares, got, scratch []float64
			off, mean := 0.0, 0.0
			const documents, measured = 60_000, 20_000
			for i := range documents {
				scores := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
				shares = actual.probabilities(l, scores, shares)
				if i >= documents-measured {
					got = learnt.probabilities(l, scores, got)
					for j := range got {
						off += math.Abs(got[j]-shares[j]) / 3 / measured
					}
					mean += learnt.log / measured
				}
				scratch = learnt.learn(l, scores, drawn(r, shares), scratch)
			}
			if off > 0.03 || math.Abs(mean-math.Log(want)) > 0.15 {
				t.Errorf("seed %d, %s: factor %g instead of %g, shares are %.3f off", seed, name, math.Exp(mean), want, off)
			}
		}
	}
}

// TestCalibrationFindsHowOftenTheBestIsRight gives a softmax that is always too
// sure in a way that no factor mends: the best label is right half as often as
// its share says.
func TestCalibrationFindsHowOftenTheBestIsRight(t *testing.T) {
	const seed, documents, measured = 4, 60_000, 30_000
	r, l, k := rand.New(rand.NewPCG(seed, seed)), threeLabels(), calibratedLogits()
	var p, scratch []float64
	said, right := 0.0, 0.0
	for i := range documents {
		scores := []float64{3 * r.NormFloat64(), 3 * r.NormFloat64(), 3 * r.NormFloat64()}
		best := Best(l.names, scores)
		p = k.probabilities(l, scores, p)
		truth := best
		if r.IntN(2) == 0 {
			truth = r.IntN(3)
		}
		if i >= documents-measured {
			said += p[best] / measured
			if truth == best {
				right += 1.0 / measured
			}
		}
		scratch = k.learn(l, scores, truth, scratch)
	}
	if math.Abs(said-right) > 0.01 {
		t.Errorf("seed %d: said %.3f, right %.3f", seed, said, right)
	}
}

func TestCalibrationFollowsAChange(t *testing.T) {
	const seed, documents = 5, 10_000
	r, l, k := rand.New(rand.NewPCG(seed, seed)), threeLabels(), calibratedMargins()
	var p, scratch []float64
	for _, share := range []float64{0.95, 0.5, 0.9} {
		said := 0.0
		for i := range documents {
			scores := []float64{1 + r.NormFloat64()/9, r.NormFloat64() / 9, -1 + r.NormFloat64()/9}
			if p = k.probabilities(l, scores, p); i >= documents/2 {
				said += p[0] / (documents / 2)
			}
			truth := 1
			if r.Float64() < share {
				truth = 0
			}
			scratch = k.learn(l, scores, truth, scratch)
		}
		if math.Abs(said-share) > 0.03 {
			t.Errorf("seed %d: said %.3f while %.3f was right", seed, said, share)
		}
	}
}

func TestCalibrationKeepsTheOrderAndTheSum(t *testing.T) {
	const seed = 6
	r := rand.New(rand.NewPCG(seed, seed))
	for round := range 2000 {
		forth, back := new(labels), new(labels)
		names := []string{"a", "b", "c", "d", "e"}[:2+r.IntN(4)]
		for _, i := range r.Perm(len(names)) {
			forth.add(names[i])
		}
		for _, name := range slices.Backward(forth.names) {
			back.add(name)
		}
		k := calibratedLogits()
		k.margins = r.IntN(2) == 0
		k.setFactor(4 * r.NormFloat64())
		k.setBeta(r.NormFloat64(), 5*r.Float64(), 3*r.NormFloat64())
		scores := make([]float64, len(names))
		for i := range scores {
			scores[i] = math.Round(4*r.NormFloat64()) * math.Pow10(r.IntN(8)-3)
		}
		p := k.probabilities(forth, scores, nil)
		turned := slices.Clone(scores)
		slices.Reverse(turned)
		q := k.probabilities(back, turned, nil)
		slices.Reverse(q)
		if !slices.Equal(p, q) {
			t.Fatalf("seed %d, round %d: %v in one order of labels, %v in the other", seed, round, p, q)
		}
		sum := 0.0
		for i := range p {
			sum += p[i]
			for j := range p {
				if !(p[i] >= 0 && p[i] <= 1) || scores[i] > scores[j] && p[i] < p[j] {
					t.Fatalf("seed %d, round %d: scores %v give %v", seed, round, scores, p)
				}
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("seed %d, round %d: %v sum to %v", seed, round, p, sum)
		}
	}
}

func TestUntaughtLogitsHaveTheSoftmaxsShares(t *testing.T) {
	l, k := threeLabels(), calibratedLogits()
	scores := []float64{0.3, -1, 2}
	want := slices.Clone(scores)
	softmax(1, l.sorted, want)
	for i, got := range k.probabilities(l, scores, nil) {
		if math.Abs(got-want[i]) > 1e-9 {
			t.Errorf("label %s: %g, want %g", l.names[i], got, want[i])
		}
	}
}

func TestCalibrationAllocatesNothing(t *testing.T) {
	l, k := threeLabels(), calibratedMargins()
	scores, dst := []float64{0.3, -1, 0.2}, make([]float64, 3)
	if n := testing.AllocsPerRun(100, func() {
		dst = k.probabilities(l, scores, dst)
		dst = k.learn(l, scores, 1, dst)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestBentMarginsKeepTheOrder(t *testing.T) {
	last, k := math.Inf(-1), calibratedMargins()
	for _, m := range []float64{-1e300, -2, -1, -1e-300, 0, 5e-324, 1e-9, 0.1, 0.5, 1, 10, 1e9, math.Inf(1)} {
		got := k.logit(m)
		if got < last || math.IsNaN(got) {
			t.Errorf("%g becomes %g, what lies below it %g", m, got, last)
		}
		last = got
	}
}

func BenchmarkCalibration(b *testing.B) {
	l := new(labels)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		l.add(name)
	}
	k, r := calibratedMargins(), rand.New(rand.NewPCG(7, 7))
	scores, dst := make([]float64, 10), make([]float64, 10)
	for i := range scores {
		scores[i] = r.NormFloat64() - 1
	}
	for name, step := range map[string]func(){
		"probabilities": func() { dst = k.probabilities(l, scores, dst) },
		"learn":         func() { dst = k.learn(l, scores, 3, dst) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}
