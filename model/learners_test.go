package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tidings"
)

// random returns a vector of norm 1 and a label; the two have to do with each
// other.
func random(r *rand.Rand, labels int) (x tidings.Vector, label string) {
	l := r.IntN(labels)
	for _, f := range r.Perm(40)[:1+r.IntN(12)] {
		if r.IntN(3) > 0 {
			f = 40 + l*40 + f
		}
		x.Index, x.Value = append(x.Index, uint32(f)), append(x.Value, 0.05+r.Float64())
	}
	squares := 0.0
	for _, v := range x.Value {
		squares += v * v
	}
	for i := range x.Value {
		x.Value[i] /= math.Sqrt(squares)
	}
	return x, fmt.Sprint(l)
}

// TestAROWIsThePapers compares with the formulas of the paper, written down
// plainly, in full precision, over dense arrays.
func TestAROWIsThePapers(t *testing.T) {
	const seed, labels, features, r = 1, 70, 40 + 70*40, 0.5
	random1 := rand.New(rand.NewPCG(seed, seed))
	m := newAROW(Options{R: r})
	mean, variance := map[string][]float64{}, map[string][]float64{}
	for range 3000 {
		x, truth := random(random1, labels)
		if err := m.Learn(x, truth, m.Predict(x, nil)); err != nil {
			t.Fatal(err)
		}
		if mean[truth] == nil {
			mean[truth], variance[truth] = make([]float64, features), make([]float64, features)
			for i := range variance[truth] {
				variance[truth][i] = 1
			}
		}
		for label := range mean {
			y, margin, v := -1.0, -1.0, 0.0
			if label == truth {
				y = 1
			}
			for i, f := range x.Index {
				margin += x.Value[i] * mean[label][f]
				v += x.Value[i] * x.Value[i] * variance[label][f]
			}
			if y*margin >= 1 {
				continue
			}
			beta := 1 / (v + r)
			alpha := (1 - y*margin) * beta
			for i, f := range x.Index {
				sx := variance[label][f] * x.Value[i]
				mean[label][f] += alpha * y * sx
				variance[label][f] -= beta * sx * sx
			}
		}
	}
	x, _ := random(random1, labels)
	for l, score := range m.Predict(x, nil) {
		want := -1.0
		for i, f := range x.Index {
			want += x.Value[i] * mean[m.Labels()[l]][f]
		}
		if math.Abs(score-want) > 1e-3 {
			t.Errorf("seed %d, label %s: score %g, want %g", seed, m.Labels()[l], score, want)
		}
	}
}

