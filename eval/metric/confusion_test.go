package metric

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The wanted numbers were computed with scikit-learn 1.9.1: accuracy_score,
// precision_recall_fscore_support(zero_division=0) and
// f1_score(average="macro", zero_division=0); for "without abstention" given
// labels=["a", "b", "c"], and otherwise without labels.
func TestScoresAreThoseOfScikitLearn(t *testing.T) {
	type score struct {
		label                 string
		precision, recall, f1 float64
		support               uint64
	}
	truth, predicted := generated()
	tests := map[string]struct {
		truth, predicted []string
		accuracy, macro  float64
		labels           []score
	}{
		"one label only predicted": {strings.Split("aabbbcccca", ""), strings.Split("abbbacccbd", ""), 0.59999999999999998, 0.45714285714285713, []score{
			{"a", 0.5, 0.33333333333333331, 0.40000000000000002, 3},
			{"b", 0.5, 0.66666666666666663, 0.5714285714285714, 3},
			{"c", 1, 0.75, 0.8571428571428571, 4},
			{"d", 0, 0, 0, 0}}},
		"all right": {strings.Split("abc", ""), strings.Split("abc", ""), 1, 1, []score{
			{"a", 1, 1, 1, 1}, {"b", 1, 1, 1, 1}, {"c", 1, 1, 1, 1}}},
		"all wrong": {strings.Split("aab", ""), strings.Split("bbc", ""), 0, 0, []score{
			{"a", 0, 0, 0, 2}, {"b", 0, 0, 0, 1}, {"c", 0, 0, 0, 0}}},
		"without abstention": {strings.Split("aabbc", ""), []string{"", "a", "b", "b", "c"}, 0.80000000000000004, 0.88888888888888884, []score{
			{"a", 1, 0.5, 0.66666666666666663, 2}, {"b", 1, 1, 1, 2}, {"c", 1, 1, 1, 1}}},
		"5,000 generated": {truth, predicted, 0.73460000000000003, 0.6125249968636669, []score{
			{"health", 0.85683453237410068, 0.75811584977721191, 0.80445795339412363, 1571},
			{"politics", 0.82110912343470488, 0.73031026252983289, 0.77305263157894732, 1257},
			{"science", 0.77439664218258131, 0.73069306930693068, 0.75191034131431478, 1010},
			{"sport", 0.69718309859154926, 0.70512820512820518, 0.70113314447592068, 702},
			{"world", 0.58377425044091713, 0.7195652173913043, 0.64459591041869524, 460},
			{"zero", 0, 0, 0, 0}}},
		"nothing": {nil, nil, 0, 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c Confusion
			for i := range tt.truth {
				c.Add(tt.truth[i], tt.predicted[i])
			}
			near(t, "accuracy", c.Accuracy(), tt.accuracy, 1e-15)
			near(t, "macro F1", c.MacroF1(), tt.macro, 1e-15)
			got := c.PerLabel()
			if len(got) != len(tt.labels) {
				t.Fatalf("%d labels, want %d", len(got), len(tt.labels))
			}
			for i, want := range tt.labels {
				if got[i].Label != want.label || got[i].Support != want.support {
					t.Errorf("label %d is %q with support %d, want %q with %d", i, got[i].Label, got[i].Support, want.label, want.support)
				}
				near(t, want.label+" precision", got[i].Precision, want.precision, 1e-15)
				near(t, want.label+" recall", got[i].Recall, want.recall, 1e-15)
				near(t, want.label+" F1", got[i].F1, want.f1, 1e-15)
			}
		})
	}
}

// scikit-learn's confusion_matrix of the same 5,000.
func TestMatrixIsThatOfScikitLearn(t *testing.T) {
	var c Confusion
	truth, predicted := generated()
	for i := range truth {
		c.Add(truth[i], predicted[i])
	}
	want := [][]uint64{
		{1191, 77, 82, 84, 67, 70},
		{78, 918, 70, 54, 64, 73},
		{59, 56, 738, 51, 64, 42},
		{35, 44, 39, 495, 41, 48},
		{27, 23, 24, 26, 331, 29},
		{0, 0, 0, 0, 0, 0},
	}
	if diff := cmp.Diff(want, c.Matrix()); diff != "" {
		t.Errorf("matrix (- scikit-learn, + got):\n%s", diff)
	}
	if got := strings.Join(c.Labels(), " "); got != "health politics science sport world zero" {
		t.Errorf("labels %s", got)
	}
}

// sequence is a linear congruential generator (the "quick and dirty" one of
// Numerical Recipes), so that other languages can make the same numbers.
type sequence uint32

func (s *sequence) next() uint32 {
	*s = 1664525**s + 1013904223
	return uint32(*s) >> 16
}

// generated are 5,000 uneven labels, of which 70 % and a few more by chance
// are predicted; the last label is only predicted.
func generated() (truth, predicted []string) {
	s := sequence(42)
	names := []string{"health", "politics", "science", "sport", "world", "zero"}
	for range 5000 {
		a, b := s.next()%7, s.next()%5
		label := names[min(a, b)]
		truth = append(truth, label)
		if s.next()%10 >= 7 {
			label = names[s.next()%6]
		}
		predicted = append(predicted, label)
	}
	return truth, predicted
}

