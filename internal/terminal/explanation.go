package terminal

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"tidings/pipeline"
)

// Limits of an explanation; JSON has all of it.
const (
	explainedStepsMax = 200
	explainedTermsMax = 200
)

// Explanation is what becomes of one text.
type Explanation struct {
	pipeline.Explanation
	Tokenizer string
	Options   []string // of text, that are not at their defaults
	Model     string
	Learnt    string // what df and model come from
}

// RenderExplanation writes an explanation for people, in one Write, whose error
// it returns.
func RenderExplanation(w io.Writer, x Explanation, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	p.say(dim, margin, text("Learnt first: ")+clean(x.Learnt)+"; "+plural(x.Documents-1, "document", "documents")+", "+plural(x.Updates, "update", "updates"))
	p.steps(x)
	p.parts(x)
	p.verdict(x)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// steps show the words in order, and what the options made of them.
func (p *page) steps(x Explanation) {
	how := text("tokenizer ") + clean(x.Tokenizer)
	for _, option := range x.Options {
		how += ", " + clean(option)
	}
	asked := slices.ContainsFunc(x.Options, func(o string) bool { return strings.HasSuffix(o, " auto") })
	p.section("Words", "")
	p.say(dim, margin, how)
	switch {
	case x.Language != "":
		p.say(dim, margin, "by its function words the text is "+clean(x.Language))
	case asked:
		p.say(dim, margin, "the language cannot be told from so few function words; words stay as they are")
	}
	if len(x.Steps) == 0 {
		p.say(dim, margin, "none: the text holds no letter and no number")
		return
	}
	for _, s := range x.Steps[:min(len(x.Steps), explainedStepsMax)] {
		word := visible(s.Word)
		if s.Folded != "" {
			word += " -> " + visible(s.Folded)
		}
		l := line{}.to(margin).add(plain, word.left(28)).add(plain, " ")
		switch {
		case s.Stop:
			l = l.add(yellow, "dropped: a stop word")
		case len(s.Terms) == 0:
			l = l.add(dim, "in no term of its own")
		default:
			l = l.add(dim, notable(s.Kind, s.Title))
			var terms []string
			for _, t := range s.Terms {
				terms = append(terms, string(visible(t)))
			}
			l = l.add(plain, text(strings.Join(terms, " · ")))
			for _, c := range s.Chars {
				l = l.add(dim, " "+visible(c))
			}
		}
		p.print(l)
	}
	p.more(len(x.Steps)-explainedStepsMax, "more word; --json has all", "more words; --json has all")
}

// notable says of a word what its terms do not show.
func notable(kind string, title bool) text {
	var about text
	switch kind {
	case "pair":
		about = "pair of characters"
	case "number":
		about = "shape of a number"
	case "address":
		about = "host of an address"
	}
	if title {
		if about != "" {
			about += " "
		}
		about += "in the title"
	}
	if about == "" {
		return ""
	}
	return about + ": "
}

// Columns of the table of terms.
const (
	termColumnMin, termColumnMax = 16, 40
	countColumn                  = 7
	dfColumn                     = 9
	idfColumn                    = 7
	weightColumn                 = 8
	addsColumn                   = 14
)

// parts is the table of terms.
func (p *page) parts(x Explanation) {
	if len(x.Terms) == 0 {
		return
	}
	p.section("Terms", "weights in the vector; what each adds to the scores of the likeliest labels")
	room := p.width - margin - countColumn - dfColumn - idfColumn - weightColumn
	best := min(len(x.Scores), max((room-termColumnMin)/addsColumn, 0))
	termColumn := min(room-best*addsColumn, termColumnMax)
	head := line{}.to(margin).add(bold, text("term").left(termColumn)).add(bold, text("count").right(countColumn)).
		add(bold, text("df").right(dfColumn)).add(bold, text("idf").right(idfColumn)).add(bold, text("weight").right(weightColumn))
	for _, s := range x.Scores[:best] {
		head = head.add(cyan, "  "+visible(s.Label).right(addsColumn-2))
	}
	p.print(head)
	shared := false
	for _, t := range x.Terms[:min(len(x.Terms), explainedTermsMax)] {
		weight := text(strconv.FormatFloat(t.Weight, 'f', 3, 64))
		if t.Shared {
			weight, shared = weight+"*", true
		}
		l := line{}.to(margin).add(plain, visible(t.Term).left(termColumn)).add(plain, number(uint64(t.Count)).right(countColumn)).
			add(plain, number(uint64(t.DF)).right(dfColumn)).add(plain, text(strconv.FormatFloat(t.IDF, 'f', 2, 64)).right(idfColumn)).
			add(plain, weight.right(weightColumn))
		for _, add := range t.Adds[:best] {
			l = l.add(signInk(add), signed(add, 3).right(addsColumn))
		}
		p.print(l)
	}
	p.more(len(x.Terms)-explainedTermsMax, "more term; --json has all", "more terms; --json has all")
	if shared {
		p.say(dim, margin, "* terms of this text share a feature by hashing: the weight is that of all of them together; more --hash-bits part them")
	}
}

func signInk(x float64) ink {
	switch {
	case x > 0:
		return green
	case x < 0:
		return red
	}
	return dim
}

// verdict is the prediction.
func (p *page) verdict(x Explanation) {
	p.section("Prediction", text("model ")+clean(x.Model))
	if len(x.Scores) == 0 {
		p.say(dim, margin, "none: no label was learnt")
		return
	}
	l := line{}.to(margin)
	for i, s := range x.Scores {
		if i > 0 {
			l = l.add(dim, " · ")
		}
		how := plain
		if i == 0 {
			how = cyan
		}
		l = l.add(how, visible(s.Label).cut(labelColumnsMax)).add(plain, " "+percent(s.Probability, 1)+" %")
	}
	p.print(l)
}
