package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Frozen is a model with its df as they stood at one moment. Asking changes
// nothing. One goroutine may use it.
type Frozen struct {
	tokenizer  *features.Tokenizer
	vectorizer *features.Vectorizer
	bring      func(hashes []uint64) error // before df of them is asked for; nil: that needs nothing
	df         func(hash uint64) uint32    // with the text counted
	model      model.Model
	documents  features.Documents

	dict          features.Dictionary
	terms         []features.TermCount
	values        []uint32
	vector        tidings.Vector
	scores        []float64
	probabilities []float64
}

// NewFrozen asks the given model with the given df, as it would be with one more
// document that has the term (features.DF.Next), and the documents that df counts.
// Whoever owns them must not change them meanwhile.
func NewFrozen(o features.Options, m model.Model, df func(hash uint64) uint32, documents features.Documents) *Frozen {
	return &Frozen{
		tokenizer: features.NewTokenizer(o), vectorizer: features.NewVectorizer(o),
		df: df, model: m, documents: documents,
	}
}

// ErrElsewhere reports that another process holds the state, or did until a
// moment ago.
var ErrElsewhere = errors.New("df and classify do not both run wholly in this process: run it with all stages, and alone")

// awaitEvery is how often Await looks.
const awaitEvery = 10 * time.Millisecond

// Await waits until the state that Frozen gives has met the log up to a
// sequence: results can be read before the state that they came from has been
// restored. ErrElsewhere: other processes have a part of it.
func (r *Runner) Await(ctx context.Context, upTo uint64) error {
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for {
		switch met, whole := r.met(); {
		case !whole:
			return ErrElsewhere
		case met >= upTo:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// met is the log sequence that all of the state for Frozen has met, and whether
// all of it is here. Before the first workers work it may become so.
func (r *Runner) met() (met uint64, whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.workers == nil {
		return 0, true
	}
	met = ^uint64(0)
	tables, classify := 0, false
	for _, w := range r.workers {
		switch w.stage {
		case "":
			return w.met.Load(), true
		case DFStage:
			tables += len(w.partitions)
		case ClassifyStage:
			classify = true
		default:
			continue
		}
		met = min(met, w.met.Load())
	}
	return met, classify && tables == r.plan.Partitions.DF
}

// Frozen gives the runner's state. The runner must have stopped. The state has
// met the log up to the given sequence at least, or it is ErrElsewhere; with 0 it
// is what it is.
func (r *Runner) Frozen(upTo uint64) (*Frozen, error) {
	tables := make([]counter, r.plan.Partitions.DF)
	var learner *Learner
	for _, w := range r.workers {
		if w.assembly == nil || w.met.Load() < upTo {
			continue
		}
		if w.assembly.df != nil {
			for p, table := range w.assembly.df.tables {
				tables[p] = cmp.Or(table, tables[p])
			}
		}
		if w.assembly.classify != nil {
			learner = cmp.Or(learner, w.assembly.classify.learner)
		}
	}
	if slices.Contains(tables, nil) || learner == nil {
		return nil, ErrElsewhere
	}
	lookup := func(hash uint64) uint32 { return tables[features.Partition(hash, len(tables))].Next(hash) }
	f := NewFrozen(r.plan.Features, learner.model, lookup, learner.documents)
	if r.elsewhere != nil {
		f.bring = fetching(tables)
	}
	return f, nil
}

// Predict says which label the model gives a text, as if the text were the
// next document.
func (f *Frozen) Predict(title, text string) (label string, probability float64, err error) {
	f.dict.Reset()
	if f.terms, err = f.tokenizer.Append(f.terms[:0], &f.dict, []byte(title), []byte(text)); err != nil {
		return "", 0, err
	}
	if f.bring != nil {
		if err := f.bring(f.dict.Hashes()); err != nil {
			return "", 0, err
		}
	}
	f.values = f.values[:0]
	for _, t := range f.terms {
		f.values = append(f.values, f.df(f.dict.Hash(t.Ref)))
	}
	f.vectorizer.Vector(&f.vector, &f.dict, f.terms, f.values, f.documents.Next())
	f.scores = f.model.Predict(f.vector, f.scores)
	best := model.Best(f.model.Labels(), f.scores)
	if best < 0 {
		return "", 0, nil
	}
	f.probabilities = f.model.Probabilities(f.scores, f.probabilities)
	return f.model.Labels()[best], f.probabilities[best], nil
}

// Shares are the probabilities of all labels of the model, in their order, for
// the text that was asked for last.
func (f *Frozen) Shares() (labels []string, shares []float64) {
	labels = f.model.Labels()
	return labels, f.probabilities[:len(labels)]
}

// asked is the text that was asked for last.
func (f *Frozen) asked() *asked {
	return &asked{dict: &f.dict, terms: f.terms, df: f.values, n: f.documents.Next(), vectorizer: f.vectorizer, model: f.model, vector: f.vector, scores: f.scores}
}

// TermWeight is what a term adds to a label's score; below 0 it speaks
// against it.
type TermWeight struct {
	Term   string
	Weight float64
}

// Explain lists what the terms of a text add to a label's score, the weightiest
// first, at most n. Terms that share a feature by hashing share its weight.
func (f *Frozen) Explain(title, text, label string, n int) ([]TermWeight, error) {
	if _, _, err := f.Predict(title, text); err != nil {
		return nil, fmt.Errorf("the text cannot be explained: %w", err)
	}
	a := f.asked()
	parts, _ := a.parts([]tidings.Score{{Label: label}})
	out := make([]TermWeight, 0, len(parts))
	for _, part := range parts {
		if part.Adds[0] != 0 {
			out = append(out, TermWeight{part.Term, part.Adds[0]})
		}
	}
	slices.SortStableFunc(out, func(a, b TermWeight) int { return compareWeights(a.Weight, b.Weight) })
	return out[:min(n, len(out))], nil
}

// compareWeights puts the weightiest first, for or against.
func compareWeights(a, b float64) int {
	a, b = max(a, -a), max(b, -b)
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}
