package terminal

import (
	"io"
	"time"
)

// StoryPeriod is a period of event time and its largest stories.
type StoryPeriod struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Documents uint64    `json:"documents"`
	Stories   []Story   `json:"stories"`
	Rising    []Rise    `json:"rising,omitempty"`
}

// Rise is words that rise together in a period. Its texts are hostile, too.
type Rise struct {
	Name      string   `json:"name,omitempty"`
	Terms     []string `json:"terms"`     // words and neighbouring words, the surest first
	Documents uint64   `json:"documents"` // of the period that have the first of them
	Expected  float64  `json:"expected"`  // that would have it at its share before
	Score     float64  `json:"score"`     // log-likelihood ratio of the first of them
	Headline  string   `json:"headline,omitempty"`
}

// Story is one of them. Its texts are as hostile as those of articles.
type Story struct {
	ID        uint64    `json:"id"`
	Name      string    `json:"name"`
	Label     string    `json:"label,omitempty"` // of most of its documents
	Here      uint64    `json:"here"`            // documents of the period
	Documents uint64    `json:"documents"`       // of the story up to the period's end
	Since     time.Time `json:"since,omitzero"`
	Together  int       `json:"together,omitempty"` // stories that are told as this one; 0: it alone
	First     string    `json:"first"`              // position of its first document
	Central   string    `json:"central"`            // of the one in its middle
	Headline  string    `json:"headline,omitempty"`
	Terms     []string  `json:"terms"`
}

// storyNameMax is how wide a name is shown.
const storyNameMax = 34

// RenderStories writes them for people, in one Write, whose error it returns.
// Nothing in them can steer the terminal.
func RenderStories(w io.Writer, periods []StoryPeriod, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	if len(periods) == 0 {
		p.section("Stories", "")
		p.say(dim, margin, "none: no document with a time has been predicted")
	}
	for _, period := range periods {
		from, to := date(period.Start, time.DateOnly), date(period.End, time.DateOnly)
		if period.Start.Unix()%86_400 != 0 || period.End.Unix()%86_400 != 0 {
			from, to = date(period.Start, "2006-01-02 15:04"), date(period.End, "15:04")
		}
		p.section("Stories", from+" to "+to+", "+plural(period.Documents, "document", "documents"))
		for _, s := range period.Stories {
			p.story(s)
		}
		p.rise(period.Rising)
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (p *page) story(s Story) {
	name := visible(s.Name).cut(min(storyNameMax, p.width/2))
	l := line{}.to(margin).add(bold, name).to(margin+storyNameMax+2).add(plain, plural(s.Here, "document", "documents"))
	if s.Documents > s.Here {
		l = l.add(dim, " of "+number(s.Documents)+" since "+date(s.Since, time.DateOnly))
	}
	if room := p.width - l.columns() - 2; room > 0 && s.Label != "" {
		l = l.add(dim, "  ").add(cyan, visible(s.Label).cut(room))
	}
	p.print(l)
	if s.Headline != "" {
		p.print(line{}.to(margin+2).add(dim, visible(s.Headline).cut(p.width-margin-2)))
	}
}

// termsOfRise is how many terms of a rise are shown.
const termsOfRise = 3

// rise is what rose in a period, line by line.
func (p *page) rise(rises []Rise) {
	word := text("rising")
	for _, r := range rises {
		var terms text
		for i, t := range r.Terms[:min(len(r.Terms), termsOfRise)] {
			if i > 0 {
				terms += ", "
			}
			terms += visible(t)
		}
		l := line{}.to(margin).add(dim, word.left(saysColumns))
		if r.Name != "" {
			l = l.add(plain, visible(r.Name).cut(2*storyNameMax)+": ")
		}
		of, than := " "+number(r.Documents), " ("+expected(r.Expected)+" expected)"
		l = l.add(dim, terms.cut(max(p.width-l.columns()-of.columns()-than.columns(), 8)))
		p.print(l.add(plain, of).add(dim, than))
		word = ""
	}
}
