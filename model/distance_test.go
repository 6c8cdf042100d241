package model_test

import (
	"errors"
	"math"
	"testing"

	"tidings"
	"tidings/model"
	"tidings/model/modeltest"
)

// Properties, of every model there is:
//   - it is at no distance from itself, from a copy, and from one that learnt the
//     same and met its labels in another order;
//   - one that learnt more is at some distance, over the union of the cells;
//   - one that learnt nothing is at the whole distance, and an empty one at all
//     of it from the other side.
func TestWeightsOfEveryModelCanBeCompared(t *testing.T) {
	for _, name := range model.Names() {
		t.Run(name, func(t *testing.T) {
			teach := func(examples []modeltest.Example) model.Model {
				m, err := model.New(name, model.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range examples {
					if err := m.Learn(e.X, e.Label, nil); err != nil {
						t.Fatal(err)
					}
				}
				return m
			}
			stream := modeltest.Stream(1, 200, 70) // more labels than one group holds
			all, part, none := teach(stream), teach(stream[:150]), teach(nil)
			for what, other := range map[string]model.Model{"itself": all, "a copy": all.Clone(), "one that learnt the same": teach(stream)} {
				if d := apart(t, all, other); d.Relative != 0 || d.Max != 0 || d.Cells == 0 {
					t.Errorf("%s is %+v away", what, d)
				}
			}
			d := apart(t, part, all)
			if !(d.Relative > 0 && d.Relative < 2) || !(d.Max > 0) || d.Cells < all.Cells() {
				t.Errorf("one that learnt less is %+v away, of %d cells", d, all.Cells())
			}
			if back := apart(t, all, part); back.Max != d.Max || back.Cells != d.Cells || back.Relative == d.Relative {
				t.Errorf("there %+v, back %+v", d, back)
			}
			if d := apart(t, none, all); math.Abs(d.Relative-1) > 1e-12 || d.Cells != all.Cells() {
				t.Errorf("nothing is %+v away from all", d)
			}
			if d := apart(t, all, none); d.Relative != 1 || d.Cells != all.Cells() {
				t.Errorf("all is %+v away from nothing", d)
			}
			if d := apart(t, none, none); d != (model.Distance{}) {
				t.Errorf("nothing is %+v away from nothing", d)
			}
		})
	}
}

// The distance is that of the weights as they predict: contributions of a
// vector with one feature, label by label and feature by feature, labels by
// their names.
func TestDistanceIsThatOfTheWeights(t *testing.T) {
	one, two := modeltest.Stream(1, 60, 5), modeltest.Stream(2, 60, 7)
	for _, name := range []string{"arow", "pa", "ftrl", "softmax"} {
		m, _ := model.New(name, model.Options{})
		other, _ := model.New(name, model.Options{})
		features, labels := map[uint32]bool{}, map[string]bool{}
		for i := range one {
			for of, e := range map[model.Model]modeltest.Example{m: one[i], other: two[i]} {
				if err := of.Learn(e.X, e.Label, nil); err != nil {
					t.Fatal(err)
				}
				labels[e.Label] = true
				for _, f := range e.X.Index {
					features[f] = true
				}
			}
		}
		squares, norm, most := 0.0, 0.0, 0.0
		for f := range features {
			x := tidings.Vector{Index: []uint32{f}, Value: []float64{1}}
			for l := range labels {
				is, was := m.Contributions(x, l, nil)[0], other.Contributions(x, l, nil)[0]
				squares, norm, most = squares+(is-was)*(is-was), norm+was*was, max(most, math.Abs(is-was))
			}
		}
		d := apart(t, m, other)
		if want := math.Sqrt(squares / norm); math.Abs(d.Relative-want) > 1e-9*want || d.Max != most {
			t.Errorf("%s: %+v, plainly %v and %v", name, d, want, most)
		}
	}
}

// Models of different kinds are not compared.
func TestDifferentKindsHaveNoDistance(t *testing.T) {
	m, _ := model.New("arow", model.Options{})
	other, _ := model.New("nb", model.Options{})
	if _, err := model.Apart(m, other); !errors.Is(err, model.ErrOtherKind) {
		t.Errorf("%v", err)
	}
}

func apart(t *testing.T, m, other model.Model) model.Distance {
	t.Helper()
	d, err := model.Apart(m, other)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
