package model

import (
	"io"
	"math"

	"tidings"
)

func init() {
	register("pa", kind{
		make: func(o Options) Model { return newPA(o) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newPA(o)
			return m, m.load(d, func(c cell) bool { return c.b == 0 })
		},
	})
}

// pa is the multiclass passive-aggressive algorithm (Crammer, Dekel, Keshet,
// Shalev-Shwartz and Singer 2006, section 5 with the update PA-I of figure 1):
// when the true label does not lead the best other one by a margin of 1, both
// are moved just so far that it would, but by no more than Aggressiveness.
//
// Aggressiveness (C) is usually .01 to 1. A touched (label, feature) pair takes
// 8 bytes, of which this model uses 4. It has no notion of how sure a weight is, which
// is what AROW adds to it.
type pa struct {
	linear
	aggressiveness float64

	scores, shares []float64 // scratch of Learn, a label
}

// aggressivenessDefault is C of PA-I. Vectors have the norm 1.
const aggressivenessDefault = 0.4

func newPA(o Options) *pa {
	m := &pa{linear: newLinear(o, cell{}), aggressiveness: either(o.Aggressiveness, aggressivenessDefault)}
	m.calibration = calibratedMargins()
	return m
}

func (m *pa) Name() string { return "pa" }

func (m *pa) Predict(x tidings.Vector, scores []float64) []float64 {
	return m.predict(x, scores, first)
}

func (m *pa) Learn(x tidings.Vector, label string, scores []float64) error {
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
	rival := m.rival(truth)
	loss := 1 - m.scores[truth]
	labels := 1.0
	if rival >= 0 {
		loss += m.scores[rival]
		labels = 2
	}
	if norm := squares(x); loss > 0 && norm > 0 {
		tau := min(m.aggressiveness, loss/(labels*norm))
		m.move(x, truth, tau)
		if rival >= 0 {
			m.move(x, rival, -tau)
		}
	}
	return nil
}

// rival is the wrong label with the highest score above 0, of several the one
// whose name sorts first; -1 when none has evidence for it.
func (m *pa) rival(truth int) int {
	rival := -1
	for _, l := range m.labels.sorted {
		if s := m.scores[l]; l != truth && s > 0 && (rival < 0 || s > m.scores[rival]) {
			rival = l
		}
	}
	return rival
}

// move adds tau times the document to a label's weights.
func (m *pa) move(x tidings.Vector, label int, tau float64) {
	g, bit := &m.cells.groups[label/groupLabels], uint(label%groupLabels)
	for i, feature := range x.Index {
		if x.Value[i] == 0 {
			continue
		}
		r := m.cells.widen(g, feature, 1<<bit)
		if r == nil || r.mask>>bit&1 == 0 {
			continue
		}
		c := &m.cells.of(r)[rank(r.mask, bit)]
		c.a = bounded(float64(c.a) + float64(tau*x.Value[i]))
	}
}

// squares is the squared norm of a vector, no larger than the largest number.
func squares(x tidings.Vector) (sum float64) {
	for _, v := range x.Value {
		sum += float64(v * v)
	}
	return min(sum, math.MaxFloat64)
}

func (m *pa) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	return m.contributions(x, label, dst, first)
}

func (m *pa) Bytes() int64 { return m.bytes() + int64(cap(m.scores)+cap(m.shares))*8 }

func (m *pa) Digest() uint64 { return m.digest(m.Name()) }

func (m *pa) Save(w io.Writer) error {
	return save(w, head{m.Name(), m.options}, m.size(), m.linear.save)
}
