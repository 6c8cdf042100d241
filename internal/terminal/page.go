package terminal

import (
	"bytes"
	"strings"
)

// ink is how a piece of text looks where colours are allowed: the parameters
// of an SGR sequence.
type ink string

// The inks. They are the colours of the terminal's own theme, so that they
// can be read on dark and on light ground.
const (
	plain  ink = ""
	bold   ink = "1"
	dim    ink = "2"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
	blue   ink = "34"
	cyan   ink = "36"
)

// strong is the ink in bold.
func (i ink) strong() ink {
	if i == plain {
		return bold
	}
	return bold + ";" + i
}

type span struct {
	text text
	ink  ink
}

// line is a line that is being put together.
type line []span

func (l line) add(i ink, t text) line { return append(l, span{t, i}) }

func (l line) columns() int {
	n := 0
	for _, s := range l {
		n += s.text.columns()
	}
	return n
}

// to fills the line up to a column.
func (l line) to(column int) line { return l.add(plain, spaces(column-l.columns())) }

// cut shortens the line to that many columns.
func (l line) cut(columns int) line {
	over := l.columns() > columns
	if !over {
		return l
	}
	short := make(line, 0, len(l))
	for _, s := range l {
		if n := s.text.columns(); n < columns {
			short = append(short, s)
			columns -= n
			continue
		}
		// What does not fit must end with an ellipsis, also where this span alone would fit.
		return append(short, span{(s.text + "  ").cut(columns), s.ink})
	}
	return short
}

// write appends the line, without spaces at its end.
func (l line) write(b *bytes.Buffer, color bool) {
	for i, s := range l {
		if blank(l[i+1:]) {
			s.text = text(strings.TrimRight(string(s.text), " "))
		}
		if s.text == "" {
			continue
		}
		if !color || s.ink == plain {
			b.WriteString(string(s.text))
			continue
		}
		b.WriteString("\x1b[" + string(s.ink) + "m" + string(s.text) + "\x1b[0m")
	}
}

func blank(l line) bool {
	for _, s := range l {
		if strings.Trim(string(s.text), " ") != "" {
			return false
		}
	}
	return true
}

// margin is how many columns stay empty on either side of a page.
const margin = 2

// page collects a report's lines, none of them wider than its width.
type page struct {
	width int // columns, with the left margin and without the right one
	color bool
	buf   bytes.Buffer
}

func (p *page) print(l line) {
	l.cut(p.width).write(&p.buf, p.color)
	p.buf.WriteByte('\n')
}

func (p *page) gap() { p.buf.WriteByte('\n') }

// section begins a part of the report.
func (p *page) section(title, remark text) {
	p.gap()
	l := line{}.add(bold, "  "+title)
	if remark != "" {
		l = l.add(dim, "  "+remark)
	}
	p.print(l)
	p.print(line{}.add(dim, "  "+repeat("─", p.width-margin)))
}

// say writes a sentence, broken into lines that begin at a column.
func (p *page) say(i ink, column int, t text) {
	for _, piece := range t.wrap(p.width - column) {
		p.print(line{}.to(column).add(i, piece))
	}
}

// marked writes a sentence with a mark before it.
func (p *page) marked(markInk ink, mark text, i ink, t text) {
	for _, piece := range t.wrap(p.width - margin - mark.columns()) {
		p.print(line{}.to(margin).add(markInk, mark).add(i, piece))
		mark = spaces(mark.columns())
	}
}

// String is the line as it is written, without spaces at its end.
func (l line) String(color bool) string {
	var b bytes.Buffer
	l.write(&b, color)
	return b.String()
}
