package topics

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"tidings"
)

func told() Window {
	return Window{
		Definition: "count:10", Documents: 10, Shares: []Share{},
		Bursts: []Burst{{Text: "hurricane harvey", Documents: 4, Expected: 0.1, Score: 21.5}},
		Stories: []Story{{
			ID: 7, Here: 4, Documents: 5, Since: time.Unix(3, 0).UTC(), Label: "Disasters", First: Place{tidings.Position{Sequence: 12, Line: 3}},
			Central: []Place{{tidings.Position{Sequence: 13}}}, Terms: []string{"harvey"},
		}},
	}
}

func TestWindowsCarryBurstsAndStoriesThroughJSON(t *testing.T) {
	data, err := json.Marshal(told())
	if err != nil {
		t.Fatal(err)
	}
	var got Window
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, told()) {
		t.Errorf("%s reads as %+v (%v)", data, got, err)
	}
	if got.Digest() != told().Digest() {
		t.Error("the digest changes")
	}
	plain := told()
	plain.Bursts, plain.Stories = nil, nil
	data, err = json.Marshal(plain)
	if want := `{"definition":"count:10","number":0,"documents":10,"shares":[]}`; err != nil || string(data) != want {
		t.Errorf("without them %s (%v), want %s", data, err, want)
	}
}

// Names and headlines are told by readers, so they are in no digest; everything
// else is.
func TestDigestHasAllOfBurstsAndStoriesButNames(t *testing.T) {
	tests := map[string]struct {
		change func(*Window)
		same   bool
	}{
		"text":      {func(w *Window) { w.Bursts[0].Text = "x" }, false},
		"expected":  {func(w *Window) { w.Bursts[0].Expected++ }, false},
		"score":     {func(w *Window) { w.Bursts[0].Score++ }, false},
		"no burst":  {func(w *Window) { w.Bursts = nil }, false},
		"id":        {func(w *Window) { w.Stories[0].ID++ }, false},
		"here":      {func(w *Window) { w.Stories[0].Here++ }, false},
		"documents": {func(w *Window) { w.Stories[0].Documents++ }, false},
		"since":     {func(w *Window) { w.Stories[0].Since = time.Time{} }, false},
		"label":     {func(w *Window) { w.Stories[0].Label = "" }, false},
		"first":     {func(w *Window) { w.Stories[0].First.Line++ }, false},
		"central":   {func(w *Window) { w.Stories[0].Central = nil }, false},
		"terms":     {func(w *Window) { w.Stories[0].Terms[0] = "x" }, false},
		"name":      {func(w *Window) { w.Stories[0].Name, w.Stories[0].Headline = "Hurricane Harvey", "x" }, true},
	}
	for name, tt := range tests {
		w := told()
		tt.change(&w)
		if same := w.Digest() == told().Digest(); same != tt.same {
			t.Errorf("%s: digest the same: %v", name, same)
		}
	}
}

func TestPlacesAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"", "1", "1/", "1/2/3", " 1/2", "1/2 ", "+1/2", "01/2", "1/4294967296", "x/y"} {
		var p Place
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}
