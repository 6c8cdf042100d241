package eval_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tidings/eval"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Properties of an explanation:
//   - it predicts what Predict does, with the same bits
//   - its terms are those of its steps, its df those of the log and this text,
//     its weights have a norm of 1
//   - what its terms add for the likeliest label is what Explain says
//   - asking changes nothing
func TestAnExplanationIsThatOfThePrediction(t *testing.T) {
	plan := pipeline.Plan{Features: features.Options{NGrams: features.NGrams{Min: 1, Max: 2}, Stem: "english", StopWords: "auto"}}.WithDefaults()
	o, err := eval.NewOracle(plan)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range [][2]string{
		{"money", "banks raised the rates and the shares fell"}, {"sport", "the team won the final and the cup"},
		{"money", "shares of banks rise"}, {"sport", "teams play for cups and finals"},
	} {
		data := line(t, fmt.Sprint(i), d[0], "", d[1])
		if err := o.Add(broker.Record{Subject: plan.Pipeline.LogSubject(pipeline.ArticleRecord, "test"), Sequence: uint64(i + 1), Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	const title, text = "Banks", "The bank shares fell when the banks and the rates rose in the final"
	before := o.Model().Digest()
	f := o.Frozen()
	x, err := f.ExplainAll(title, text)
	if err != nil {
		t.Fatal(err)
	}
	label, probability, err := f.Predict(title, text)
	if err != nil || x.Label != label || x.Probability != probability || x.Scores[0].Label != label || label != "money" {
		t.Errorf("%s %v explained, %s %v predicted, %v", x.Label, x.Probability, label, probability, err)
	}
	if x.Documents != 5 || x.Updates != 4 || x.Language != "english" || o.Model().Digest() != before {
		t.Errorf("%d documents, %d updates, language %q, digest %x was %x", x.Documents, x.Updates, x.Language, o.Model().Digest(), before)
	}
	var terms []string
	squares := 0.0
	for _, part := range x.Terms {
		terms = append(terms, part.Term)
		squares += part.Weight * part.Weight
		if part.Shared || part.IDF != math.Log(6)-math.Log(float64(part.DF)) || len(part.Adds) != len(x.Scores) {
			t.Errorf("%+v", part)
		}
		if part.Term == "bank" && (part.DF != 3 || part.Count != 3) || part.Term == "^bank" && (part.DF != 1 || part.Count != 1) {
			t.Errorf("%+v", part)
		}
	}
	if math.Abs(squares-1) > 1e-12 {
		t.Errorf("the squares of the weights sum to %v", squares)
	}
	var stepped []string
	for _, step := range x.Steps {
		for _, term := range step.Terms {
			if !slices.Contains(stepped, term) {
				stepped = append(stepped, term)
			}
		}
	}
	if !slices.Equal(terms, stepped) || !slices.Contains(terms, "bank share") || slices.Contains(terms, "the") {
		t.Errorf("terms %q, of the steps %q", terms, stepped)
	}
	weights, err := f.Explain(title, text, label, len(terms))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range weights {
		if at := slices.Index(terms, w.Term); at < 0 || x.Terms[at].Adds[0] != w.Weight {
			t.Errorf("%q adds %v, which the explanation has otherwise", w.Term, w.Weight)
		}
	}
}

// Properties: a text without words, and one that nobody has learnt anything
// for, are explained too.
func TestNothingIsExplainedToo(t *testing.T) {
	o, err := eval.NewOracle(pipeline.Plan{}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "!!!", "word"} {
		x, err := o.Frozen().ExplainAll("", text)
		if err != nil || x.Label != "" || len(x.Scores) != 0 || len(x.Terms) != len(x.Steps) {
			t.Errorf("%q: %+v, %v", text, x, err)
		}
	}
}
