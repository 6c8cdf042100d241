package jsonl

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tidings"
)

// Append appends a document's canonical line, without a newline: id, time, label,
// labels, title, text, source, in this order, of which all but the id are left
// out when empty. Labels are written as Label makes them. Equal documents give
// equal bytes. The line is valid UTF-8 always: bytes that are not become U+FFFD.
// Decode gives the document back, its time in UTC, when Check has nothing to say
// of it.
func Append(dst []byte, d *tidings.Document) []byte {
	dst = appendString(append(dst, `{"id":`...), d.ID)
	if !d.Time.IsZero() {
		dst = append(dst, `,"time":"`...)
		dst = d.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	dst = appendMember(dst, `,"label":`, Label(d.Label))
	for i, label := range d.Labels {
		if i == 0 {
			dst = append(dst, `,"labels":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendString(dst, Label(label))
	}
	if len(d.Labels) > 0 {
		dst = append(dst, ']')
	}
	dst = appendMember(dst, `,"title":`, d.Title)
	dst = appendMember(dst, `,"text":`, d.Text)
	dst = appendMember(dst, `,"source":`, d.Source)
	return append(dst, '}')
}

func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendString(append(dst, name...), value)
}

func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // the one error is that bad bytes became U+FFFD, which is meant
	return dst
}
