// Package jsonl is a document's line form: one JSON object a line, the same in
// files and in the log. It decodes once per article on the hottest path there
// is, so a decoded line is a set of views and copies nothing that it can point
// to.
//
// The one rule to keep: what Decode returns belongs to the Decoder and to the
// line it was given. It is valid until the next Decode, and only as long as
// the line is not changed; Document copies what shall live longer. Whoever
// makes a Decoder owns it; it is not safe for concurrent use.
//
// The grammar is that of RFC 8259, checked by jsontext, the JSON syntax
// package that became part of Go's standard library. Beyond it: a line must be
// valid UTF-8, names match exactly, of a name that comes twice the last value
// counts, and an escaped surrogate without its partner reads as U+FFFD, as it
// does in encoding/json.
package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tidings"
)

// Decoder decodes lines one after another and reuses its memory, which grows
// to the size of the longest line that had an escape in it. The zero value is
// ready.
type Decoder struct {
	// Names maps a name in the JSON object to the field it holds: "id", "time",
	// "label", "labels", "title", "text" or "source". Other names are ignored.
	// nil: each field stands under its own name.
	Names map[string]string

	late   bool // the line is a late label
	json   jsontext.Decoder
	line   bytes.Buffer // jsontext parses a bytes.Buffer in place
	buf    []byte       // unescaped strings; never longer than the line
	fields Fields
}

// Decode reads one line, with or without its newline. The error is a
// *tidings.DocumentError: ReasonNotUTF8, or ReasonNotJSON when the line is not
// one JSON object or a field has the wrong type. Its detail says at which byte,
// from 0. An absent field and null are empty; a number is taken as id or label
// as it is written; a document with labels but no label gets the first.
func (d *Decoder) Decode(line []byte) (*Fields, error) {
	if err := d.object(line); err != nil {
		return nil, err
	}
	if len(d.fields.Label) == 0 && len(d.fields.Labels) > 0 {
		d.fields.Label = d.fields.Labels[0]
	}
	return &d.fields, nil
}

