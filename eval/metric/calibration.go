package metric

import (
	"math"
	"sort"
)

// Limits of a Calibration.
const (
	BinsDefault = 15
	BinsMax     = 1000
)

// probabilityOne is the probability 1 as an integer. Probabilities are summed
// in steps of 2^-24, so that sums do not depend on the order, and the sum of
// 10^12 of them fits.
const probabilityOne = 1 << 24

// Calibration tells whether probabilities can be believed: of the predictions
// made with a probability of about .8, about .8 should be right. Predictions
// are sorted into bins of equal width by the probability of the label they
// name; bin i of n holds what is above i/n, up to and including (i+1)/n, the
// first one 0 as well (Guo, Pleiss, Sun and Weinberger 2017, section 2; the
// bins of scikit-learn's calibration_curve).
//
// The zero value has BinsDefault bins.
type Calibration struct {
	edges   []float64 // upper edges of all bins but the last
	bins    []bin
	invalid uint64
}

type bin struct {
	documents, right uint64
	probability      uint64 // sum, in steps of 1/probabilityOne
}

// NewCalibration returns a Calibration with that many bins, usually 10 or 15.
// Less than 1 stands for BinsDefault, more than BinsMax for BinsMax.
func NewCalibration(bins int) *Calibration {
	if bins < 1 {
		bins = BinsDefault
	}
	bins = min(bins, BinsMax)
	c := &Calibration{bins: make([]bin, bins), edges: make([]float64, bins-1)}
	for i := range c.edges {
		c.edges[i] = float64(i+1) / float64(bins)
	}
	return c
}

// Add counts a prediction made with that probability. What is no probability,
// as it is not in [0, 1], is counted in Invalid and nowhere else.
func (c *Calibration) Add(probability float64, right bool) {
	c.prepare()
	if !(probability >= 0 && probability <= 1) {
		c.invalid++
		return
	}
	b := &c.bins[sort.SearchFloat64s(c.edges, probability)]
	b.documents++
	b.probability += uint64(math.RoundToEven(probability * probabilityOne))
	if right {
		b.right++
	}
}

func (c *Calibration) prepare() {
	if c.bins == nil {
		*c = *NewCalibration(0)
	}
}

// Merge adds what other counted, exactly as if all had been added to one. It
// reports false, and adds nothing, when other has another number of bins.
func (c *Calibration) Merge(other *Calibration) bool {
	if other.bins == nil {
		return true
	}
	c.prepare()
	if len(c.bins) != len(other.bins) {
		return false
	}
	for i, b := range other.bins {
		c.bins[i].documents += b.documents
		c.bins[i].right += b.right
		c.bins[i].probability += b.probability
	}
	c.invalid += other.invalid
	return true
}

// Invalid is how many predictions had no probability between 0 and 1.
func (c *Calibration) Invalid() uint64 { return c.invalid }

// Documents is how many predictions were counted.
func (c *Calibration) Documents() uint64 {
	var n uint64
	for _, b := range c.bins {
		n += b.documents
	}
	return n
}

// Error is the expected calibration error: the distance between accuracy and
// mean probability in each bin, averaged with the bins' documents as weights
// (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, equation 3). It is in
// [0, 1], 0 when nothing was counted, and depends on the number of bins.
// Probabilities count in steps of 2^-24, so that it is exact to 3e-8.
func (c *Calibration) Error() float64 {
	var distance uint64 // sum over bins of |right - sum of probabilities|
	for _, b := range c.bins {
		right := b.right * probabilityOne
		distance += max(right, b.probability) - min(right, b.probability)
	}
	return ratio(distance, c.Documents()*probabilityOne)
}

// Bin is one row of the table behind a reliability diagram.
type Bin struct {
	Low         float64 `json:"low"`  // not in the bin, but for 0
	High        float64 `json:"high"` // in the bin
	Documents   uint64  `json:"documents"`
	Right       uint64  `json:"right"`
	Accuracy    float64 `json:"accuracy"`    // 0 where there are no documents
	Probability float64 `json:"probability"` // mean; 0 where there are no documents
}

// Table returns all bins, lowest first, empty ones too.
func (c *Calibration) Table() []Bin {
	c.prepare()
	table := make([]Bin, len(c.bins))
	for i, b := range c.bins {
		table[i] = Bin{
			Low:         float64(i) / float64(len(c.bins)),
			High:        float64(i+1) / float64(len(c.bins)),
			Documents:   b.documents,
			Right:       b.right,
			Accuracy:    ratio(b.right, b.documents),
			Probability: ratio(b.probability, b.documents*probabilityOne),
		}
	}
	return table
}
