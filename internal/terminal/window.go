package terminal

import (
	"io"
	"strconv"
	"strings"
	"time"

	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Limits of a window.
const (
	burstsShown = 12
	goneShown   = 4
	briefShown  = 5 // bursts, and stories, of the newest window in a report
	saysColumns = 12

	termsOfNoName = 3 // of a story that could not be named
)

// RenderWindows writes windows for people, each with what it says beside what the
// one before said, in one Write, whose error it returns. Nothing in them can steer
// the terminal. Notes are sentences below.
func RenderWindows(w io.Writer, windows []pipeline.WindowLine, notes []string, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	for i := range windows {
		p.window(&windows[i])
	}
	for _, note := range notes {
		p.gap()
		p.marked(yellow, "▸ ", plain, clean(note))
	}
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (p *page) window(l *pipeline.WindowLine) {
	title := spanOf(l)
	if l.Key != "" {
		title += " · " + clean(l.Key).cut(storyNameMax)
	}
	p.section(title, windowRemark(l))
	p.table(newTopicTable(p.width, windowsOf(l)))
	p.gone(l.Previous)
	p.rising(l.Bursts)
	for i, s := range l.Stories {
		if i == 0 {
			p.gap()
		}
		p.story(Story{Name: s.Name, Label: s.Label, Here: s.Here, Documents: s.Documents, Since: s.Since, Headline: s.Headline})
	}
	if l.Late > 0 {
		p.marked(yellow, "▸ ", dim, plural(l.Late, "document", "documents")+" came too late for a window of "+visible(l.Definition).cut(40)+" so far")
	}
}

// windowRemark says what kind of window it is, and how large.
func windowRemark(l *pipeline.WindowLine) text {
	remark := plural(l.Documents, "document", "documents") + " · " + visible(l.Definition).cut(40)
	if l.Provisional {
		remark += " · provisional, result " + number(l.Revision+1)
	}
	return remark
}

// spanOf is from when to when, or from which document to which.
func spanOf(l *pipeline.WindowLine) text {
	start, end := l.Start.UTC(), l.End.UTC()
	switch {
	case start.IsZero():
		return "documents " + number(l.First) + " to " + number(l.Last)
	case wholeDays([]topics.Window{l.Window}):
		return date(start, time.DateOnly) + " to " + date(end, time.DateOnly)
	case start.Format(time.DateOnly) == end.Format(time.DateOnly):
		return date(start, "2006-01-02 15:04:05") + " to " + date(end, "15:04:05")
	}
	return date(start, "2006-01-02 15:04:05") + " to " + date(end, "2006-01-02 15:04:05")
}

// windowsOf are the window, behind the one before as far as it is known.
func windowsOf(l *pipeline.WindowLine) []topics.Window {
	now := l.Window
	now.Shares = nil
	var before []topics.Share
	for _, s := range l.Shares {
		if now.Shares = append(now.Shares, s.Share); s.Before > 0 {
			before = append(before, topics.Share{Label: s.Label, Share: s.Before})
		}
	}
	if l.Previous == nil {
		return []topics.Window{now}
	}
	for _, g := range l.Previous.Gone {
		before = append(before, topics.Share{Label: g.Label, Share: g.Before})
	}
	return []topics.Window{{
		Definition: l.Definition, Number: l.Previous.Number, Start: l.Previous.Start, End: l.Previous.End, Last: l.Previous.Last,
		Documents: l.Previous.Documents, Shares: before,
	}, now}
}

// gone are labels of the window before that are no more.
func (p *page) gone(before *pipeline.PreviousWindow) {
	if before == nil || len(before.Gone) == 0 {
		return
	}
	var all text
	for i, g := range before.Gone[:min(len(before.Gone), goneShown)] {
		if i > 0 {
			all += " · "
		}
		all += named(g.Label).cut(labelColumnsMax) + " " + percent(g.Before, 1)
	}
	if more := len(before.Gone) - goneShown; more > 0 {
		all += " · and " + plural(uint64(more), "more label", "more labels")
	}
	p.says("gone", all)
}

// rising are the terms that rose: in how many documents each is, and in how many
// it was to be expected.
func (p *page) rising(bursts []topics.Burst) {
	if len(bursts) == 0 {
		return
	}
	var all text
	asExpected := text(" expected")
	for i, b := range bursts[:min(len(bursts), burstsShown)] {
		if i > 0 {
			all += " · "
		}
		all += visible(b.Text).cut(labelColumnsMax) + " " + number(b.Documents) + " (" + expected(b.Expected) + asExpected + ")"
		asExpected = ""
	}
	p.says("rising", all)
}

// brief is the newest window of a report: what rose in it, and what it tells of.
func (p *page) brief(w topics.Window) {
	var rose, told text
	for i, b := range w.Bursts[:min(len(w.Bursts), briefShown)] {
		if i > 0 {
			rose += " · "
		}
		rose += visible(b.Text).cut(labelColumnsMax) + " " + number(b.Documents)
	}
	for i, s := range w.Stories[:min(len(w.Stories), briefShown)] {
		if i > 0 {
			told += " · "
		}
		name := s.Name
		if name == "" {
			name = strings.Join(s.Terms[:min(len(s.Terms), termsOfNoName)], ", ")
		}
		told += visible(name).cut(storyNameMax) + " " + number(s.Here)
	}
	if w.Key != "" {
		p.says("key", visible(w.Key).cut(storyNameMax)+", one of several; classify topics shows them all")
	}
	if rose != "" {
		p.says("rising", rose)
	}
	if told != "" {
		p.says("stories", told)
	}
}

// says writes a sentence behind a word in dim letters.
func (p *page) says(word, sentence text) {
	for _, piece := range sentence.wrap(p.width - margin - saysColumns) {
		p.print(line{}.to(margin).add(dim, word.left(saysColumns)).add(plain, piece))
		word = ""
	}
}

// expected writes how many documents were to be expected.
func expected(x float64) text {
	switch {
	case !finite(x) || x < 0:
		return "–"
	case x < 0.05:
		return "0"
	case x < 9.95:
		return text(strconv.FormatFloat(x, 'f', 1, 64))
	}
	return number(uint64(min(x+.5, 1e15)))
}
