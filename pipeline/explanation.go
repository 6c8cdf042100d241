package pipeline

import (
	"fmt"
	"slices"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Explanation is all that Frozen can say of one text: what became of its words,
// what each term weighs, and what each adds to the scores of the best labels.
type Explanation struct {
	features.Trace
	Label       string          `json:"label"` // "" as long as no label is known
	Probability float64         `json:"probability"`
	Documents   uint64          `json:"documents"` // df counts, this text among them; where df decays, what is left of them, rounded
	Updates     uint64          `json:"updates"`   // the model has learnt
	Terms       []TermPart      `json:"terms"`     // in the order of the text
	Scores      []tidings.Score `json:"-"`         // the best labels, best first
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
	x.Terms = f.parts(x.Scores)
	return x, nil
}

// parts lists the terms of the text that was predicted last.
func (f *Frozen) parts(best []tidings.Score) []TermPart {
	place, sharers := map[uint32]int{}, map[uint32]int{}
	for i, feature := range f.vector.Index {
		place[feature] = i
	}
	adds := make([][]float64, len(best))
	for i, s := range best {
		adds[i] = f.model.Contributions(f.vector, s.Label, nil)
	}
	for _, t := range f.terms {
		sharers[f.vectorizer.Feature(f.dict.Hash(t.Ref))]++
	}
	out := make([]TermPart, 0, len(f.terms))
	for i, t := range f.terms {
		feature := f.vectorizer.Feature(f.dict.Hash(t.Ref))
		at := place[feature]
		part := TermPart{
			Term: string(f.dict.Text(t.Ref)), Count: t.Count, DF: uint32(f.vectorizer.Whole(uint64(f.values[i]))), IDF: f.vectorizer.IDF(f.values[i], f.documents.Next()),
			Weight: f.vector.Value[at], Shared: sharers[feature] > 1, Adds: make([]float64, len(best)),
		}
		for j := range adds {
			part.Adds[j] = adds[j][at]
		}
		out = append(out, part)
	}
	return out
}
