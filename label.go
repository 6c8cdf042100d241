package tidings

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ByBytesMax bounds the name of who gave a late label.
const ByBytesMax = 256

// LateLabel is a label that came later than its document, or another one than
// the document came with.
type LateLabel struct {
	ID       string    // the document's; of several that have it the newest is meant
	Position Position  // the document's; the zero one where only its id is known
	Label    string    // the class that somebody gave the document
	Time     time.Time // when it was given; the zero time when nobody said
	By       string    // who gave it; "" when nobody said
}

// Check tells what is wrong with the label, as a *DocumentError, or nil when
// the pipeline can take it. Whether there is such a document is not asked.
func (l *LateLabel) Check() error {
	if l.ID == "" {
		return Refuse(ReasonNoID, "the label has no id of a document")
	}
	if l.Label == "" {
		return Refuse(ReasonNoLabel, "the line has no label; a label once learnt cannot be taken back, only corrected")
	}
	if err := checkName("id", l.ID, IDBytesMax, ReasonIDTooLong); err != nil {
		return err
	}
	if err := checkName("label", l.Label, LabelBytesMax, ReasonLabelTooLong); err != nil {
		return err
	}
	return checkName("name under \"by\"", l.By, ByBytesMax, ReasonByTooLong)
}

// ParsePosition reads what Position.String writes.
func ParsePosition(s string) (Position, error) {
	sequence, line, found := strings.Cut(s, "/")
	n, err1 := strconv.ParseUint(sequence, 10, 64)
	l, err2 := strconv.ParseUint(line, 10, 32)
	if !found || err1 != nil || err2 != nil || n == 0 {
		const shown = 40
		return Position{}, Refuse(ReasonBadPosition, fmt.Sprintf("the position %q is not sequence/line, such as 12/3", s[:min(len(s), shown)]))
	}
	return Position{Sequence: n, Line: uint32(l)}, nil
}
