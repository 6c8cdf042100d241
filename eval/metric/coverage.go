package metric

import "slices"

// CoverageThresholdsMax is how many thresholds one Coverage looks at.
const CoverageThresholdsMax = 100

// Coverage tells what it costs and buys to answer only where one is sure: for
// each of some thresholds, which share of the documents has a prediction with at
// least that probability, and how many of those predictions are right (the
// risk-coverage trade-off: El-Yaniv and Wiener 2010, section 2; Geifman and
// El-Yaniv 2017).
//
// The zero value looks at no threshold.
type Coverage struct {
	thresholds []float64 // ascending
	rows       []coverageCounts
	documents  uint64
	labelled   uint64
}

// coverageCounts is of the predictions whose probability reaches a threshold
// but not the next one, so that adding touches one row.
type coverageCounts struct{ documents, labelled, right uint64 }

// CoverageThresholds are those that tables show.
func CoverageThresholds() []float64 { return []float64{.3, .4, .5, .6, .7, .8, .9} }

// NewCoverage looks at those thresholds, in ascending order, each once, at most
// CoverageThresholdsMax of them.
func NewCoverage(thresholds ...float64) *Coverage {
	all := slices.Clone(thresholds)
	slices.Sort(all)
	all = slices.Compact(all)
	all = all[:min(len(all), CoverageThresholdsMax)]
	return &Coverage{thresholds: all, rows: make([]coverageCounts, len(all))}
}

// Add counts the prediction of a document with a label. A probability that is
// none, or no number, reaches no threshold.
func (c *Coverage) Add(probability float64, right bool) {
	c.documents++
	c.labelled++
	if r := c.row(probability); r != nil {
		r.documents++
		r.labelled++
		if right {
			r.right++
		}
	}
}

// AddUnlabelled counts the prediction of a document of which nobody knows
// whether it is right.
func (c *Coverage) AddUnlabelled(probability float64) {
	c.documents++
	if r := c.row(probability); r != nil {
		r.documents++
	}
}

// AddLabel counts the label of a document whose prediction AddUnlabelled
// counted before.
func (c *Coverage) AddLabel(probability float64, right bool) {
	c.labelled++
	if r := c.row(probability); r != nil {
		r.labelled++
		if right {
			r.right++
		}
	}
}

// row is that of the highest threshold that a probability reaches, or nil.
func (c *Coverage) row(probability float64) *coverageCounts {
	for i := len(c.thresholds) - 1; i >= 0; i-- {
		if probability >= c.thresholds[i] {
			return &c.rows[i]
		}
	}
	return nil
}

// Merge adds what other counted, exactly as if all had been added to one. It
// reports false, and adds nothing, when other has other thresholds.
func (c *Coverage) Merge(other *Coverage) bool {
	if !slices.Equal(c.thresholds, other.thresholds) {
		return false
	}
	c.documents += other.documents
	c.labelled += other.labelled
	for i, r := range other.rows {
		c.rows[i].documents += r.documents
		c.rows[i].labelled += r.labelled
		c.rows[i].right += r.right
	}
	return true
}

// Covered is what one threshold leaves.
type Covered struct {
	Threshold float64 `json:"threshold"` // what is below is not answered
	Documents uint64  `json:"documents"` // answered
	Abstained uint64  `json:"abstained"` // not answered
	Coverage  float64 `json:"coverage"`  // the share answered; 0 when nothing was counted
	Labelled  uint64  `json:"labelled"`  // of the answered
	Right     uint64  `json:"right"`     // of these
	Accuracy  float64 `json:"accuracy"`  // of these; 0 when none is left
}

// Table returns a row for each threshold, lowest first.
func (c *Coverage) Table() []Covered {
	table := make([]Covered, len(c.thresholds))
	var sum coverageCounts
	for i := len(table) - 1; i >= 0; i-- {
		r := c.rows[i]
		sum.documents += r.documents
		sum.labelled += r.labelled
		sum.right += r.right
		table[i] = Covered{
			Threshold: c.thresholds[i], Documents: sum.documents, Abstained: c.documents - sum.documents,
			Coverage: ratio(sum.documents, c.documents), Labelled: sum.labelled, Right: sum.right, Accuracy: ratio(sum.right, sum.labelled),
		}
	}
	return table
}
