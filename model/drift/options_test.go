package drift

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := map[string]struct {
		text string
		want Options
		err  string
	}{
		"nothing":             {"", Options{}, ""},
		"all at defaults":     {"terms, adwin,page-hinkley", Options{}, ""},
		"defaults written":    {"terms:5,adwin:0.002,page-hinkley:50,every:10000", Options{}, ""},
		"the baseline stays":  {"terms", Options{Detectors: []Spec{"terms", "every"}}, ""},
		"in their order":      {"every:500,terms:6,adwin", Options{Detectors: []Spec{"adwin", "terms:6", "every:500"}}, ""},
		"off":                 {"off", Options{Detectors: []Spec{"off"}}, ""},
		"off among others":    {"terms,off", Options{}, "off stands alone"},
		"misspelt":            {"adwim", Options{}, `did you mean "adwin"?`},
		"twice":               {"terms,terms:6", Options{}, "named twice"},
		"no number":           {"terms:x", Options{}, "number of standard deviations is a number from 1"},
		"not a number at all": {"adwin:NaN", Options{}, "confidence is a number from 1e-12 to 0.5, 0.002"},
		"too small":           {"page-hinkley:0", Options{}, "threshold"},
		"half a document":     {"every:2.5", Options{}, "number of documents"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.text)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("%q gives %v, want an error with %q", test.text, err, test.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%q gives %v, %v; want %v", test.text, got, err, test.want)
			}
		})
	}
}

// Properties: what options write is what they read; the canonical form is that
// of itself.
func TestOptionsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "off", "adwin:0.01", "terms:7.5,every:3", "page-hinkley,adwin", "every"}).Draw(t, "options")
		o, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(o.String())
		if err != nil || !reflect.DeepEqual(again, o) || !reflect.DeepEqual(o.Canonical(), o) {
			t.Errorf("%q is written %q and read %v, %v; was %v", text, o, again, err, o)
		}
	})
}

// FuzzParse: no text is a fault, and what is taken can be made.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "off", "adwin,terms:6", "every:1e400", ",,", "terms:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := Parse(text)
		if err != nil {
			return
		}
		if _, err := New(o); err != nil {
			t.Fatalf("%q is taken and cannot be made: %v", text, err)
		}
	})
}
