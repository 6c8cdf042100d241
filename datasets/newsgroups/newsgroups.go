// Package newsgroups reads articles of Usenet, as the 20 Newsgroups collection
// (Lang 1995) holds them: one file an article, in a folder named after its
// group.
//
// The one rule to keep: a message is given whole, and what is not an article
// is a *tidings.DocumentError. Nothing is kept between calls, so that the
// functions are safe for concurrent use.
package newsgroups

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"tidings"
)

// Limits of one article.
const (
	MessageBytesMax = 8 << 20 // a longer message is refused before it is looked at
	SubjectBytesMax = 4 << 10 // what is kept of a subject
)

// known are fields that articles begin with, in small letters.
var known = [...]string{
	"from", "subject", "newsgroups", "path", "message-id", "organization", "lines", "date", "xref", "sender", "references",
	"reply-to", "distribution", "article-i.d.", "nntp-posting-host", "keywords", "summary", "followup-to", "approved", "expires",
	"originator", "in-reply-to", "to", "cc", "mime-version", "content-type", "return-path", "received", "control", "x-newsreader",
}

// Looks tells from the beginning of a file whether it is an article: its first
// line is a field that articles have, and among the first ones are From or
// Subject and another.
func Looks(head []byte) bool {
	found, sender := 0, false
	for line := range bytes.Lines(bytes.TrimPrefix(head, []byte("\ufeff"))) {
		name, _ := field(line)
		switch {
		case isBlank(line):
			return sender && found > 1
		case isKnown(name):
			found++
			sender = sender || isNamed(name, "from") || isNamed(name, "subject")
		case found == 0:
			return false
		}
	}
	return sender && found > 1
}

// Parse returns the article as a document: its id is group/name, its label the
// group, its title the Subject and its text what follows the first empty line.
// Of a message without an empty line the text begins with the first line that
// is no header field.
//
// A subject that goes on in the next line is joined. The other fields are left
// out: who wrote and where gives the group away. So is the time, for clocks
// on Usenet were set as people liked; it is zero. A message that is not UTF-8
// is taken as Latin-1. Encoded words in the subject are decoded, the text is
// not (MIME came after the collection).
//
// The error is a *tidings.DocumentError: the message does not begin with a
// field, is above MessageBytesMax, or has neither subject nor text.
func Parse(message []byte, group, name string) (tidings.Document, error) {
	if len(message) > MessageBytesMax {
		return tidings.Document{}, tidings.Refuse(tidings.ReasonTextTooLong, fmt.Sprintf("the article has %d bytes, the limit is %d", len(message), MessageBytesMax))
	}
	message = bytes.TrimPrefix(message, []byte("\ufeff"))
	if first, _, _ := bytes.Cut(message, []byte("\n")); !isArticle(first) {
		return tidings.Document{}, tidings.Refuse(tidings.ReasonRow, fmt.Sprintf("no article: it begins with %.40q and not with a header field such as From or Subject", first))
	}
	head, text := split(message)
	d := tidings.Document{
		ID:    group + "/" + name,
		Label: group,
		Title: subject(head),
		Text:  strings.TrimSpace(decoded(text)),
	}
	if err := d.Check(); err != nil {
		return tidings.Document{}, err
	}
	return d, nil
}

// isArticle looks at the first line. Mailboxes put a line of their own first.
func isArticle(line []byte) bool {
	name, _ := field(line)
	return len(name) > 0 || bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// split divides a message into its header and its text.
func split(message []byte) (head, text []byte) {
	at, first, begins := 0, true, -1
	for line := range bytes.Lines(message) {
		if isBlank(line) {
			return message[:at], message[at+len(line):]
		}
		if name, _ := field(line); begins < 0 && !first && len(name) == 0 && !isFolded(line) {
			begins = at
		}
		at += len(line)
		first = false
	}
	if begins >= 0 {
		return message[:begins], message[begins:]
	}
	return message, nil
}

// subject returns the first subject of a header, unfolded.
func subject(head []byte) string {
	var value []byte
	inside := false
	for line := range bytes.Lines(head) {
		if inside {
			if !isFolded(line) {
				break
			}
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		} else if name, rest := field(line); isNamed(name, "subject") {
			value = append(value, bytes.TrimSpace(rest)...)
			inside = true
		}
		if len(value) > SubjectBytesMax {
			value = bytes.TrimRightFunc(value[:SubjectBytesMax], func(c rune) bool { return c == utf8.RuneError })
			break
		}
	}
	title := decoded(value)
	if strings.Contains(title, "=?") {
		var words mime.WordDecoder
		if plain, err := words.DecodeHeader(title); err == nil {
			title = strings.ToValidUTF8(plain, "\ufffd")
		}
	}
	return strings.TrimSpace(title)
}

// field splits "Name: value"; the name is empty when the line is no field.
func field(line []byte) (name, value []byte) {
	const nameBytesMax = 76
	colon := bytes.IndexByte(line[:min(len(line), nameBytesMax+1)], ':')
	if colon < 1 {
		return nil, nil
	}
	for _, c := range line[:colon] {
		if c <= ' ' || c >= 0x7f {
			return nil, nil
		}
	}
	return line[:colon], line[colon+1:]
}

func isKnown(name []byte) bool {
	for _, other := range known {
		if isNamed(name, other) {
			return true
		}
	}
	return false
}

func isNamed(name []byte, other string) bool {
	return len(name) == len(other) && strings.EqualFold(string(name), other)
}

func isFolded(line []byte) bool { return line[0] == ' ' || line[0] == '\t' }
func isBlank(line []byte) bool  { return len(bytes.TrimRight(line, "\r\n")) == 0 }

// decoded returns UTF-8: the bytes as they are when they are that, or else
// those of Latin-1, in which every byte is a character.
func decoded(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/8)
	for _, c := range b {
		out.WriteRune(rune(c))
	}
	return out.String()
}