// object reads a line into the fields.
func (d *Decoder) object(line []byte) error {
	d.fields.reset()
	d.buf = d.buf[:0]
	if !utf8.Valid(line) {
		return tidings.Refuse(tidings.ReasonNotUTF8,
			fmt.Sprintf("not valid UTF-8 at byte %d; convert the source to UTF-8", invalidAt(line)))
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return tidings.Refuse(tidings.ReasonNotJSON, "the line is empty; one JSON object was expected")
	}
	d.line = *bytes.NewBuffer(line)
	// UTF-8 is checked above; what "invalid" allows here are lone surrogates.
	d.json.Reset(&d.line, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	switch kind := d.json.PeekKind(); kind {
	case '{', 0:
	case 'n', 't', 'f': // by its first letter: it may be any word
		word, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		return tidings.Refuse(tidings.ReasonNotJSON, fmt.Sprintf("the line begins with %q, not with a JSON object", word[:min(len(word), 20)]))
	default:
		return tidings.Refuse(tidings.ReasonNotJSON, fmt.Sprintf("the line is %s, not a JSON object", kindName(kind)))
	}
	if err := d.delimiter(); err != nil {
		return err
	}
	if err := d.members(len(line)); err != nil {
		return err
	}
	at := int(d.json.InputOffset())
	if rest := bytes.TrimLeft(line[at:], " \t\r\n"); len(rest) > 0 {
		return notJSON(int64(len(line)-len(rest)), "more follows after the JSON object; write one object a line")
	}
	return nil
}

// members reads the object's members and its closing brace.
func (d *Decoder) members(size int) error {
	for d.json.PeekKind() != '}' {
		name, err := d.json.ReadValue()
		if err != nil {
			return d.syntax(err)
		}
		if err := d.member(d.view(name, size), size); err != nil {
			return err
		}
	}
	return d.delimiter()
}

// member reads and stores the value that follows its name, which is looked up
// through Names where they are given.
func (d *Decoder) member(name []byte, size int) error {
	field := string(name)
	if d.Names != nil {
		field = d.Names[field]
	}
	if d.late {
		return d.lateMember(field, size)
	}
	f := &d.fields
	var err error
	switch field {
	case "id":
		f.ID, err = d.scalar("id", size, true)
	case "time":
		f.Time, err = d.scalar("time", size, false)
	case "label":
		f.Label, err = d.scalar("label", size, true)
	case "labels":
		err = d.labels(size)
	case "title":
		f.Title, err = d.scalar("title", size, false)
	case "text":
		f.Text, err = d.scalar("text", size, false)
	case "source":
		f.Source, err = d.scalar("source", size, false)
	default:
		if err := d.json.SkipValue(); err != nil {
			return d.syntax(err)
		}
	}
	return err
}

// scalar reads a string, nil for null. numbers says whether a number will do;
// it is returned as it is written.
func (d *Decoder) scalar(field string, size int, numbers bool) ([]byte, error) {
	value, err := d.json.ReadValue()
	if err != nil {
		return nil, d.syntax(err)
	}
	switch kind := value.Kind(); {
	case kind == '"':
		return d.view(value, size), nil
	case kind == 'n':
		return nil, nil
	case kind == '0' && numbers:
		return value, nil
	default:
		return nil, d.wrongType(field, kind, int64(len(value)), "a string")
	}
}

// labels reads an array of strings; null elements are left out.
func (d *Decoder) labels(size int) error {
	d.fields.Labels = d.fields.Labels[:0]
	if d.json.PeekKind() != '[' {
		value, err := d.json.ReadValue()
		if err != nil {
			return d.syntax(err)
		}
		if kind := value.Kind(); kind != 'n' {
			return d.wrongType("labels", kind, int64(len(value)), "an array of strings")
		}
		return nil
	}
	if err := d.delimiter(); err != nil {
		return err
	}
	for kind := d.json.PeekKind(); kind != ']'; kind = d.json.PeekKind() {
		label, err := d.scalar("labels", size, true)
		if err != nil {
			return err
		}
		if kind != 'n' {
			d.fields.Labels = append(d.fields.Labels, label)
		}
	}
	return d.delimiter()
}

// delimiter reads a brace or bracket that PeekKind announced.
func (d *Decoder) delimiter() error {
	if _, err := d.json.ReadToken(); err != nil {
		return d.syntax(err)
	}
	return nil
}

// view returns what a JSON string stands for: a part of the line where nothing
// is escaped, else a part of the buffer, which is made as long as the line at
// once so that earlier views stay where they are.
func (d *Decoder) view(quoted jsontext.Value, size int) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1 : len(quoted)-1]
	}
	if len(d.buf) == 0 {
		d.buf = slices.Grow(d.buf, size)
	}
	n := len(d.buf)
	// The string was checked when it was read: the one error left is that a
	// lone surrogate became U+FFFD, which is meant.
	d.buf, _ = jsontext.AppendUnquote(d.buf, quoted)
	return d.buf[n:len(d.buf):len(d.buf)]
}

// syntax turns an error of jsontext into the reason why a line is refused.
func (d *Decoder) syntax(err error) error {
	var bad *jsontext.SyntacticError
	if !errors.As(err, &bad) {
		return notJSON(d.json.InputOffset(), err.Error())
	}
	if errors.Is(bad.Err, io.ErrUnexpectedEOF) {
		return notJSON(bad.ByteOffset, "the line ends inside the JSON object")
	}
	return notJSON(bad.ByteOffset, bad.Err.Error())
}

// wrongType refuses the value of which the last n bytes were read just now.
func (d *Decoder) wrongType(field string, kind jsontext.Kind, n int64, want string) error {
	return notJSON(d.json.InputOffset()-n, fmt.Sprintf("the field %q has %s where %s was expected", field, kindName(kind), want))
}

func notJSON(at int64, why string) error {
	return tidings.Refuse(tidings.ReasonNotJSON, fmt.Sprintf("not a valid JSON line at byte %d: %s", at, why))
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '0':
		return "a number"
	case '"':
		return "a string"
	case '[':
		return "an array"
	default:
		return "an object"
	}
}

// invalidAt returns where the first byte stands that is not UTF-8.
func invalidAt(line []byte) int {
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(line)
}
