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

func newConfidence() Confidence {
	return Confidence{coverage: metric.NewCoverage(metric.CoverageThresholds()...), kept: metric.NewCoverage()}
}

// Abstain sets the threshold below which a prediction is told as none; 0 is no
// threshold. It is to be set before the first prediction.
func (c *Confidence) Abstain(below float64) {
	if c.kept = metric.NewCoverage(); below > 0 {
		c.kept = metric.NewCoverage(below)
	}
}

// add counts a prediction; truth is "" when nobody has labelled the document.
func (c *Confidence) add(truth, label string, probability float64) {
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

// bins are the calibration's, nil where nothing was counted.
func (c *Confidence) bins() []metric.Bin {
	if c.Calibration.Documents() == 0 {
		return nil
	}
	return c.Calibration.Table()
}

// Coverage is what thresholds of .3 to .9 would leave.
func (c *Confidence) Coverage() []metric.Covered { return c.coverage.Table() }

// Kept is what the threshold leaves, nil without one.
func (c *Confidence) Kept() *metric.Covered {
	if table := c.kept.Table(); len(table) > 0 {
		return &table[0]
	}
	return nil
}
