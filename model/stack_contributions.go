package model

import (
	"math"
	"math/bits"
	"slices"

	"tidings"
)

// Contributions is Model's. A score is no sum over entries, for margins are bent
// and a share is one of all labels: an entry has the part of a margin's evidence
// that it has of the margin, and of a log share what it moves that by; what the
// curve leaves over is divided as those are. So they add up to the score.
func (m *stack) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	l, n := m.words.labels.find(label), len(x.Index)
	dst = slices.Grow(dst[:0], n+len(m.Labels()))[:n]
	clear(dst)
	if l < 0 {
		return dst
	}
	words, chars := views(x)
	of := dst[:len(words.Index)]
	m.words.Contributions(words, label, of[:0])
	m.words.bend(of, m.gate.weight(0, l))
	m.chars.Contributions(chars, label, dst[len(of):len(of)])
	m.chars.bend(dst[len(of):], m.gate.weight(2, l))
	m.bayes.explain(words, l, m.gate.weight(1, l), of, dst[n:n+len(m.Labels())])
	return dst
}

// bend turns what entries add to a margin into what they add to the evidence,
// times a weight.
func (m *arow) bend(adds []float64, weight float64) {
	margin := arowOffset
	for _, add := range adds {
		margin += add
	}
	slope := 1.0
	if margin != arowOffset {
		slope = m.evidence(margin) / (margin - arowOffset)
	}
	for i := range adds {
		adds[i] *= weight * slope
	}
}

// explain adds to each entry what it moves the label's log share by, times a
// weight. scratch is of the labels.
func (m *nb) explain(x tidings.Vector, label int, weight float64, adds, scratch []float64) {
	shares := m.Predict(x, scratch[:0])
	evidence := bayesEvidence(shares[label], m.logShares(shares))
	softmax(1, m.labels.sorted, shares)
	expected := 0.0 // of what each known feature adds
	for _, k := range m.labels.sorted {
		expected += float64(shares[k] * m.all(k))
	}
	rest, size := evidence, 0.0
	for i, feature := range x.Index {
		moved := x.Value[i] * m.moves(feature, label, shares, expected)
		rest -= moved
		size += math.Abs(moved)
	}
	if size == 0 {
		return
	}
	for i, feature := range x.Index {
		moved := x.Value[i] * m.moves(feature, label, shares, expected)
		adds[i] += weight * (moved + rest*math.Abs(moved)/size)
	}
}

// moves is how fast a label's log share grows with the value of a feature.
func (m *nb) moves(feature uint32, label int, shares []float64, expected float64) float64 {
	speed, known := 0.0, false
	for i := range m.cells.groups {
		r := m.cells.groups[i].find(feature)
		if r == nil {
			continue
		}
		known = true
		of := m.cells.of(r)
		for k, mask := 0, r.mask; mask != 0; k, mask = k+1, mask&(mask-1) {
			l := i*groupLabels + bits.TrailingZeros64(mask)
			speed -= float64(shares[l] * float64(of[k].b))
			if l == label {
				speed += float64(of[k].b)
			}
		}
	}
	if !known {
		return 0
	}
	return speed + m.all(label) - expected
}
