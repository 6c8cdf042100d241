package terminal

import (
	"fmt"
	"strings"

	"tidings/guarantees"
	"tidings/pipeline"
)

// Limits of the headline.
const (
	notesMax     = 20
	testFilesMax = 3
	fieldColumn  = margin
	valueColumn  = 14

	planColumnsMax = 60
)

// headline says in a few lines how it went.
func (p *page) headline(r Report) {
	s := r.Summary
	p.gap()
	title := line{}.add(bold, "  "+visible(string(s.Pipeline))).add(plain, "  "+plural(s.Documents, "document", "documents"))
	if r.Elapsed > 0 {
		title = title.add(plain, " in "+elapsed(r.Elapsed))
	}
	p.print(title)
	p.notes(r.Notes)
	p.gap()
	p.scores(s, r.classes())
	p.test(s)
	p.speed(s)
	if parts := plan(s); len(parts) > 0 {
		p.list("plan", parts...)
	}
	p.delivery(s)
	p.late(s)
}

// classes is how many labels the documents have.
func (r Report) classes() int {
	if r.Confusion == nil {
		return 0
	}
	return len(r.Confusion.PerLabel())
}

func (p *page) notes(notes []string) {
	for i, note := range notes {
		if i == notesMax {
			p.say(dim, fieldColumn, "… and "+plural(uint64(len(notes)-i), "more note", "more notes"))
			return
		}
		p.marked(yellow, "▸ ", plain, visible(note))
	}
}

// field prints a named line, broken at its separators where it is too long.
func (p *page) field(name text, value line) {
	p.print(append(line{}.to(fieldColumn).add(dim, name).to(valueColumn), value...))
}

// list is a field whose value has several parts; as many stand on a line as
// fit.
func (p *page) list(name text, parts ...line) {
	var row line
	for i, part := range parts {
		separator := 0 // at the end of the line, where another part follows
		if i < len(parts)-1 {
			separator = 2
		}
		switch {
		case len(row) == 0:
			row = part
		case valueColumn+row.columns()+3+part.columns()+separator > p.width:
			p.field(name, row.add(dim, " ·"))
			name, row = "", part
		default:
			row = append(row.add(dim, " · "), part...)
		}
	}
	p.field(name, row)
}

func (p *page) scores(s pipeline.Summary, classes int) {
	if s.Documents == 0 {
		p.field("accuracy", line{}.add(dim, "nothing to score: there was no document"))
		return
	}
	if s.Labelled == 0 {
		p.field("accuracy", line{}.add(dim, "nothing to score: no document came with a label"))
		return
	}
	p.score("accuracy", s.Accuracy,
		"of "+number(s.Labelled)+" labelled, predicted before learnt",
		"of "+number(s.Labelled)+", predicted before learnt",
		"of "+number(s.Labelled)+" labelled")
	p.score("macro-F1", s.MacroF1,
		"the mean F1 of "+plural(uint64(classes), "label", "labels")+", all weighing the same",
		"the mean of "+plural(uint64(classes), "label", "labels"))
	p.confidence(s)
}

// confidence tells how far probabilities can be believed, and what abstaining
// left.
func (p *page) confidence(s pipeline.Summary) {
	if len(s.Calibration) > 0 {
		p.list("calibration",
			line{}.add(plain, "probabilities are "+percent(s.CalibrationError, 2)+" % off"),
			line{}.add(dim, "expected calibration error, "+plural(uint64(len(s.Calibration)), "bin", "bins")))
	}
	if a := s.Abstain; a != nil {
		p.list("abstained",
			line{}.add(plain, number(a.Abstained)+", below "+percent(a.Threshold, 0)+" %"),
			line{}.add(plain, percent(a.Coverage, 1)+" % answered"),
			line{}.add(plain, percent(a.Accuracy, 2)+" % of these right"))
	}
}

// score prints a share with a bar and the first remark that fits, or the last.
func (p *page) score(name text, share float64, remarks ...text) {
	l := line{}.add(bold, (percent(share, 2)+" %").left(8)).add(plain, "  ")
	l = append(l, bar(share, min(max(p.width/4, 16), 24), grade(share))...).add(plain, "  ")
	room := p.width - valueColumn - l.columns()
	remark := remarks[len(remarks)-1]
	for _, r := range remarks {
		if r.columns() <= room {
			remark = r
			break
		}
	}
	p.field(name, l.add(dim, remark))
}

// grade is the ink of a score.
func grade(share float64) ink {
	switch {
	case share >= .75:
		return green
	case share >= .5:
		return yellow
	}
	return red
}

