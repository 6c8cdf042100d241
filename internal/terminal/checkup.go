package terminal

import (
	"io"
	"strings"

	"tidings/internal/doctor"
)

// checkupColumn is where the texts of a check begin.
const checkupColumn = 24

// Checkup writes the results of checks as they come, for people: what was
// found, and where that is not fine what it means for the data and what to do.
// Nothing in them can steer the terminal.
type Checkup struct {
	to io.Writer
	o  Options

	left []text // checks that were not made, and not yet spoken of
}

// NewCheckup returns one that writes to w.
func NewCheckup(w io.Writer, o Options) *Checkup { return &Checkup{to: w, o: o} }

// Result writes one result, in one Write, whose error it returns. Checks that
// were not made are told together, before the next that was.
func (c *Checkup) Result(r doctor.Result) error {
	if r.Because != "" {
		c.left = append(c.left, clean(string(r.Code)))
		return nil
	}
	p := c.page()
	mark, i := statusMark(r.Status)
	head := line{}.to(margin).add(i, mark).add(plain, clean(string(r.Code)))
	p.beside(head, plain, visible(r.Found))
	if r.Meaning != "" {
		p.beside(nil, plain, "It means: "+clean(r.Meaning))
	}
	if r.Fix != "" {
		p.beside(nil, cyan, "To do: "+clean(r.Fix))
	}
	_, err := c.to.Write(p.buf.Bytes())
	return err
}

// Summary writes how it went as a whole.
func (c *Checkup) Summary(s doctor.Summary) error {
	p := c.page()
	p.gap()
	l := line{}.to(margin)
	for n, part := range []struct {
		n    int
		what text
		i    ink
	}{{s.OK, "fine", green}, {s.Warnings, "to know of", yellow}, {s.Failed, "failed", red.strong()}, {s.Skipped, "not seen", dim}} {
		i := part.i
		if part.n == 0 {
			i = dim
		}
		if n > 0 {
			l = l.add(dim, " · ")
		}
		l = l.add(i, number(uint64(part.n))+" "+part.what)
	}
	p.print(l)
	_, err := c.to.Write(p.buf.Bytes())
	return err
}

// page begins one with the checks that were left out.
func (c *Checkup) page() *page {
	p := &page{width: c.o.width(c.to) - margin, color: c.o.Color}
	if len(c.left) > 0 {
		codes := make([]string, len(c.left))
		for i, code := range c.left {
			codes[i] = string(code)
		}
		p.beside(line{}.to(margin).add(dim, "– not looked at"), dim, text(strings.Join(codes, ", ")))
		c.left = nil
	}
	return p
}

func statusMark(s doctor.Status) (text, ink) {
	switch s {
	case doctor.OK:
		return "✓ ", green
	case doctor.Warning:
		return "▸ ", yellow
	case doctor.Failed:
		return "✗ ", red.strong()
	}
	return "– ", dim
}

// beside writes a text from checkupColumn on, behind what stands in the first
// line before it.
func (p *page) beside(head line, i ink, t text) {
	for _, piece := range t.wrap(p.width - checkupColumn) {
		p.print(head.to(checkupColumn).add(i, piece))
		head = nil
	}
}
