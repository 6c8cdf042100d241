package modeltest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"tidings"
	"tidings/model"
)

// reload saves and loads a model and verifies that nothing differs.
func reload(t testing.TB, m model.Model) model.Model {
	t.Helper()
	file := bytes.NewBuffer(saved(t, m))
	bytesBefore := bytes.Clone(file.Bytes())
	file.WriteString("what follows")
	loaded, err := model.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if file.String() != "what follows" {
		t.Fatalf("Load left %q", file.String())
	}
	if loaded.Digest() != m.Digest() || loaded.Name() != m.Name() || loaded.Updates() != m.Updates() || loaded.Cells() != m.Cells() ||
		loaded.Dropped() != m.Dropped() || !slices.Equal(loaded.Labels(), m.Labels()) || !bytes.Equal(saved(t, loaded), bytesBefore) {
		t.Fatal("the model loaded differs from the model saved")
	}
	return loaded
}

// Predict, Probabilities, Contributions, Digest and Save change nothing.
func (s suite) pure(t *testing.T) {
	m := s.new(t)
	learn(t, m, Stream(5, 300, 5))
	before, digest := saved(t, m), m.Digest()
	for _, e := range Stream(6, 100, 9) {
		first := m.Predict(e.X, nil)
		m.Probabilities(first, nil)
		m.Contributions(e.X, e.Label, nil)
		if !slices.Equal(first, m.Predict(e.X, nil)) {
			t.Fatal("the second prediction differs from the first")
		}
	}
	if m.Digest() != digest || !bytes.Equal(saved(t, m), before) {
		t.Error("asking changed the model")
	}
}

// A clone is equal, learns what the other would have, and neither notices what
// the other learns.
func (s suite) clone(t *testing.T) {
	m := s.new(t)
	for round := range 3 {
		c := m.Clone()
		before, more := saved(t, m), Stream(uint64(80+round), 400, 5+70*round)
		if !bytes.Equal(saved(t, c), before) || c.Digest() != m.Digest() || c.Bytes() > 2*m.Bytes()+1<<16 {
			t.Fatal("the clone differs")
		}
		learn(t, c, more)
		if !bytes.Equal(saved(t, m), before) {
			t.Fatal("what the clone learns changes the model")
		}
		after := saved(t, c)
		learn(t, m, more)
		if !bytes.Equal(saved(t, m), after) || !bytes.Equal(saved(t, c), after) {
			t.Fatal("the model learns something else than its clone did")
		}
	}
}

