package metric

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The wanted numbers are scikit-learn 1.9.1's log_loss and
// brier_score_loss(scale_by_half=False).
func TestLossIsThatOfScikitLearn(t *testing.T) {
	var l Loss
	s := sequence(11)
	for range 3000 {
		var weights [4]float64
		total := 0.0
		for i := range weights {
			weights[i] = float64(s.next() + 1)
			total += weights[i]
		}
		squares := 0.0
		for i := range weights {
			weights[i] /= total
			squares += weights[i] * weights[i]
		}
		l.Add(weights[s.next()%4], squares)
	}
	near(t, "log loss", l.Log(), 1.628499277967072, 6e-8)
	near(t, "Brier score", l.Brier(), 0.8234294205897653, 6e-8)
	if l.Documents() != 3000 || l.Invalid() != 0 {
		t.Errorf("%d documents, %d invalid", l.Documents(), l.Invalid())
	}
}

func TestLossLimits(t *testing.T) {
	var l Loss
	if l.Log() != 0 || l.Brier() != 0 {
		t.Error("nothing counted, something lost")
	}
	l.Add(1, 1)
	if l.Log() != 0 || l.Brier() != 0 {
		t.Errorf("a perfect prediction costs %v and %v", l.Log(), l.Brier())
	}
	var wrong Loss
	wrong.Add(0, 1)
	near(t, "log loss of a certain mistake", wrong.Log(), 36.04365338911715, 1e-6)
	near(t, "Brier score of a certain mistake", wrong.Brier(), 2, 0)
	for _, p := range []float64{math.NaN(), -1e-9, 1.001, math.Inf(1)} {
		wrong.Add(p, 1)
		wrong.Add(1, p+p)
	}
	if wrong.Invalid() != 8 || wrong.Documents() != 1 {
		t.Errorf("%d invalid, %d documents", wrong.Invalid(), wrong.Documents())
	}
}

// The order does not matter to the bit, and two halves merged are the whole.
func TestLossProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOf(rapid.Float64Range(0, 1)).Draw(t, "probabilities")
		lose := func(all []float64) *Loss {
			l := new(Loss)
			for _, p := range all {
				l.Add(p, p*p+(1-p)*(1-p))
			}
			return l
		}
		whole := lose(all)
		if got := lose(rapid.Permutation(all).Draw(t, "order")); *got != *whole {
			t.Fatalf("the order matters: %+v, %+v", got, whole)
		}
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		merged := lose(all[:cut])
		if merged.Merge(lose(all[cut:])); *merged != *whole {
			t.Fatalf("merged %+v, whole %+v", merged, whole)
		}
	})
}
