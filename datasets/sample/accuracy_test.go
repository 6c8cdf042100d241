package sample_test

import (
	"testing"

	"tidings"
	"tidings/datasets/sample"
	"tidings/features"
	"tidings/model"
)

// Properties: the stream is as hard as real news for the default model. Each
// document is predicted before it is learnt.
func TestQualityOfTheDefaultModelIsNeitherEasyNorHopeless(t *testing.T) {
	tests := map[string]sample.Options{
		"default":      {},
		"seed 1":       {Seed: 1},
		"seed 7":       {Seed: 7},
		"short":        {Documents: 2_000},
		"short seed 7": {Seed: 7, Documents: 2_000},
		"long":         {Documents: 200_000},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && o.Documents > sample.DocumentsDefault {
				t.Skip("SKIPPED: 200,000 documents take too long for -short")
			}
			got := prequential(t, o)
			t.Logf("%+v: accuracy %.4f", o, got)
			if got < 0.80 || got > 0.92 {
				t.Errorf("%+v: accuracy %.4f, want 0.80 to 0.92", o, got)
			}
		})
	}
}

func prequential(t *testing.T, o sample.Options) float64 {
	m, err := model.New("", model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, vectorizer := features.NewTokenizer(features.Options{}), features.NewVectorizer(features.Options{})
	var (
		dict      features.Dictionary
		df        features.DF
		terms     []features.TermCount
		slots     []uint32
		dfs       []uint32
		x         tidings.Vector
		scores    []float64
		n         uint64
		agreement int
	)
	g := sample.New(o)
	for d, ok := g.Next(); ok; d, ok = g.Next() {
		n++
		dict.Reset()
		if terms, err = tokenizer.Append(terms[:0], &dict, []byte(d.Title), []byte(d.Text)); err != nil {
			t.Fatal(err)
		}
		slots, dfs = df.Resolve(slots, dict.Hashes()), dfs[:0]
		for _, term := range terms {
			dfs = append(dfs, df.Observe(slots[term.Ref]))
		}
		vectorizer.Vector(&x, &dict, terms, dfs, n)
		scores = m.Predict(x, scores)
		if best := model.Best(m.Labels(), scores); best >= 0 && m.Labels()[best] == d.Label {
			agreement++
		}
		if err := m.Learn(x, d.Label, scores); err != nil {
			t.Fatal(err)
		}
	}
	return float64(agreement) / float64(n)
}
