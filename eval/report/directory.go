package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// JSONBytesMax is how large a file of an experiment may be to be read.
const JSONBytesMax = 64 << 20

// ErrNone reports a directory without experiments.
var ErrNone = errors.New("no experiments are there")

// Write puts an experiment into a directory, made where it is not there:
// NAME.json, NAME-TABLE.csv and NAME-FIGURE.csv. Each file is there as a whole or
// not at all, the JSON last.
func Write(dir string, e Experiment) error {
	e.Format = format
	if err := e.Check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("the experiment %s cannot be kept: %w", e.Name, err)
	}
	for _, t := range e.Tables {
		if err := create(dir, e.Name+"-"+t.Name+".csv", func(w io.Writer) error { return writeCSV(w, t.lines()) }); err != nil {
			return err
		}
	}
	for _, f := range e.Figures {
		if err := create(dir, e.Name+"-"+f.Name+".csv", func(w io.Writer) error { return writeCSV(w, f.lines()) }); err != nil {
			return err
		}
	}
	return create(dir, e.Name+".json", func(w io.Writer) error {
		j := json.NewEncoder(w)
		j.SetIndent("", "  ")
		return j.Encode(e)
	})
}

// create writes a file under another name and gives it its own when it is whole.
func create(dir, name string, write func(io.Writer) error) (err error) {
	part, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", filepath.Join(dir, name), err)
	}
	err = errors.Join(write(part), part.Chmod(0o644), part.Sync(), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s cannot be written: %w", filepath.Join(dir, name), err), os.Remove(part.Name()))
	}
	return nil
}

func writeCSV(w io.Writer, lines [][]string) error {
	c := csv.NewWriter(w)
	if err := c.WriteAll(lines); err != nil {
		return err
	}
	return c.Error()
}

// lines are the table's for CSV: numbers with all their digits.
func (t Table) lines() [][]string {
	var heads []string
	for _, c := range t.Columns {
		heads = append(heads, strings.TrimSpace(c.Name+" "+c.Unit))
	}
	lines := [][]string{heads}
	for _, row := range t.Rows {
		var line []string
		for _, c := range row {
			line = append(line, c.Format(-1))
		}
		lines = append(lines, line)
	}
	return lines
}

// lines are the figure's for CSV: a point a line.
func (f Figure) lines() [][]string {
	digits := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	lines := [][]string{{"line", f.X.Title, f.Y.Title, "low", "high"}}
	for _, l := range f.Lines {
		for _, p := range l.Points {
			line := []string{l.Name, digits(p.X), digits(p.Y), "", ""}
			if p.Low < p.High {
				line[3], line[4] = digits(p.Low), digits(p.High)
			}
			lines = append(lines, line)
		}
	}
	for _, b := range f.Bars {
		for i, v := range b.Values {
			lines = append(lines, []string{b.Name, f.Names[i], digits(v), "", ""})
		}
	}
	return lines
}

// Holds tells whether an experiment of that name can be kept in a directory: it is
// not there yet, or what it holds beside an older one of that name can be read.
func Holds(dir, name string) error {
	files, err := filepath.Glob(filepath.Join(escaped(dir), "*.json"))
	for _, path := range files {
		if filepath.Base(path) != name+".json" {
			_, failed := read(path)
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Read returns the experiments of a directory, by name. ErrNone: there are none.
func Read(dir string) ([]Experiment, error) {
	files, err := filepath.Glob(filepath.Join(escaped(dir), "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w: it does not exist", dir, ErrNone)
		}
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	var all []Experiment
	for _, path := range files {
		e, err := read(path)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// escaped is a directory's name as a pattern that it alone fits.
func escaped(dir string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(dir)
}

func read(path string) (e Experiment, err error) {
	file, err := os.Open(path)
	if err != nil {
		return e, err
	}
	defer func() { _ = file.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(file, JSONBytesMax+1))
	if err != nil {
		return e, err
	}
	if len(data) > JSONBytesMax {
		return e, fmt.Errorf("%s is larger than %d MiB, which no experiment is", path, JSONBytesMax>>20)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("%s is no experiment: %w; remove it, or run the experiment again", path, err)
	}
	if e.Format != format {
		return e, fmt.Errorf("%s has format %d, this program reads %d: run the experiment again, or render it with the program that wrote it", path, e.Format, format)
	}
	if err := e.Check(); err != nil {
		return e, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}