func (s suite) allocates(t *testing.T) {
	m := s.new(t)
	examples := Stream(7, 300, 80)
	learn(t, m, examples)
	scores, shares := make([]float64, 0, 80), make([]float64, 0, 80)
	parts := make([]float64, 0, 100)
	i := 0
	if n := testing.AllocsPerRun(200, func() {
		e := examples[i%len(examples)]
		i++
		scores = m.Predict(e.X, scores)
		shares = m.Probabilities(scores, shares)
		parts = m.Contributions(e.X, e.Label, parts)
	}); n != 0 {
		t.Errorf("%.0f allocations a prediction", n)
	}
	i = 0
	for range 20 { // until every cell that these documents touch is there
		learn(t, m, examples)
	}
	if n := testing.AllocsPerRun(200, func() {
		e := examples[i%len(examples)]
		i++
		scores = m.Predict(e.X, scores)
		if err := m.Learn(e.X, e.Label, scores); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%.0f allocations an update", n)
	}
}

func (s suite) replay(t *testing.T) {
	a, b := s.new(t), s.new(t)
	examples := Stream(8, 500, 70)
	learn(t, a, examples)
	learn(t, b, examples)
	if a.Digest() != b.Digest() || !bytes.Equal(saved(t, a), saved(t, b)) {
		t.Error("the same stream gave two models")
	}
}

// Scores handed to Learn save work; they say nothing that Learn would not find
// itself. Scores of another number of labels are not used.
func (s suite) shortCut(t *testing.T) {
	with, without, stale := s.new(t), s.new(t), s.new(t)
	for i, e := range Stream(9, 500, 70) {
		if err := errors.Join(
			with.Learn(e.X, e.Label, with.Predict(e.X, nil)),
			without.Learn(e.X, e.Label, nil),
			stale.Learn(e.X, e.Label, make([]float64, len(stale.Labels())+1)),
		); err != nil {
			t.Fatal(err)
		}
		if i%50 < 49 {
			continue // a digest costs more than an update
		}
		if with.Digest() != without.Digest() || with.Digest() != stale.Digest() {
			t.Fatalf("after %d documents the models differ", i+1)
		}
	}
}

// A model that was saved and loaded goes on as one that was not.
func (s suite) saveLoad(t *testing.T) {
	reload(t, s.new(t))
	for _, labels := range []int{1, 3, 64, 65, 130} {
		through := s.new(t)
		again := s.new(t)
		for part := range uint64(4) {
			examples := Stream(10+part, 300, labels)
			learn(t, through, examples)
			learn(t, again, examples)
			again = reload(t, again)
		}
		if through.Digest() != again.Digest() || !bytes.Equal(saved(t, through), saved(t, again)) {
			t.Errorf("%d labels: the model that was loaded in between differs", labels)
		}
	}
}

// A vector of two views is learnt and predicted like any other, and a view out of
// shape does no harm where nothing can be refused.
func (s suite) twoViews(t *testing.T) {
	m, again := s.new(t), s.new(t)
	for part := range uint64(3) {
		examples := viewed(Stream(30+part, 400, 6))
		learn(t, m, examples)
		learn(t, again, examples)
		again = reload(t, again.Clone())
	}
	if m.Digest() != again.Digest() {
		t.Error("the model that was loaded in between differs")
	}
	right := 0
	test := viewed(Stream(2, 500, 6))
	for _, e := range test {
		if predicted(m, e.X) == e.Label {
			right++
		}
	}
	if right < 350 {
		t.Errorf("%d of %d right", right, len(test))
	}
	for _, chars := range []int{-1, 3, math.MaxInt} {
		x := vector(1, 1, 2, 1)
		x.Chars = chars
		if scores := m.Predict(x, nil); !finite(scores) || len(m.Contributions(x, "label 1", nil)) != 2 {
			t.Errorf("%d of 2 entries are of characters: scores %v", chars, scores)
		}
	}
}

// The digest does not depend on the order in which labels and features came,
// and changes with every update.
func (s suite) digest(t *testing.T) {
	names := []string{"c", "a", "b", "d"}
	var examples []Example
	for i := range 60 {
		examples = append(examples, Example{vector(float64(i*i), 0.5+float64(i%3)), names[i%4]})
	}
	build := func(backwards bool) model.Model {
		m, names, examples := s.new(t), slices.Clone(names), slices.Clone(examples)
		if backwards {
			slices.Reverse(names)
			slices.Reverse(examples)
		}
		for _, name := range names { // labels alone: nothing to learn yet
			if err := m.Learn(tidings.Vector{}, name, nil); err != nil {
				t.Fatal(err)
			}
		}
		learn(t, m, examples) // no two share a feature: none changes another
		return m
	}
	forth, back := build(false), build(true)
	if slices.Equal(forth.Labels(), back.Labels()) {
		t.Fatal("the labels came in the same order; the test proves nothing")
	}
	if forth.Digest() != back.Digest() {
		t.Error("the digest depends on the order of labels and features")
	}
	more := append([]Example{{tidings.Vector{}, "a"}, {tidings.Vector{}, "a"}}, Stream(20, 200, 4)...)
	seen := map[uint64]bool{forth.Digest(): true}
	for i, e := range more {
		e.Label = names[i%4]
		learn(t, forth, []Example{e})
		learn(t, back, []Example{e})
		if forth.Digest() != back.Digest() {
			t.Fatalf("after %d further documents the digests differ", i+1)
		}
		if seen[forth.Digest()] {
			t.Fatal("an update left the digest as it was")
		}
		seen[forth.Digest()] = true
	}
	one, other := s.new(t), s.new(t)
	learn(t, one, []Example{{tidings.Vector{}, "one"}})
	learn(t, other, []Example{{tidings.Vector{}, "other"}})
	if one.Digest() == other.Digest() {
		t.Error("labels without cells are not in the digest")
	}
}

// Entries of a vector may come in any order: a prediction differs by the
// rounding of a sum of float64 (at most 1e-12 of the sum of what the entries
// add), and models taught in different orders by the rounding of weights kept
// as float32 (here at most 1e-4 of a score, or of 1).
func (s suite) featureOrder(t *testing.T) {
	forth, back := s.new(t), s.new(t)
	reversed := func(x tidings.Vector) tidings.Vector {
		x = tidings.Vector{Index: slices.Clone(x.Index), Value: slices.Clone(x.Value)}
		slices.Reverse(x.Index)
		slices.Reverse(x.Value)
		return x
	}
	for _, e := range Stream(21, 400, 6) {
		learn(t, forth, []Example{e})
		learn(t, back, []Example{{reversed(e.X), e.Label}})
	}
	for _, e := range Stream(22, 200, 6) {
		other, taught := byLabel(forth, reversed(e.X)), byLabel(back, e.X)
		for label, score := range byLabel(forth, e.X) {
			size := 1.0
			for _, c := range forth.Contributions(e.X, label, nil) {
				size += math.Abs(c)
			}
			if math.Abs(score-other[label]) > 1e-12*size {
				t.Fatalf("%s: %g, reversed %g", label, score, other[label])
			}
			if math.Abs(score-taught[label]) > 1e-4*size {
				t.Fatalf("%s: %g, taught in reversed vectors %g", label, score, taught[label])
			}
		}
	}
}

func sumsToOne(p []float64) bool {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	return math.Abs(sum-1) < 1e-9
}

// Probabilities sum to 1 and rank as the scores do.
func (s suite) probabilities(t *testing.T) {
	m := s.new(t)
	for _, e := range Stream(23, 400, 6) {
		scores := m.Predict(e.X, nil)
		before := slices.Clone(scores)
		p := m.Probabilities(scores, nil)
		if !slices.Equal(scores, before) {
			t.Fatal("Probabilities changed the scores")
		}
		if len(p) != len(m.Labels()) || len(p) > 0 && !sumsToOne(p) {
			t.Fatalf("scores %v give %v", scores, p)
		}
		for i := range p {
			for j := range p {
				if p[i] < 0 || p[i] > 1 || scores[i] > scores[j] && p[i] < p[j] {
					t.Fatalf("scores %v give %v", scores, p)
				}
			}
		}
		if err := m.Learn(e.X, e.Label, scores); err != nil {
			t.Fatal(err)
		}
	}
	n := len(m.Labels())
	for _, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, -math.MaxFloat64} {
		for _, scores := range [][]float64{slices.Repeat([]float64{v}, n), append(make([]float64, n-1), v)} {
			if p := m.Probabilities(scores, nil); !finite(p) || !sumsToOne(p) {
				t.Errorf("scores %v give %v", scores, p)
			}
		}
	}
}

