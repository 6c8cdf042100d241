// Package drift tells when a stream changes: from the errors of whoever
// predicts it (adwin, page-hinkley), or from its words alone, without labels
// (terms). Beside them stands the baseline that every detector has to beat: an
// alarm every so many documents, whatever they say (every).
//
// The one rule to keep: a detector is a function of what it was given, in that
// order, to the bit. So replicas that meet the same log alarm at the same
// positions, and one that was saved and loaded in between alarms as one that was
// not. An alarm changes nothing but the detector: what to do about it is for
// whoever hears it.
//
// A Set's owner is one goroutine. Memory is bounded by constants that each
// detector states; nothing grows with the stream.
package drift

// Detector watches a stream for one kind of change. New and Load make those
// that Names lists.
type Detector interface {
	// Name is the name that a Spec knows it by.
	Name() string
	// Document takes the next document: the hashes of its distinct terms, in the
	// order of the text. It keeps nothing of the slice.
	Document(terms []uint64) (Alarm, bool)
	// Outcome takes whether the first prediction of the next document whose label
	// has become known was wrong.
	Outcome(wrong bool) (Alarm, bool)
	// Bytes is the memory that it holds.
	Bytes() int64

	// clone returns a copy that goes its own way.
	clone() Detector
	// state appends all that it remembers: equal detectors append equal bytes.
	state(e *encoder)
	// restore takes what state appended, into a new detector.
	restore(d *decoder)
}

// Alarm is what a detector says when it finds a change.
type Alarm struct {
	Detector  string
	Statistic float64 // what it measured, in its own unit
	Threshold float64 // what the statistic had to pass
}

// wordless is for detectors that do not look at words.
type wordless struct{}

func (wordless) Document([]uint64) (Alarm, bool) { return Alarm{}, false }

// labelless is for detectors that do not need labels.
type labelless struct{}

func (labelless) Outcome(bool) (Alarm, bool) { return Alarm{}, false }
