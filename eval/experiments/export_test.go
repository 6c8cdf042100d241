package experiments

import (
	"context"

	"tidings/eval/metric"
	"tidings/model"
)

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

// Hits says whether damage did any to the corpus.
func Hits(ctx context.Context, c *Corpus, d Damage) error {
	truth, err := Run(ctx, c, "arow", model.Options{}, c.Schedule(Damage{}))
	if err != nil {
		return err
	}
	r, err := Run(ctx, c, "arow", model.Options{}, c.Schedule(d))
	if err != nil {
		return err
	}
	return r.Compare(truth).hits(d)
}

// Hits says whether the failure struck in the window.
func (o *Outcome) Hits(f Failure) error { return o.hits(f) }

// Quality is how good a model is that predicts each document before it learns it.
type Quality struct{ Accuracy, MacroF1, CalibrationError float64 }

// Grade lets a model predict and learn a corpus.
func Grade(c *Corpus, name string) (q Quality, err error) {
	l, err := NewLoop(c, name, model.Options{})
	if err != nil {
		return q, err
	}
	var confusion metric.Confusion
	calibration := metric.NewCalibration(0)
	var shares []float64
	for i, d := range c.documents {
		said := l.Predict(i)
		if d.label != none {
			probability, label := 0.0, ""
			if said != none {
				label = c.labels[said]
				shares = l.model.Probabilities(l.scores, shares)
				probability = shares[model.Best(l.model.Labels(), l.scores)]
			}
			confusion.Add(c.labels[d.label], label)
			calibration.Add(probability, said == d.label)
		}
		if err := l.Learn(i); err != nil {
			return q, err
		}
	}
	return Quality{confusion.Accuracy(), confusion.MacroF1(), calibration.Error()}, nil
}
