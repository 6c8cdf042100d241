package pipeline

import (
	"tidings"
)

// Fate is what became of a late label.
type Fate uint8

// The fates.
const (
	LabelPending   Fate = iota // classify has not met it
	LabelLearnt                // the first label of its document: learnt
	LabelCorrected             // another one than was learnt: learnt on top, for nothing that was learnt is undone
	LabelRepeated              // the one that was learnt last: not learnt again
	LabelTooLate               // of a document whose features are not kept any more
	LabelUnknown               // of no document that is remembered
	LabelTooMany               // one more label than the model may have
	LabelLost                  // at-most-once: its record was lost
	LabelScored                // nothing is learnt in this pipeline: the prediction is scored with it
	fates
)

// String is the fate as it is written for programs.
func (f Fate) String() string {
	switch f {
	case LabelLearnt:
		return "learnt"
	case LabelCorrected:
		return "corrected"
	case LabelRepeated:
		return "repeated"
	case LabelTooLate:
		return "too_late"
	case LabelUnknown:
		return "unknown"
	case LabelTooMany:
		return "too_many_labels"
	case LabelLost:
		return "lost"
	case LabelScored:
		return "scored"
	}
	return "pending"
}

// Late learns a label that came later than its document, at its own place in
// the log, from the vector that was kept when the document was met. The entry
// says what became of it.
func (l *Learner) Late(e *Entry) (learnt bool, err error) {
	n, learn := l.ring.Bind(e)
	if !learn {
		return false, nil
	}
	l.ring.vector(n, &l.late)
	l.scores = l.model.Predict(l.late, l.scores)
	if e.Alarms = nil; e.Fate == LabelLearnt {
		// What the model says now, not having learnt it: every replica knows that,
		// and the first prediction only the one that made it.
		l.watch.outcome(e, l.likeliest())
	}
	if l.fixed {
		l.ring.Learnt(n, e.Truth)
		e.Fate = LabelScored
		return false, nil
	}
	learnt, err = l.teach(e, l.late)
	switch {
	case learnt:
		l.ring.Learnt(n, e.Truth)
	case err == nil:
		e.Fate = LabelTooMany
	}
	return learnt, err
}

// LateCounts says what became of the late labels.
type LateCounts struct {
	Came      uint64 `json:"came"`
	Learnt    uint64 `json:"learnt"`
	Corrected uint64 `json:"corrected"`
	Repeated  uint64 `json:"repeated"`
	TooLate   uint64 `json:"too_late"`
	Unknown   uint64 `json:"unknown"`
	TooMany   uint64 `json:"too_many_labels"`
	Lost      uint64 `json:"lost"`
	Scored    uint64 `json:"scored,omitempty"`
}

func (c *LateCounts) add(f Fate) {
	c.Came++
	switch f {
	case LabelLearnt:
		c.Learnt++
	case LabelCorrected:
		c.Corrected++
	case LabelRepeated:
		c.Repeated++
	case LabelTooLate:
		c.TooLate++
	case LabelUnknown:
		c.Unknown++
	case LabelTooMany:
		c.TooMany++
	case LabelLost:
		c.Lost++
	case LabelScored:
		c.Scored++
	}
}

// unscoredMax is how many predictions of documents without a label a Tally
// remembers, to score them when the label comes.
const unscoredMax = 1 << 18

// unscored remembers what was predicted of the last documents that had no
// label. The memory grows up to unscoredMax and no further.
type unscored struct {
	ring    []predicted // in log order, from first on, round and round
	first   int
	size    int
	numbers map[string]uint32
	names   []string
}

type predicted struct {
	sequence    uint64
	line        uint32
	label       uint32 // number of its name, plus 1; 0: scored
	probability float64
}

// namesMax bounds the names of predicted labels; a model has fewer.
const namesMax = 1 << 16

func (s *unscored) at(i int) *predicted { return &s.ring[(s.first+i)%len(s.ring)] }

// add remembers a prediction; positions come in order.
func (s *unscored) add(p tidings.Position, label string, probability float64) {
	number, known := s.numbers[label]
	if !known {
		if len(s.names) == namesMax {
			return
		}
		if s.numbers == nil {
			s.numbers = map[string]uint32{}
		}
		s.names = append(s.names, label)
		number = uint32(len(s.names))
		s.numbers[label] = number
	}
	if s.size == len(s.ring) {
		if s.size < unscoredMax {
			s.grow()
		} else {
			s.first = (s.first + 1) % len(s.ring)
			s.size--
		}
	}
	s.size++
	*s.at(s.size - 1) = predicted{p.Sequence, p.Line, number, probability}
}

func (s *unscored) grow() {
	ring := make([]predicted, min(max(2*len(s.ring), 1<<10), unscoredMax))
	for i := range s.size {
		ring[i] = *s.at(i)
	}
	s.ring, s.first = ring, 0
}

// take is what was predicted at a position, once.
func (s *unscored) take(p tidings.Position) (label string, probability float64, found bool) {
	low, high := 0, s.size
	for low < high {
		middle := (low + high) / 2
		if at := s.at(middle); (tidings.Position{Sequence: at.sequence, Line: at.line}).Compare(p) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == s.size {
		return "", 0, false
	}
	at := s.at(low)
	if at.sequence != p.Sequence || at.line != p.Line || at.label == 0 {
		return "", 0, false
	}
	label = s.names[at.label-1]
	at.label = 0
	return label, at.probability, true
}
