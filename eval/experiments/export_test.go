package experiments

import "context"

// ThresholdWindow is the window of the threshold experiment, how long its head is,
// and the topic that may be lost.
func ThresholdWindow(ctx context.Context, c *Corpus, o ThresholdOptions) (window []int32, head int, topic int32, err error) {
	o.Setting = o.withDefaults()
	t := &threshold{corpus: c, options: o}
	if err := t.choose(ctx); err != nil {
		return nil, 0, 0, err
	}
	return t.models[0].window, t.head, t.topic, nil
}

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
