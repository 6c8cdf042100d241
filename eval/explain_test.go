package eval_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/pipeline"
)

// Properties:
//   - a document that stands in the log is explained with the label, the
//     probability and the model's version that were committed, to the bit, however
//     many partitions did it, under late labels and in the middle of a message;
//   - what the terms add and the offset sum to the score, and each entry of the
//     vector is told once, under the names of all terms on it;
//   - a position without a document says so.
func TestADocumentIsExplainedAsItWasPredicted(t *testing.T) {
	for name, test := range map[string]struct {
		partitions int
		features   features.Options
		model      string
	}{
		"chained":    {1, features.Options{}, "arow"},
		"divided":    {3, features.Options{}, "arow"},
		"colliding":  {1, features.Options{HashBits: 8}, "arow"},
		"characters": {1, features.Options{HashBits: 8, CharNGrams: 3}, "stack"},
		"logits":     {1, features.Options{NGrams: features.NGrams{Min: 1, Max: 2}}, "ftrl"},
	} {
		t.Run(name, func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "explained", test.partitions, "")
			p.Model, p.Features = test.model, test.features
			if err := pipeline.Create(t.Context(), b, p); err != nil {
				t.Fatal(err)
			}
			evaltest.FillLate(t, b, p.Pipeline, evaltest.Documents(400), 16, 20)
			run(t, b, p, nil)
			n, told := 0, 0
			err := pipeline.EachCommitted(t.Context(), b, p, func(e *pipeline.Entry) error {
				if n++; e.Kind != pipeline.DocumentEntry || n%11 != 0 {
					return nil
				}
				x, err := eval.Explain(t.Context(), b, p, e.Position, nil)
				if err != nil {
					return err
				}
				if x.Label != e.Label || math.Float64bits(x.Probability) != math.Float64bits(e.Probability) || x.Updates != e.Version || !slices.Equal(x.Scores, e.Scores) {
					t.Errorf("%v: %s %v explained, %s %v committed", e.Position, x.Label, x.Probability, e.Label, e.Probability)
				}
				told += checkReasons(t, &x)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if test.features.HashBits == 8 && told == 0 {
				t.Error("no two terms fell on one feature; the test proves nothing")
			}
			for _, at := range []tidings.Position{{Sequence: 2, Line: 99}, {Sequence: 9999}} {
				if _, err := eval.Explain(t.Context(), b, p, at, nil); !errors.Is(err, pipeline.ErrNotLogged) {
					t.Errorf("%v: %v", at, err)
				}
			}
		})
	}
}

// checkReasons returns how many terms were told together with others.
func checkReasons(t *testing.T, x *pipeline.Explanation) (told int) {
	for i, s := range x.Scores {
		pro, contra := x.Reasons(i)
		var terms []string
		last := math.Inf(1)
		for _, r := range slices.Concat(pro, contra) {
			if r.Adds[i] == 0 {
				t.Errorf("%q add nothing", r.Terms)
			}
			terms = append(terms, r.Terms...)
			told += len(r.Terms) - 1
		}
		for _, r := range pro {
			if r.Adds[i] > last {
				t.Errorf("%s: %v stands behind less", s.Label, r)
			}
			last = r.Adds[i]
		}
		slices.Sort(terms)
		if n := len(terms); len(slices.Compact(terms)) != n {
			t.Errorf("%s: a term is told twice: %q", s.Label, terms)
		}
		if math.IsNaN(x.Offsets[i]) {
			t.Errorf("offset %v", x.Offsets[i])
		}
	}
	return told
}

// TestAROWsOffsetIsItsOwn: beside all terms a margin has a fixed offset, so that
// what is told of terms and features is all of it.
func TestAROWsOffsetIsItsOwn(t *testing.T) {
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "offset", 1, "")
	p.Features = features.Options{HashBits: 9}
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	evaltest.Fill(t, b, p.Pipeline, evaltest.Documents(100), 10)
	run(t, b, p, nil)
	x, err := eval.Explain(t.Context(), b, p, tidings.Position{Sequence: 9, Line: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, offset := range x.Offsets {
		if math.Abs(offset+1) > 1e-12 {
			t.Errorf("%s: offset %v", x.Scores[i].Label, offset)
		}
	}
}

// Properties: the documents most worth labelling are those that a look at all
// of them finds, labels that came later count as labels, and the memory bound
// changes nothing.
func TestUncertainDocumentsAreThoseOfAllThatHaveNoLabel(t *testing.T) {
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "uncertain", 2, "")
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	evaltest.FillLate(t, b, p.Pipeline, evaltest.Documents(600), 16, 20)
	run(t, b, p, nil)
	labelled := map[tidings.Position]bool{}
	var all []pipeline.Uncertain
	since := func(e *pipeline.Entry) bool { return e.Position.Sequence > 5 }
	if err := pipeline.EachCommitted(t.Context(), b, p, func(e *pipeline.Entry) error {
		switch {
		case e.Kind == pipeline.LabelEntry:
			labelled[e.Target] = true
		case e.Kind == pipeline.DocumentEntry && e.Truth == "" && e.Label != "" && since(e):
			all = append(all, pipeline.Uncertain{Prediction: e.Prediction(), Margin: e.Scores[0].Probability - e.Scores[1].Probability})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	whole := len(all)
	all = slices.DeleteFunc(all, func(u pipeline.Uncertain) bool { return labelled[u.Position] })
	if len(all) < 20 || whole-len(all) < 200 {
		t.Fatalf("%d of %d have no label; the test proves nothing", len(all), whole)
	}
	slices.SortFunc(all, func(a, b pipeline.Uncertain) int {
		if a.Margin != b.Margin {
			return int(math.Copysign(1, a.Margin-b.Margin))
		}
		return b.Position.Compare(a.Position)
	})
	for _, n := range []int{1, 2, 7, len(all), 2 * whole} {
		got, err := pipeline.FindUncertain(t.Context(), b, p, n, since)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != min(n, len(all)) {
			t.Fatalf("%d of %d found, want %d", len(got), n, min(n, len(all)))
		}
		for i, u := range got {
			if u.Position != all[i].Position || u.Margin != all[i].Margin || u.Label != all[i].Label || len(u.Scores) < 2 || u.Logged.IsZero() {
				t.Errorf("number %d of %d: %v, margin %v; want %v, %v", i, n, u.Position, u.Margin, all[i].Position, all[i].Margin)
			}
		}
	}
}
