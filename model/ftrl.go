package model

import "math"

func init() {
	registerMultinomial("ftrl", func(o Options) rule {
		return &ftrl{rate: either(o.Rate, RateDefault), damping: either(o.Damping, DampingDefault), l1: o.L1, l2: o.L2}
	})
}

// ftrl is multinomial logistic regression trained by follow the proximally
// regularised leader with rates of their own for each coordinate (McMahan et
// al. 2013, algorithm 1). A cell holds z and n; a weight is worked out from
// them by one function, in training and in prediction alike.
//
// Rate (alpha) is usually .05 to 5, Damping (beta) 0.1 to 1, L1 and L2 0 to 1.
// A touched (label, feature) pair takes 8 bytes.
type ftrl struct{ rate, damping, l1, l2 float64 }

// RateDefault and DampingDefault are alpha and beta of FTRL-proximal. Vectors
// of norm 1 have small values, so the steps are large.
const (
	RateDefault    = 2
	DampingDefault = 0.3
)

// weight works out a weight from z and n.
func (m *ftrl) weight(c cell) float64 {
	z := float64(c.a)
	if math.Abs(z) <= m.l1 {
		return 0
	}
	return -(z - math.Copysign(m.l1, z)) / ((m.damping+math.Sqrt(float64(c.b)))/m.rate + m.l2)
}

func (m *ftrl) step(c *cell, gradient float64) {
	n := float64(c.b)
	sigma := (math.Sqrt(n+gradient*gradient) - math.Sqrt(n)) / m.rate
	c.a = bounded(float64(c.a) + gradient - sigma*m.weight(*c))
	c.b = bounded(n + gradient*gradient)
}

func (m *ftrl) valid(c cell) bool { return c.b >= 0 }
