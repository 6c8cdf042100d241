package metric

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The wanted numbers were computed in double precision with NumPy 2.4.6 from
// the definition, and agree to 1e-15 with |prob_true - prob_pred| of
// scikit-learn 1.9.1's calibration_curve(strategy="uniform"), weighted.
func TestCalibrationErrorIsThatOfScikitLearn(t *testing.T) {
	tests := map[string]struct {
		bins      int
		error     float64
		documents []uint64
	}{
		"10 bins": {10, 0.17638625162127111, []uint64{409, 415, 359, 402, 404, 408, 401, 403, 400, 399}},
		"15 bins": {15, 0.17638625162127108, []uint64{281, 254, 289, 232, 276, 253, 251, 284, 277, 283, 236, 285, 289, 246, 264}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := NewCalibration(tt.bins)
			s := sequence(7)
			for range 4000 {
				p := float64(s.next()) / 65535
				c.Add(p, float64(s.next())/65535 < p*p)
			}
			near(t, "calibration error", c.Error(), tt.error, 3e-8)
			var documents []uint64
			for _, b := range c.Table() {
				documents = append(documents, b.Documents)
			}
			if diff := cmp.Diff(tt.documents, documents); diff != "" {
				t.Errorf("documents by bin (- want, + got):\n%s", diff)
			}
		})
	}
}

// prob_true and prob_pred of the same calibration_curve.
func TestCalibrationTableIsThatOfScikitLearn(t *testing.T) {
	right := []float64{0.000000000, 0.026506024, 0.066852368, 0.131840796, 0.188118812, 0.325980392, 0.396508728, 0.560794045, 0.630000000, 0.907268170}
	probability := []float64{0.049285820, 0.152278126, 0.250806762, 0.347326540, 0.452764791, 0.550393107, 0.647279794, 0.750989233, 0.849222133, 0.950257424}
	c := NewCalibration(10)
	s := sequence(7)
	for range 4000 {
		p := float64(s.next()) / 65535
		c.Add(p, float64(s.next())/65535 < p*p)
	}
	for i, b := range c.Table() {
		near(t, fmt.Sprintf("accuracy of bin %d", i), b.Accuracy, right[i], 1e-9)
		near(t, fmt.Sprintf("probability of bin %d", i), b.Probability, probability[i], 3e-8)
	}
}

func TestCalibrationBinsAreOpenBelowAndClosedAbove(t *testing.T) {
	tests := []struct {
		probability float64
		bin         int
	}{
		{0, 0}, {.1, 0}, {math.Nextafter(.1, 1), 1}, {.2, 1}, {.3, 2}, {.5, 4}, {.7, 6}, {.9, 8}, {math.Nextafter(.9, 1), 9}, {1, 9},
	}
	for _, tt := range tests {
		c := NewCalibration(10)
		c.Add(tt.probability, true)
		if got := c.Table()[tt.bin].Documents; got != 1 {
			t.Errorf("%v is not in bin %d: %+v", tt.probability, tt.bin, c.Table())
		}
	}
}

// The order does not matter to the bit, two halves merged are the whole, and
// the error is in [0, 1].
func TestCalibrationProperties(t *testing.T) {
	type added struct {
		probability float64
		right       bool
	}
	one := rapid.Custom(func(t *rapid.T) added {
		return added{rapid.Float64Range(-.1, 1.1).Draw(t, "probability"), rapid.Bool().Draw(t, "right")}
	})
	calibrate := func(all []added) *Calibration {
		c := new(Calibration)
		for _, a := range all {
			c.Add(a.probability, a.right)
		}
		return c
	}
	tell := func(c *Calibration) string {
		return fmt.Sprint(math.Float64bits(c.Error()), c.Table(), c.Documents(), c.Invalid())
	}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOf(one).Draw(t, "added")
		whole := calibrate(all)
		if got := tell(calibrate(rapid.Permutation(all).Draw(t, "order"))); got != tell(whole) {
			t.Fatalf("the order matters: %s, %s", got, tell(whole))
		}
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		merged := calibrate(all[:cut])
		if !merged.Merge(calibrate(all[cut:])) || tell(merged) != tell(whole) {
			t.Fatalf("merged %s, whole %s", tell(merged), tell(whole))
		}
		if e := whole.Error(); !(e >= 0 && e <= 1) || whole.Documents()+whole.Invalid() != uint64(len(all)) {
			t.Fatalf("error %v of %d documents, %d invalid", e, whole.Documents(), whole.Invalid())
		}
	})
}

func TestCalibrationLimits(t *testing.T) {
	c := NewCalibration(-1)
	c.Add(math.NaN(), true)
	c.Add(math.Inf(1), true)
	c.Add(-1e-9, true)
	if c.Invalid() != 3 || c.Documents() != 0 || c.Error() != 0 || len(c.Table()) != BinsDefault {
		t.Errorf("%d invalid, %d documents, error %v, %d bins", c.Invalid(), c.Documents(), c.Error(), len(c.Table()))
	}
	if n := len(NewCalibration(BinsMax + 1).Table()); n != BinsMax {
		t.Errorf("%d bins", n)
	}
	other := NewCalibration(10)
	other.Add(.5, true)
	if c.Merge(other) || c.Documents() != 0 {
		t.Error("merged with another number of bins")
	}
	one := NewCalibration(1)
	one.Add(1, false)
	one.Add(.5, true)
	near(t, "error of one bin", one.Error(), .25, 0)
}
