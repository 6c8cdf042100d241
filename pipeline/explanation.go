package pipeline

import (
	"fmt"
	"slices"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Explanation is all that can be said of one text: what became of its words,
// what each term weighs, and what each adds to the scores of the best labels.
type Explanation struct {
	features.Trace
	Label       string          `json:"label"` // "" as long as no label is known
	Probability float64         `json:"probability"`
	Documents   uint64          `json:"documents"` // df counts, this text among them; where df decays, what is left of them, rounded
	Updates     uint64          `json:"updates"`   // the model has learnt
	Terms       []TermPart      `json:"terms"`     // in the order of the text
	Scores      []tidings.Score `json:"-"`         // the best labels, best first
	Offsets     []float64       `json:"-"`         // of the best labels: their scores, less what all terms add
}

// TermPart is one term's part in a prediction.
type TermPart struct {
	Term   string  `json:"term"`
	Count  uint32  `json:"count"`  // in the text
	DF     uint32  `json:"df"`     // documents that have it, this text among them
	IDF    float64 `json:"idf"`    // log((1 + documents) / df)
	Weight float64 `json:"weight"` // the entry of its feature in the vector
	Shared bool    `json:"shared"` // another term of the text has the same feature, and the entry is of both
	// Adds is what the entry adds to the score of each of the best labels, in
	// their order; below 0 it speaks against the label.
	Adds []float64 `json:"-"`

	at int // the entry of the vector
}

// ExplainAll predicts a text as Predict does, and tells all about it.
func (f *Frozen) ExplainAll(title, text string) (Explanation, error) {
	var x Explanation
	var err error
	if x.Trace, err = f.tokenizer.Trace([]byte(title), []byte(text)); err != nil {
		return x, fmt.Errorf("the text cannot be explained: %w", err)
	}
	if x.Label, x.Probability, err = f.Predict(title, text); err != nil {
		return x, fmt.Errorf("the text cannot be explained: %w", err)
	}
	x.Documents, x.Updates = f.vectorizer.Whole(f.documents.Next()), f.model.Updates()
	if labels := f.model.Labels(); model.Best(labels, f.scores) >= 0 {
		f.probabilities = f.model.Probabilities(f.scores, f.probabilities)
		all, _ := appendBest(nil, labels, f.scores, f.probabilities)
		x.Scores = slices.Clone(all)
	}
	a := f.asked()
	x.Terms, x.Offsets = a.parts(x.Scores)
	return x, nil
}

// Explain tells all about the document that was met last, which is an entry of
// the unit, with the df of its terms: what was said of it when it was predicted,
// to the bit. It has to come before the document is learnt.
func (l *Learner) Explain(u *Unit, e *Entry, df []uint32) Explanation {
	x := Explanation{
		Label: e.Label, Probability: e.Probability, Documents: l.documents.Count(), Updates: e.Version, Scores: slices.Clone(e.Scores),
	}
	a := asked{dict: &u.Dict, terms: u.TermsOf(e), df: df, n: l.documents.N(), vectorizer: l.vectorizer, model: l.model, vector: l.vector, scores: l.scores}
	x.Terms, x.Offsets = a.parts(x.Scores)
	return x
}

// asked is a document as a model met it.
type asked struct {
	dict       *features.Dictionary
	terms      []features.TermCount
	df         []uint32
	n          uint64
	vectorizer *features.Vectorizer
	model      model.Model
	vector     tidings.Vector
	scores     []float64
}

// entry is where a term's feature stands: in which view, and under which number.
type entry struct {
	chars   bool
	feature uint32
}

// parts lists the terms, and what the best labels have beside them.
func (a *asked) parts(best []tidings.Score) (parts []TermPart, offsets []float64) {
	place, sharers := map[entry]int{}, map[entry]int{}
	for i, feature := range a.vector.Index {
		place[entry{i >= len(a.vector.Index)-a.vector.Chars, feature}] = i
	}
	for _, t := range a.terms {
		sharers[a.entry(t)]++
	}
	adds := make([][]float64, len(best))
	for i, s := range best {
		adds[i] = a.model.Contributions(a.vector, s.Label, nil)
		offsets = append(offsets, a.offset(s.Label, adds[i]))
	}
	parts = make([]TermPart, 0, len(a.terms))
	for i, t := range a.terms {
		at := place[a.entry(t)]
		part := TermPart{
			Term: string(a.dict.Text(t.Ref)), Count: t.Count, DF: uint32(a.vectorizer.Whole(uint64(a.df[i]))), IDF: a.vectorizer.IDF(a.df[i], a.n),
			Weight: a.vector.Value[at], Shared: sharers[a.entry(t)] > 1, Adds: make([]float64, len(best)), at: at,
		}
		for j := range adds {
			part.Adds[j] = adds[j][at]
		}
		parts = append(parts, part)
	}
	return parts, offsets
}

func (a *asked) entry(t features.TermCount) entry {
	return entry{features.IsChars(a.dict.Text(t.Ref)), a.vectorizer.Feature(a.dict.Hash(t.Ref))}
}

// offset is a label's score less what the entries add to it.
func (a *asked) offset(label string, adds []float64) float64 {
	at := slices.Index(a.model.Labels(), label)
	if at < 0 {
		return 0
	}
	rest := a.scores[at]
	for _, add := range adds {
		rest -= add
	}
	return rest
}

// Reason is what an entry of a text's vector adds to the scores of the best
// labels, under the names of all terms of the text that fell on it by hashing.
type Reason struct {
	Terms []string
	Adds  []float64 // by label, in the order of Explanation.Scores
}

// Reasons lists what speaks for the label of that number in Scores, the
// weightiest first, and what speaks against it. Terms that fell on one feature
// are told together, for nobody can tell which of them it was.
func (x *Explanation) Reasons(label int) (pro, contra []Reason) {
	at := map[int]int{}
	var all []Reason
	for _, t := range x.Terms {
		if i, known := at[t.at]; known {
			all[i].Terms = append(all[i].Terms, t.Term)
			continue
		}
		at[t.at] = len(all)
		all = append(all, Reason{[]string{t.Term}, t.Adds})
	}
	for _, r := range all {
		switch add := r.Adds[label]; {
		case add > 0:
			pro = append(pro, r)
		case add < 0:
			contra = append(contra, r)
		}
	}
	byWeight := func(a, b Reason) int { return compareWeights(a.Adds[label], b.Adds[label]) }
	slices.SortStableFunc(pro, byWeight)
	slices.SortStableFunc(contra, byWeight)
	return pro, contra
}