// What the entries add is what the score has beyond that of an empty vector.
func (s suite) contributions(t *testing.T) {
	t.Run("words", func(t *testing.T) { s.contributionsOf(t, Stream(24, 800, 70), Stream(25, 50, 70)) })
	t.Run("two views", func(t *testing.T) {
		s.contributionsOf(t, viewed(Stream(24, 800, 70)), append(viewed(Stream(25, 50, 70)), Stream(33, 10, 70)...))
	})
}

func (s suite) contributionsOf(t *testing.T, taught, asked []Example) {
	m := s.new(t)
	learn(t, m, taught)
	empty := byLabel(m, tidings.Vector{})
	for _, e := range asked {
		for label, score := range byLabel(m, e.X) {
			parts := m.Contributions(e.X, label, []float64{1, 2, 3})
			sum := empty[label]
			for _, c := range parts {
				sum += c
			}
			if len(parts) != len(e.X.Index) || math.Abs(sum-score) > 1e-9 {
				t.Fatalf("%s: score %g, parts %v sum to %g", label, score, parts, sum)
			}
		}
		for _, c := range m.Contributions(e.X, "a label never seen", nil) {
			if c != 0 {
				t.Fatalf("an unknown label has contributions of %g", c)
			}
		}
	}
}

// A model keeps nothing of what it is given and changes nothing in it.
func (s suite) arguments(t *testing.T) {
	a, b := s.new(t), s.new(t)
	var x tidings.Vector
	for i, e := range Stream(26, 300, 5) {
		x.Index, x.Value = append(x.Index[:0], e.X.Index...), append(x.Value[:0], e.X.Value...)
		scores := b.Predict(x, nil)
		before := slices.Clone(scores)
		if err := errors.Join(a.Learn(e.X, e.Label, nil), b.Learn(x, e.Label, scores)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(scores, before) || !slices.Equal(x.Index, e.X.Index) || !slices.Equal(x.Value, e.X.Value) {
			t.Fatal("Learn changed its arguments")
		}
		clear(x.Index)
		clear(x.Value)
		for j := range scores {
			scores[j] = 99
		}
		if a.Digest() != b.Digest() {
			t.Fatalf("document %d: the model changed with what it was given", i)
		}
	}
}

// No part of a saved model can be lost or changed without Load noticing.
func (s suite) damage(t *testing.T) {
	m := s.new(t)
	learn(t, m, Stream(27, 12, 3))
	good := saved(t, m)
	for n := range good {
		if _, err := model.Load(bytes.NewReader(good[:n])); !errors.Is(err, model.ErrDamaged) {
			t.Fatalf("the first %d of %d bytes gave %v", n, len(good), err)
		}
		bad := bytes.Clone(good)
		bad[n] ^= 1 << (n % 8)
		if _, err := model.Load(bytes.NewReader(bad)); err == nil {
			t.Fatalf("a flipped bit in byte %d of %d was not noticed", n, len(good))
		}
	}
}

// Many goroutines may predict at once; run with -race this proves it.
func (s suite) sideBySide(t *testing.T) {
	m := s.new(t)
	learn(t, m, Stream(28, 300, 70))
	examples := Stream(29, 50, 70)
	results := make([]string, 4)
	var running sync.WaitGroup
	for i := range results {
		running.Go(func() {
			for _, e := range examples {
				scores := m.Predict(e.X, nil)
				results[i] += fmt.Sprint(scores, m.Probabilities(scores, nil), m.Contributions(e.X, e.Label, nil))
			}
		})
	}
	running.Wait()
	for _, r := range results {
		if r != results[0] {
			t.Error("goroutines predicted differently")
		}
	}
}
