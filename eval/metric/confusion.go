package metric

import (
	"maps"
	"slices"
	"strings"
)

// LabelsMaxDefault is how many labels a Confusion tells apart when it is not
// told otherwise.
const LabelsMaxDefault = 1024

// Other is the label under which a Confusion counts those beyond its limit.
const Other = "(other)"

// Confusion counts how often each label was predicted for each true one.
//
// The prediction "" says that no label was known yet. It is always wrong and
// counts against the true label, but it is no label itself: neither PerLabel
// nor MacroF1 gives it a score.
//
// The zero value tells LabelsMaxDefault labels apart. It takes at most
// 16 bytes for each pair of labels.
type Confusion struct {
	limit     int            // labels told apart, 0: LabelsMaxDefault
	index     map[string]int // place of a label among names
	names     []string       // in the order in which the labels came
	cells     [][]uint64     // [truth][predicted], by place; rows are as long as needed
	right     []uint64       // by place; for Other less than its diagonal, which mixes labels
	documents uint64
	rightSum  uint64
	unscored  uint64
}

// NewConfusion returns a Confusion that tells labelsMax labels apart and
// counts further ones as Other. Less than 1 stands for LabelsMaxDefault.
func NewConfusion(labelsMax int) *Confusion {
	return &Confusion{limit: max(labelsMax, 0)}
}

// Add counts one prediction. A document without a true label ("") has nothing
// to be compared with: it is counted in Unscored and nowhere else.
func (c *Confusion) Add(truth, predicted string) {
	if truth == "" {
		c.unscored++
		return
	}
	c.add(c.place(truth), c.place(predicted), 1)
	if truth == predicted {
		c.hit(c.place(truth), 1)
	}
}

func (c *Confusion) add(truth, predicted int, n uint64) {
	row := c.cells[truth]
	for len(row) <= predicted {
		row = append(row, 0)
	}
	row[predicted] += n
	c.cells[truth] = row
	c.documents += n
}

func (c *Confusion) hit(label int, n uint64) {
	c.right[label] += n
	c.rightSum += n
}

// place is where the label stands, after making room for a new one.
func (c *Confusion) place(label string) int {
	at, known := c.index[label]
	if !known && label != "" && label != Other && c.known() >= c.labelsMax() {
		label = Other
		at, known = c.index[label]
	}
	if known {
		return at
	}
	if c.index == nil {
		c.index = make(map[string]int)
	}
	label = strings.Clone(label) // it may be a piece of a message
	at = len(c.names)
	c.index[label] = at
	c.names = append(c.names, label)
	c.cells = append(c.cells, nil)
	c.right = append(c.right, 0)
	return at
}

// known is how many labels are told apart; "" and Other are none of them.
func (c *Confusion) known() int {
	n := len(c.names)
	for _, special := range [...]string{"", Other} {
		if _, met := c.index[special]; met {
			n--
		}
	}
	return n
}

func (c *Confusion) labelsMax() int {
	if c.limit == 0 {
		return LabelsMaxDefault
	}
	return c.limit
}

// Merge adds what other counted. As long as both together know no more labels
// than the limit, the result is that of adding all to one Confusion.
func (c *Confusion) Merge(other *Confusion) {
	c.unscored += other.unscored
	labels := other.Labels()
	for _, truth := range labels {
		from := other.index[truth]
		for _, predicted := range labels {
			if n := other.cell(from, other.index[predicted]); n > 0 {
				c.add(c.place(truth), c.place(predicted), n)
			}
		}
		if n := other.right[from]; n > 0 {
			c.hit(c.place(truth), n)
		}
	}
}

func (c *Confusion) cell(truth, predicted int) uint64 {
	if predicted >= len(c.cells[truth]) {
		return 0
	}
	return c.cells[truth][predicted]
}

// Documents is how many predictions were scored.
func (c *Confusion) Documents() uint64 { return c.documents }

// Right is how many predictions were the true label.
func (c *Confusion) Right() uint64 { return c.rightSum }

// Unscored is how many documents had no true label.
func (c *Confusion) Unscored() uint64 { return c.unscored }

// Accuracy is Right / Documents, in [0, 1]; 0 when nothing was scored.
func (c *Confusion) Accuracy() float64 { return ratio(c.rightSum, c.documents) }

// Labels returns every label that occurred as truth or as prediction, sorted
// by name. "" is among them when it was predicted, and Other when it was
// needed.
func (c *Confusion) Labels() []string {
	return slices.Sorted(maps.Keys(c.index))
}

// Matrix returns the counts, a row for each true label and a column for each
// predicted one, both in the order of Labels.
func (c *Confusion) Matrix() [][]uint64 {
	labels := c.Labels()
	matrix := make([][]uint64, len(labels))
	for i, truth := range labels {
		matrix[i] = make([]uint64, len(labels))
		for j, predicted := range labels {
			matrix[i][j] = c.cell(c.index[truth], c.index[predicted])
		}
	}
	return matrix
}
