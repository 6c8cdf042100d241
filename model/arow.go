package model

import (
	"io"
	"math/bits"

	"tidings"
)

func init() {
	register("arow", kind{
		make: func(o Options) Model { return newAROW(o) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newAROW(o)
			return m, m.load(d, validAROW)
		},
	})
}

// arow is Adaptive Regularization of Weight Vectors (Crammer, Kulesza and
// Dredze 2009, figure 1) with a diagonal covariance, one binary problem a label
// against the rest. A cell holds a weight and its variance; one never touched
// stands for 0 and 1.
//
// Every margin has a fixed offset of -1, so that a document says nothing about
// a label that it has no evidence for: its margin as a negative is already met,
// nothing is updated, no cell made. A label that appears late then starts where
// the others are.
//
// To the bit: a margin is the offset, plus value * weight of each entry in order.
// With y = 1 for the document's label and -1 for others, a label whose loss
// 1 - y * margin is above 0 is updated, all from the state before: beta is
// 1 / (v + r), with v the sum of value² * variance in the entries' order; with
// s = variance * value, a weight grows by (y * loss * beta) * s and a variance
// falls by beta * s * s, not below arowVarianceMin. Cells hold float32, the rest
// is float64. A label's first document has the offset for a margin.
type arow struct {
	linear
	r float64

	scores, shares []float64 // scratch of Learn, a label
	steps          []step
	active         []uint64 // bit masks of the labels to update, a group
}

// step is what one update does to one label's cells.
type step struct {
	variance float64 // of the document under this label
	weight   float64 // alpha y: a weight grows by this times variance times value
	shrink   float64 // beta
}

// RDefault is r of AROW. Less learns faster on short streams; on long noisy ones
// anything from 0.5 to 1 is alike.
const RDefault = 0.7

const (
	arowOffset      = -1.0
	arowVarianceMin = 1e-8
)

func newAROW(o Options) *arow {
	m := &arow{linear: newLinear(o, cell{0, 1}), r: either(o.R, RDefault)}
	m.calibration = calibratedMargins()
	return m
}

// validAROW tells whether a cell is one that the model could have.
func validAROW(c cell) bool { return c.b > 0 && c.b <= 1 }

func (m *arow) Name() string { return "arow" }

func (m *arow) Predict(x tidings.Vector, scores []float64) []float64 {
	scores = scores[:0]
	for range m.labels.names {
		scores = append(scores, arowOffset)
	}
	for gi := range m.cells.groups {
		g := &m.cells.groups[gi]
		part := scores[gi*groupLabels:]
		// Rows are looked up some at a time, for one look-up need not wait
		// for the memory of the one before.
		var rows [lookups]*row
		for from := 0; from < len(x.Index); from += lookups {
			to := min(from+lookups, len(x.Index))
			for i, feature := range x.Index[from:to] {
				rows[i] = g.find(feature)
			}
			for i, value := range x.Value[from:to] {
				if rows[i] != nil {
					m.cells.margins(rows[i], value, part)
				}
			}
		}
	}
	return scores
}

// lookups is how many rows are looked up before their cells are.
const lookups = 16

// margins adds value times weight of each of a row's cells to its label's
// margin.
func (c *cells) margins(r *row, value float64, margins []float64) {
	mask, of := r.mask, c.of(r)
	if mask&(mask+1) == 0 { // the first labels, all of them
		margins = margins[:len(of)]
		for k := range of {
			margins[k] += float64(value * float64(of[k].a))
		}
		return
	}
	for k := range of {
		margins[bits.TrailingZeros64(mask)] += float64(value * float64(of[k].a))
		mask &= mask - 1
	}
}

func (m *arow) Learn(x tidings.Vector, label string, scores []float64) error {
	truth, known, err := m.admit(x, label, scores)
	if err != nil {
		return err
	}
	if len(scores) != known {
		m.scores = m.Predict(x, m.scores)
		scores = m.scores
		if err := checkScores(scores); err != nil {
			return err
		}
	}
	m.shares = m.calibration.learn(&m.labels, scores, truth, m.shares)
	m.absorb(x, label, truth, scores)
	return nil
}

// absorb learns a document that was checked; truth is -1 for a new label.
func (m *arow) absorb(x tidings.Vector, label string, truth int, scores []float64) {
	if truth < 0 {
		truth = m.add(label)
	}
	m.updates++
	if m.plan(scores, truth) {
		m.measure(x)
		m.update(x)
	}
}

// plan notes, for each label whose margin is not met, how far it is off. A
// label too new for a score has the offset.
func (m *arow) plan(scores []float64, truth int) (any bool) {
	for len(m.steps) < len(m.labels.names) {
		m.steps = append(m.steps, step{})
	}
	for len(m.active) < len(m.cells.groups) {
		m.active = append(m.active, 0)
	}
	clear(m.active)
	for l := range m.labels.names {
		score, sign := arowOffset, -1.0
		if l < len(scores) {
			score = scores[l]
		}
		if l == truth {
			sign = 1
		}
		if loss := 1 - float64(sign*score); loss > 0 {
			m.steps[l] = step{weight: sign * loss}
			m.active[l/groupLabels] |= 1 << (l % groupLabels)
			any = true
		}
	}
	return any
}

// measure sums the variance of the document under each active label and turns
// that into step sizes.
func (m *arow) measure(x tidings.Vector) {
	for gi, active := range m.active {
		if active == 0 {
			continue
		}
		g, steps := &m.cells.groups[gi], m.steps[gi*groupLabels:]
		for i, feature := range x.Index {
			square := x.Value[i] * x.Value[i]
			var mask uint64
			var of []cell
			if r := g.find(feature); r != nil {
				mask, of = r.mask, m.cells.of(r)
			}
			for a := active; a != 0; a &= a - 1 {
				l := bits.TrailingZeros64(a)
				variance := 1.0
				if mask>>l&1 != 0 {
					variance = float64(of[rank(mask, uint(l))].b)
				}
				steps[l].variance += float64(square * variance)
			}
		}
		for a := active; a != 0; a &= a - 1 {
			s := &steps[bits.TrailingZeros64(a)]
			s.shrink = 1 / (s.variance + m.r)
			s.weight *= s.shrink
		}
	}
}

// update moves the weights of the active labels and narrows their variances.
func (m *arow) update(x tidings.Vector) {
	for gi, active := range m.active {
		if active == 0 {
			continue
		}
		g, steps := &m.cells.groups[gi], m.steps[gi*groupLabels:]
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
				c, s := &of[rank(r.mask, uint(l))], &steps[l]
				spread := float64(c.b) * value
				c.a = bounded(float64(c.a) + float64(s.weight*spread))
				c.b = float32(max(float64(c.b)-float64(s.shrink*spread*spread), arowVarianceMin))
			}
		}
	}
}

func (m *arow) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	return m.contributions(x, label, dst, first)
}

func (m *arow) Bytes() int64 {
	return m.bytes() + int64(cap(m.steps))*24 + int64(cap(m.scores)+cap(m.shares)+cap(m.active))*8
}

func (m *arow) Digest() uint64 { return m.digest(m.Name()) }

func (m *arow) Save(w io.Writer) error {
	return save(w, head{m.Name(), m.options}, m.size(), m.linear.save)
}
