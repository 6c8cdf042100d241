package modeltest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"tidings"
	"tidings/model"
)

// No label known: no scores, no probabilities, nothing best, nothing counted.
func (s suite) nothingLearnt(t *testing.T) {
	m := s.new(t)
	x := vector(1, 1)
	scores := m.Predict(x, []float64{1, 2})
	if len(scores) != 0 || len(m.Probabilities(scores, nil)) != 0 || model.Best(m.Labels(), scores) != -1 {
		t.Errorf("scores %v of labels %v", scores, m.Labels())
	}
	if m.Updates() != 0 || m.Cells() != 0 || m.Dropped() != 0 || len(m.Labels()) != 0 {
		t.Errorf("%d updates, %d cells, %d dropped", m.Updates(), m.Cells(), m.Dropped())
	}
	if got := m.Contributions(x, "a", nil); len(got) != 1 || got[0] != 0 {
		t.Errorf("contributions %v", got)
	}
}

// What can be learnt is learnt, with few labels and with more than one group of
// them, and the counters count.
func (s suite) separable(t *testing.T) {
	for _, labels := range []int{2, 10, 150} {
		m, n := s.new(t), 100*labels
		learn(t, m, Stream(1, n, labels))
		test, right := Stream(2, 1000, labels), 0
		for _, e := range test {
			if predicted(m, e.X) == e.Label {
				right++
			}
		}
		if right < 700 {
			t.Errorf("%d labels: %d of %d right", labels, right, len(test))
		}
		if m.Updates() != uint64(n) || m.Cells() == 0 || m.Bytes() < int64(8*m.Cells()) || len(m.Labels()) != labels {
			t.Errorf("%d updates, %d cells, %d bytes, %d labels", m.Updates(), m.Cells(), m.Bytes(), len(m.Labels()))
		}
	}
}

// A feature never learnt adds nothing: it falls on no other feature, not on
// feature 0 either.
func (s suite) unseenFeatures(t *testing.T) {
	m := s.new(t)
	for range 20 {
		learn(t, m, []Example{{vector(0, 1, 1, 0.5), "zero"}, {vector(2, 1), "two"}})
	}
	known := vector(0, 0.7, 2, 0.2)
	with := vector(77777, 0.9, 0, 0.7, 2, 0.2, math.MaxUint32, 0.9)
	for label, want := range byLabel(m, known) {
		if got := byLabel(m, with)[label]; got != want {
			t.Errorf("%s: %g with unseen features, %g without", label, got, want)
		}
	}
	empty, only := byLabel(m, tidings.Vector{}), byLabel(m, vector(77777, 1))
	for label, want := range empty {
		if only[label] != want {
			t.Errorf("%s: %g for an unseen feature, %g for none", label, only[label], want)
		}
	}
}

// A label seen for the first time is learnt at once and stands last. On features
// that its document did not have the older labels stay as they were to each
// other: no further apart or nearer by more than a twentieth, or .01, which is
// for models whose scores are shares of all that was ever seen.
func (s suite) newLabel(t *testing.T) {
	m := s.new(t)
	for i := range 100 {
		learn(t, m, []Example{{vector(1, 1), "one"}, {vector(2, 1), "two"}, {vector(1, 0.5, 2, 0.8), "two"}})
		if i%4 == 0 {
			learn(t, m, []Example{{vector(4, 1), "rare"}})
		}
	}
	asked := []tidings.Vector{vector(1, 0.5, 2, 0.5), vector(1, 0.8, 2, 0.2), vector(4, 0.1, 1, 0.9), vector(2, 1)}
	var before []map[string]float64
	for _, x := range asked {
		before = append(before, byLabel(m, x))
	}
	x := vector(3, 1)
	if err := m.Learn(x, "three", m.Predict(x, nil)); err != nil {
		t.Fatal(err)
	}
	if labels := m.Labels(); len(labels) != 4 || labels[3] != "three" {
		t.Fatalf("labels %q", labels)
	}
	for i, x := range asked {
		after := byLabel(m, x)
		for a := range before[i] {
			for b := range before[i] {
				was, is := before[i][a]-before[i][b], after[a]-after[b]
				if math.Abs(is-was) > math.Abs(was)/20+0.01 {
					t.Errorf("vector %d: %s led %s by %g, now by %g", i, a, b, was, is)
				}
			}
		}
	}
	if got := predicted(m, x); got != "three" {
		t.Errorf("its own document is predicted as %q", got)
	}
	if got := predicted(m, vector(1, 1)); got != "one" {
		t.Errorf("a document of an older label is predicted as %q", got)
	}
}