func TestAROWTouchesNothingThatSaysNothing(t *testing.T) {
	m := newAROW(Options{})
	for i := range 10 {
		x := tidings.Vector{Index: []uint32{uint32(i)}, Value: []float64{1}}
		if err := m.Learn(x, fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if m.Cells() != 10 {
		t.Errorf("%d cells for 10 documents that share no feature", m.Cells())
	}
}

// TestFTRLIsThePapers compares with algorithm 1 of the paper for the softmax's
// gradient, written down plainly. Shares below negligible are left alone.
func TestFTRLIsThePapers(t *testing.T) {
	const seed, labels, features = 2, 6, 40 + 6*40
	const alpha, beta, l1, l2 = 1.5, 0.4, 0.02, 0.1
	random1 := rand.New(rand.NewPCG(seed, seed))
	m, err := New("ftrl", Options{Rate: alpha, Damping: beta, L1: l1, L2: l2})
	if err != nil {
		t.Fatal(err)
	}
	z, n := map[string][]float64{}, map[string][]float64{}
	weight := func(label string, f uint32) float64 {
		if math.Abs(z[label][f]) <= l1 {
			return 0
		}
		return -1 / ((beta+math.Sqrt(n[label][f]))/alpha + l2) * (z[label][f] - math.Copysign(l1, z[label][f]))
	}
	shares := func(x tidings.Vector) map[string]float64 {
		out, sum := map[string]float64{}, 0.0
		for label := range z {
			score := 0.0
			for i, f := range x.Index {
				score += x.Value[i] * weight(label, f)
			}
			out[label] = math.Exp(score)
			sum += out[label]
		}
		for label := range out {
			out[label] /= sum
		}
		return out
	}
	for range 3000 {
		x, truth := random(random1, labels)
		if err := m.Learn(x, truth, nil); err != nil {
			t.Fatal(err)
		}
		if z[truth] == nil {
			z[truth], n[truth] = make([]float64, features), make([]float64, features)
		}
		for label, p := range shares(x) {
			if label == truth {
				p--
			} else if p < negligible {
				continue
			}
			for i, f := range x.Index {
				g := p * x.Value[i]
				sigma := (math.Sqrt(n[label][f]+g*g) - math.Sqrt(n[label][f])) / alpha
				z[label][f] += g - sigma*weight(label, f)
				n[label][f] += g * g
			}
		}
	}
	x, _ := random(random1, labels)
	want := shares(x)
	scores := m.Predict(x, nil)
	softmax(1, m.(*multinomial).labels.sorted, scores)
	for l, p := range scores {
		if math.Abs(p-want[m.Labels()[l]]) > 1e-3 {
			t.Errorf("seed %d, label %s: probability %g, want %g", seed, m.Labels()[l], p, want[m.Labels()[l]])
		}
	}
}

// TestSoftmaxIsThePapers compares with AdaGrad's diagonal update for the
// softmax's gradient, written down plainly.
func TestSoftmaxIsThePapers(t *testing.T) {
	const seed, labels, features, rate = 4, 6, 40 + 6*40, 0.6
	random1 := rand.New(rand.NewPCG(seed, seed))
	m, err := New("softmax", Options{Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	weights, sums := map[string][]float64{}, map[string][]float64{}
	scores := func(x tidings.Vector) map[string]float64 {
		out := map[string]float64{}
		for label := range weights {
			for i, f := range x.Index {
				out[label] += x.Value[i] * weights[label][f]
			}
		}
		return out
	}
	for range 3000 {
		x, truth := random(random1, labels)
		if err := m.Learn(x, truth, nil); err != nil {
			t.Fatal(err)
		}
		if weights[truth] == nil {
			weights[truth], sums[truth] = make([]float64, features), make([]float64, features)
		}
		of, sum := scores(x), 0.0
		for label := range weights {
			sum += math.Exp(of[label])
		}
		for label := range weights {
			share := math.Exp(of[label]) / sum
			if label == truth {
				share--
			} else if share < negligible {
				continue
			}
			for i, f := range x.Index {
				g := share * x.Value[i]
				sums[label][f] += g * g
				weights[label][f] -= rate * g / math.Sqrt(sums[label][f]+adagradFloor)
			}
		}
	}
	x, _ := random(random1, labels)
	for l, score := range m.Predict(x, nil) {
		if want := scores(x)[m.Labels()[l]]; math.Abs(score-want) > 1e-3 {
			t.Errorf("seed %d, label %s: score %g, want %g", seed, m.Labels()[l], score, want)
		}
	}
}

// TestPAIsThePapers compares with the multiclass PA-I update, written down
// plainly. A wrong label takes part when its score is above 0.
func TestPAIsThePapers(t *testing.T) {
	const seed, labels, features, aggressiveness = 5, 6, 40 + 6*40, 0.25
	random1 := rand.New(rand.NewPCG(seed, seed))
	m, err := New("pa", Options{Aggressiveness: aggressiveness})
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string][]float64{}
	score := func(label string, x tidings.Vector) (sum float64) {
		for i, f := range x.Index {
			sum += x.Value[i] * weights[label][f]
		}
		return sum
	}
	for range 3000 {
		x, truth := random(random1, labels)
		if err := m.Learn(x, truth, m.Predict(x, nil)); err != nil {
			t.Fatal(err)
		}
		if weights[truth] == nil {
			weights[truth] = make([]float64, features)
		}
		rival, best, moved := "", 0.0, 1.0
		for label := range weights {
			if s := score(label, x); label != truth && (s > best || s == best && s > 0 && label < rival) {
				rival, best, moved = label, s, 2
			}
		}
		norm := 0.0
		for _, v := range x.Value {
			norm += v * v
		}
		tau := min(aggressiveness, max(0, 1-score(truth, x)+best)/(moved*norm))
		for i, f := range x.Index {
			weights[truth][f] += tau * x.Value[i]
			if rival != "" {
				weights[rival][f] -= tau * x.Value[i]
			}
		}
	}
	x, _ := random(random1, labels)
	for l, got := range m.Predict(x, nil) {
		if want := score(m.Labels()[l], x); math.Abs(got-want) > 1e-3 {
			t.Errorf("seed %d, label %s: score %g, want %g", seed, m.Labels()[l], got, want)
		}
	}
}
