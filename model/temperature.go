package model

import "math"

// temperature turns one-vs-rest margins into probabilities: a softmax over the
// squashed margins times one positive factor (Guo, Pleiss, Sun and Weinberger
// 2017, section 4.2), which is learnt online by stochastic gradient descent on
// its logarithm, from scores made before their document was learnt. The gradient
// is the factor times (the mean of the squashed margins under the shares, less
// the true label's); sums run in the order of the labels' names.
type temperature struct {
	log    float64 // of the factor
	factor float64 // exp(log)
}

const (
	temperatureStart = 1.0
	temperatureRate  = 0.01
	temperatureClip  = 10.0 // of one gradient; lower and confidence is too high
	temperatureSpan  = 5.0  // of log, either side of 0
	marginHalf       = 0.5  // where a positive margin counts half
)

func newTemperature() (t temperature) {
	t.set(temperatureStart)
	return t
}

func (t *temperature) set(log float64) {
	t.log = min(max(log, -temperatureSpan), temperatureSpan)
	t.factor = math.Exp(t.log)
}

// probabilities appends one share a score to dst[:0].
func (t *temperature) probabilities(l *labels, scores, dst []float64) []float64 {
	dst = squash(scores, dst)
	softmax(t.factor, l.sorted, dst)
	return dst
}

// learn takes one gradient step, given the scores of a document and the number
// of its true label. It returns scratch, which it may have grown.
func (t *temperature) learn(l *labels, scores []float64, truth int, scratch []float64) []float64 {
	scratch = t.probabilities(l, scores, scratch)
	var expected float64
	for _, i := range l.sorted {
		expected += float64(scratch[i] * squashed(scores[i]))
	}
	gradient := t.factor * (expected - squashed(scores[truth]))
	t.set(t.log - float64(temperatureRate*min(max(gradient, -temperatureClip), temperatureClip)))
	return scratch
}

// squash appends the squashed margins to dst[:0].
func squash(margins, dst []float64) []float64 {
	dst = dst[:0]
	for _, m := range margins {
		dst = append(dst, squashed(m))
	}
	return dst
}

// squashed keeps a negative margin and bends a positive one towards marginHalf.
// A learner stops at a margin of 1, so what lies above says little: without the
// bend the surest predictions are too sure.
func squashed(m float64) float64 {
	if m > 0 {
		return 1 / (1/m + 1/marginHalf)
	}
	return m
}

// softmax replaces scores by the shares exp(factor * score), which sum to 1.
// The sum runs in the given order of indices. A score that is no number has the
// share 0, or an equal one where none is a number.
func softmax(factor float64, order []int, scores []float64) {
	highest := math.Inf(-1)
	for _, s := range scores {
		if s > highest {
			highest = s
		}
	}
	for i, s := range scores {
		switch {
		case s == highest: // both may be infinite
			scores[i] = 1
		case s < highest:
			scores[i] = math.Exp(factor * (s - highest))
		default:
			scores[i] = 0
		}
	}
	var sum float64
	for _, i := range order {
		sum += scores[i]
	}
	for i := range scores {
		if sum > 0 {
			scores[i] /= sum
		} else {
			scores[i] = 1 / float64(len(scores))
		}
	}
}
