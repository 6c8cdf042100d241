package metric

import (
	"strings"
	"testing"
)

// The wanted numbers are those of scikit-learn 1.9.1, cohen_kappa_score and
// f1_score(average="micro"), for "without abstention" given labels=["a", "b",
// "c"]; River 0.26.1's CohenKappa agrees to 1e-15.
func TestKappaAndMicroF1AreThoseOfScikitLearn(t *testing.T) {
	truth, predicted := generated()
	tests := map[string]struct {
		truth, predicted []string
		kappa, micro     float64
	}{
		"5,000 generated":    {truth, predicted, 0.6630134651388319, 0.7346},
		"one only predicted": {strings.Split("aabbbcccca", ""), strings.Split("abbbacccbd", ""), 0.4285714285714286, 0.6},
		"all wrong":          {strings.Split("aab", ""), strings.Split("bbc", ""), -0.2857142857142858, 0},
		"without abstention": {strings.Split("aabbc", ""), []string{"", "a", "b", "b", "c"}, 0.7222222222222222, 0.8888888888888888},
		"all right":          {strings.Split("abc", ""), strings.Split("abc", ""), 1, 1},
		"one label":          {strings.Split("aaa", ""), strings.Split("aaa", ""), 0, 1}, // chance is as good; scikit-learn says NaN
		"nothing":            {nil, nil, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c Confusion
			for i := range tt.truth {
				c.Add(tt.truth[i], tt.predicted[i])
			}
			near(t, "kappa", c.Kappa(), tt.kappa, 1e-14)
			near(t, "micro F1", c.MicroF1(), tt.micro, 1e-15)
		})
	}
}

// On the generated labels, against the two baselines as they were before each
// label was learnt: the numbers were computed in Python from the definitions.
func TestKappasOfStreamsAreAboveTheirBaselines(t *testing.T) {
	truth, predicted := generated()
	var c Confusion
	var last RepeatLast
	var most Majority
	for i, label := range truth {
		c.Add(label, predicted[i])
		last.Learn(label)
		most.Learn(label)
	}
	near(t, "kappa-temporal", Above(c.Accuracy(), last.Accuracy()), 0.658077814996135, 1e-15)
	near(t, "kappa-M", Above(c.Accuracy(), most.Accuracy()), 0.6131195335276969, 1e-15)
	if got := Above(1, 1); got != 0 {
		t.Errorf("above a baseline that is always right: %v", got)
	}
	if got := Above(.2, .4); !(got < 0) {
		t.Errorf("worse than the baseline: %v", got)
	}
}

// The wanted numbers were computed in Python from the definition.
func TestFadedWeighsOlderPredictionsLess(t *testing.T) {
	truth, predicted := generated()
	for factor, want := range map[float64]float64{.999: 0.7353487541259522, .99: 0.7418035727012364, 1: 0.7346} {
		f := NewFaded(factor)
		for i := range truth {
			f.Add(truth[i] == predicted[i])
		}
		near(t, "faded accuracy", f.Accuracy(), want, 1e-12)
		if f.Documents() != uint64(len(truth)) {
			t.Errorf("%d documents", f.Documents())
		}
	}
	var zero Faded
	if zero.Accuracy() != 0 {
		t.Error("the accuracy of nothing is not 0")
	}
	zero.Add(true)
	for _, f := range []*Faded{&zero, NewFaded(0), NewFaded(-1), NewFaded(2)} {
		f.Add(true)
		f.Add(false)
		if f.factor != FadeDefault || !(f.Accuracy() > .49 && f.Accuracy() < .67) {
			t.Errorf("factor %v, accuracy %v", f.factor, f.Accuracy())
		}
	}
}
