package eval

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// known is a truth over four documents, two a message, of which one window is
// made, in which a is popular. The second document was held out, it is an a.
func known() *Truth {
	t := &Truth{
		numbers: map[string]uint32{}, windows: map[windowName]string{{"count:4", "", 0}: "a"},
		df: map[uint64]uint32{1: 4, 2: 1}, counted: 5, Tally: pipeline.NewTally(),
	}
	for i, label := range []string{"", "a", "b", "a"} {
		t.add(&pipeline.Entry{Position: at(i), Label: label}, []string{"", "a", "", ""}[i])
	}
	return t
}

func at(i int) tidings.Position {
	return tidings.Position{Sequence: uint64(i/2) + 1, Line: uint32(i % 2)}
}

func predicted(i int, label string) pipeline.Entry {
	return pipeline.Entry{Kind: pipeline.DocumentEntry, Position: at(i), Label: label, Truth: "a"}
}

func closed(number int64, popular ...string) topics.Window {
	w := topics.Window{Definition: "count:4", Number: number}
	for _, label := range popular {
		w.Shares = append(w.Shares, topics.Share{Label: label, Popular: true})
	}
	w.Shares = append(w.Shares, topics.Share{Label: "z"})
	return w
}

// Properties, of histories written by hand, beside what the oracle says of the
// same four documents:
//   - a document is compared by its first prediction, whatever comes later;
//   - what is missing is lost, be it named as such or not, at either end too;
//   - windows are compared by their popular topics in any order, by their first
//     closing; one that never closes has changed;
//   - of the one document that was held out, the first prediction is scored.
func TestAnOutcomeIsWhatDiffersFromTheTruth(t *testing.T) {
	all := []pipeline.Entry{predicted(0, ""), predicted(1, "a"), predicted(2, "b"), predicted(3, "a")}
	right := Test{Documents: 1, Accuracy: 1, MacroF1: 1}
	tests := map[string]struct {
		entries []pipeline.Entry
		windows []topics.Window
		want    Outcome
	}{
		"all as it should be": {
			entries: all, windows: []topics.Window{closed(0, "a")},
			want: Outcome{Documents: 4, Test: right},
		},
		"another label": {
			entries: []pipeline.Entry{all[0], predicted(1, "b"), all[2], all[3]}, windows: []topics.Window{closed(0, "a")},
			want: Outcome{Documents: 4, Test: Test{Documents: 1}, Differ: 1, DifferPercent: 25},
		},
		"the second prediction is not looked at": {
			entries: []pipeline.Entry{all[0], all[1], predicted(1, "b"), predicted(0, "b"), all[2], all[3]}, windows: []topics.Window{closed(0, "a")},
			want: Outcome{Documents: 4, Test: right, Repeated: 2},
		},
		"lost in the beginning, the middle and the end": {
			entries: []pipeline.Entry{{Kind: pipeline.LostEntry, Position: at(0)}, all[1]}, windows: []topics.Window{closed(0, "a")},
			want: Outcome{Documents: 1, Test: right, Lost: 3},
		},
		"nothing at all": {
			want: Outcome{Lost: 4, WindowsChanged: 1},
		},
		"one that the oracle has not seen": {
			entries: append(slices.Clone(all), predicted(4, "a")), windows: []topics.Window{closed(0, "a")},
			want: Outcome{Documents: 5, Test: right, Differ: 1, DifferPercent: 20},
		},
		"another popular topic, and one too many": {
			entries: all, windows: []topics.Window{closed(0, "a", "b"), closed(1)},
			want: Outcome{Documents: 4, Test: right, WindowsChanged: 2},
		},
		"a window that closes again, otherwise": {
			entries: all, windows: []topics.Window{closed(0, "a"), closed(0)},
			want: Outcome{Documents: 4, Test: right, WindowsRepeated: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var o Outcome
			w := newObserver(known(), &o)
			w.unit(&pipeline.Unit{Entries: test.entries, Windows: [][]topics.Window{test.windows}})
			w.end()
			if !reflect.DeepEqual(o, test.want) {
				t.Errorf("\n got %+v\nwant %+v", o, test.want)
			}
		})
	}
}

// Properties: popular topics are the same set in any order; the unpopular ones
// do not matter.
func TestPopularTopicsAreASet(t *testing.T) {
	if a, b := popular(closed(0, "a", "b")), popular(closed(1, "b", "a")); a != b {
		t.Errorf("%q is not %q", a, b)
	}
	if a, b := popular(closed(0, "a", "b")), popular(closed(0, "ab")); a == b {
		t.Errorf("%q stands for two sets", a)
	}
}

// Properties: shares apart are the half of all that is too much or too little, in
// points, whatever the order of the labels; labels that one side lacks count whole.
func TestSharesApartIsTheirTotalVariation(t *testing.T) {
	share := func(label string, share float64) topics.Share { return topics.Share{Label: label, Share: share} }
	a := []topics.Share{share("a", .5), share("b", .25), share("c", .25)}
	b := []topics.Share{share("d", .25), share("b", .25), share("a", .5)}
	for _, pair := range [][2][]topics.Share{{a, b}, {b, a}} {
		if got := variation(pair[0], pair[1]); got != 25 {
			t.Errorf("%v points apart, want 25", got)
		}
	}
	if variation(a, a) != 0 || variation(a, nil) != 50 {
		t.Errorf("of equals %v, of nothing %v", variation(a, a), variation(a, nil))
	}
}

