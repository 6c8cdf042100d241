package pipeline

import "tidings/eval/metric"

// Confidence adds up how far the probabilities of predictions can be believed,
// and what abstaining leaves. It is a function of the committed predictions.
//
// To abstain is a property of what is shown, not of the pipeline: records hold
// each label with its probability whatever the threshold, so that another
// reader, or the same one tomorrow, may choose another, and nothing of it
// reaches learning, windows or digests.
type Confidence struct {
	Calibration metric.Calibration // of documents with a label
	coverage    *metric.Coverage
	kept        *metric.Coverage // at the threshold asked for
}

// NewConfidence has counted nothing and has no threshold.
func NewConfidence() Confidence {
	return Confidence{coverage: metric.NewCoverage(metric.CoverageThresholds()...), kept: metric.NewCoverage()}
}

// Abstain sets the threshold below which a prediction is told as none; 0 is no
// threshold. It is to be set before the first prediction.
func (c *Confidence) Abstain(below float64) {
	if c.kept = metric.NewCoverage(); below > 0 {
		c.kept = metric.NewCoverage(below)
	}
}

// Add counts a prediction; truth is "" when nobody has labelled the document.
func (c *Confidence) Add(truth, label string, probability float64) {
	if truth == "" {
		c.coverage.AddUnlabelled(probability)
		c.kept.AddUnlabelled(probability)
		return
	}
	right := truth == label
	c.coverage.Add(probability, right)
	c.kept.Add(probability, right)
	if label != "" {
		c.Calibration.Add(probability, right)
	}
}

// Bins are the calibration's, nil where nothing was counted.
func (c *Confidence) Bins() []metric.Bin {
	if c.Calibration.Documents() == 0 {
		return nil
	}
	return c.Calibration.Table()
}

// AddLabel counts the label of a document whose prediction was counted before,
// without one.
func (c *Confidence) AddLabel(truth, label string, probability float64) {
	right := truth == label
	c.coverage.AddLabel(probability, right)
	c.kept.AddLabel(probability, right)
	if label != "" {
		c.Calibration.Add(probability, right)
	}
}

// Merge adds what other counted. Both have the same threshold.
func (c *Confidence) Merge(other *Confidence) {
	c.Calibration.Merge(&other.Calibration)
	c.coverage.Merge(other.coverage)
	c.kept.Merge(other.kept)
}

// Coverage is what thresholds of .3 to .9 would leave.
func (c *Confidence) Coverage() []metric.Covered { return c.coverage.Table() }

// Shares are the probabilities of all labels of the model, in their order, for
// the document that was met last; valid until it is learnt.
func (l *Learner) Shares() (labels []string, shares []float64) {
	labels = l.model.Labels()
	return labels, l.probabilities[:len(labels)]
}

// Kept is what the threshold leaves, nil without one.
func (c *Confidence) Kept() *metric.Covered {
	if table := c.kept.Table(); len(table) > 0 {
		return &table[0]
	}
	return nil
}
