// Package config reads settings from a YAML file, each with the place where it
// stands, and says which are not known or of the wrong kind.
//
// The rule to keep: nothing of a file is guessed. What is not a setting that
// some command knows is an error with file, line and column, and the text of a
// value stays as it was written.
//
// Of YAML it takes mappings, lists and plain values; anchors, aliases, tags and
// several documents have no meaning for settings and are refused, which also
// keeps a small file from becoming a large one. Nothing here is kept between
// calls.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// FileBytesMax bounds a file: settings are a page of text, and what is larger is
// some other file.
const FileBytesMax = 64 << 10

// Position is a place in a file, line and column counted from 1.
type Position struct {
	File         string
	Line, Column int
}

// String is "tidings.yaml:3:7".
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Problem is what is wrong in a file, and where.
type Problem struct {
	At  Position
	Err error
}

func (p *Problem) Error() string { return p.At.String() + ": " + p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

// Form is how a value is written.
type Form string

// The forms of values.
const (
	Null    Form = "nothing"
	Text    Form = "text"
	Bool    Form = "true or false"
	Number  Form = "a number"
	List    Form = "a list"
	Mapping Form = "a mapping"
)

// Value is a setting's value.
type Value struct {
	At      Position
	Form    Form
	Text    string  // as it was written, of Text, Bool and Number
	List    []Value // of List
	Entries []Entry // of Mapping
}

// Entry is a key of a mapping.
type Entry struct {
	Key   string
	At    Position // of the key
	Value Value
}

// Read reads a file. Its error joins a Problem for each mistake in the YAML;
// beside it are the entries that could be read all the same, for looking for
// more mistakes alone.
func Read(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, FileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	return Parse(path, data)
}

// Parse reads a file's content; file names it in errors.
func Parse(file string, data []byte) ([]Entry, error) {
	if len(data) > FileBytesMax {
		return nil, fmt.Errorf("%s has more than %d bytes, which no configuration needs: is it the right file?", file, FileBytesMax)
	}
	p := &parser{file: file}
	root, err := p.parse(data)
	if err != nil {
		return nil, err
	}
	return root, errors.Join(p.problems...)
}

// Sort puts problems into the order of their places; others come first.
func Sort(problems []error) {
	slices.SortStableFunc(problems, func(a, b error) int {
		p, q := placeOf(a), placeOf(b)
		return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
	})
}

func placeOf(err error) Position {
	if problem := (*Problem)(nil); errors.As(err, &problem) {
		return problem.At
	}
	return Position{}
}
