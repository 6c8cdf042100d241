package metric

import "strings"

// tested counts how often a baseline was right before it learnt.
type tested struct {
	documents, right uint64
}

func (t *tested) score(right bool) {
	t.documents++
	if right {
		t.right++
	}
}

// Documents is how many labels were predicted.
func (t *tested) Documents() uint64 { return t.documents }

// Right is how many of them were predicted rightly.
func (t *tested) Right() uint64 { return t.right }

// Accuracy is Right / Documents, in [0, 1]; 0 before the first.
func (t *tested) Accuracy() float64 { return ratio(t.right, t.documents) }

// RepeatLast predicts that a document has the label of the one before. On a
// stream whose labels come in runs it is hard to beat, so that an accuracy
// says little until it is compared with it (Bifet et al. 2013, the no-change
// classifier).
//
// The zero value is ready; it predicts "" until it has learnt a label.
type RepeatLast struct {
	tested
	last string
}

// Predict returns the label learnt last.
func (r *RepeatLast) Predict() string { return r.last }

// Learn scores the prediction against the true label, then learns it. A
// document without a label ("") is neither scored nor learnt.
func (r *RepeatLast) Learn(truth string) {
	if truth == "" {
		return
	}
	r.score(r.last == truth)
	if r.last != truth {
		r.last = strings.Clone(truth) // it may be a piece of a message
	}
}

// Majority predicts the label that was learnt most often so far, of equal ones
// that whose name sorts first.
//
// The zero value is ready; it predicts "" until it has learnt a label. It
// counts the first LabelsMaxDefault labels and never predicts another one.
type Majority struct {
	tested
	counts map[string]*uint64
	best   string
	most   uint64
}

// Predict returns the label learnt most often.
func (m *Majority) Predict() string { return m.best }

// Learn scores the prediction against the true label, then learns it. A
// document without a label ("") is neither scored nor learnt.
func (m *Majority) Learn(truth string) {
	if truth == "" {
		return
	}
	m.score(m.best == truth)
	n := m.counts[truth]
	if n == nil {
		if len(m.counts) >= LabelsMaxDefault {
			return
		}
		if m.counts == nil {
			m.counts = make(map[string]*uint64)
		}
		n = new(uint64)
		m.counts[strings.Clone(truth)] = n // it may be a piece of a message
	}
	*n++
	if *n < m.most || *n == m.most && truth > m.best {
		return
	}
	m.most = *n
	if m.best != truth {
		m.best = strings.Clone(truth)
	}
}