func (p *page) test(s pipeline.Summary) {
	if s.TestAccuracy == nil {
		return
	}
	on := text("test documents")
	if len(s.TestFiles) > 0 {
		on = names(s.TestFiles)
	}
	p.score("test", *s.TestAccuracy, "on "+on+", the model frozen", "on "+on)
	if s.TestMacroF1 != nil {
		p.score("  macro-F1", *s.TestMacroF1, "likewise")
	}
	if s.TestCalibrationError != nil {
		p.list("  off by", line{}.add(plain, percent(*s.TestCalibrationError, 2)+" %").add(dim, "  expected calibration error, likewise"))
	}
}

// names lists the first few files, without their folders.
func names(all []string) text {
	var t text
	for i, name := range all {
		if i == testFilesMax {
			return t + " and " + plural(uint64(len(all)-i), "more", "more")
		}
		if i > 0 {
			t += ", "
		}
		t += visible(name[strings.LastIndexByte(name, '/')+1:]).cut(40)
	}
	return t
}

// speed leaves out what was not measured: a process that found everything
// done has nothing to tell.
func (p *page) speed(s pipeline.Summary) {
	var parts []line
	if s.DocumentsPerSecond > 0 {
		parts = append(parts, line{}.add(plain, rate(s.DocumentsPerSecond)+" documents/s"))
	}
	if s.CPUPerDocument > 0 {
		parts = append(parts, line{}.add(plain, milliseconds(s.CPUPerDocument/1000)+" CPU a document"))
	}
	if s.RSSMax > 0 {
		parts = append(parts, line{}.add(plain, size(s.RSSMax)+" memory peak"))
	}
	if len(parts) > 0 {
		p.list("speed", parts...)
	}
	if l := s.Latency; l.P50 > 0 || l.P95 > 0 || l.P99 > 0 {
		p.list("latency",
			line{}.add(plain, "p50 "+milliseconds(l.P50)),
			line{}.add(plain, "p95 "+milliseconds(l.P95)),
			line{}.add(plain, "p99 "+milliseconds(l.P99)).add(dim, "  from log to commit"))
	}
}

// plan is what was promised, and who did it.
func plan(s pipeline.Summary) []line {
	var parts []line
	all := []text{clean(s.Guarantee), clean(s.Recovery), clean(s.Order), partitions(s.Partitions), clean(s.Model), clean(s.Tokenizer)}
	if s.Every != "" {
		all = append(all, clean("every "+s.Every), clean(fmt.Sprintf("outputs up to %d/0 are released", s.Released)))
	}
	if s.Claim != "" && s.Claim != s.Guarantee {
		all = append(all, clean("claims "+s.Claim))
	}
	if s.Start > 0 {
		all = append(all, clean(fmt.Sprintf("began with version %d", s.Start)))
	}
	if s.Fixed {
		all = append(all, "nothing is learnt")
	}
	for _, option := range s.Text {
		all = append(all, clean(option))
	}
	for _, part := range all {
		if part != "" {
			parts = append(parts, line{}.add(plain, part.cut(planColumnsMax)))
		}
	}
	return parts
}

func partitions(n pipeline.Partitions) text {
	if (n == pipeline.Partitions{}) {
		return ""
	}
	t := clean(n.String()) // "4", or "df=4,classify=2"
	switch {
	case n.Chained():
		return t + " partition"
	case strings.Contains(string(t), "="):
		return t
	}
	return t + " partitions"
}

// delivery says whether every document was there once. The guarantee is no
// more than a promise; this is what was counted.
func (p *page) delivery(s pipeline.Summary) {
	p.list("delivered",
		line{}.add(plain, number(s.Predictions)+" predicted"),
		wrong(s.Lost, "lost", s.Claim == guarantees.AtMostOnce),
		wrong(s.Duplicates, "twice", s.Claim == guarantees.AtLeastOnce),
		line{}.add(plain, plural(s.Windows, "window", "windows")),
		line{}.add(plain, plural(s.Updates, "update", "updates")))
}

// late says what became of labels that came later than their documents.
func (p *page) late(s pipeline.Summary) {
	c := s.LateLabels
	if c == nil {
		return
	}
	parts := []line{line{}.add(plain, number(c.Learnt)+" learnt late")}
	for _, part := range []struct {
		n    uint64
		what text
	}{
		{c.Corrected, "corrected"}, {c.Repeated, "came again"}, {c.TooLate, "too late"},
		{c.Unknown, "of unknown documents"}, {c.TooMany, "one label too many"}, {c.Scored, "scored, the model being fixed"}, {c.Lost, "lost"},
	} {
		if part.n > 0 {
			parts = append(parts, line{}.add(plain, number(part.n)+" "+part.what))
		}
	}
	p.list("labels", parts...)
}

// wrong is a number that should be 0, unless the claim allows it.
func wrong(n uint64, of text, allowed bool) line {
	i := plain
	if n > 0 && !allowed {
		i = red.strong()
	}
	return line{}.add(i, number(n)+" "+of)
}
