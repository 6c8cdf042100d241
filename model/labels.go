package model

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"tidings"
)

// labels numbers the labels of a model in order of first appearance.
type labels struct {
	names  []string
	hashes []uint64 // of the names
	sorted []int    // label numbers in the order of their names
	index  map[string]int
}

// find returns the number of a label, or -1.
func (l *labels) find(name string) int {
	if i, ok := l.index[name]; ok {
		return i
	}
	return -1
}

// check tells whether the label can be learnt.
func (l *labels) check(name string) error {
	switch {
	case name == "":
		return ErrNoLabel
	case len(name) > tidings.LabelBytesMax:
		return fmt.Errorf("a label of %d bytes cannot be learnt; the limit is %d", len(name), tidings.LabelBytesMax)
	case len(l.names) >= LabelsMax && l.find(name) < 0:
		return fmt.Errorf("label %q is not learnt, the model has %d and can have no more; file it under another: %w", name, LabelsMax, ErrTooManyLabels)
	}
	return nil
}

// add numbers a label that was checked and not found.
func (l *labels) add(name string) int {
	if l.index == nil {
		l.index = map[string]int{}
	}
	i := len(l.names)
	l.index[name] = i
	l.names = append(l.names, name)
	l.hashes = append(l.hashes, xxhash.Sum64String(name))
	at, _ := slices.BinarySearchFunc(l.sorted, name, func(j int, name string) int {
		if l.names[j] < name {
			return -1
		}
		return 1
	})
	l.sorted = slices.Insert(l.sorted, at, i)
	return i
}
