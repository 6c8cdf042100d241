package pipeline

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"tidings"
)

// Properties of a tally's confidence:
//   - labels that come later than their documents leave what labels leave that
//     come with them;
//   - a threshold changes nothing but what is kept, and keeps what reaches it;
//   - without documents, or without labels, there is no error and nothing kept.

func TestLateLabelsCountAsOthersDo(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, seed))
	with, later := NewTally(), NewTally()
	with.Confidence.Abstain(.5)
	later.Confidence.Abstain(.5)
	var labels []Entry
	for i := range uint64(500) {
		e := Entry{
			Position: tidings.Position{Sequence: i + 1}, Kind: DocumentEntry, Truth: string('a' + rune(r.IntN(3))),
			Label: string('a' + rune(r.IntN(3))), Probability: r.Float64(),
		}
		with.Add(&Unit{From: i + 1, To: i + 1, Entries: []Entry{e}})
		labels = append(labels, Entry{Position: tidings.Position{Sequence: 1000 + i}, Kind: LabelEntry, Truth: e.Truth, Target: e.Position, Fate: LabelLearnt})
		e.Truth = ""
		later.Add(&Unit{From: i + 1, To: i + 1, Entries: []Entry{e}})
	}
	if later.Confidence.Bins() != nil {
		t.Error("there are bins before there is a label")
	}
	for _, e := range labels {
		later.Add(&Unit{From: e.Position.Sequence, To: e.Position.Sequence, Entries: []Entry{e}})
	}
	a, b := with.Summary(Plan{}), later.Summary(Plan{})
	if a.CalibrationError == 0 || a.CalibrationError != b.CalibrationError || !reflect.DeepEqual(a.Calibration, b.Calibration) ||
		!reflect.DeepEqual(a.Coverage, b.Coverage) || !reflect.DeepEqual(a.Abstain, b.Abstain) {
		t.Errorf("seed %d: with their documents %+v, later %+v", seed, a, b)
	}
	if a.Abstain == nil || a.Abstain.Documents == 0 || a.Abstain.Documents+a.Abstain.Abstained != 500 || a.Abstain.Coverage != a.Coverage[2].Coverage {
		t.Errorf("kept %+v", a.Abstain)
	}
}

func TestNothingPredictedIsNothingToBelieve(t *testing.T) {
	s := NewTally().Summary(Plan{})
	if s.CalibrationError != 0 || s.Calibration != nil || s.Abstain != nil {
		t.Errorf("%+v", s)
	}
}

func TestAbstainedPredictionsNameNoLabel(t *testing.T) {
	p := tidings.Prediction{ID: "x", Label: "a", Probability: .4, Scores: []tidings.Score{{Label: "a", Probability: .4}, {Label: "b", Probability: .3}}}
	for _, test := range []struct {
		abstain float64
		label   string
	}{{0, "a"}, {.3, "a"}, {.4, "a"}, {.41, ""}, {1, ""}} {
		l := NewPredictionLine(p, test.abstain)
		if l.Label != test.label || l.Abstained != (test.label == "") || l.Probability != .4 || len(l.Scores) != 2 {
			t.Errorf("below %g: %+v", test.abstain, l)
		}
	}
}
