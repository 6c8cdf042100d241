package model_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"tidings/eval/metric"
	"tidings/model"
)

// yearDocumentsMin is how many documents a year must have to be held to its
// calibration error: of 37, which is all that 2023 has, perfect probabilities
// are about .15 off by chance.
const yearDocumentsMin = 1000

// TestQualityProbabilitiesCanBeBelieved holds every model to its expected calibration
// error (15 bins of equal width, the best label) on the Wikipedia stream, as a
// whole and in each calendar year.
func TestQualityProbabilitiesCanBeBelieved(t *testing.T) {
	examples := dataset(t, "wikipedia-current-events")
	if raced() {
		examples = examples[:6000]
	}
	for _, name := range model.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wholeMax, yearMax := 0.02, 0.04
			if raced() {
				wholeMax = 0.03
			}
			c, whole, years := newChain(t, name), metric.NewCalibration(15), map[string]*metric.Calibration{}
			for _, e := range examples {
				year := years[e.Time[:4]]
				if year == nil {
					year = metric.NewCalibration(15)
					years[e.Time[:4]] = year
				}
				c.count(t, e)
				c.believe(e, whole, year)
				if err := c.model.Learn(c.x, e.Label, c.scores); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("calibration error %.4f", whole.Error())
			if got := whole.Error(); got > wholeMax {
				t.Errorf("calibration error %.4f, want at most %g", got, wholeMax)
			}
			for _, year := range slices.Sorted(maps.Keys(years)) {
				got, documents := years[year].Error(), years[year].Documents()
				t.Logf("%s: %.4f of %d documents", year, got, documents)
				if got > yearMax && documents >= yearDocumentsMin {
					t.Errorf("calibration error %.4f in %s, want at most %g", got, year, yearMax)
				}
			}
		})
	}
}

// TestQualityFrozenProbabilitiesCanBeBelieved looks at documents that are not learnt,
// as a model sees them that was trained before. Only the default model is held
// to a bound.
func TestQualityFrozenProbabilitiesCanBeBelieved(t *testing.T) {
	if raced() {
		t.Skip("SKIPPED UNDER THE RACE DETECTOR: one goroutine, much arithmetic; run without it")
	}
	for _, set := range []struct {
		name string
		most float64
	}{{"20newsgroups", 0.03}, {"reuters-r8", 0.035}} {
		train, test := dataset(t, set.name+"-train"), dataset(t, set.name+"-test")
		for _, name := range model.Names() {
			t.Run(set.name+" "+name, func(t *testing.T) {
				t.Parallel()
				c, k := newChain(t, name), metric.NewCalibration(15)
				c.run(t, train, rand.New(rand.NewPCG(1, 1)).Perm(len(train)))
				for _, e := range test {
					c.peek(t, e)
					c.believe(e, k)
				}
				t.Logf("calibration error %.4f", k.Error())
				if got := k.Error(); name == model.Default && got > set.most {
					t.Errorf("calibration error %.4f, want at most %g", got, set.most)
				}
			})
		}
	}
}

// believe predicts the vector at hand and counts how sure that was.
func (c *chain) believe(e example, to ...*metric.Calibration) {
	best := c.predict()
	if best < 0 {
		return
	}
	c.shares = c.model.Probabilities(c.scores, c.shares)
	for _, k := range to {
		k.Add(c.shares[best], c.right(best, e.Label))
	}
}
