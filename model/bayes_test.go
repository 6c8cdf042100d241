package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"tidings"
)

// counts is what naive Bayes counts, written down plainly.
type counts struct {
	of     map[string]map[uint32]float64 // label, feature
	totals map[string]float64
	all    map[uint32]float64
	total  float64
}

func newCounts() *counts {
	return &counts{of: map[string]map[uint32]float64{}, totals: map[string]float64{}, all: map[uint32]float64{}}
}

func (c *counts) add(x tidings.Vector, label string) {
	if c.of[label] == nil {
		c.of[label] = map[uint32]float64{}
	}
	for i, f := range x.Index {
		c.of[label][f] += x.Value[i]
		c.totals[label] += x.Value[i]
		c.all[f] += x.Value[i]
		c.total += x.Value[i]
	}
}

// TestNaiveBayesIsThePapers compares the differences between labels with the
// formulas of the papers. Labels are of more than one group, features are met
// that nobody has seen.
func TestNaiveBayesIsThePapers(t *testing.T) {
	const seed, labels, smoothing = 6, 70, 0.2
	for name, weight := range map[string]func(c *counts, label string, f uint32) float64{
		"nb": func(c *counts, label string, f uint32) float64 {
			return math.Log((c.of[label][f] + smoothing) / (c.totals[label] + smoothing*float64(len(c.all)+1)))
		},
		"cnb": func(c *counts, label string, f uint32) float64 {
			return -math.Log((c.all[f] - c.of[label][f] + smoothing) / (c.total - c.totals[label] + smoothing*float64(len(c.all)+1)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			random1 := rand.New(rand.NewPCG(seed, seed))
			m, err := New(name, Options{Smoothing: smoothing})
			if err != nil {
				t.Fatal(err)
			}
			c := newCounts()
			for range 2000 {
				x, truth := random(random1, labels)
				c.add(x, truth)
				if err := m.Learn(x, truth, m.Predict(x, nil)); err != nil {
					t.Fatal(err)
				}
			}
			for range 20 {
				x, _ := random(random1, labels)
				x.Index, x.Value = append(x.Index, 1<<30), append(x.Value, 0.5)
				score := func(label string) (sum float64) {
					for i, f := range x.Index {
						if _, known := c.all[f]; known {
							sum += x.Value[i] * weight(c, label, f)
						}
					}
					return sum
				}
				got := m.Predict(x, nil)
				for l, name := range m.Labels() {
					is, want := got[l]-got[0], score(name)-score(m.Labels()[0])
					if math.Abs(is-want) > 1e-3 {
						t.Fatalf("seed %d: label %s is %g from label %s, want %g", seed, name, is, m.Labels()[0], want)
					}
				}
			}
		})
	}
}

// Properties: totals are those of the cells, whatever the values, and those of
// a model that was loaded; vocabularies too.
func TestNaiveBayesKeepsItsTotals(t *testing.T) {
	m := newNB(Options{CellsMax: 1500})
	random1 := rand.New(rand.NewPCG(7, 7))
	for i := range 3000 {
		x, label := random(random1, 130)
		x.Value[0] = []float64{-1, 0, 5e-324, 1e-7, 0.3}[i%5]
		if err := m.Learn(x, label, nil); err != nil {
			t.Fatal(err)
		}
	}
	sums, features := make([]float64, len(m.labels.names)), map[uint32]bool{}
	for gi := range m.cells.groups {
		for _, r := range m.cells.groups[gi].rows {
			if r.mask == 0 {
				continue
			}
			features[r.feature] = true
			for l := range groupLabels {
				if r.mask>>l&1 != 0 {
					sums[gi*groupLabels+l] += float64(m.cells.of(&r)[rank(r.mask, uint(l))].a)
				}
			}
		}
	}
	all := int64(0)
	for l, sum := range sums {
		if math.Abs(sum-float64(m.totals[l])*countUnit) > 1e-3 {
			t.Errorf("label %d: cells sum to %g, the total is %g", l, sum, float64(m.totals[l])*countUnit)
		}
		all += m.totals[l]
	}
	if all != m.total || len(features) != m.vocabulary || m.Dropped() == 0 {
		t.Errorf("all %d, want %d; %d features, want %d; %d dropped", m.total, all, m.vocabulary, len(features), m.Dropped())
	}
}
