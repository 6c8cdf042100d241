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
		p.section("Stories", date(period.Start, time.DateOnly)+" to "+date(period.End, time.DateOnly)+", "+plural(period.Documents, "document", "documents"))
		for _, s := range period.Stories {
			p.story(s)
		}
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
