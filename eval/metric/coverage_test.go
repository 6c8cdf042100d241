package metric_test

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"tidings/eval/metric"
)

// Properties of a coverage:
//   - a probability on a threshold is answered, one below is not;
//   - each row is what a loop over all predictions counts;
//   - a higher threshold never answers more;
//   - merged parts are the whole, and the order does not matter.

func TestCoverageAnswersFromTheThresholdOn(t *testing.T) {
	c := metric.NewCoverage(.5, .4, .5)
	for _, p := range []float64{.39, .4, .5, .6, 0, math.NaN()} {
		c.Add(p, p >= .5)
	}
	c.AddUnlabelled(.45)
	c.AddUnlabelled(.1)
	want := []metric.Covered{
		{Threshold: .4, Documents: 4, Abstained: 4, Coverage: .5, Labelled: 3, Right: 2, Accuracy: 2. / 3},
		{Threshold: .5, Documents: 2, Abstained: 6, Coverage: .25, Labelled: 2, Right: 2, Accuracy: 1},
	}
	if got := c.Table(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestCoverageOfNothingIsZero(t *testing.T) {
	if got := new(metric.Coverage).Table(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	for _, row := range metric.NewCoverage(metric.CoverageThresholds()...).Table() {
		if row.Coverage != 0 || row.Accuracy != 0 {
			t.Errorf("%+v", row)
		}
	}
}

func TestCoverageProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		thresholds := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 5).Draw(t, "thresholds")
		type prediction struct {
			p               float64
			labelled, right bool
		}
		var all []prediction
		whole, first, second := metric.NewCoverage(thresholds...), metric.NewCoverage(thresholds...), metric.NewCoverage(thresholds...)
		add := func(c *metric.Coverage, x prediction) {
			if x.labelled {
				c.Add(x.p, x.right)
			} else {
				c.AddUnlabelled(x.p)
			}
		}
		for range rapid.IntRange(0, 50).Draw(t, "n") {
			x := prediction{rapid.Float64Range(0, 1).Draw(t, "p"), rapid.Bool().Draw(t, "labelled"), rapid.Bool().Draw(t, "right")}
			all = append(all, x)
			add(whole, x)
			if rapid.Bool().Draw(t, "part") {
				add(first, x)
			} else {
				add(second, x)
			}
		}
		if !second.Merge(first) || !reflect.DeepEqual(second.Table(), whole.Table()) {
			t.Fatalf("the parts are %+v, the whole is %+v", second.Table(), whole.Table())
		}
		last := uint64(math.MaxUint64)
		for _, row := range whole.Table() {
			var documents, labelled, right uint64
			for _, x := range all {
				if x.p >= row.Threshold {
					documents++
					if x.labelled {
						labelled++
						if x.right {
							right++
						}
					}
				}
			}
			if row.Documents != documents || row.Labelled != labelled || row.Right != right || row.Abstained != uint64(len(all))-documents || documents > last {
				t.Fatalf("%+v, counted %d, %d, %d", row, documents, labelled, right)
			}
			last = documents
		}
		if whole.Merge(metric.NewCoverage(2)) {
			t.Fatal("other thresholds are taken")
		}
	})
}
