package eval_test

import (
	"fmt"
	"math"
	"testing"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// accurate is what --model accurate stands for.
func accurate() pipeline.Plan {
	return pipeline.Plan{Model: "stack", Features: features.Options{CharNGrams: 4}}
}

// Properties, of a model whose members look at words and at characters: its
// predictions, their probabilities' bits and all digests are the oracle's at 1
// and 3 partitions, when workers are killed and go back to snapshots.
func TestAStackEqualsTheOracle(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 6000)
	b := evaltest.Broker(t)
	var want string
	for i, n := range []int{1, 3} {
		p := accurate()
		p.Pipeline, p.Partitions = pipeline.Name(fmt.Sprint("stack-", n)), pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: 1}
		p = p.WithDefaults()
		fill(t, b, p.Pipeline, documents, []int{256, 7}[i])
		s := runKilled(t, b, p).Summary(p)
		got := fmt.Sprintln(s.Documents, s.PredictionsDigest, s.DFDigest, s.ModelDigest, s.Accuracy, s.Lost, s.Duplicates)
		if want == "" {
			truth := oracle(t, b, p, nil).Tally.Summary(p)
			want = fmt.Sprintln(truth.Documents, truth.PredictionsDigest, truth.DFDigest, truth.ModelDigest, truth.Accuracy, truth.Lost, truth.Duplicates)
			t.Log(want)
		}
		if got != want {
			t.Errorf("%d partitions:\n got %s\nwant %s", n, got, want)
		}
	}
}

// Properties: words and characters are among the terms, and each view's weights
// have a norm of 1.
func TestCharactersAreExplainedBesideWords(t *testing.T) {
	plan := accurate().WithDefaults()
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
	x, err := o.Frozen().ExplainAll("", "banking")
	if err != nil || x.Label != "money" {
		t.Fatalf("%q, %v", x.Label, err)
	}
	squares, chars := map[bool]float64{}, 0
	for _, part := range x.Terms {
		is := features.IsChars([]byte(part.Term))
		squares[is] += part.Weight * part.Weight
		if is {
			chars++
		}
	}
	if chars != len("banking")-1 || len(x.Terms) != chars+1 || math.Abs(squares[true]-1) > 1e-12 || math.Abs(squares[false]-1) > 1e-12 {
		t.Errorf("%d of %d terms are characters, squares %v", chars, len(x.Terms), squares)
	}
}
