package cli

import (
	"slices"
	"strings"
	"testing"

	"tidings/features"
	"tidings/model"
)

// Properties: each preset is a model that there is, with features that are; what
// a flag says of a feature goes first; the name of a model is that model.
func TestPresetsAreModelsWithFeatures(t *testing.T) {
	for _, test := range []struct {
		name  string
		chars string
		model string
		want  int
	}{
		{"", "", "", 0},
		{"fast", "", model.Default, 0},
		{"fast", "5", model.Default, 5},
		{"accurate", "", "stack", 4},
		{"accurate", "3", "stack", 3},
		{"accurate", "off", "stack", 0},
		{"stack", "", "stack", 0},
		{"arow", "4", "arow", 4},
	} {
		f := ModelFlags{Model: test.name, TextFlags: TextFlags{CharNGrams: test.chars}}
		p, err := f.Plan()
		if want := test.model; err != nil || want != "" && p.Model != want || p.Features.CharNGrams != test.want || p.Check() != nil {
			t.Errorf("--model %s --char-ngrams %s is %s with %+v, %v", test.name, test.chars, p.Model, p.Features, err)
		}
	}
	for _, name := range models() {
		if slices.Contains(model.Names(), name) == slices.ContainsFunc(presets[:], func(p preset) bool { return p.name == name }) {
			t.Errorf("%s is a model and a preset, or neither", name)
		}
		if !strings.Contains(modelHelp(), name) {
			t.Errorf("%s is not in the help", name)
		}
	}
	f := ModelFlags{Model: "acurate"}
	if _, err := f.Plan(); err == nil || !strings.Contains(err.Error(), `did you mean "accurate"?`) {
		t.Errorf("error %v", err)
	}
	for _, bad := range []string{"1", "9", "x", "4-5", "-4"} {
		f := ModelFlags{TextFlags: TextFlags{CharNGrams: bad}}
		if _, err := f.Plan(); err == nil || !strings.Contains(err.Error(), "--char-ngrams") {
			t.Errorf("--char-ngrams %s: %v", bad, err)
		}
	}
	if features.Off != "off" {
		t.Error("help and completion say off")
	}
}
