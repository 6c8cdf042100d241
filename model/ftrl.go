package model

import (
	"io"
	"math"
	"math/bits"

	"tidings"
)

func init() {
	register("ftrl", kind{
		make: func(o Options) Model { return newFTRL(o) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newFTRL(o)
			return m, m.load(d, func(c cell) bool { return c.b >= 0 })
		},
	})
}

// ftrl is multinomial logistic regression trained by follow the proximally
// regularised leader with rates of their own for each coordinate (McMahan et
// al. 2013, algorithm 1). A cell holds z and n; a weight is worked out from
// them by one function, in training and in prediction alike.
//
// The softmax runs over the labels seen so far. A label seen for the first time
// takes part in the softmax of the very document that brought it.
type ftrl struct {
	linear
	rate, damping, l1, l2 float64

	scores, shares []float64 // scratch of Learn, a label
	active         []uint64  // bit masks of the labels to update, a group
}

const (
	// RateDefault and DampingDefault are alpha and beta of FTRL-proximal. Vectors
	// of norm 1 have small values, so the steps are large.
	RateDefault    = 2
	DampingDefault = 0.3
	// ftrlNegligible is the share below which a wrong label is not pushed
	// further down, so that a document does not touch every label.
	ftrlNegligible = 1e-2
)

func newFTRL(o Options) *ftrl {
	return &ftrl{
		linear: newLinear(o, cell{}),
		rate:   either(o.Rate, RateDefault), damping: either(o.Damping, DampingDefault), l1: o.L1, l2: o.L2,
	}
}

func (m *ftrl) Name() string { return "ftrl" }

// weight works out a weight from z and n.
func (m *ftrl) weight(c cell) float64 {
	z := float64(c.a)
	if math.Abs(z) <= m.l1 {
		return 0
	}
	return -(z - math.Copysign(m.l1, z)) / ((m.damping+math.Sqrt(float64(c.b)))/m.rate + m.l2)
}

func (m *ftrl) Predict(x tidings.Vector, scores []float64) []float64 {
	scores = scores[:0]
	for range m.labels.names {
		scores = append(scores, 0)
	}
	for gi := range m.cells.groups {
		g := &m.cells.groups[gi]
		part := scores[gi*groupLabels:]
		for i, feature := range x.Index {
			r := g.find(feature)
			if r == nil {
				continue
			}
			value, of := x.Value[i], m.cells.of(r)
			mask := r.mask
			for k := range of {
				part[bits.TrailingZeros64(mask)] += value * m.weight(of[k])
				mask &= mask - 1
			}
		}
	}
	return scores
}

func (m *ftrl) Probabilities(scores, dst []float64) []float64 {
	dst = append(dst[:0], scores...)
	softmax(1, m.labels.sorted, dst)
	return dst
}

func (m *ftrl) Learn(x tidings.Vector, label string, scores []float64) error {
	truth, known, err := m.admit(x, label, scores)
	if err != nil {
		return err
	}
	if len(scores) == known {
		m.scores = append(m.scores[:0], scores...)
	} else if m.scores = m.Predict(x, m.scores); checkScores(m.scores) != nil {
		return checkScores(m.scores)
	}
	if truth < 0 {
		truth = m.add(label)
		m.scores = append(m.scores, 0)
	}
	m.updates++
	m.shares = m.Probabilities(m.scores, m.shares)
	m.plan(truth)
	m.update(x)
	return nil
}

// plan turns shares into gradients and notes which labels they move.
func (m *ftrl) plan(truth int) {
	for len(m.active) < len(m.cells.groups) {
		m.active = append(m.active, 0)
	}
	clear(m.active)
	for l := range m.shares {
		if l != truth && m.shares[l] < ftrlNegligible {
			continue
		}
		m.active[l/groupLabels] |= 1 << (l % groupLabels)
	}
	m.shares[truth]--
}

// update takes one step; the gradient of a weight is the label's share, less
// one for the true label, times the value.
func (m *ftrl) update(x tidings.Vector) {
	for gi, active := range m.active {
		if active == 0 {
			continue
		}
		g, shares := &m.cells.groups[gi], m.shares[gi*groupLabels:]
		for i, feature := range x.Index {
			value := x.Value[i]
			if value == 0 {
				continue
			}
			r := m.cells.widen(g, feature, active)
			if r == nil {
				continue
			}
			of := m.cells.of(r)
			for a := active & r.mask; a != 0; a &= a - 1 {
				l := bits.TrailingZeros64(a)
				c := &of[rank(r.mask, uint(l))]
				gradient := shares[l] * value
				n := float64(c.b)
				sigma := (math.Sqrt(n+gradient*gradient) - math.Sqrt(n)) / m.rate
				c.a = bounded(float64(c.a) + gradient - sigma*m.weight(*c))
				c.b = bounded(n + gradient*gradient)
			}
		}
	}
}

func (m *ftrl) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	return m.contributions(x, label, dst, m.weight)
}

func (m *ftrl) Bytes() int64 {
	return m.bytes() + int64(cap(m.scores)+cap(m.shares)+cap(m.active))*8
}

func (m *ftrl) Digest() uint64 { return m.digest(m.Name()) }

func (m *ftrl) Save(w io.Writer) error {
	return save(w, head{m.Name(), m.options}, m.size(), m.linear.save)
}
