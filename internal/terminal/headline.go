package terminal

import (
	"strconv"

	"tidings/pipeline"
)

// Limits of the headline.
const (
	notesMax     = 20
	testFilesMax = 3
	fieldColumn  = 2
	valueColumn  = 13
	barColumns   = 24
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
	p.field("plan", line{}.add(plain, plan(s)))
	p.delivery(s)
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
		for j, piece := range visible(note).wrap(p.width - fieldColumn - 4) {
			mark := text("  ")
			if j == 0 {
				mark = "▸ "
			}
			p.print(line{}.to(fieldColumn).add(yellow, mark).add(plain, piece))
		}
	}
}

// field prints a named line, broken at its separators where it is too long.
func (p *page) field(name text, value line) {
	p.print(append(line{}.to(fieldColumn).add(dim, name).to(valueColumn), value...))
}

// list is a field whose value is several parts; as many stand on a line as fit.
func (p *page) list(name text, i ink, parts ...text) {
	row := text("")
	for _, part := range parts {
		switch {
		case row == "":
			row = part
		case valueColumn+row.columns()+3+part.columns() > p.width:
			p.field(name, line{}.add(i, row+" ·"))
			name, row = "", part
		default:
			row += " · " + part
		}
	}
	p.field(name, line{}.add(i, row))
}

func (p *page) scores(s pipeline.Summary, classes int) {
	if s.Documents == 0 {
		p.field("accuracy", line{}.add(dim, "nothing to score: there was no document"))
		return
	}
	if s.Labelled == 0 {
		p.field("accuracy", line{}.add(dim, "nothing to score: no document came with a label, so nothing was learnt either"))
		return
	}
	p.score("accuracy", s.Accuracy, "of "+number(s.Labelled)+" labelled, each predicted before it was learnt")
	p.score("macro-F1", s.MacroF1, "the mean F1 of "+plural(uint64(classes), "label", "labels")+", all weighing the same")
}

func (p *page) score(name text, share float64, remark text) {
	l := line{}.add(bold, percent(share, 2).right(6)+" %").add(plain, "  ")
	l = append(l, bar(share, barColumns, grade(share))...)
	p.field(name, l.add(dim, "  "+remark))
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
	remark := text("on " + names(s.TestFiles) + ", the model frozen")
	if len(s.TestFiles) == 0 {
		remark = "on the test documents, the model frozen"
	}
	p.score("test", *s.TestAccuracy, remark)
	if s.TestMacroF1 != nil {
		p.score("  macro-F1", *s.TestMacroF1, "likewise")
	}
}

// names lists the first few names.
func names(all []string) text {
	var t text
	for i, name := range all {
		if i == testFilesMax {
			return t + " and " + plural(uint64(len(all)-i), "more", "more")
		}
		if i > 0 {
			t += ", "
		}
		t += visible(name).cut(40)
	}
	return t
}

// speed leaves out what was not measured: a process that found everything
// done has nothing to tell.
func (p *page) speed(s pipeline.Summary) {
	var parts []text
	if s.DocumentsPerSecond > 0 {
		parts = append(parts, rate(s.DocumentsPerSecond)+" documents/s")
	}
	if s.CPUPerDocument > 0 {
		parts = append(parts, milliseconds(s.CPUPerDocument/1000)+" CPU a document")
	}
	if s.RSSMax > 0 {
		parts = append(parts, size(s.RSSMax)+" memory at its peak")
	}
	if len(parts) > 0 {
		p.list("speed", plain, parts...)
	}
	if l := s.Latency; l.P50 > 0 || l.P95 > 0 || l.P99 > 0 {
		p.list("latency", plain, "p50 "+milliseconds(l.P50), "p95 "+milliseconds(l.P95), "p99 "+milliseconds(l.P99)+" from log to commit")
	}
}

// plan says on one line what was promised and who did it.
func plan(s pipeline.Summary) text {
	var t text
	for _, part := range []text{
		clean(s.Guarantee), clean(s.Recovery), clean(s.Order), partitions(s.Partitions), clean(s.Model), clean(s.Tokenizer),
	} {
		if part == "" {
			continue
		}
		if t != "" {
			t += " · "
		}
		t += part.cut(32)
	}
	if t == "" {
		return "–"
	}
	return t
}

func partitions(n pipeline.Partitions) text {
	switch {
	case n == pipeline.Partitions{}:
		return ""
	case n.Chained():
		return "1 partition"
	}
	t := clean(n.String())
	if _, err := strconv.Atoi(string(t)); err == nil {
		return t + " partitions"
	}
	return t
}

// delivery says whether every document was there once. The guarantee is no
// more than a promise; this is what was counted.
func (p *page) delivery(s pipeline.Summary) {
	l := line{}.add(plain, plural(s.Predictions, "prediction", "predictions")+" · ")
	l = amount(l, s.Lost, "lost").add(plain, " · ")
	l = amount(l, s.Duplicates, "twice").add(plain, " · "+plural(s.Windows, "window", "windows")+" closed · "+plural(s.Updates, "update", "updates")+" learnt")
	p.field("delivered", l)
}

// amount adds a number that should be 0.
func amount(l line, n uint64, of text) line {
	i := plain
	if n > 0 {
		i = red.strong()
	}
	return l.add(i, number(n)+" "+of)
}
