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
	n          uint64       // documents met
	df         []uint32     // by term of the corpus
	forgets    *features.DF // else, where df does; nil: it does not

	hashes []uint64
	slots  []uint32
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

// newForgetting starts from nothing, with a df that forgets so; the zero half-life
// is NewLoop.
func newForgetting(c *Corpus, name string, o model.Options, half features.HalfLife) (*Loop, error) {
	l, err := NewLoop(c, name, o)
	if err != nil || half == (features.HalfLife{}) {
		return l, err
	}
	f := c.options
	f.DFHalfLife = half
	l.vectorizer, l.forgets, l.df = features.NewVectorizer(f), features.NewDF(f), nil
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
	n := l.count(terms, d.time)
	l.vectorizer.Vector(&l.vector, &l.corpus.dict, terms, l.values, n)
	l.scores = l.model.Predict(l.vector, l.scores)
	best := model.Best(l.model.Labels(), l.scores)
	if best < 0 {
		return none
	}
	return l.number(best)
}

// count counts a document in df, and returns how many there are in the unit of df.
func (l *Loop) count(terms []features.TermCount, time int64) (n uint64) {
	l.n++
	l.values = l.values[:0]
	if l.forgets == nil {
		for _, t := range terms {
			l.df[t.Ref]++
			l.values = append(l.values, l.df[t.Ref])
		}
		return l.n
	}
	l.hashes = l.hashes[:0]
	for _, t := range terms {
		l.hashes = append(l.hashes, l.corpus.dict.Hash(t.Ref))
	}
	l.slots = l.forgets.Resolve(l.slots, l.hashes)
	l.forgets.Tick(time)
	for _, slot := range l.slots {
		l.values = append(l.values, l.forgets.Observe(slot))
	}
	documents := l.forgets.Documents(l.n)
	return documents.N()
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
