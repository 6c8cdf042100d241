package terminal

import (
	"cmp"
	"maps"
	"slices"

	"tidings"
	"tidings/pipeline"
)

// reasonsMax bounds the list of reasons.
const reasonsMax = 20

// refusals say which documents were not taken, why, and what that means.
func (p *page) refusals(r Report) {
	s := r.Summary
	if s.Rejected == 0 && s.DeadLetters == 0 && len(r.Reasons) == 0 {
		return
	}
	p.section("Refused", plural(s.Rejected, "row", "rows")+" rejected at the door, "+plural(s.DeadLetters, "dead letter", "dead letters")+" behind it")
	reasons := slices.Sorted(maps.Keys(r.Reasons))
	slices.SortStableFunc(reasons, func(a, b tidings.Reason) int { return cmp.Compare(r.Reasons[b], r.Reasons[a]) })
	width, name := 0, 0
	shown := reasons[:min(len(reasons), reasonsMax)]
	for _, reason := range shown {
		width = max(width, number(r.Reasons[reason]).columns())
		name = max(name, min(visible(string(reason)).columns(), 20))
	}
	for _, reason := range shown {
		column := 2 + width + 2 + name + 2
		head := line{}.add(yellow, "  "+number(r.Reasons[reason]).right(width)).add(plain, "  "+visible(string(reason)).left(name)+"  ")
		for _, piece := range meaning(reason).wrap(p.width - column) {
			p.print(head.to(column).add(dim, piece))
			head = nil
		}
	}
	p.more(len(reasons)-len(shown), "more reason", "more reasons")
	p.say(dim, 2, "None of these was predicted, learnt or counted in a window; every other document is untouched.")
}

// meaning is what a reason says about the data, and what to do.
func meaning(reason tidings.Reason) text {
	switch reason {
	case tidings.ReasonNotJSON:
		return "not a JSON object on one line"
	case tidings.ReasonNotUTF8:
		return "not valid UTF-8; convert the source"
	case tidings.ReasonNoID:
		return "no id, so that nothing could be said about it later"
	case tidings.ReasonIDTooLong:
		return "an id of more than " + size(tidings.IDBytesMax)
	case tidings.ReasonDuplicateID:
		return "an id that was there before; the first document with it stands"
	case tidings.ReasonNoText:
		return "neither title nor text"
	case tidings.ReasonTextTooLong:
		return "more than " + size(tidings.TextBytesMax) + " of title and text; split it"
	case tidings.ReasonTooManyTerms:
		return "more distinct words than a document may have; split it"
	case tidings.ReasonLabelTooLong:
		return "a label of more than " + size(tidings.LabelBytesMax)
	case tidings.ReasonTooManyLabels:
		return "more than " + number(tidings.LabelsMax) + " labels on one document"
	case tidings.ReasonBadTime:
		return "a time that is not RFC 3339"
	case tidings.ReasonFutureTime:
		return "a time in the future, which would close windows too early"
	case tidings.ReasonNUL:
		return "a NUL byte in the id or the label"
	case tidings.ReasonNoLabel:
		return "a late label without a label"
	case tidings.ReasonByTooLong:
		return "a name of who gave a label of more than " + size(tidings.ByBytesMax)
	case tidings.ReasonBadPosition:
		return "a late label with a position that is none"
	case pipeline.ReasonMessageTooBig:
		return "beyond what one log message may carry; publish fewer lines at a time"
	case pipeline.ReasonUnknownRecord:
		return "a log record of a kind that this program does not know"
	case tidings.ReasonRow:
		return "a row of a file that cannot be read"
	}
	return "a reason that this program does not know"
}
