package model

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"tidings"
)

// linear is what the models with one score a label have in common.
type linear struct {
	options Options
	labels  labels
	cells   cells
	updates uint64

	calibration calibration
}

func newLinear(o Options, fresh cell) linear {
	return linear{options: o, cells: cells{fresh: fresh, max: o.cellsMax()}, calibration: calibratedLogits()}
}

func (m *linear) Labels() []string { return m.labels.names }
func (m *linear) Updates() uint64  { return m.updates }
func (m *linear) Cells() int       { return m.cells.count }
func (m *linear) Dropped() uint64  { return m.cells.drops }

// admit checks what Learn was given. It returns the label's number, -1 when it
// is new, and how many labels are known.
func (m *linear) admit(x tidings.Vector, label string, scores []float64) (truth, known int, err error) {
	if err := m.labels.check(label); err != nil {
		return 0, 0, err
	}
	if err := checkVector(x); err != nil {
		return 0, 0, err
	}
	if err := checkScores(scores); err != nil {
		return 0, 0, err
	}
	return m.labels.find(label), len(m.labels.names), nil
}

// Probabilities is Model's.
func (m *linear) Probabilities(scores, dst []float64) []float64 {
	return m.calibration.probabilities(&m.labels, scores, dst)
}

// add numbers a new label and returns its number.
func (m *linear) add(label string) int {
	l := m.labels.add(label)
	m.cells.cover(len(m.labels.names))
	return l
}

// predict appends one score a label to scores[:0]: the sum of value times weight
// of each entry in order.
func (m *linear) predict(x tidings.Vector, scores []float64, weight func(cell) float64) []float64 {
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
			mask := r.mask
			for _, c := range m.cells.of(r) {
				part[bits.TrailingZeros64(mask)] += float64(x.Value[i] * weight(c))
				mask &= mask - 1
			}
		}
	}
	return scores
}

// contributions appends value times weight of each entry to dst[:0].
func (m *linear) contributions(x tidings.Vector, label string, dst []float64, weight func(cell) float64) []float64 {
	dst = dst[:0]
	l := m.labels.find(label)
	for i, feature := range x.Index {
		add := 0.0
		if l >= 0 {
			r := m.cells.groups[l/groupLabels].find(feature)
			if bit := uint(l % groupLabels); r != nil && r.mask>>bit&1 != 0 {
				add = x.Value[i] * weight(m.cells.of(r)[rank(r.mask, bit)])
			}
		}
		dst = append(dst, add)
	}
	return dst
}

func (m *linear) bytes() int64 {
	n := m.cells.bytes()
	for _, name := range m.labels.names {
		n += int64(len(name)) + 64
	}
	return n
}

// digest hashes all state but what is one model's own. Numbers that are not of a
// cell are told apart by mix(1), mix(2) and so on; a model goes on with mix(3).
func (m *linear) digest(name string) uint64 {
	sum := xxhash.Sum64String(name) + mix(m.updates^mix(1)) + mix(m.cells.drops^mix(2)) + m.calibration.digest()
	for _, hash := range m.labels.hashes {
		sum += mix(hash)
	}
	return sum + m.cells.digest(&m.labels)
}

// first is the weight where a cell holds it as it is.
func first(c cell) float64 { return float64(c.a) }

// bounded is a number as float32, kept finite.
func bounded(v float64) float32 {
	return float32(min(max(v, -math.MaxFloat32), math.MaxFloat32))
}

// groupMask has a bit for each of the labels that group i has, of n in all.
func groupMask(i, n int) uint64 {
	return ^uint64(0) >> (groupLabels - min(groupLabels, n-i*groupLabels))
}

// cellCount returns how many cells a mask stands for.
func cellCount(mask uint64) int { return bits.OnesCount64(mask) }
