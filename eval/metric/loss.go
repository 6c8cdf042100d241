package metric

import "math"

// lossMin is the least probability that a loss takes as such: the next number
// behind 1 less 1, as scikit-learn's log_loss. So one certain mistake costs 36,
// and not everything.
const lossMin = 0x1p-52

// Loss tells how much probability the labels had that came true. Unlike
// accuracy it counts how sure a prediction was; unlike a calibration error,
// which a guess at the mean has too, it counts whether it helps.
//
// Sums are in steps of 2^-24, so that they do not depend on the order, and the
// sum of 10^10 fits. The zero value is ready.
type Loss struct {
	documents uint64
	log       uint64 // sums in steps of 1/probabilityOne
	brier     uint64
	invalid   uint64
}

// Add counts a prediction: truth is the probability of the label that came
// true, squares the sum of the squared probabilities of all labels, that one
// among them. What cannot be (a probability is in [0, 1], and so is its square)
// is counted in Invalid and nowhere else.
func (l *Loss) Add(truth, squares float64) {
	if !(truth >= 0 && truth <= 1) || !(squares >= 0 && squares <= 1+1e-9) {
		l.invalid++
		return
	}
	l.documents++
	l.log += steps(-math.Log(min(max(truth, lossMin), 1)))
	l.brier += steps(max(0, squares-2*truth+1))
}

func steps(x float64) uint64 { return uint64(math.RoundToEven(x * probabilityOne)) }

// Merge adds what other counted, exactly as if all had been added to one.
func (l *Loss) Merge(other *Loss) {
	l.documents += other.documents
	l.log += other.log
	l.brier += other.brier
	l.invalid += other.invalid
}

// Documents is how many predictions were counted.
func (l *Loss) Documents() uint64 { return l.documents }

// Invalid is how many had no probabilities.
func (l *Loss) Invalid() uint64 { return l.invalid }

// Log is the mean of -ln of the probability of the label that came true; 0 is
// perfect, ln of the number of labels is what guessing gets. One certain mistake
// counts as 36.
func (l *Loss) Log() float64 { return ratio(l.log, l.documents*probabilityOne) }

// Brier is the mean of the squared distance of the probabilities of all labels
// from what came true (Brier 1950), in [0, 2]; 0 is perfect.
func (l *Loss) Brier() float64 { return ratio(l.brier, l.documents*probabilityOne) }
