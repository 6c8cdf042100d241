package wikitext

import (
	"bytes"
	"strings"
)

// hidden are tags whose content is no part of the sentence. It is text about
// the text, a table or a formula.
var hidden = map[string]bool{
	"ref": true, "references": true, "gallery": true, "math": true, "style": true, "script": true,
	"timeline": true, "score": true, "syntaxhighlight": true, "templatestyles": true,
}

// tag deals with what begins with "<". What has no ">" before the next "<" or
// the end of the line is no tag.
func (c *cleaner) tag(rest []byte) {
	end := bytes.IndexAny(rest[1:], "<>\n")
	if end < 0 || rest[1+end] != '>' {
		c.out = append(c.out, '<')
		c.at++
		return
	}
	inside := rest[1 : 1+end]
	name, closing := tagName(inside)
	if name == "" {
		c.out = append(c.out, '<')
		c.at++
		return
	}
	c.at += end + 2
	switch empty := bytes.HasSuffix(inside, []byte("/")); {
	case name == "nowiki" && !closing && !empty:
		c.nowiki()
	case name == "ref" && empty:
		c.cited = true
	case hidden[name] && empty:
	case hidden[name] && closing:
		if from, found := c.pop(markTag, name); found {
			c.cut(from)
		}
	case hidden[name]:
		c.cited = c.cited || name == "ref"
		c.push(open{kind: markTag, name: name}, 0)
	case name == "br" || name == "div" || name == "p" || name == "li" || name == "td":
		c.out = append(c.out, ' ')
	}
}

// tagName returns the name in small letters; "" when there is none.
func tagName(inside []byte) (name string, closing bool) {
	const nameBytesMax = 20
	inside, closing = bytes.CutPrefix(inside, []byte("/"))
	n := 0
	for n < len(inside) && n < nameBytesMax && (inside[n]|0x20 >= 'a' && inside[n]|0x20 <= 'z' || n > 0 && inside[n] >= '0' && inside[n] <= '9') {
		n++
	}
	if n < len(inside) && strings.IndexByte(" \t\r/", inside[n]) < 0 {
		return "", closing
	}
	return strings.ToLower(string(inside[:n])), closing
}

// nowiki writes what is not markup, up to the tag's end when there is one.
func (c *cleaner) nowiki() {
	if c.at > c.nowikiEnd {
		return
	}
	end := bytes.Index(c.page[c.at:], []byte("</nowiki>"))
	if end < 0 {
		return
	}
	c.out = append(c.out, c.page[c.at:c.at+end]...)
	c.prose = true
	c.forward(end + len("</nowiki>"))
}
