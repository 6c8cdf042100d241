// Package modeltest holds the contract that every model keeps: one suite, run
// for each registered model.
//
// The one rule to keep: a test here may use nothing of a model but its
// interface, so that whoever writes a further model gets the whole suite for
// one line.
package modeltest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tidings"
	"tidings/model"
)

// Run runs the suite for the models that make returns, each untrained.
func Run(t *testing.T, make func(testing.TB, model.Options) model.Model) {
	s := suite{make}
	for name, test := range map[string]func(*testing.T){
		"nothing learnt":               s.nothingLearnt,
		"separable labels":             s.separable,
		"prediction is pure":           s.pure,
		"prediction allocates nothing": s.allocates,
		"replay":                       s.replay,
		"scores are only a short cut":  s.shortCut,
		"save, load, continue":         s.saveLoad,
		"a clone goes its own way":     s.clone,
		"two views":                    s.twoViews,
		"digest":                       s.digest,
		"feature order":                s.featureOrder,
		"unseen features":              s.unseenFeatures,
		"new label":                    s.newLabel,
		"empty vector":                 s.emptyVector,
		"refusals":                     s.refusals,
		"too many labels":              s.tooManyLabels,
		"adversarial updates":          s.adversarial,
		"probabilities":                s.probabilities,
		"contributions":                s.contributions,
		"arguments stay the caller's":  s.arguments,
		"cells limit":                  s.cellsLimit,
		"damage":                       s.damage,
		"predictions side by side":     s.sideBySide,
	} {
		t.Run(name, test)
	}
}

type suite struct {
	make func(testing.TB, model.Options) model.Model
}

func (s suite) new(t testing.TB) model.Model { return s.make(t, model.Options{}) }

// Example is one labelled document.
type Example struct {
	X     tidings.Vector
	Label string
}

// Stream returns n documents of one seed: labels "label 0" and on, features
// that lean towards their label, norms of 1, a tenth of the labels wrong.
func Stream(seed uint64, n, labels int) []Example {
	random := rand.New(rand.NewPCG(seed, 7))
	var out []Example
	for range n {
		label := random.IntN(labels)
		seen := map[uint32]bool{}
		var e Example
		for range 1 + random.IntN(20) {
			feature := uint32(random.IntN(300))
			if random.IntN(2) == 0 {
				feature = uint32(1000 + label*20 + random.IntN(20))
			}
			if !seen[feature] {
				seen[feature] = true
				e.X.Index = append(e.X.Index, feature)
				e.X.Value = append(e.X.Value, 0.1+random.Float64())
			}
		}
		var squares float64
		for _, v := range e.X.Value {
			squares += v * v
		}
		for i := range e.X.Value {
			e.X.Value[i] /= math.Sqrt(squares)
		}
		if random.IntN(10) == 0 {
			label = random.IntN(labels)
		}
		e.Label = fmt.Sprint("label ", label)
		out = append(out, e)
	}
	return out
}

// viewed makes the last third of each vector's entries a view of characters.
func viewed(examples []Example) []Example {
	for i := range examples {
		examples[i].X.Chars = len(examples[i].X.Index) / 3
	}
	return examples
}

// learn teaches the examples, predicting each before.
func learn(t testing.TB, m model.Model, examples []Example) {
	t.Helper()
	var scores []float64
	for i, e := range examples {
		scores = m.Predict(e.X, scores)
		if err := m.Learn(e.X, e.Label, scores); err != nil {
			t.Fatalf("example %d: %v", i, err)
		}
	}
}

// predicted returns the label that m predicts.
func predicted(m model.Model, x tidings.Vector) string {
	if best := model.Best(m.Labels(), m.Predict(x, nil)); best >= 0 {
		return m.Labels()[best]
	}
	return ""
}

func saved(t testing.TB, m model.Model) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := m.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func vector(entries ...float64) (x tidings.Vector) {
	for i := 0; i < len(entries); i += 2 {
		x.Index = append(x.Index, uint32(entries[i]))
		x.Value = append(x.Value, entries[i+1])
	}
	return x
}

// byLabel returns scores by the label's name.
func byLabel(m model.Model, x tidings.Vector) map[string]float64 {
	out := map[string]float64{}
	for i, score := range m.Predict(x, nil)[:len(m.Labels())] {
		out[m.Labels()[i]] = score
	}
	return out
}

func finite(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}
