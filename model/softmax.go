package model

import "math"

func init() {
	registerMultinomial("softmax", func(o Options) rule { return &adagrad{rate: either(o.Rate, adagradRate)} })
}

// adagrad is multinomial logistic regression by stochastic gradient descent
// with steps of their own for each coordinate, which shrink with the gradients
// that it has seen (Duchi, Hazan and Singer 2011, section 1.1 and figure 1
// with a diagonal matrix). A cell holds the weight and the sum of squared
// gradients.
//
// Rate is usually .1 to 2. A touched (label, feature) pair takes 8 bytes.
type adagrad struct{ rate float64 }

const (
	adagradRate  = 0.8
	adagradFloor = 1e-8 // under the root, so that the first step is finite
)

func (m *adagrad) weight(c cell) float64 { return float64(c.a) }

func (m *adagrad) step(c *cell, gradient float64) {
	c.b = bounded(float64(c.b) + float64(gradient*gradient))
	c.a = bounded(float64(c.a) - float64(m.rate*gradient)/math.Sqrt(float64(c.b)+adagradFloor))
}

func (m *adagrad) valid(c cell) bool { return c.b >= 0 }
