package model

import (
	"io"
	"math/bits"

	"tidings"
)

// multinomial is what the models have in common that turn scores into shares
// by a softmax over the labels seen so far and take a step along the gradient
// of the true label's share. They differ in their rule: what a cell
// weighs, and how it takes a step.
//
// A label seen for the first time takes part in the softmax of the very
// document that brought it. Labels with a share below negligible are not pushed
// further down, so that a document does not touch every label.
type multinomial struct {
	linear
	name string
	rule rule
	// weigh is rule.weight, made once so that predicting allocates nothing.
	weigh func(cell) float64

	scores, shares []float64 // scratch of Learn, a label
	active         []uint64  // bit masks of the labels to update, a group
}

// rule is one way to learn a weight from its gradients.
type rule interface {
	weight(c cell) float64
	step(c *cell, gradient float64)
	valid(c cell) bool
}

const negligible = 1e-2

func newMultinomial(name string, o Options, r rule) *multinomial {
	return &multinomial{linear: newLinear(o, cell{}), name: name, rule: r, weigh: r.weight}
}

// registerMultinomial makes a model of this kind known.
func registerMultinomial(name string, make func(Options) rule) {
	register(name, kind{
		make: func(o Options) Model { return newMultinomial(name, o, make(o)) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newMultinomial(name, o, make(o))
			return m, m.load(d, m.rule.valid)
		},
	})
}

func (m *multinomial) Name() string { return m.name }

func (m *multinomial) Predict(x tidings.Vector, scores []float64) []float64 {
	return m.predict(x, scores, m.weigh)
}

func (m *multinomial) Learn(x tidings.Vector, label string, scores []float64) error {
	truth, known, err := m.admit(x, label, scores)
	if err != nil {
		return err
	}
	if len(scores) == known {
		m.scores = append(m.scores[:0], scores...)
	} else if m.scores = m.Predict(x, m.scores); checkScores(m.scores) != nil {
		return checkScores(m.scores)
	}
	m.shares = m.calibration.learn(&m.labels, m.scores, truth, m.shares)
	if truth < 0 {
		truth = m.add(label)
		m.scores = append(m.scores, 0)
	}
	m.updates++
	m.shares = append(m.shares[:0], m.scores...)
	softmax(1, m.labels.sorted, m.shares)
	m.plan(truth)
	m.update(x)
	return nil
}

// plan turns shares into gradients and notes which labels they move.
func (m *multinomial) plan(truth int) {
	for len(m.active) < len(m.cells.groups) {
		m.active = append(m.active, 0)
	}
	clear(m.active)
	for l := range m.shares {
		if l != truth && m.shares[l] < negligible {
			continue
		}
		m.active[l/groupLabels] |= 1 << (l % groupLabels)
	}
	m.shares[truth]--
}

// update takes one step; the gradient of a weight is the label's share, less
// one for the true label, times the value.
func (m *multinomial) update(x tidings.Vector) {
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
				m.rule.step(&of[rank(r.mask, uint(l))], shares[l]*value)
			}
		}
	}
}

func (m *multinomial) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	return m.contributions(x, label, dst, m.weigh)
}

func (m *multinomial) Bytes() int64 {
	return m.bytes() + int64(cap(m.scores)+cap(m.shares)+cap(m.active))*8
}

func (m *multinomial) Digest() uint64 { return m.digest(m.name) }

func (m *multinomial) Save(w io.Writer) error {
	return save(w, head{m.name, m.options}, m.size(), m.linear.save)
}
