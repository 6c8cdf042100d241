// Package model holds classifiers that learn one document at a time.
//
// A model predicts a raw score for each label it knows, turns scores into
// probabilities when asked, and learns from one vector and its label. New and
// Load make one by name; a further kind of model is one further file that
// registers itself (see arow.go).
//
// The one rule to keep: predicting changes nothing. Only Learn does, and it
// does so in the order in which it is called, to the bit: two models that
// learnt the same documents in the same order are equal, and so are one that
// was saved and loaded in between and one that was not.
//
// A model's owner is one goroutine. Predict, Probabilities and Contributions
// may run beside each other on many goroutines as long as nobody learns.
package model

import (
	"errors"
	"fmt"
	"io"
	"math"

	"tidings"
)

// Limits. The number of cells is limited by Options.CellsMax.
const (
	LabelsMax = 4096 // labels of one model
	ValueMax  = 1e9  // of a vector's values, either sign
)

// What callers may want to tell apart. After any of them the model is as it was.
var (
	// ErrTooManyLabels reports a label beyond LabelsMax.
	ErrTooManyLabels = errors.New("too many labels")
	// ErrNotFinite reports a NaN, an infinity, or a value beyond ValueMax.
	ErrNotFinite = errors.New("not a finite number")
	// ErrNoLabel reports that there was nothing to learn.
	ErrNoLabel = errors.New("no label to learn")
)

// Model is an online classifier.
type Model interface {
	// Name is the name that New knows the model by.
	Name() string
	// Labels returns the labels learnt so far, in order of first appearance.
	// The caller must not change them.
	Labels() []string
	// Predict returns one raw score a label, in the order of Labels, appended
	// to scores[:0]. A model of several parts puts theirs behind them, which are
	// for its Learn alone: whoever reads scores looks at len(Labels()) of them.
	// It changes nothing, and allocates nothing when scores has the capacity. No
	// label known gives no scores.
	Predict(x tidings.Vector, scores []float64) []float64
	// Probabilities returns what Predict's scores say as shares of 1, one a label, appended
	// to dst[:0], as well calibrated as the model can. It changes nothing.
	Probabilities(scores, dst []float64) []float64
	// Learn takes one labelled document. scores is what Predict returned for x
	// since the last Learn, which saves the work of predicting again, or nil.
	// A label seen for the first time is added. Errors: ErrNoLabel,
	// ErrNotFinite, ErrTooManyLabels; the model is then as it was.
	Learn(x tidings.Vector, label string, scores []float64) error
	// Contributions returns what each entry of x adds to the label's score,
	// appended to dst[:0]; all 0 for a label not known. It changes nothing.
	Contributions(x tidings.Vector, label string, dst []float64) []float64
	// Updates returns how many documents were learnt.
	Updates() uint64
	// Cells returns how many (label, feature) pairs the model keeps numbers for.
	Cells() int
	// Dropped returns how many pairs found no room under Options.CellsMax and
	// were not learnt, counted each time.
	Dropped() uint64
	// Bytes returns the memory of all that grows.
	Bytes() int64
	// Digest returns an order-free hash of the whole state: the sum (modulo
	// 2^64) of hashes of (label name, feature, bits of the values) and of what
	// else is state: the model's name, its labels, updates, drops, and numbers
	// of its own. The order in which labels and features came is not in it.
	Digest() uint64
	// Clone returns a copy that goes its own way, in the time that copying the
	// memory takes: to save it while this one learns on.
	Clone() Model
	// Save writes the model so that Load makes an equal one. Equal models that
	// met their labels in the same order give equal bytes.
	Save(w io.Writer) error
}

// Best returns the label with the highest score, of several the one whose name
// sorts first, -1 when there is none. A NaN is never the best. Scores beyond
// those of the labels take no part.
func Best(labels []string, scores []float64) int {
	best := -1
	for i, s := range scores[:min(len(scores), len(labels))] {
		switch {
		case s != s:
		case best < 0 || s > scores[best] || s == scores[best] && labels[i] < labels[best]:
			best = i
		}
	}
	return best
}

// checkVector tells whether a vector can be learnt.
func checkVector(x tidings.Vector) error {
	if len(x.Index) != len(x.Value) {
		return fmt.Errorf("a vector of %d features and %d values cannot be learnt", len(x.Index), len(x.Value))
	}
	if x.Chars < 0 || x.Chars > len(x.Index) {
		return fmt.Errorf("a vector of %d entries, of which %d are of the character view, cannot be learnt", len(x.Index), x.Chars)
	}
	for i, v := range x.Value {
		if !(math.Abs(v) <= ValueMax) {
			return fmt.Errorf("the value %g of feature %d cannot be learnt; the limit is %g: %w", v, x.Index[i], ValueMax, ErrNotFinite)
		}
	}
	return nil
}

// checkScores tells whether scores are numbers.
func checkScores(scores []float64) error {
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return fmt.Errorf("score %d is %g; predict again and learn from that: %w", i, s, ErrNotFinite)
		}
	}
	return nil
}
