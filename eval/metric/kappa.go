package metric

// Kappa is Cohen's kappa (Cohen 1960): how much of what chance would leave to be
// wrong was right, where chance predicts each label as often as it was
// predicted, whatever the document says. It is 1 when all is right, 0 for
// chance, and can be below 0; 0 too where chance leaves nothing to be wrong.
//
// It is scikit-learn's cohen_kappa_score(truth, predicted). A prediction of ""
// is one that no truth agrees with. What was counted as Other agrees with itself
// here, so beyond the limit of labels kappa is too high.
func (c *Confusion) Kappa() float64 {
	support := make([]uint64, len(c.names))
	predicted := make([]uint64, len(c.names))
	same := uint64(0)
	for truth, row := range c.cells {
		for guess, n := range row {
			support[truth] += n
			predicted[guess] += n
		}
		same += c.cell(truth, truth)
	}
	chance := 0.0
	for _, label := range c.Labels() {
		at := c.index[label]
		chance += ratio(support[at], c.documents) * ratio(predicted[at], c.documents)
	}
	return Above(ratio(same, c.documents), chance)
}

// Above is how much of what a baseline leaves to be wrong is right: (accuracy -
// baseline) / (1 - baseline). It is 1 when all is right, 0 for the baseline's own
// accuracy, below 0 for less; 0 where the baseline leaves nothing.
//
// With the accuracy of Majority it is kappa-M (Bifet et al. 2015, "Efficient
// Online Evaluation of Big Data Stream Classifiers", section 3.3), with that of
// RepeatLast kappa-temporal (Žliobaitė, Bifet, Read, Pfahringer and Holmes 2015,
// "Evaluation methods and decision theory for classification of streaming data
// with temporal dependence", section 4).
func Above(accuracy, baseline float64) float64 {
	if baseline >= 1 {
		return 0
	}
	return (accuracy - baseline) / (1 - baseline)
}

// MicroF1 is F1 over all decisions on all labels together: 2 right / (predicted
// + support). Every document has one label, so it is the accuracy, but where ""
// was predicted: that is no decision for a label.
//
// It is scikit-learn's f1_score(truth, predicted, average="micro"), where "" was
// predicted given labels=, those but "".
func (c *Confusion) MicroF1() float64 {
	decided := c.documents
	if none, met := c.index[""]; met {
		for truth := range c.cells {
			decided -= c.cell(truth, none)
		}
	}
	return ratio(2*c.rightSum, decided+c.documents)
}
