// Package report keeps what experiments found, and shows it.
//
//	Experiment       a question, its answer in sentences, tables and figures, and where they come from
//	Write, Read      a directory of them: JSON, which is the truth, and CSV
//	Page             all of them on one page of HTML that needs no network
//
// The one rule to keep: whatever is shown stands in the JSON, and nothing is
// computed here. A page is rendered again from a directory and is the same.
package report

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"
)

// Limits of an experiment.
const (
	TablesMax  = 64
	FiguresMax = 64
	RowsMax    = 100_000 // of a table
	PointsMax  = 100_000 // of a line
)

// Experiment is what one experiment found.
type Experiment struct {
	Format   int      `json:"format"`
	Name     string   `json:"name"` // as the command calls it: lower case and dashes
	Title    string   `json:"title"`
	Question string   `json:"question"`
	Claims   []Claim  `json:"claims"`
	Tables   []Table  `json:"tables,omitempty"`
	Figures  []Figure `json:"figures,omitempty"`
	Notes    []string `json:"notes,omitempty"` // traps, and what was used in place of what
	Origin   Origin   `json:"origin"`
}

// format rises when a directory of before cannot be read any more.
const format = 1

// Origin says where numbers come from, so that they can be had again.
type Origin struct {
	Command   string    `json:"command"`
	Seed      uint64    `json:"seed"`
	Version   string    `json:"version"` // of this program
	Go        string    `json:"go"`
	Machine   string    `json:"machine"`
	Source    string    `json:"source"`
	Documents uint64    `json:"documents"`
	Began     time.Time `json:"began"`
	Seconds   float64   `json:"seconds"`
	Settings  string    `json:"settings,omitempty"` // digest of all that the numbers depend on; "" if nobody said
}

// Claim is a sentence with its number, and how sure it is.
type Claim struct {
	Text  string  `json:"text"` // whole, with number and interval
	Test  string  `json:"test,omitempty"`
	Holds Verdict `json:"holds"`
	P     float64 `json:"p,omitempty"` // adjusted, if the test was one of several
}

// Verdict is what a test says of a claim.
type Verdict string

// The verdicts.
const (
	Shown    Verdict = "shown"
	Refuted  Verdict = "refuted"
	Open     Verdict = "open"     // the data do not decide
	Observed Verdict = "observed" // a number, and nothing that was tested
)

// Table has a row for each thing compared. A column of numbers has numbers or
// nothing in every row.
type Table struct {
	Name    string   `json:"name"` // lower case and dashes
	Title   string   `json:"title"`
	Remark  string   `json:"remark,omitempty"`
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Column heads a column.
type Column struct {
	Name      string `json:"name"`
	Unit      string `json:"unit,omitempty"`
	Decimals  int    `json:"decimals,omitempty"`  // shown of its numbers
	Published bool   `json:"published,omitempty"` // somebody else's figures, beside ours
}

// Figure is lines over a common axis, or bars by category.
type Figure struct {
	Name  string   `json:"name"` // lower case and dashes
	Title string   `json:"title"`
	X     Axis     `json:"x"`
	Y     Axis     `json:"y"`
	Lines []Line   `json:"lines,omitempty"`
	Bars  []Bars   `json:"bars,omitempty"`
	Names []string `json:"names,omitempty"` // of the categories of bars
}

// Axis names what it counts.
type Axis struct {
	Title string `json:"title"`
	Log   bool   `json:"log,omitempty"`
}

// Line joins points, with a band where they have an interval.
type Line struct {
	Name      string  `json:"name"`
	Points    []Point `json:"points"`
	Published bool    `json:"published,omitempty"`
}

// Point is one value, with its interval if Low is below High.
type Point struct {
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

// Bars are one of several groups of bars: a value a category.
type Bars struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

var names = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Check tells all that is wrong with the experiment, or nil: names that are no
// names of files, rows that do not fit their columns, numbers that are none.
func (e *Experiment) Check() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !names.MatchString(e.Name) {
		wrong("an experiment is called %q: names are lower case letters, digits and dashes", e.Name)
	}
	if len(e.Tables) > TablesMax || len(e.Figures) > FiguresMax {
		wrong("%d tables and %d figures; %d and %d are possible", len(e.Tables), len(e.Figures), TablesMax, FiguresMax)
	}
	seen := map[string]bool{}
	once := func(name string) {
		if !names.MatchString(name) || seen[name] {
			wrong("%s has a table or figure %q: names are lower case letters, digits and dashes, each once", e.Name, name)
		}
		seen[name] = true
	}
	for _, t := range e.Tables {
		once(t.Name)
		if err := t.check(); err != nil {
			wrong("table %s: %w", t.Name, err)
		}
	}
	for _, f := range e.Figures {
		once(f.Name)
		if err := f.check(); err != nil {
			wrong("figure %s: %w", f.Name, err)
		}
	}
	return errors.Join(problems...)
}

func (t Table) check() error {
	if len(t.Rows) > RowsMax {
		return fmt.Errorf("%d rows; %d are possible", len(t.Rows), RowsMax)
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells, for %d columns", i+1, len(row), len(t.Columns))
		}
		for _, c := range row {
			if c.number && !finite(c.value) {
				return fmt.Errorf("row %d holds %v, which is no number", i+1, c.value)
			}
		}
	}
	return nil
}

func (f Figure) check() error {
	for _, l := range f.Lines {
		if len(l.Points) > PointsMax {
			return fmt.Errorf("line %q has %d points; %d are possible", l.Name, len(l.Points), PointsMax)
		}
		for _, p := range l.Points {
			if !finite(p.X) || !finite(p.Y) || !finite(p.Low) || !finite(p.High) {
				return fmt.Errorf("line %q holds a point that has no place", l.Name)
			}
			if f.X.Log && p.X <= 0 || f.Y.Log && p.Y <= 0 {
				return fmt.Errorf("line %q holds a point that a logarithmic axis does not have", l.Name)
			}
		}
	}
	for _, b := range f.Bars {
		if len(b.Values) != len(f.Names) {
			return fmt.Errorf("bars %q have %d values, for %d categories", b.Name, len(b.Values), len(f.Names))
		}
		for _, v := range b.Values {
			if !finite(v) {
				return fmt.Errorf("bars %q hold a value that is no number", b.Name)
			}
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
