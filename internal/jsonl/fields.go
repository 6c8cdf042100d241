package jsonl

import (
	"bytes"
	"fmt"
	"time"
	"unsafe"

	"tidings"
)

// Fields is one decoded line. Its slices point into the line or into the
// decoder's buffer: read them, or copy them, before the next Decode. An absent
// field is empty.
type Fields struct {
	ID     []byte
	Time   []byte // as written; ParseTime reads it
	Label  []byte
	Labels [][]byte
	Title  []byte
	Text   []byte
	Source []byte

	by, position []byte // of a late label

	names []string // as many as Labels, for Check
}

func (f *Fields) reset() {
	*f = Fields{Labels: f.Labels[:0], names: f.names[:0]}
}

// Check tells what is wrong, as a *tidings.DocumentError, by the rules of
// tidings.Document.Check and those of ParseTime, without copying.
func (f *Fields) Check() error {
	if _, err := ParseTime(f.Time); err != nil {
		return err
	}
	f.names = f.names[:0]
	for _, label := range f.Labels {
		f.names = append(f.names, alias(label))
	}
	seen := tidings.Document{
		ID: alias(f.ID), Label: alias(f.Label), Labels: f.names, Title: alias(f.Title), Text: alias(f.Text),
	}
	return seen.Check()
}

// Document copies the line into a document of its own. The error is a
// *tidings.DocumentError, for a bad time only: call Check for the rest.
func (f *Fields) Document() (tidings.Document, error) {
	when, err := ParseTime(f.Time)
	if err != nil {
		return tidings.Document{}, err
	}
	d := tidings.Document{
		ID: string(f.ID), Time: when, Label: string(f.Label), Title: string(f.Title), Text: string(f.Text), Source: string(f.Source),
	}
	for _, label := range f.Labels {
		d.Labels = append(d.Labels, string(label))
	}
	return d, nil
}

// alias looks at b as a string without copying. The string must not outlive
// the call it is made for.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// The years whose every instant fits 64-bit nanoseconds since 1970, which is
// how event times are kept.
const (
	yearMin = 1678
	yearMax = 2261
)

// ParseTime reads an RFC 3339 time, or a date alone, which is its midnight in
// UTC. Empty is the zero time. Times are returned in UTC. The error is a
// *tidings.DocumentError with ReasonBadTime: not of these forms, or outside
// the years 1678 to 2261, where event times do not fit their 64 bits.
func ParseTime(b []byte) (time.Time, error) {
	if len(b) == 0 {
		return time.Time{}, nil
	}
	const midnight = "T00:00:00Z"
	var whole [len(time.DateOnly) + len(midnight)]byte
	text := b
	if len(b) == len(time.DateOnly) && bytes.IndexByte(b, 'T') < 0 {
		copy(whole[copy(whole[:], b):], midnight)
		text = whole[:]
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		return time.Time{}, badTime(b, "is neither RFC 3339, like 2006-01-02T15:04:05Z, nor a date, like 2006-01-02")
	}
	t = t.UTC()
	if t.Year() < yearMin || t.Year() > yearMax {
		return time.Time{}, badTime(b, fmt.Sprintf("is outside the years %d to %d; leave the time empty when there is none", yearMin, yearMax))
	}
	return t, nil
}

func badTime(b []byte, why string) error {
	const shown = 40
	return tidings.Refuse(tidings.ReasonBadTime, fmt.Sprintf("the time %q %s", b[:min(len(b), shown)], why))
}
