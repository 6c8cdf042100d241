package experiments

// RunAll is Run with the held-out documents learnt too, as a pipeline does; the
// first predictions and how often each document was met.
func RunAll(c *Corpus, order []int32) (labels []string, times []uint8, err error) {
	l, err := NewLoop(c, "arow", Setting{}.Options)
	if err != nil {
		return nil, nil, err
	}
	labels, times = make([]string, len(c.documents)), make([]uint8, len(c.documents))
	for _, i := range order {
		said := l.Predict(int(i))
		if times[i]++; times[i] == 1 && said != none {
			labels[i] = c.labels[said]
		}
		if err := l.Learn(int(i)); err != nil {
			return nil, nil, err
		}
	}
	return labels, times, nil
}
