package terminal

import "strings"

// Limits of the examples.
const (
	examplesMax    = 8
	exampleTerms   = 8
	termColumnsMax = 24
)

// titlePrefix begins the term of a word of the title (features.TitlePrefix).
const titlePrefix = "^"

// charPrefix begins the term of a part of words (features.CharPrefix).
const charPrefix = "~"

// examples show a few documents with what the model says of them now, and why.
func (p *page) examples(r Report) {
	if len(r.Examples) == 0 {
		return
	}
	p.section("Predictions", "asked again of the model as it is now, after all learning")
	for i, e := range r.Examples[:min(len(r.Examples), examplesMax)] {
		if i > 0 {
			p.gap()
		}
		p.example(e)
	}
	p.more(len(r.Examples)-examplesMax, "more prediction", "more predictions")
}

func (p *page) example(e Example) {
	headline := clean(e.Headline)
	if headline == "" {
		headline = "document " + visible(e.Prediction.ID)
	}
	mark, i := text("·"), dim
	truth := text("")
	switch {
	case e.Prediction.Truth == "":
		truth = "no label to compare with"
	case e.Prediction.Truth == e.Prediction.Label:
		mark, i = "✓", green.strong()
	default:
		mark, i = "✗", red.strong()
		truth = "it is " + named(e.Prediction.Truth).cut(labelColumnsMax)
	}
	p.print(line{}.add(i, "  "+mark+" ").add(bold, headline.cut(p.width-4)))
	l := line{}.to(4)
	if e.Prediction.Label == "" {
		l = l.add(dim, "no label is known yet")
	} else {
		l = l.add(cyan, visible(e.Prediction.Label).cut(labelColumnsMax)).add(plain, "  "+percent(e.Prediction.Probability, 0)+" %")
	}
	if truth != "" {
		l = l.add(dim, "  "+truth)
	}
	p.print(l)
	p.terms(e.Terms)
}

// terms prints as many as fit on one line.
func (p *page) terms(terms []Term) {
	l := line{}.to(4)
	for i, t := range terms[:min(len(terms), exampleTerms)] {
		piece := line{}
		if i > 0 {
			piece = piece.add(dim, " · ")
		}
		sign := green
		if t.Weight < 0 {
			sign = red
		}
		piece = piece.add(dim, t.word()+" ").add(sign, signed(t.Weight, 2))
		if l.columns()+piece.columns() > p.width {
			break
		}
		l = append(l, piece...)
	}
	if len(terms) > 0 {
		p.print(l)
	}
}

// word is the term as a person knows it.
func (t Term) word() text {
	if word, title := strings.CutPrefix(t.Text, titlePrefix); title {
		return visible(word).cut(termColumnsMax) + " (title)"
	}
	if part, chars := strings.CutPrefix(t.Text, charPrefix); chars {
		return visible(part).cut(termColumnsMax) + " (part)"
	}
	return visible(t.Text).cut(termColumnsMax)
}
