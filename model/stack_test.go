package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tidings"
)

// twoViews returns a document of which one view tells its label and the other
// is noise.
func twoViews(r *rand.Rand, labels int, charsTell bool) (x tidings.Vector, label string) {
	l := r.IntN(labels)
	view := func(tells bool) {
		for range 6 {
			feature := uint32(r.IntN(labels * 10))
			if tells {
				feature = uint32(l*10 + r.IntN(10))
			}
			x.Index, x.Value = append(x.Index, feature), append(x.Value, 1/math.Sqrt(6))
		}
	}
	view(!charsTell)
	view(charsTell)
	x.Chars = 6
	return x, fmt.Sprint("label ", l)
}

// Properties: a stack follows the members whose view tells, and when that turns
// round, it turns round too.
func TestAStackFollowsWhoeverIsRight(t *testing.T) {
	const seed, labels = 8, 5
	r := rand.New(rand.NewPCG(seed, seed))
	m := newStack(Options{})
	right := func(charsTell bool, n int) (share float64) {
		for range n {
			x, label := twoViews(r, labels, charsTell)
			scores := m.Predict(x, nil)
			if best := Best(m.Labels(), scores); best >= 0 && m.Labels()[best] == label {
				share += 1 / float64(n)
			}
			if err := m.Learn(x, label, scores); err != nil {
				t.Fatal(err)
			}
		}
		return share
	}
	weights := func() (words, chars float64) {
		return m.gate.common[0].value + m.gate.common[1].value, m.gate.common[2].value
	}
	for _, charsTell := range []bool{true, false, true} {
		right(charsTell, 2000)
		got := right(charsTell, 500)
		words, chars := weights()
		t.Logf("seed %d: characters tell: %v; %.3f right, weights %.2f and %.2f", seed, charsTell, got, words, chars)
		if got < 0.9 {
			t.Errorf("seed %d: characters tell: %v; %.3f right", seed, charsTell, got)
		}
	}
}

// TestTheGateIsAdaGrad compares with AdaGrad whose sums fade, written down
// plainly.
func TestTheGateIsAdaGrad(t *testing.T) {
	const labels = 3
	random1 := rand.New(rand.NewPCG(9, 9))
	g := newGate()
	for range labels {
		g.add()
	}
	value, squares := [4][labels]float64{}, [4][labels]float64{} // the bias, the members
	common, commonSquares := gateStart, [membersMax]float64{1, 1, 1}
	for i := range squares {
		squares[i] = [labels]float64{1, 1, 1}
	}
	step := func(w, s *float64, gradient float64) {
		if *s = *s*gateFade + gradient*gradient; gradient != 0 {
			*w -= gateRate * gradient / math.Sqrt(*s)
		}
	}
	for range 500 {
		var evidence [membersMax][]float64
		for i := range evidence {
			for range labels {
				evidence[i] = append(evidence[i], random1.NormFloat64())
			}
		}
		scores, sum, truth := [labels]float64{}, 0.0, random1.IntN(labels)
		var shares []float64
		for l := range labels {
			scores[l] = value[0][l]
			for i := range evidence {
				scores[l] += (common[i] + value[1+i][l]) * evidence[i][l]
			}
			shares = append(shares, math.Exp(scores[l]))
			sum += shares[l]
		}
		for l := range shares {
			shares[l] /= sum
		}
		g.learn([]int{2, 0, 1}, shares, truth, &evidence)
		for l := range shares {
			if l == truth {
				shares[l]--
			}
			step(&value[0][l], &squares[0][l], shares[l])
			for i := range evidence {
				step(&value[1+i][l], &squares[1+i][l], shares[l]*evidence[i][l])
			}
		}
		for i := range evidence {
			gradient := 0.0
			for l := range shares {
				gradient += shares[l] * evidence[i][l]
			}
			step(&common[i], &commonSquares[i], gradient)
		}
	}
	for l := range labels {
		for i := range membersMax {
			if got, want := g.weight(i, l), common[i]+value[1+i][l]; math.Abs(got-want) > 1e-9 {
				t.Errorf("member %d, label %d: weight %g, want %g", i, l, got, want)
			}
		}
	}
}
