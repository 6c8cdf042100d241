package reuters

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tidings"
)

// parse makes a document of a record. The collection itself is cut at a few
// places, so a missing end tag alone is forgiven as long as the text has an
// end; then nothing is known to be lost.
func (r *Reader) parse(record []byte, closed bool) (d tidings.Document, err error) {
	tag, rest, found := bytes.Cut(record, []byte(">"))
	if !found {
		return d, tidings.Refuse(tidings.ReasonRow, "the record's first tag has no end")
	}
	id := attribute(tag, " NEWID=\"")
	if len(id) == 0 {
		return d, tidings.Refuse(tidings.ReasonNoID, "the record has no NEWID, which is its id")
	}
	head, text, _ := bytes.Cut(rest, []byte("<TEXT"))
	text, ended := cutBefore(text, "</TEXT>")
	if !closed && !ended {
		return d, tidings.Refuse(tidings.ReasonRow, fmt.Sprintf("record %.20q is cut off: it has neither </TEXT> nor </REUTERS>", id))
	}
	if d.Time, err = dateOf(head); err != nil {
		return d, err
	}
	d.ID = "reut-" + r.plain(id)
	d.Label, d.Labels = r.topics(head)
	_, text, _ = bytes.Cut(text, []byte(">"))
	text, _ = cutBefore(text, "</REUTERS>")
	d.Title, d.Text = r.titleAndText(text)
	return d, nil
}

// topics returns the categories that the record was filed under, the first of
// them apart.
func (r *Reader) topics(head []byte) (first string, all []string) {
	content, _ := element(head, "<TOPICS>", "</TOPICS>")
	for {
		_, rest, found := bytes.Cut(content, []byte("<D>"))
		if !found || len(all) > tidings.LabelsMax {
			break
		}
		var topic []byte
		topic, content, _ = bytes.Cut(rest, []byte("</D>"))
		name := r.plain(topic)
		switch {
		case name == "":
		case first == "":
			first = name
		case all == nil:
			all = []string{first, name}
		default:
			all = append(all, name)
		}
	}
	return first, all
}

func (r *Reader) titleAndText(text []byte) (title, body string) {
	if content, at := element(text, "<TITLE>", "</TITLE>"); at >= 0 {
		title = r.plain(content)
	}
	content, at := element(text, "<BODY>", "</BODY>")
	if at < 0 {
		content = withoutElements(text)
	}
	return title, unsigned(r.plain(content))
}

// withoutElements returns what stands in the text beside its elements.
func withoutElements(text []byte) []byte {
	for _, name := range []string{"TITLE", "AUTHOR", "DATELINE"} {
		if content, at := element(text, "<"+name+">", "</"+name+">"); at >= 0 {
			end := at + len(content) + len("</"+name+">")
			text = slices.Concat(text[:at-len("<"+name+">")], text[min(end, len(text)):])
		}
	}
	return text
}

// element returns what stands between two tags, and where; -1 when the first
// is missing. Without the second it goes to the end.
func element(b []byte, first, last string) (content []byte, at int) {
	i := bytes.Index(b, []byte(first))
	if i < 0 {
		return nil, -1
	}
	at = i + len(first)
	content, _ = cutBefore(b[at:], last)
	return content, at
}

func cutBefore(b []byte, mark string) (before []byte, found bool) {
	before, _, found = bytes.Cut(b, []byte(mark))
	return before, found
}

// attribute returns the value of an attribute; mark is its beginning.
func attribute(tag []byte, mark string) []byte {
	_, rest, found := bytes.Cut(tag, []byte(mark))
	if !found {
		return nil
	}
	value, found := cutBefore(rest, `"`)
	if !found {
		return nil
	}
	return bytes.TrimSpace(value)
}

// unsigned leaves out the agency's name in the last line. It is taken off
// once, and written as it mostly is, for then texts are those that published
// figures were taken from.
func unsigned(text string) string {
	for _, signature := range []string{"Reuter", "REUTER"} {
		if rest, found := strings.CutSuffix(text, signature); found && (rest == "" || isSpace(rest[len(rest)-1])) {
			return strings.TrimSpace(rest)
		}
	}
	return text
}

// plain returns the characters that the markup stands for: entities replaced,
// control characters left out, what is not UTF-8 taken as Latin-1.
func (r *Reader) plain(b []byte) string {
	out := r.text[:0]
	for len(b) > 0 {
		run := 0
		for run < len(b) && (b[run] >= ' ' && b[run] < 0x7f && b[run] != '&' || b[run] == '\n') {
			run++
		}
		out = append(out, b[:run]...)
		if b = b[run:]; len(b) == 0 {
			break
		}
		switch c := b[0]; {
		case c == '&':
			char, n := entity(b)
			if visible(char) {
				out = utf8.AppendRune(out, char)
			}
			b = b[n:]
		case c < utf8.RuneSelf:
			if visible(rune(c)) {
				out = append(out, c)
			}
			b = b[1:]
		default:
			char, n := utf8.DecodeRune(b)
			if char == utf8.RuneError && n == 1 {
				char = rune(c)
			}
			if visible(char) {
				out = utf8.AppendRune(out, char)
			}
			b = b[n:]
		}
	}
	r.text = out
	return string(bytes.TrimSpace(out))
}

// entity returns the character that an entity at the beginning of b stands
// for and its length. What is no entity is an ampersand.
func entity(b []byte) (char rune, n int) {
	const bytesMax = 9 // of "&#1114111;" without its end
	end := bytes.IndexByte(b[:min(len(b), bytesMax+1)], ';')
	if end < 0 {
		return '&', 1
	}
	switch name := string(b[1:end]); name {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	default:
		digits, numeric := strings.CutPrefix(name, "#")
		code, err := strconv.ParseUint(digits, 10, 21)
		if !numeric || err != nil || !utf8.ValidRune(rune(code)) {
			return '&', 1
		}
		return rune(code), end + 1
	}
}

// visible tells text from the control characters of a teletype.
func visible(char rune) bool {
	return char >= ' ' && char < 0x7f || char > 0x9f || char == '\n' || char == '\t'
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// dateOf reads "26-FEB-1987 15:01:01.79" out of what stands in DATE, where
// notes follow it and once stands a digit too many. A record without DATE has
// no time.
func dateOf(head []byte) (time.Time, error) {
	content, at := element(head, "<DATE>", "</DATE>")
	if at < 0 || len(bytes.TrimSpace(content)) == 0 {
		return time.Time{}, nil
	}
	content = content[:min(len(content), dateBytesMax)]
	fields := strings.Fields(string(content))
	for i := range fields {
		day, err := time.Parse("2-Jan-2006", fields[i])
		if err != nil {
			continue
		}
		if i+1 < len(fields) {
			day = day.Add(clockOf(fields[i+1]))
		}
		return day, nil
	}
	return time.Time{}, tidings.Refuse(tidings.ReasonBadTime, fmt.Sprintf("DATE is %.40q, where 26-FEB-1987 15:01:01.79 was expected", content))
}

const dateBytesMax = 128

// clockOf reads "15:01:01.79", whatever follows; 0, the beginning of the day,
// when it is no time.
func clockOf(s string) time.Duration {
	end := strings.IndexFunc(s, func(c rune) bool { return (c < '0' || c > '9') && c != ':' && c != '.' })
	if end >= 0 {
		s = s[:end]
	}
	if colon := strings.IndexByte(s, ':'); colon > 2 {
		s = s[colon-2:]
	}
	t, err := time.Parse("15:04:05", s) // takes a fraction too
	if err != nil {
		return 0
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	return t.Sub(midnight).Truncate(time.Millisecond)
}
