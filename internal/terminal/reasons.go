package terminal

import (
	"io"

	"tidings"
	"tidings/pipeline"
)

// reasonsLabels is of how many labels the terms are shown: the predicted one
// and the runner-up.
const reasonsLabels = 2

// Reasons is why a document was predicted as it was.
type Reasons struct {
	pipeline.Explanation
	Said  tidings.Prediction // as it was committed
	Model string
	Top   int // terms for and against each label
}

// SaidSame tells whether an explanation is of what was committed.
func SaidSame(said tidings.Prediction, x pipeline.Explanation) bool {
	return said.Label == x.Label && said.Probability == x.Probability && said.Version == x.Updates
}

// RenderReasons writes them for people, in one Write, whose error it returns.
// Nothing in them can steer the terminal.
func RenderReasons(w io.Writer, r Reasons, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	p.asked(r)
	if len(r.Scores) == 0 {
		p.gap()
		p.say(plain, margin, "No label was known when it came.")
	}
	for i := range r.Scores[:min(len(r.Scores), reasonsLabels)] {
		p.reasons(r, i)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

// asked tells which document it is, and what was said of it.
func (p *page) asked(r Reasons) {
	l := line{}.to(margin).add(bold, visible(r.Said.ID).cut(p.width/2)).add(dim, "  at "+text(r.Said.Position.String()))
	if at := when(r.Said.Time); at != "" {
		l = l.add(dim, "  "+at)
	}
	p.gap()
	p.print(l)
	whole := clean(r.Title)
	if whole != "" && r.Text != "" {
		whole += " · "
	}
	p.print(line{}.to(margin).add(plain, whole+clean(r.Text)))
	p.say(dim, margin, "as it was predicted: model "+clean(r.Model)+", "+plural(r.Updates, "update", "updates")+", df of "+plural(r.Documents, "document", "documents")+" with this one")
	if !SaidSame(r.Said, r.Explanation) {
		p.marked(yellow, "▸ ", plain, "the run said "+named(r.Said.Label)+", "+percent(r.Said.Probability, 1)+" %: it did not meet the documents as the log has them, or another program learnt for it")
	}
}

// reasons lists what spoke for and against one label.
func (p *page) reasons(r Reasons, label int) {
	score, remark := r.Scores[label], text("the runner-up")
	if label == 0 {
		remark = "predicted"
		switch {
		case r.Said.Truth == r.Label:
			remark += ", and right"
		case r.Said.Truth != "":
			remark += "; it is " + visible(r.Said.Truth).cut(labelColumnsMax)
		}
	}
	p.section(visible(score.Label).cut(labelColumnsMax)+"  "+percent(score.Probability, 1)+" %", remark)
	pro, contra := r.Reasons(label)
	p.side("for", "nothing", pro, label, r.Top)
	p.side("against", "nothing", contra, label, r.Top)
	if offset := r.Offsets[label]; offset != 0 {
		p.list("any text", line{}.add(signInk(offset), signed(offset, 3)))
	}
}

// side lists terms and what they add, the weightiest first.
func (p *page) side(name, none text, all []pipeline.Reason, label, top int) {
	if len(all) == 0 {
		p.field(name, line{}.add(dim, none))
		return
	}
	var parts []line
	for _, r := range all[:min(len(all), top)] {
		words := line{}
		for i, t := range r.Terms {
			if i > 0 {
				words = words.add(dim, " or ")
			}
			words = words.add(plain, Term{Text: t}.word())
		}
		parts = append(parts, words.add(signInk(r.Adds[label]), " "+signed(r.Adds[label], 3)))
	}
	if more := len(all) - top; more > 0 {
		parts = append(parts, line{}.add(dim, "and "+number(uint64(more))+" more"))
	}
	p.list(name, parts...)
}
