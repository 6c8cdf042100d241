package wikitext

import (
	"bytes"
	"slices"
	"strings"
)

// inline writes the rest of the line, and the lines below it that its markup
// goes on in.
func (c *cleaner) inline() {
	for c.at < len(c.page) {
		rest := c.page[c.at:]
		switch b := rest[0]; {
		case b == '\n':
			c.forward(1)
			if c.endLine() {
				return
			}
		case b == '<' && bytes.HasPrefix(rest, []byte("<!--")):
			c.comment()
		case b == '<':
			c.tag(rest)
		case b == '{' && bytes.HasPrefix(rest, []byte("{{")):
			c.push(open{kind: markTemplate}, 2)
		case b == '}' && bytes.HasPrefix(rest, []byte("}}")):
			c.at += 2
			c.closeTemplate()
		case b == '[':
			c.bracket(rest)
		case b == ']':
			c.closeBracket(rest)
		case b == '\'' && bytes.HasPrefix(rest, []byte("''")):
			c.quotes(rest)
		case b == 'h' && isAddress(rest) && !c.afterLetter():
			c.cited = true
			c.at += lengthBefore(rest, " \t\r\n]|<>{}\"[)")
		default:
			c.out = append(c.out, b)
			c.prose = c.prose || len(c.open) == 0 && strings.IndexByte(" \t\r,;:.&/()–—", b) < 0
			c.at++
		}
	}
	c.closeAll()
}

// forward passes over n bytes that may hold line breaks.
func (c *cleaner) forward(n int) {
	c.line += uint64(bytes.Count(c.page[c.at:c.at+n], newline))
	c.at += n
}

// endLine is called behind a line break. Templates and tags go on below it,
// links do not.
func (c *cleaner) endLine() bool {
	c.open = slices.DeleteFunc(c.open, func(o open) bool {
		unclosed := o.kind == markLink || o.kind == markSource
		c.prose = c.prose || unclosed
		return unclosed
	})
	if len(c.open) > 0 && !isBlock(c.page[c.at:]) {
		c.out = append(c.out, ' ')
		return false
	}
	c.closeAll()
	return true
}

// closeAll ends what has no end. A source's note is left out, other text is
// kept.
func (c *cleaner) closeAll() {
	for _, o := range c.open {
		c.prose = true
		if o.kind == markTag {
			c.cut(o.at)
			break
		}
	}
	c.open = c.open[:0]
}

// push begins markup of n bytes. What is nested too deep is not followed.
func (c *cleaner) push(o open, n int) {
	if o.at = len(c.out); len(c.open) < NestingMax {
		c.open = append(c.open, o)
	}
	c.at += n
}

// pop ends the innermost markup of a kind, and what was begun within it.
func (c *cleaner) pop(kind mark, name string) (from int, found bool) {
	for i := len(c.open) - 1; i >= 0; i-- {
		if o := c.open[i]; o.kind == kind && o.name == name {
			c.open = c.open[:i]
			return o.at, true
		}
	}
	return 0, false
}

// cut takes back what was written since.
func (c *cleaner) cut(to int) {
	c.out = c.out[:min(to, len(c.out))]
	c.forgetSpans(len(c.out))
}

func (c *cleaner) forgetSpans(from int) {
	for len(c.spans) > 0 && c.spans[len(c.spans)-1].to > from {
		c.spans = c.spans[:len(c.spans)-1]
	}
}

// comment passes over a comment. One without end hides the rest of its line
// only, lest it hides all items below.
func (c *cleaner) comment() {
	rest := c.page[c.at:]
	end := -1
	if c.at <= c.commentsEnd {
		end = bytes.Index(rest, []byte("-->"))
	}
	if end >= 0 {
		c.forward(end + len("-->"))
		return
	}
	if end = bytes.IndexByte(rest, '\n'); end < 0 {
		end = len(rest)
	}
	c.at += end
}

// portal passes over the portal's template, up to its content when it has one.
func (c *cleaner) portal() {
	c.portals++
	n, _, _ := portalAt(c.page[c.at:])
	c.forward(min(n, len(c.page)-c.at))
}