// Properties: the df error is the sum of all that is too much or too little, of
// the sum of what should be; the largest relative one is a term's; terms that
// nobody has counted or that nobody should have count too.
func TestDFErrorIsRelativeToTheOracle(t *testing.T) {
	tests := map[string]struct {
		df        map[uint64]uint32
		want, max float64
	}{
		"equal":           {df: map[uint64]uint32{1: 4, 2: 1}},
		"counted twice":   {df: map[uint64]uint32{1: 5, 2: 1}, want: 20, max: 25},
		"one less":        {df: map[uint64]uint32{1: 4}, want: 20, max: 100},
		"up and down":     {df: map[uint64]uint32{1: 3, 2: 2}, want: 40, max: 100},
		"none":            {want: 100, max: 100},
		"a term too many": {df: map[uint64]uint32{1: 4, 2: 1, 3: 2}, want: 40, max: 200},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, most := known().dfError(test.df); got != test.want || most != test.max {
				t.Errorf("%v %% and %v %% at most, want %v and %v", got, most, test.want, test.max)
			}
		})
	}
	if got, most := (&Truth{}).dfError(nil); got != 0 || most != 0 {
		t.Errorf("of nothing: %v, %v", got, most)
	}
}

// Properties: each guarantee is broken by what it forbids and by nothing else;
// what faults have to do to it for a comparison to prove something is what it
// allows.
func TestVerdicts(t *testing.T) {
	lost, repeated, windows := Outcome{Lost: 1}, Outcome{Repeated: 1}, Outcome{WindowsRepeated: 1}
	updatesLost, updatesRepeated, unproven := Outcome{}, Outcome{}, Outcome{Equal: true}
	updatesLost.Updates.Lost, updatesRepeated.Updates.Repeated, unproven.Updates.Unproven = 1, 1, 1
	tests := map[string]struct {
		o      Outcome
		broken []string // guarantees
		bitten []string
	}{
		"as the oracle":    {o: Outcome{Equal: true}},
		"documents lost":   {o: lost, broken: []string{guarantees.AtLeastOnce, guarantees.ExactlyOnce}, bitten: []string{guarantees.AtMostOnce}},
		"repeated":         {o: repeated, broken: []string{guarantees.AtMostOnce, guarantees.ExactlyOnce}, bitten: []string{guarantees.AtLeastOnce}},
		"windows repeated": {o: windows, broken: []string{guarantees.AtMostOnce, guarantees.ExactlyOnce}, bitten: []string{guarantees.AtLeastOnce}},
		"updates lost":     {o: updatesLost, broken: []string{guarantees.AtLeastOnce, guarantees.ExactlyOnce}, bitten: []string{guarantees.AtMostOnce}},
		"updates repeated": {o: updatesRepeated, broken: []string{guarantees.AtMostOnce, guarantees.ExactlyOnce}, bitten: []string{guarantees.AtLeastOnce}},
		"only other bits":  {o: Outcome{Differs: []string{"predictions"}}, broken: []string{guarantees.ExactlyOnce}},
		"no proof":         {o: unproven, broken: guarantees.Guarantees()},
	}
	for name, test := range tests {
		for _, claim := range guarantees.Guarantees() {
			t.Run(name+"/"+claim, func(t *testing.T) {
				o := test.o
				o.Claim, o.Run = claim, "it"
				if got, want := o.Broken() != "", slices.Contains(test.broken, claim); got != want {
					t.Errorf("broken: %q, want %v", o.Broken(), want)
				}
				if got, want := o.Bitten(), slices.Contains(test.bitten, claim); got != want {
					t.Errorf("bitten: %v, want %v", got, want)
				}
				proves := o.Bitten() || claim == guarantees.ExactlyOnce
				if lines := Unproven([]*Outcome{&o}); (len(lines) == 0) != proves {
					t.Errorf("unproven: %q", lines)
				}
			})
		}
	}
}

// Properties, at any number of partitions and of documents and with any seed:
// the default faults are a plan that can be read for the pipeline, the same
// each time, whose kills come within the documents.
func TestDefaultFaultsFitThePipeline(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]pipeline.Partitions{{Tokenize: 1, DF: 1, Classify: 1, Topics: 1}, {Tokenize: 2, DF: 2, Classify: 2, Topics: 2}, {Tokenize: 1, DF: 7, Classify: 3, Topics: 1}}).Draw(rt, "partitions")
		documents, seed := rapid.Uint64Range(0, 1<<40).Draw(rt, "documents"), rapid.Uint64().Draw(rt, "seed")
		text := DefaultFaults(n, documents, seed)
		if again := DefaultFaults(n, documents, seed); again != text {
			rt.Fatalf("%s, then %s", text, again)
		}
		plan, err := guarantees.ParseFaults(text, pipeline.Plan{Partitions: n}.FaultStages())
		if err != nil {
			rt.Fatal(err)
		}
		kills := 0
		for _, f := range plan {
			if f.Kind == guarantees.Kill {
				kills++
				if f.At < 1 || f.At > max(documents, 1) {
					rt.Fatalf("%s is not within %d documents", f, documents)
				}
			}
		}
		if kills == 0 {
			rt.Fatalf("%s kills nobody", text)
		}
	})
}
