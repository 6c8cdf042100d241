package model

import "math"

// temperature turns margins into probabilities: a softmax over the margins
// times one positive factor (Guo, Pleiss, Sun and Weinberger 2017, section
// 4.2), which is learnt online by stochastic gradient descent on the logarithm
// of the factor, from scores made before their document was learnt.
type temperature struct {
	log    float64 // of the factor
	factor float64 // exp(log)
}

const (
	temperatureStart = 2.0
	temperatureRate  = 0.01
	temperatureClip  = 1.0 // of one gradient
	temperatureSpan  = 5.0 // of log, either side of 0
)

func newTemperature() temperature {
	t := temperature{log: math.Log(temperatureStart)}
	t.factor = math.Exp(t.log)
	return t
}

// probabilities appends the softmax of the scores to dst[:0]. Sums run in the
// order of the labels' names.
func (t *temperature) probabilities(l *labels, scores, dst []float64) []float64 {
	return softmax(t.factor, l.sorted, scores, dst)
}

// learn takes one gradient step, given the scores of a document and the number
// of its true label. scratch is as long as scores.
func (t *temperature) learn(l *labels, scores []float64, truth int, scratch []float64) []float64 {
	scratch = t.probabilities(l, scores, scratch)
	var expected float64
	for _, i := range l.sorted {
		expected += scratch[i] * scores[i]
	}
	gradient := t.factor * (expected - scores[truth])
	gradient = min(max(gradient, -temperatureClip), temperatureClip)
	t.set(t.log - temperatureRate*gradient)
	return scratch
}

func (t *temperature) set(log float64) {
	t.log = min(max(log, -temperatureSpan), temperatureSpan)
	t.factor = math.Exp(t.log)
}

// softmax appends the shares exp(factor * score) to dst[:0], summed in the
// given order of indices. Scores that are no finite numbers share the rest.
func softmax(factor float64, order []int, scores, dst []float64) []float64 {
	dst = dst[:0]
	highest := math.Inf(-1)
	for _, s := range scores {
		if s > highest {
			highest = s
		}
	}
	for _, s := range scores {
		p := 0.0
		switch {
		case s == highest: // +Inf too
			p = 1
		case s < highest:
			p = math.Exp(factor * (s - highest))
		}
		dst = append(dst, p)
	}
	var sum float64
	for _, i := range order {
		sum += dst[i]
	}
	if sum == 0 { // all NaN
		for i := range dst {
			dst[i] = 1 / float64(len(dst))
		}
		return dst
	}
	for i := range dst {
		dst[i] /= sum
	}
	return dst
}
