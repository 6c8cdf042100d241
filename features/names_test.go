package features_test

import (
	"slices"
	"testing"

	"tidings/features"
)

func TestProperNamesAreFound(t *testing.T) {
	n, err := features.NewNamer()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Hurricane Harvey makes landfall near Rockport, Texas.":           "Hurricane Harvey",
		"Protesters in Hong Kong clash with the police.":                  "Hong Kong",
		"The Prime Minister of Japan, Shinzo Abe, resigns.":               "Shinzo Abe",
		"At least 89 people are killed at the Bataclan theatre in Paris.": "Paris",
		"\xff\xfe not text at all 's İ":                                   "",
	} {
		names := n.Names(text)
		if want != "" && !slices.Contains(names, want) {
			t.Errorf("%q: %q", text, names)
		}
	}
	if names := n.Names("nothing is named here"); len(names) > 0 {
		t.Errorf("names %q", names)
	}
}

// Whatever the text, it does not panic.
func FuzzNames(f *testing.F) {
	n, err := features.NewNamer()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Hurricane Harvey's landfall, Texas")
	f.Add("\xff's \u0130's")
	f.Fuzz(func(_ *testing.T, text string) { n.Names(text) })
}
