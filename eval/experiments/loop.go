package experiments

import (
	"fmt"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Loop meets documents of a corpus one after the other, as the oracle does:
// counts df, makes a vector, predicts, then learns. It belongs to one goroutine.
type Loop struct {
	corpus     *Corpus
	vectorizer *features.Vectorizer
	model      model.Model
	n          uint64   // documents met
	df         []uint32 // by term of the corpus

	vector tidings.Vector
	values []uint32
	scores []float64
	labels []int32 // the corpus' numbers of the model's labels
}

// NewLoop starts from nothing.
func NewLoop(c *Corpus, name string, o model.Options) (*Loop, error) {
	m, err := model.New(name, o)
	if err != nil {
		return nil, err
	}
	l := newLoop(c, m)
	l.df = make([]uint32, c.dict.Len())
	return l, nil
}

// newLoop has no df yet.
func newLoop(c *Corpus, m model.Model) *Loop {
	return &Loop{corpus: c, vectorizer: features.NewVectorizer(c.options), model: m}
}

// Predict takes document i: it counts in df, and is told apart by what was learnt
// before. The result is the number of a label, or none.
func (l *Loop) Predict(i int) int32 {
	d := &l.corpus.documents[i]
	terms := l.corpus.terms[d.terms:d.end]
	l.n++
	l.values = l.values[:0]
	for _, t := range terms {
		l.df[t.Ref]++
		l.values = append(l.values, l.df[t.Ref])
	}
	l.vectorizer.Vector(&l.vector, &l.corpus.dict, terms, l.values, l.n)
	l.scores = l.model.Predict(l.vector, l.scores)
	best := model.Best(l.model.Labels(), l.scores)
	if best < 0 {
		return none
	}
	return l.number(best)
}

// number is the corpus' of a label of the model.
func (l *Loop) number(at int) int32 {
	for labels := l.model.Labels(); len(l.labels) <= at; {
		l.labels = append(l.labels, l.corpus.numbers[labels[len(l.labels)]])
	}
	return l.labels[at]
}

// Learn learns document i, which was predicted last, if it has a label.
func (l *Loop) Learn(i int) error {
	d := &l.corpus.documents[i]
	if d.label == none {
		return nil
	}
	if err := l.model.Learn(l.vector, l.corpus.labels[d.label], l.scores); err != nil {
		return fmt.Errorf("document %d cannot be learnt: %w", i+1, err)
	}
	return nil
}