func (s suite) emptyVector(t *testing.T) {
	m := s.new(t)
	for _, label := range []string{"b", "a", "b"} {
		if err := m.Learn(tidings.Vector{}, label, nil); err != nil {
			t.Fatal(err)
		}
	}
	scores := m.Predict(tidings.Vector{}, nil)
	if len(scores) < 2 || !finite(scores) || m.Updates() != 3 || m.Cells() != 0 {
		t.Errorf("scores %v, %d updates, %d cells", scores, m.Updates(), m.Cells())
	}
}

// Learn refuses what it cannot learn, says which, and is then as it was.
func (s suite) refusals(t *testing.T) {
	m := s.new(t)
	learn(t, m, Stream(3, 50, 3))
	before := saved(t, m)
	good := vector(1, 0.5)
	nan, inf := math.NaN(), math.Inf(1)
	for name, test := range map[string]struct {
		x      tidings.Vector
		label  string
		scores []float64
		want   error
	}{
		"NaN":                   {vector(1, 0.5, 2, nan), "label 0", nil, model.ErrNotFinite},
		"infinity":              {vector(1, inf), "a new label", nil, model.ErrNotFinite},
		"minus infinity":        {vector(1, -inf), "label 1", nil, model.ErrNotFinite},
		"beyond the limit":      {vector(1, 2*model.ValueMax), "label 1", nil, model.ErrNotFinite},
		"NaN score":             {good, "label 1", []float64{0, nan, 0}, model.ErrNotFinite},
		"infinite score":        {good, "label 1", []float64{0, 0, inf}, model.ErrNotFinite},
		"no label":              {good, "", nil, model.ErrNoLabel},
		"a label too long":      {good, strings.Repeat("x", tidings.LabelBytesMax+1), nil, nil},
		"a vector out of shape": {tidings.Vector{Index: []uint32{1, 2}, Value: []float64{1}}, "label 0", nil, nil},
		"views out of shape":    {tidings.Vector{Index: []uint32{1}, Value: []float64{1}, Chars: 2}, "label 0", nil, nil},
		"a view of less than 0": {tidings.Vector{Index: []uint32{1}, Value: []float64{1}, Chars: -1}, "label 0", nil, nil},
	} {
		err := m.Learn(test.x, test.label, test.scores)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", name, err, test.want)
		}
		if string(saved(t, m)) != string(before) {
			t.Fatalf("%s: the refused document changed the model", name)
		}
	}
}

func (s suite) tooManyLabels(t *testing.T) {
	m := s.new(t)
	for i := range model.LabelsMax {
		if err := m.Learn(tidings.Vector{}, fmt.Sprint(i), []float64{}); err != nil {
			t.Fatal(err)
		}
	}
	digest := m.Digest()
	if err := m.Learn(vector(1, 1), "one more", nil); !errors.Is(err, model.ErrTooManyLabels) {
		t.Errorf("error %v", err)
	}
	if m.Digest() != digest || len(m.Labels()) != model.LabelsMax {
		t.Error("the refused label changed the model")
	}
	if err := m.Learn(vector(1, 1), "7", nil); err != nil {
		t.Errorf("a known label is refused: %v", err)
	}
	if got := predicted(m, vector(1, 1)); got != "7" {
		t.Errorf("predicted %q of %d labels, want %q", got, model.LabelsMax, "7")
	}
}

// Whatever finite values come, scores and probabilities stay finite, and what
// is saved can be loaded.
func (s suite) adversarial(t *testing.T) {
	m := s.new(t)
	values := []float64{model.ValueMax, -model.ValueMax, 1e-300, 5e-324, 1, 0, -1e-9, 1e5}
	for i := range 3000 {
		x := vector(0, values[i%8], 1, values[i/8%8], 2, values[i/64%8])
		if err := m.Learn(x, fmt.Sprint("label ", i%7%3), nil); err != nil {
			t.Fatalf("update %d: %v", i, err)
		}
		scores := m.Predict(x, nil)
		if p := m.Probabilities(scores, nil); !finite(scores) || !finite(p) || !sumsToOne(p) {
			t.Fatalf("update %d: scores %v, probabilities %v", i, scores, p)
		}
	}
	reload(t, m)
}

// Under CellsMax no new cells are made, the known ones go on learning, and what
// found no room is counted.
func (s suite) cellsLimit(t *testing.T) {
	m := s.make(t, model.Options{CellsMax: 8})
	for range 5 {
		learn(t, m, []Example{{vector(1, 1), "one"}, {vector(2, 1), "two"}})
	}
	if m.Dropped() != 0 {
		t.Fatalf("%d dropped with %d cells", m.Dropped(), m.Cells())
	}
	learn(t, m, Stream(4, 200, 4))
	if m.Cells() > 8 || m.Dropped() == 0 {
		t.Errorf("%d cells, %d dropped", m.Cells(), m.Dropped())
	}
	if got := predicted(m, vector(2, 1)); got != "two" {
		t.Errorf("predicted %q", got)
	}
	reload(t, m)
}
