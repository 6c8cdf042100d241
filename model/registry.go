package model

import (
	"fmt"
	"slices"
	"strings"
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
// error that says which known one is nearest; options are checked.
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
	nearest := slices.MinFunc(names, func(a, b string) int { return distance(name, a) - distance(name, b) })
	return fmt.Errorf("model %q is not known; did you mean %q? there are %s", name, nearest, strings.Join(names, ", "))
}

// distance is the number of single-byte edits between a and b (Levenshtein).
// Only the first 64 bytes count.
func distance(a, b string) int {
	a, b = strings.ToLower(a[:min(len(a), 64)]), strings.ToLower(b[:min(len(b), 64)])
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
