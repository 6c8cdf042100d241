package model

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// ErrOtherKind reports that the weights of two models mean different things.
var ErrOtherKind = errors.New("models of different kinds have no weights to compare")

// Distance is how far the weights of one model are from those of another.
type Distance struct {
	Relative float64 // the Euclidean norm of what they are apart, as a share of that of the other's weights; 1 where these are all 0 and the others are not
	Max      float64 // what the two weights are apart of the (label, feature) pair where it is most
	Cells    int     // pairs that one of the two has
}

// Apart compares a model's weights with another's, over the (label, feature)
// pairs that one of them keeps numbers for: a pair that only one has weighs
// nothing in the other. Labels are the same that have the same name. Of a model
// of several parts it is the weights of all parts together, and not how far each
// is followed. What a model knows beside its weights (variances, calibration) is
// left out; Digest has it. Error: ErrOtherKind.
func Apart(m, other Model) (Distance, error) {
	ours, same := m.(weighted)
	theirs, known := other.(weighted)
	if !same || !known || m.Name() != other.Name() {
		return Distance{}, fmt.Errorf("%s and %s: %w", m.Name(), other.Name(), ErrOtherKind)
	}
	var sum apart
	of := theirs.weights()
	for i, w := range ours.weights() {
		sum.add(w, of[i])
	}
	return sum.distance(), nil
}

// weighted is a model whose weights can be compared. Models of one kind have the
// same parts.
type weighted interface {
	weights() []weights
}

// weights are those of one part of a model.
type weights struct {
	of *linear
	is func(cell) float64
}

func (m *arow) weights() []weights        { return []weights{{&m.linear, first}} }
func (m *pa) weights() []weights          { return []weights{{&m.linear, first}} }
func (m *multinomial) weights() []weights { return []weights{{&m.linear, m.weigh}} }

// A cell's weight is beside its count. What a label adds for every feature alike
// belongs to no cell.
func (m *bayes) weights() []weights { return []weights{{&m.linear, second}} }

func (m *stack) weights() []weights {
	return []weights{{&m.words.linear, first}, {&m.bayes.linear, second}, {&m.chars.linear, first}}
}

// apart adds up what weights are apart.
type apart struct {
	squares, norm, max float64
	cells              int
}

// add takes the weights of a part and of its like.
func (a *apart) add(w, other weights) {
	to := numbersOf(&w.of.labels, &other.of.labels)
	w.each(func(label int, feature uint32, is float64) {
		was, _ := other.at(to[label], feature)
		a.cell(is - was)
	})
	back := numbersOf(&other.of.labels, &w.of.labels)
	other.each(func(label int, feature uint32, was float64) {
		a.norm += float64(was * was)
		if _, both := w.at(back[label], feature); !both {
			a.cell(was)
		}
	})
}

func (a *apart) cell(by float64) {
	a.squares += float64(by * by)
	a.max = max(a.max, math.Abs(by))
	a.cells++
}

func (a *apart) distance() Distance {
	d := Distance{Max: a.max, Cells: a.cells}
	switch {
	case a.squares == 0:
	case a.norm == 0:
		d.Relative = 1
	default:
		d.Relative = math.Sqrt(a.squares / a.norm)
	}
	return d
}

// numbersOf are the numbers that labels have elsewhere, -1 where they have none.
func numbersOf(l, elsewhere *labels) (to []int) {
	for _, name := range l.names {
		to = append(to, elsewhere.find(name))
	}
	return to
}

// each calls f with every cell's weight.
func (w weights) each(f func(label int, feature uint32, is float64)) {
	c := &w.of.cells
	for gi := range c.groups {
		for i := range c.groups[gi].rows {
			r := &c.groups[gi].rows[i]
			if r.mask == 0 {
				continue
			}
			mask := r.mask
			for _, cell := range c.of(r) {
				f(gi*groupLabels+bits.TrailingZeros64(mask), r.feature, w.is(cell))
				mask &= mask - 1
			}
		}
	}
}

// at is the weight of a label, which may be -1, and a feature.
func (w weights) at(label int, feature uint32) (is float64, has bool) {
	if label < 0 {
		return 0, false
	}
	c := &w.of.cells
	r := c.groups[label/groupLabels].find(feature)
	bit := uint(label % groupLabels)
	if r == nil || r.mask>>bit&1 == 0 {
		return 0, false
	}
	return w.is(c.of(r)[rank(r.mask, bit)]), true
}