// closeTemplate puts in place of a template what it shows. Most show nothing
// that belongs to the sentence; those that only dress a text leave the text.
func (c *cleaner) closeTemplate() {
	from, found := c.pop(markTemplate, "")
	if !found || from > len(c.out) {
		return
	}
	parts := strings.Split(string(c.out[from:]), "|")
	c.cut(from)
	shown := ""
	switch last := strings.TrimSpace(parts[len(parts)-1]); strings.ToLower(strings.TrimSpace(parts[0])) {
	case "nowrap", "nobr", "lang", "small", "angbr", "transl", "abbr":
		if len(parts) > 1 {
			shown = last
		}
	case "convert", "cvt":
		if len(parts) > 2 {
			shown = strings.TrimSpace(parts[1]) + " " + strings.TrimSpace(parts[2])
		}
	case "'", "'s", "`":
		shown = strings.TrimSpace(parts[0])
	case "ndash", "spaced ndash", "snd", "en dash", "mdash":
		shown = " – "
	case "nbsp", "spaces", "space":
		shown = " "
	}
	c.out = append(c.out, shown...)
	c.prose = c.prose || shown != "" && len(c.open) == 0
}

// bracket begins a link within the encyclopedia or to elsewhere.
func (c *cleaner) bracket(rest []byte) {
	switch {
	case bytes.HasPrefix(rest, []byte("[[")):
		c.push(open{kind: markLink}, 2)
	case isAddress(rest[1:]) || bytes.HasPrefix(rest, []byte("[//")):
		c.cited = true
		c.push(open{kind: markSource}, lengthBefore(rest, " \t\r\n]<"))
	default:
		c.out = append(c.out, '[')
		c.at++
	}
}

func (c *cleaner) closeBracket(rest []byte) {
	top := mark(-1)
	if len(c.open) > 0 {
		top = c.open[len(c.open)-1].kind
	}
	double := bytes.HasPrefix(rest, []byte("]]"))
	switch {
	case double && top == markLink:
		c.at += 2
		c.closeLink()
	case top == markSource:
		c.at++
		c.closeSource()
	case double:
		c.at += 2
	default:
		c.out = append(c.out, ']')
		c.at++
	}
}

// closeLink leaves the text that a link shows: [[page|text]], [[page]],
// [[page (kind)|]]. Pictures and categories show nothing within a sentence.
func (c *cleaner) closeLink() {
	from, found := c.pop(markLink, "")
	if !found || from > len(c.out) {
		return
	}
	c.forgetSpans(from)
	page, text, piped := bytes.Cut(c.out[from:], []byte("|"))
	prefix, _, spaced := bytes.Cut(page, []byte(":"))
	if spaced && len(prefix) <= len("category") {
		switch strings.ToLower(string(bytes.TrimSpace(prefix))) {
		case "file", "image", "category", "media":
			c.out = c.out[:from]
			return
		}
	}
	if !piped {
		text = bytes.TrimPrefix(page, []byte(":"))
	} else if len(bytes.TrimSpace(text)) == 0 {
		text, _, _ = bytes.Cut(page, []byte(" ("))
	}
	c.out = append(c.out[:from], text...)
}

// closeSource leaves out a link to elsewhere that names a source, which is
// written in brackets. Other text is part of the sentence; dropSources has the
// last word.
func (c *cleaner) closeSource() {
	from, found := c.pop(markSource, "")
	if !found || from > len(c.out) {
		return
	}
	text := bytes.TrimSpace(c.out[from:])
	if len(text) == 0 || text[0] == '(' {
		c.cut(from)
		return
	}
	c.spans = append(c.spans, span{from, len(c.out)})
	c.prose = true
}

// quotes leaves out bold and italics, and keeps the apostrophes beside them.
func (c *cleaner) quotes(rest []byte) {
	n := len(rest) - len(bytes.TrimLeft(rest, "'"))
	c.at += n
	kept := 0
	switch {
	case n == 4:
		kept = 1
	case n > 5:
		kept = n - 5
	}
	c.out = append(c.out, rest[:kept]...)
}

func (c *cleaner) afterLetter() bool {
	if len(c.out) == 0 {
		return false
	}
	b := c.out[len(c.out)-1]
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

func isAddress(b []byte) bool {
	return bytes.HasPrefix(b, []byte("http://")) || bytes.HasPrefix(b, []byte("https://"))
}

func lengthBefore(b []byte, ends string) int {
	if n := bytes.IndexAny(b, ends); n >= 0 {
		return n
	}
	return len(b)
}
