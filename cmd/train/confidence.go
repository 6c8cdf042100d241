package main

import (
	"fmt"
	"io"

	"tidings/eval/metric"
	"tidings/pipeline"
)

// believed adds up how far the probabilities of predictions can be believed.
type believed struct {
	pipeline.Confidence
	loss metric.Loss
}

func newBelieved(abstain float64) *believed {
	b := &believed{Confidence: pipeline.NewConfidence()}
	b.Abstain(abstain)
	return b
}

// add counts a prediction, given the probabilities of all labels.
func (b *believed) add(truth, label string, probability float64, labels []string, shares []float64) {
	b.Add(truth, label, probability)
	if truth == "" {
		return
	}
	var of, squares float64
	for i, p := range shares {
		squares += p * p
		if labels[i] == truth {
			of = p
		}
	}
	b.loss.Add(of, squares)
}

func (b *believed) merge(other *believed) {
	b.Merge(&other.Confidence)
	b.loss.Merge(&other.loss)
}

// trust is what it tells as JSON.
type trust struct {
	CalibrationError float64          `json:"calibration_error"` // expected, 15 bins of equal width
	LogLoss          float64          `json:"log_loss"`          // a label's probability counts as 2^-52 at least
	Brier            float64          `json:"brier"`             // over all labels, in [0, 2]
	Coverage         []metric.Covered `json:"coverage"`
	Abstain          *metric.Covered  `json:"abstain,omitempty"`
	Calibration      []metric.Bin     `json:"calibration"`
}

func (b *believed) trust() *trust {
	if b.loss.Documents() == 0 {
		return nil
	}
	return &trust{
		CalibrationError: b.Calibration.Error(), LogLoss: b.loss.Log(), Brier: b.loss.Brier(),
		Coverage: b.Coverage(), Abstain: b.Kept(), Calibration: b.Bins(),
	}
}

// kept writes what the threshold leaves: which share is answered, and how many
// of the answers are right.
func (b *believed) kept() (coverage, accuracy string) {
	k := b.Kept()
	if k == nil || b.loss.Documents() == 0 {
		return "-", "-"
	}
	return fmt.Sprintf("%.4f", k.Coverage), fmt.Sprintf("%.4f", k.Accuracy)
}

// tellCoverage writes what each threshold would leave.
func tellCoverage(w io.Writer, learnt, tested *believed) error {
	if _, err := fmt.Fprintf(w, "\n%10s %10s %10s %10s %10s\n", "abstain", "coverage", "accuracy", "test-cov.", "test"); err != nil {
		return err
	}
	test := tested.Coverage()
	for i, row := range learnt.Coverage() {
		cells := []string{"-", "-"}
		if tested.loss.Documents() > 0 {
			cells = []string{fmt.Sprintf("%.4f", test[i].Coverage), fmt.Sprintf("%.4f", test[i].Accuracy)}
		}
		if _, err := fmt.Fprintf(w, "%10.1f %10.4f %10.4f %10s %10s\n", row.Threshold, row.Coverage, row.Accuracy, cells[0], cells[1]); err != nil {
			return err
		}
	}
	return nil
}
