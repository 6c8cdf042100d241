package jsonl

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"tidings"
)

// Label is a label as the log has it: composed (Unicode's normal form C), and
// without white space around it. Its case is kept: "Sport" and "sport" are two
// labels.
func Label(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			plain = false
			break
		}
	}
	if !plain {
		s = norm.NFC.String(s)
	}
	return strings.TrimSpace(s)
}

// DecodeLabel reads a late label from one line: an object with the members id
// and label, and time, by and position where they are known. Others are
// ignored. The error is a *tidings.DocumentError, as that of Decode; the id is
// told also then, where it could be read. The label comes back as Label makes
// it.
func (d *Decoder) DecodeLabel(line []byte) (l tidings.LateLabel, err error) {
	d.late = true
	err = d.object(line)
	d.late = false
	if err != nil {
		return l, err
	}
	f := &d.fields
	l = tidings.LateLabel{ID: string(f.ID), Label: Label(string(f.Label)), By: string(f.by)}
	if err := l.Check(); err != nil {
		return l, err
	}
	if l.Time, err = ParseTime(f.Time); err != nil {
		return l, err
	}
	if len(f.position) > 0 {
		l.Position, err = tidings.ParsePosition(string(f.position))
	}
	return l, err
}

// lateMember reads and stores a member of a late label.
func (d *Decoder) lateMember(field string, size int) (err error) {
	f := &d.fields
	switch field {
	case "id":
		f.ID, err = d.scalar("id", size, true)
	case "label":
		f.Label, err = d.scalar("label", size, true)
	case "time":
		f.Time, err = d.scalar("time", size, false)
	case "by":
		f.by, err = d.scalar("by", size, true)
	case "position":
		f.position, err = d.scalar("position", size, false)
	default:
		if err := d.json.SkipValue(); err != nil {
			return d.syntax(err)
		}
	}
	return err
}

// AppendLabel appends a late label's canonical line, without a newline: id,
// position, label, time, by, of which position, time and by are left out when
// they are not known. Equal labels give equal bytes. DecodeLabel gives it back.
func AppendLabel(dst []byte, l *tidings.LateLabel) []byte {
	dst = appendString(append(dst, `{"id":`...), l.ID)
	if l.Position != (tidings.Position{}) {
		dst = appendMember(dst, `,"position":`, l.Position.String())
	}
	dst = appendString(append(dst, `,"label":`...), Label(l.Label))
	if !l.Time.IsZero() {
		dst = append(dst, `,"time":"`...)
		dst = l.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	dst = appendMember(dst, `,"by":`, l.By)
	return append(dst, '}')
}
