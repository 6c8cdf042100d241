package wikitext

import (
	"bytes"
	"html"
	"strings"
)

type kind int

const (
	other kind = iota
	heading
	bullet
)

// line is one line of a page without its markup.
type line struct {
	kind      kind
	depth     int // of a bullet
	text      string
	number    uint64 // from 1
	cited     bool   // it names a source
	linksOnly bool   // no word stands outside of links
	raw       []byte // how it begins
}

// cleaner takes the markup off a page, a line at a time. It goes over the page
// once and cuts back what it has written where markup turns out to hide it, so
// that its time is proportional to the page.
type cleaner struct {
	page []byte
	at   int
	line uint64

	commentsEnd int // where the last comment ends, for not looking in vain
	nowikiEnd   int
	portals     int

	out   []byte
	open  []open
	spans []span
	cited bool
	prose bool
}

// open is markup that has begun.
type open struct {
	kind mark
	name string // of a tag
	at   int    // in out
}

type mark int

const (
	markTemplate mark = iota
	markTag
	markLink
	markSource
)

// span is the text of a link to elsewhere.
type span struct{ from, to int }

var newline = []byte("\n")

const portalsMax = 100 // of the portal's template on one page; the others are templates like any

func newCleaner(page []byte, first uint64) *cleaner {
	return &cleaner{page: page, line: first, commentsEnd: bytes.LastIndex(page, []byte("-->")), nowikiEnd: bytes.LastIndex(page, []byte("</nowiki>"))}
}

// next returns the next line of the page.
func (c *cleaner) next() (l line, found bool) {
	c.out, c.open, c.spans, c.cited, c.prose = c.out[:0], c.open[:0], c.spans[:0], false, false
	c.skipHidden()
	if c.at >= len(c.page) {
		return l, false
	}
	rest := c.page[c.at:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	l.number, l.raw = c.line, rest[:min(len(rest), RawBytesMax)]
	var prefix int
	l.kind, l.depth, prefix = kindOf(rest)
	c.at += prefix
	c.inline()
	c.dropSources()
	l.text, l.cited, l.linksOnly = tidy(c.out), c.cited, !c.prose
	if l.kind == heading {
		l.text = strings.Trim(l.text, "=: ")
	}
	return l, true
}

// skipHidden goes to where the line really begins, beyond comments and the
// portal's own template.
func (c *cleaner) skipHidden() {
	for c.at < len(c.page) {
		switch rest := c.page[c.at:]; {
		case rest[0] == ' ' || rest[0] == '\t':
			c.at++
		case bytes.HasPrefix(rest, []byte("<!--")):
			c.comment()
		case rest[0] == '{' && isPortal(rest) && c.portals < portalsMax:
			c.portal()
		default:
			return
		}
	}
}

// kindOf tells what a line is by how it begins, and the length of that.
func kindOf(l []byte) (k kind, depth, prefix int) {
	for prefix < len(l) && strings.IndexByte("*#:;", l[prefix]) >= 0 {
		if l[prefix] == '*' || l[prefix] == '#' {
			k = bullet
		}
		prefix++
	}
	switch {
	case k == bullet:
		return bullet, prefix, prefix
	case prefix > 0 && l[0] == ';':
		return heading, 0, prefix
	case isTitled(l):
		return heading, 0, prefix
	}
	return other, 0, prefix
}

// isTitled holds of a line that is bold as a whole, or set between =.
func isTitled(l []byte) bool {
	l = bytes.TrimRight(l, " \t\r:")
	bold := []byte("'''")
	if len(l) > 2*len(bold) && bytes.HasPrefix(l, bold) && bytes.HasSuffix(l, bold) {
		return bytes.Count(l, bold) == 2
	}
	return len(l) > 2 && l[0] == '=' && l[len(l)-1] == '='
}

// isBlock tells whether a line begins something new even where markup of the
// line before has not ended: a forgotten brace must not cost the items below.
func isBlock(rest []byte) bool {
	rest = bytes.TrimLeft(rest[:min(len(rest), 16)], " \t")
	return len(rest) > 0 && (rest[0] == '*' || rest[0] == ';') || bytes.HasPrefix(rest, []byte("'''")) || bytes.HasPrefix(rest, []byte("=="))
}

// dropSources takes the text of links off the end of a finished sentence:
// there they name a source.
func (c *cleaner) dropSources() {
	for len(c.spans) > 0 {
		last := c.spans[len(c.spans)-1]
		c.spans = c.spans[:len(c.spans)-1]
		before := bytes.TrimRight(c.out[:last.from], " \t,;(")
		if len(bytes.Trim(c.out[last.to:], " \t,;.()")) > 0 || len(before) == 0 || strings.IndexByte(".!?\"", before[len(before)-1]) < 0 {
			return
		}
		c.out = before
	}
}

// tidy resolves entities, and closes the gaps that markup has left.
func tidy(out []byte) string {
	if len(out) == 0 {
		return ""
	}
	text := html.UnescapeString(string(out))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "( ", "("), " )", ")")
	b := make([]byte, 0, len(text))
	for word := range strings.FieldsSeq(text) {
		switch strings.Trim(word, ".,;:") {
		case "()", "[]":
			continue
		case "": // signs that a source stood before
			b = bytes.TrimRight(b, ",;")
		default:
			if len(b) > 0 {
				b = append(b, ' ')
			}
		}
		b = append(b, word...)
	}
	return strings.TrimRight(strings.TrimLeft(string(b), ",;: "), ",;– ")
}
