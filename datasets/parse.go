package datasets

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings"
	"tidings/internal/jsonl"
)

// jsonParser reads one line of JSON.
type jsonParser struct {
	decoder jsonl.Decoder
	classes []string
}

func newJSONParser(o Options) *jsonParser {
	p := &jsonParser{classes: o.Classes}
	if len(o.Columns) > 0 {
		p.decoder.Names = make(map[string]string)
		for _, field := range fields {
			name, mapped := o.Columns[field]
			if !mapped {
				name = field
			}
			if _, taken := p.decoder.Names[name]; mapped || !taken {
				p.decoder.Names[name] = field
			}
		}
	}
	return p
}

func (p *jsonParser) parse(rec record) (tidings.Document, error) {
	f, err := p.decoder.Decode(rec.data)
	if err != nil {
		return tidings.Document{}, err
	}
	if err := f.Check(); err != nil {
		return tidings.Document{}, err
	}
	f.Source = nil
	d, err := f.Document()
	if err != nil {
		return tidings.Document{}, err
	}
	d.Label, err = className(p.classes, d.Label)
	return d, err
}

// className returns the name of a numbered class, counted from 1. Without
// names, and without a label, a label stays what it is.
func className(classes []string, label string) (string, error) {
	if len(classes) == 0 || label == "" {
		return label, nil
	}
	n, err := strconv.Atoi(label)
	if err != nil || n < 1 || n > len(classes) {
		return "", tidings.Refuse(tidings.ReasonRow, fmt.Sprintf("the class %.40q is not a number from 1 to %d (%s)", label, len(classes), shorten(strings.Join(classes, ", "))))
	}
	return classes[n-1], nil
}

func shorten(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// csvParser reads the fields of one CSV record.
type csvParser struct {
	layout    layout
	delimiter byte
	name      string // of the source, for generated ids
	base      uint64 // rows of the source before the first one of this file
	fields    [][]byte
	buf       []byte
}

func (p *csvParser) parse(rec record) (tidings.Document, error) {
	var err error
	p.fields, p.buf, err = csvFields(p.fields[:0], p.buf[:0], rec.data, p.delimiter)
	if err != nil {
		return tidings.Document{}, tidings.Refuse(tidings.ReasonRow, err.Error())
	}
	if len(p.fields) != p.layout.width {
		return tidings.Document{}, tidings.Refuse(tidings.ReasonRow, fmt.Sprintf("the row has %d columns where %d were expected", len(p.fields), p.layout.width))
	}
	d := tidings.Document{
		ID:    strings.TrimSpace(p.column(p.layout.id)),
		Label: strings.TrimSpace(p.column(p.layout.label)),
		Title: p.column(p.layout.title),
		Text:  p.column(p.layout.text),
	}
	if d.ID == "" {
		d.ID = p.name + ":" + strconv.FormatUint(p.base+rec.ordinal, 10)
	}
	if d.Time, err = csvTime(strings.TrimSpace(p.column(p.layout.time)), p.layout.zone); err != nil {
		return tidings.Document{}, err
	}
	if d.Label, err = className(p.layout.classes, d.Label); err != nil {
		return tidings.Document{}, err
	}
	return d, d.Check()
}

// csvTime reads the times of tables beside those of RFC 3339: with slashes, or
// with a space before the hour, in the zone where none is named. A date is its
// midnight in UTC, as it is everywhere.
func csvTime(text string, zone *time.Location) (time.Time, error) {
	when, err := jsonl.ParseTime([]byte(text))
	if err == nil {
		return when, nil
	}
	for _, layout := range []string{"2006/01/02", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006/01/02 15:04:05", "2006/01/02 15:04"} {
		in := zone
		if len(layout) == len(time.DateOnly) {
			in = time.UTC
		}
		if when, parseErr := time.ParseInLocation(layout, text, in); parseErr == nil {
			return jsonl.ParseTime([]byte(when.Format(time.RFC3339Nano)))
		}
	}
	return time.Time{}, err
}

// column returns a column's text; "" when the layout has no such column.
func (p *csvParser) column(i int) string {
	if i < 0 {
		return ""
	}
	return string(p.fields[i])
}
