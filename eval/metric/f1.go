package metric

// LabelScore says how well one label was told from the others.
type LabelScore struct {
	Label     string  `json:"label"`
	Precision float64 `json:"precision"` // of the documents predicted to have it, the share that does; 0 if it was never predicted
	Recall    float64 `json:"recall"`    // of the documents that have it, the share that was found; 0 if it never was the truth
	F1        float64 `json:"f1"`        // harmonic mean of the two: 2 right / (predicted + support)
	Support   uint64  `json:"support"`   // documents that have it
	Predicted uint64  `json:"predicted"` // documents predicted to have it
	Right     uint64  `json:"right"`     // documents both
}

// PerLabel returns the scores of all labels that occurred as truth or as
// prediction, sorted by name; "" is no label. Every one has a document or a
// prediction, so that F1 never divides by 0. (van Rijsbergen 1979, chapter 7,
// with equal weight on precision and recall.)
func (c *Confusion) PerLabel() []LabelScore {
	labels := c.Labels()
	predicted := make([]uint64, len(c.names))
	support := make([]uint64, len(c.names))
	for truth, row := range c.cells {
		for guess, n := range row {
			support[truth] += n
			predicted[guess] += n
		}
	}
	scores := make([]LabelScore, 0, len(labels))
	for _, label := range labels {
		if label == "" {
			continue
		}
		at := c.index[label]
		scores = append(scores, LabelScore{
			Label:     label,
			Precision: ratio(c.right[at], predicted[at]),
			Recall:    ratio(c.right[at], support[at]),
			F1:        ratio(2*c.right[at], predicted[at]+support[at]),
			Support:   support[at],
			Predicted: predicted[at],
			Right:     c.right[at],
		})
	}
	return scores
}

// MacroF1 is the mean of the F1 of all labels that occurred as truth or as
// prediction, each with the same weight, in [0, 1]. (The mean of the F1s, not
// the F1 of the means: Opitz and Burst 2019, "Macro F1 and Macro F1".)
//
// It is scikit-learn's f1_score(truth, predicted, average="macro",
// zero_division=0), which averages over the labels of both lists as well.
// Where "" was predicted it is that function given labels=, the sorted labels
// without "": otherwise a single document met before any label was known
// would count as a label that is never right.
func (c *Confusion) MacroF1() float64 {
	scores := c.PerLabel()
	if len(scores) == 0 {
		return 0
	}
	var sum float64 // in the order of the names, whatever came first
	for _, s := range scores {
		sum += s.F1
	}
	return sum / float64(len(scores))
}
