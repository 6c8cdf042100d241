package model

import (
	"io"
	"math"

	"tidings"
)

func init() {
	register("nb", kind{
		make: func(o Options) Model { return newNB(o) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newNB(o)
			return m, m.load(d, m.valid)
		},
	})
}

// nb is multinomial naive Bayes (McCallum and Nigam 1998, the multinomial event
// model; of TF-IDF scaled to a norm: Rennie, Shih, Teevan and Karger 2003,
// section 4), with a uniform prior. A label's score is the logarithm of the
// probability that its words would be the document's, less what is alike for all
// labels:
//
//	sum of value * (log(1 + count/smoothing) - log(total/smoothing + features))
//
// over the entries whose features were ever seen; features are those, and one for
// all that was not.
//
// Smoothing is usually .01 to 1. A touched (label, feature) pair takes 8 bytes;
// a document makes pairs of its own label only, so the model has fewer than
// those that learn from mistakes. It forgets nothing and has no notion of how
// sure it is: its probabilities are the calibration's.
type nb struct{ bayes }

// nbSmoothing was the best of .003 to 1 as a member of the stack, and among the
// best alone, on the years 2010 to 2014 of the Wikipedia stream and while
// learning the training parts of R8 and 20 Newsgroups.
const nbSmoothing = 0.03

func newNB(o Options) *nb { return &nb{newBayes(o, nbSmoothing)} }

func (m *nb) Name() string { return "nb" }

// weight is the logarithm for a count.
func (m *nb) weight(count float32) float32 { return bounded(math.Log1p(float64(count) / m.smoothing)) }

// valid leaves room for another processor's logarithm.
func (m *nb) valid(c cell) bool {
	return c.a >= 0 && math.Abs(float64(c.b-m.weight(c.a))) <= 1e-4*float64(1+c.b)
}

// all is what each known feature adds to a label's score, by value.
func (m *nb) all(l int) float64 {
	return -math.Log(float64(m.totals[l])*countUnit/m.smoothing + m.size())
}

func (m *nb) Predict(x tidings.Vector, scores []float64) []float64 {
	scores, seen := m.sum(x, scores)
	for l := range scores {
		scores[l] += float64(seen * m.all(l))
	}
	return scores
}

func (m *nb) Learn(x tidings.Vector, label string, scores []float64) error {
	truth, err := m.begin(x, label, scores, m.Predict)
	if err == nil {
		m.take(x, truth)
	}
	return err
}

// absorb learns a document that was checked; truth is -1 for a new label.
func (m *nb) absorb(x tidings.Vector, label string, truth int, _ []float64) {
	m.take(x, m.enter(label, truth))
}

// take counts the document for the label.
func (m *nb) take(x tidings.Vector, truth int) {
	for i, feature := range x.Index {
		if c := m.count(truth, feature, x.Value[i]); c != nil {
			c.b = m.weight(c.a)
		}
	}
}

func (m *nb) Contributions(x tidings.Vector, label string, dst []float64) []float64 {
	return m.contributions(x, label, dst, m.all)
}

func (m *nb) Digest() uint64 { return m.digest(m.Name()) }

// Clone is Model's.
func (m *nb) Clone() Model { return &nb{m.bayes.clone()} }

func (m *nb) Save(w io.Writer) error {
	return save(w, head{m.Name(), m.options}, m.bayesSize(), m.save)
}
