package cli

import (
	"fmt"
	"slices"
	"strings"

	"tidings/features"
	"tidings/internal/near"
	"tidings/model"
)

// preset is a name for a model together with the features that suit it. What a
// flag says of a feature goes before what a preset does.
type preset struct {
	name, model string
	chars       int // characters of an n-gram, 0 for none
}

// presets are the two ends: little time for a document, and many documents
// predicted right. docs/measured.md has what each gains and costs.
var presets = [...]preset{
	{name: "fast", model: model.Default},
	{name: "accurate", model: "stack", chars: 4},
}

// models lists what --model takes.
func models() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return append(names, model.Names()...)
}

// modelHelp tells of the presets.
func modelHelp() string {
	return "fast is " + presets[0].model + ", accurate is " + presets[1].model + " with --char-ngrams 4, up to three times the work; or one of " + strings.Join(model.Names(), ", ")
}

// choose returns the model that a name stands for, and fills in the features
// that the name brings and no flag spoke of.
func choose(name string, o features.Options, charsSaid bool) (string, features.Options, error) {
	i := slices.IndexFunc(presets[:], func(p preset) bool { return p.name == name })
	if all := models(); name != "" && !slices.Contains(all, name) {
		return name, o, fmt.Errorf("model %.64q is not known; %sthere are %s", name, near.Question(name, all), strings.Join(all, ", "))
	}
	if i < 0 {
		return name, o, nil
	}
	if !charsSaid {
		o.CharNGrams = presets[i].chars
	}
	return presets[i].model, o, nil
}
