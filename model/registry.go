package model

import (
	"fmt"
	"slices"
	"strings"

	"tidings/internal/near"
)

// Default is the name of the model that New makes for "".
const Default = "arow"

// kind is how one model comes to be. New and load get options that were
// checked.
type kind struct {
	make func(Options) Model
	load func(Options, *decoder) (Model, error)
}

// kinds is written while the program starts, by register, and never after.
var kinds = map[string]kind{}

// register makes a model known; a model's file calls it from its init.
func register(name string, k kind) { kinds[name] = k }

// Names returns the names of all models, sorted.
func Names() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New returns an untrained model; "" means Default. An unknown name gives an
// error that says which there are; options are checked.
func New(name string, o Options) (Model, error) {
	if name == "" {
		name = Default
	}
	k, ok := kinds[name]
	if !ok {
		return nil, unknown(name)
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	return k.make(o), nil
}

func unknown(name string) error {
	names := Names()
	return fmt.Errorf("model %.64q is not known; %sthere are %s", name, near.Question(name, names), strings.Join(names, ", "))
}
