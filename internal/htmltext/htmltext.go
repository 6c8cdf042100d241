// Package htmltext makes plain text of HTML, of any that strangers write.
//
// The rule to keep: what comes out is text, and no HTML: it may hold "<" and "&"
// of its own, and whoever shows it in a page has to escape it. Broken HTML is
// split as browsers split it, and never refused. The package is pure, owns
// nothing, and its work and memory are linear in the input.
package htmltext

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text appends the text of html to dst: tags gone, entities resolved, the
// contents of scripts, styles and the like dropped. Elements that stand on
// lines of their own end the line, cells of a table are set apart by a space,
// runs of white space are one space, and empty lines are left out; inside
// <pre> too, for what reads the text are word splitters. It is valid UTF-8
// without control characters: bytes that are none become U+FFFD.
func Text(dst []byte, markup []byte) []byte {
	w := writer{dst: dst, from: len(dst)}
	z := html.NewTokenizer(bytes.NewReader(markup))
	var hidden atom.Atom // the element whose content is being dropped
	depth := 0           // how many of it are open
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return w.dst
		case html.TextToken:
			if hidden == 0 {
				w.text(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case hidden != 0 && tag == hidden && kind == html.StartTagToken:
				depth++
			case hidden != 0 && tag == hidden && kind == html.EndTagToken:
				if depth--; depth == 0 {
					hidden = 0
				}
			case hidden != 0 && (raw(hidden) || tag == atom.Title || !breaksLine(tag)):
			case hidden != 0: // left open: as in browsers, a paragraph ends a drawing
				hidden = 0
				w.tag(tag)
			case drops(tag) && (kind == html.StartTagToken || raw(tag) && kind == html.SelfClosingTagToken):
				hidden, depth = tag, 1
			default:
				w.tag(tag)
			}
		}
	}
}

// drops says whether an element's content is no text for people.
func drops(tag atom.Atom) bool { return raw(tag) || tag == atom.Svg || tag == atom.Math }

// raw says whether there is no markup inside an element, so that only its own
// end tag ends it.
func raw(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Iframe, atom.Noembed, atom.Noframes, atom.Textarea:
		return true
	}
	return false
}

// breaksLine says whether an element begins and ends a line.
func breaksLine(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Caption,
		atom.Center, atom.Dd, atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Dt,
		atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Header, atom.Hgroup, atom.Hr, atom.Html,
		atom.Legend, atom.Li, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.Optgroup, atom.Option,
		atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody, atom.Tfoot,
		atom.Thead, atom.Title, atom.Tr, atom.Ul, atom.Video, atom.Audio:
		return true
	}
	return false
}

// writer appends text. A space or a line break is written when a word follows,
// so that none stands at an end.
type writer struct {
	dst   []byte
	from  int // where the text begins
	space bool
	line  bool
}

func (w *writer) tag(tag atom.Atom) {
	switch {
	case breaksLine(tag):
		w.line = true
	case tag == atom.Td || tag == atom.Th || tag == atom.Img:
		w.space = true
	}
}

// text appends a piece whose entities are resolved already.
func (w *writer) text(text []byte) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case blank(r):
			w.space = true
		case dropped(r):
		default:
			w.gap()
			w.dst = utf8.AppendRune(w.dst, r)
		}
		text = text[size:]
	}
}

// gap writes the white space that was met before a word.
func (w *writer) gap() {
	if len(w.dst) > w.from {
		switch {
		case w.line:
			w.dst = append(w.dst, '\n')
		case w.space:
			w.dst = append(w.dst, ' ')
		}
	}
	w.line, w.space = false, false
}

func blank(r rune) bool {
	return r == ' ' || r >= '\t' && r <= '\r' || r == 0x85 || r == 0xa0 || r >= 0x2000 && r <= 0x200a ||
		r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000 || r == 0x1680
}

// dropped are control characters and those that hide in words: soft hyphen,
// zero-width space, word joiner, byte-order mark, and marks of direction. The
// joiners U+200C and U+200D stay, for scripts and emoji need them.
func dropped(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xad || r == 0x200b || r == 0x200e || r == 0x200f ||
		r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
}
