package terminal

import (
	"io"

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
}

// NewCheckup returns one that writes to w.
func NewCheckup(w io.Writer, o Options) *Checkup { return &Checkup{to: w, o: o} }

// Result writes one result, in one Write, whose error it returns.
func (c *Checkup) Result(r doctor.Result) error {
	p := &page{width: c.o.width(c.to) - margin, color: c.o.Color}
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
	p := &page{width: c.o.width(c.to) - margin, color: c.o.Color}
	p.gap()
	l := line{}.to(margin)
	for n, part := range []struct {
		n    int
		what text
		i    ink
	}{{s.OK, "fine", green}, {s.Warnings, "to know of", yellow}, {s.Failed, "failed", red.strong()}, {s.Skipped, "not visible", dim}} {
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
