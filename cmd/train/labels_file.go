package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"tidings"
	"tidings/internal/cli"
	"tidings/internal/jsonl"
)

// labelLineBytesMax bounds a line of a file of labels.
const labelLineBytesMax = 64 << 10

// labelFile is a file of late labels, JSON lines or CSV. Lines that are none are
// told and counted, and the rest goes on.
type labelFile struct {
	all     iter.Seq[tidings.LateLabel]
	refused int
	err     error // that the file could not be read to its end
	close   func() error
}

// openLabels opens a file; what it holds is told from its first byte.
func openLabels(path string, s cli.Streams) (*labelFile, error) {
	f := &labelFile{close: func() error { return nil }}
	from := s.In
	if path != cli.Stdin {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
		from, f.close = file, file.Close
	}
	f.all = f.read(bufio.NewReaderSize(from, 1<<16), path, s.Err)
	return f, nil
}

// read gives the labels of a file.
func (f *labelFile) read(r *bufio.Reader, path string, problems io.Writer) iter.Seq[tidings.LateLabel] {
	refuse := func(line int, err error) {
		if f.refused++; f.refused <= refusalsShown {
			fmt.Fprintf(problems, "%s:%d: %v; the line is left out\n", path, line, err)
		} else if f.refused == refusalsShown+1 {
			fmt.Fprintln(problems, "more lines are left out; their number is told at the end")
		}
	}
	return func(yield func(tidings.LateLabel) bool) {
		if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
			_, _ = r.Discard(3)
		}
		first, err := r.Peek(1)
		for err == nil && strings.IndexByte(" \t\r\n", first[0]) >= 0 {
			_, _ = r.Discard(1)
			first, err = r.Peek(1)
		}
		switch {
		case errors.Is(err, io.EOF):
			f.err = fmt.Errorf("--from %s: the file is empty", path)
		case err != nil:
			f.err = fmt.Errorf("--from %s: %w", path, err)
		case first[0] == '{':
			f.err = readJSONLabels(r, refuse, yield)
		default:
			f.err = readCSVLabels(r, path, refuse, yield)
		}
	}
}

func readJSONLabels(r io.Reader, refuse func(int, error), yield func(tidings.LateLabel) bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, labelLineBytesMax)
	var d jsonl.Decoder
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		label, err := d.DecodeLabel(lines.Bytes())
		if err != nil {
			refuse(n, err)
			continue
		}
		if !yield(label) {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("a line of more than %d bytes: %w; what was before is stored", labelLineBytesMax, err)
	}
	return nil
}

// readCSVLabels reads a file whose first line names the columns.
func readCSVLabels(r io.Reader, path string, refuse func(int, error), yield func(tidings.LateLabel) bool) error {
	rows := csv.NewReader(r)
	rows.ReuseRecord, rows.FieldsPerRecord = true, -1
	head, err := rows.Read()
	if err != nil {
		return fmt.Errorf("--from %s: its first line cannot be read: %w", path, err)
	}
	columns := map[string]int{}
	for i, name := range head {
		columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	_, hasID := columns["id"]
	_, hasLabel := columns["label"]
	if !hasID || !hasLabel {
		return fmt.Errorf("--from %s: the first line of a CSV file has to name the columns id and label (and time, by, position if there are any); it is %q", path, strings.Join(head, ","))
	}
	for {
		row, err := rows.Read()
		switch parse := new(csv.ParseError); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &parse):
			refuse(parse.Line, err)
			continue
		case err != nil:
			return fmt.Errorf("--from %s: %w; what was before is stored", path, err)
		}
		label, err := labelOfRow(columns, row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			refuse(line, err)
			continue
		}
		if !yield(label) {
			return nil
		}
	}
}

func labelOfRow(columns map[string]int, row []string) (l tidings.LateLabel, err error) {
	field := func(name string) string {
		if i, ok := columns[name]; ok && i < len(row) {
			return strings.Clone(row[i])
		}
		return ""
	}
	l = tidings.LateLabel{ID: field("id"), Label: jsonl.Label(field("label")), By: field("by")}
	if l.Time, err = jsonl.ParseTime([]byte(field("time"))); err != nil {
		return l, err
	}
	if p := field("position"); p != "" {
		if l.Position, err = tidings.ParsePosition(p); err != nil {
			return l, err
		}
	}
	return l, l.Check()
}
