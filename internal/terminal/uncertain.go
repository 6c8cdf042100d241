package terminal

import (
	"io"
	"time"

	"tidings/pipeline"
)

// uncertainTextLines is how much of each text is shown.
const uncertainTextLines = 2

// Uncertain is a document worth labelling.
type Uncertain struct {
	pipeline.Uncertain
	Title, Text string // "" where the log does not hold it any more
}

// RenderUncertain writes them for people, in one Write, whose error it returns.
// Nothing in them can steer the terminal.
func RenderUncertain(w io.Writer, all []Uncertain, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	p.section("Most worth labelling", "the two likeliest labels were nearest to each other")
	if len(all) == 0 {
		p.say(dim, margin, "none: no document without a label has been predicted")
	}
	for i, u := range all {
		if i > 0 {
			p.gap()
		}
		p.uncertain(u)
	}
	if len(all) > 0 {
		p.gap()
		p.say(dim, margin, "give one its label: train label ID LABEL, with the same --store or --nats")
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (p *page) uncertain(u Uncertain) {
	l := line{}.to(margin).add(bold, visible(u.ID).cut(p.width/2)).add(dim, "  at "+text(u.Position.String()))
	if at := when(u.Time); at != "" {
		l = l.add(dim, "  "+at)
	}
	p.print(l)
	l = line{}.to(4)
	for i, s := range u.Scores[:min(len(u.Scores), 2)] {
		if i > 0 {
			l = l.add(dim, " · ")
		}
		l = l.add(cyan, visible(s.Label).cut(labelColumnsMax)).add(plain, " "+percent(s.Probability, 1)+" %")
	}
	p.print(l.add(dim, "  apart "+percent(u.Margin, 1)+" %"))
	whole := clean(u.Title)
	if whole != "" && u.Text != "" {
		whole += " · "
	}
	lines := (whole + clean(u.Text)).wrap(p.width - 4)
	for i, piece := range lines[:min(len(lines), uncertainTextLines)] {
		if i == uncertainTextLines-1 && len(lines) > uncertainTextLines {
			piece = (piece + "  …").cut(p.width - 4)
		}
		p.print(line{}.to(4).add(plain, piece))
	}
}

// when is a document's time, "" where it has none; a day where it is no more.
func when(at time.Time) text {
	switch {
	case at.IsZero():
		return ""
	case at.Equal(at.Truncate(24 * time.Hour)):
		return text(at.Format(time.DateOnly))
	}
	return text(at.Format(time.RFC3339))
}