// For any predictions: the order does not matter to the bit, two halves merged
// are the whole, counts are where they belong, scores are in [0, 1], and
// swapping truth and prediction swaps precision and recall.
func TestConfusionProperties(t *testing.T) {
	label := rapid.SampledFrom([]string{"a", "b", "c", "d", "ä", Other})
	pair := rapid.Custom(func(t *rapid.T) [2]string {
		return [2]string{label.Draw(t, "truth"), rapid.OneOf(label, rapid.Just("")).Draw(t, "predicted")}
	})
	rapid.Check(t, func(t *rapid.T) {
		pairs := rapid.SliceOfN(pair, 1, 60).Draw(t, "pairs")
		whole := confusion(pairs, false)
		same := func(what string, c *Confusion) {
			if diff := cmp.Diff(everything(whole), everything(c)); diff != "" {
				t.Fatalf("%s differs:\n%s", what, diff)
			}
		}
		same("another order", confusion(rapid.Permutation(pairs).Draw(t, "order"), false))
		cut := rapid.IntRange(0, len(pairs)).Draw(t, "cut")
		merged := confusion(pairs[:cut], false)
		merged.Merge(confusion(pairs[cut:], false))
		same("the merge", merged)
		other := confusion(pairs[cut:], false)
		other.Merge(confusion(pairs[:cut], false))
		same("the merge of the other way", other)

		var sum uint64
		for _, row := range whole.Matrix() {
			for _, n := range row {
				sum += n
			}
		}
		if sum != whole.Documents() || sum != uint64(len(pairs)) {
			t.Fatalf("the matrix holds %d, documents %d, added %d", sum, whole.Documents(), len(pairs))
		}
		if f := whole.MacroF1(); !(f >= 0 && f <= 1) {
			t.Fatalf("macro F1 %v", f)
		}
		if slices.Contains(whole.Labels(), "") {
			return // a truth of "" would not be scored
		}
		turned := confusion(pairs, true).PerLabel()
		for i, w := range whole.PerLabel() {
			if s := turned[i]; s.Precision != w.Recall || s.Recall != w.Precision || s.F1 != w.F1 {
				t.Fatalf("turned %+v, was %+v", s, w)
			}
		}
	})
}

func confusion(pairs [][2]string, turned bool) *Confusion {
	c := NewConfusion(0)
	for _, p := range pairs {
		if turned {
			p[0], p[1] = p[1], p[0]
		}
		c.Add(p[0], p[1])
	}
	return c
}

// everything a Confusion tells, floats as their bits.
func everything(c *Confusion) string {
	return fmt.Sprint(c.Labels(), c.Matrix(), c.PerLabel(), c.Documents(), c.Right(), c.Unscored(),
		math.Float64bits(c.Accuracy()), math.Float64bits(c.MacroF1()))
}

func TestDocumentsWithoutATruthAreNotScored(t *testing.T) {
	var c Confusion
	c.Add("", "a")
	c.Add("", "")
	c.Add("a", "")
	if c.Documents() != 1 || c.Unscored() != 2 || c.Right() != 0 {
		t.Errorf("%d documents, %d unscored, %d right", c.Documents(), c.Unscored(), c.Right())
	}
	if got := fmt.Sprintf("%q", c.Labels()); got != `["" "a"]` {
		t.Errorf("labels %s", got)
	}
}

func TestLabelsBeyondTheLimitAreOtherAndStayRightOrWrong(t *testing.T) {
	c := NewConfusion(2)
	for _, p := range [][2]string{{"a", ""}, {"a", "a"}, {"b", "c"}, {"c", "c"}, {"d", "c"}, {"c", "d"}, {"e", "e"}, {"a", "e"}} {
		c.Add(p[0], p[1])
	}
	if got := strings.Join(c.Labels(), " "); got != " (other) a b" {
		t.Errorf("labels %s", got)
	}
	if c.Right() != 3 || c.Documents() != 8 {
		t.Errorf("%d of %d right, want 3 of 8", c.Right(), c.Documents())
	}
	want := LabelScore{Label: Other, Precision: 2. / 6, Recall: 2. / 4, F1: 4. / 10, Support: 4, Predicted: 6, Right: 2}
	if got := c.PerLabel()[0]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	merged := NewConfusion(1)
	merged.Merge(c)
	if got := strings.Join(merged.Labels(), " "); got != " (other) a" || merged.Right() != 3 {
		t.Errorf("merged into fewer: labels %s, %d right", got, merged.Right())
	}
}

func TestConfusionAddAllocatesNothingInSteadyState(t *testing.T) {
	var c Confusion
	truth, predicted := generated()
	for i := range truth {
		c.Add(truth[i], predicted[i])
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() { c.Add(truth[i], predicted[i]); i++ }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

func BenchmarkConfusionAdd(b *testing.B) {
	var c Confusion
	truth, predicted := generated()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Add(truth[i], predicted[i])
		if i++; i == len(truth) {
			i = 0
		}
	}
}
