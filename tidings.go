// Package tidings holds the nouns of the domain: documents, positions,
// predictions, vectors. It imports nothing but the standard library, and every
// other package may import it.
//
// The one rule to keep: a document's identity is its Position, its place in
// the log. An ID is what its source called it, unique only as far back as the
// ingesting end remembers.
package tidings

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of one document. A document beyond them is refused with a reason; it
// never stops the stream.
const (
	TextBytesMax  = 1 << 20 // of title and text together
	IDBytesMax    = 1 << 10
	LabelBytesMax = 256
	LabelsMax     = 64 // labels on one document
)

// Document is one article.
type Document struct {
	ID     string
	Time   time.Time // event time; the zero time when the source gave none
	Label  string    // the class somebody gave it; "" when nobody has yet
	Labels []string  // all its labels where a source gives several; Label is the first
	Title  string
	Text   string
	Source string // where it came from
}

// Check tells what is wrong with the document, as a *DocumentError, or nil
// when the pipeline can take it.
func (d *Document) Check() error {
	switch {
	case d.ID == "":
		return Refuse(ReasonNoID, "the document has no id")
	case len(d.Labels) > LabelsMax:
		return Refuse(ReasonTooManyLabels, fmt.Sprintf("%d labels, the limit is %d", len(d.Labels), LabelsMax))
	case len(d.Title)+len(d.Text) > TextBytesMax:
		return Refuse(ReasonTextTooLong, fmt.Sprintf("title and text have %d bytes, the limit is %d", len(d.Title)+len(d.Text), TextBytesMax))
	case strings.TrimSpace(d.Title) == "" && strings.TrimSpace(d.Text) == "":
		return Refuse(ReasonNoText, "title and text are empty")
	}
	if !utf8.ValidString(d.Title) || !utf8.ValidString(d.Text) {
		return Refuse(ReasonNotUTF8, "not valid UTF-8; convert the source to UTF-8")
	}
	if err := checkName("id", d.ID, IDBytesMax, ReasonIDTooLong); err != nil {
		return err
	}
	if err := checkName("label", d.Label, LabelBytesMax, ReasonLabelTooLong); err != nil {
		return err
	}
	for _, label := range d.Labels {
		if err := checkName("label", label, LabelBytesMax, ReasonLabelTooLong); err != nil {
			return err
		}
	}
	return nil
}

// checkName is for what people and programs call things: it is short and one
// can write it down.
func checkName(what, name string, bytesMax int, tooLong Reason) error {
	switch {
	case len(name) > bytesMax:
		return Refuse(tooLong, fmt.Sprintf("the %s has %d bytes, the limit is %d", what, len(name), bytesMax))
	case !utf8.ValidString(name):
		return Refuse(ReasonNotUTF8, fmt.Sprintf("the %s is not valid UTF-8; convert the source to UTF-8", what))
	case strings.IndexByte(name, 0) >= 0:
		return Refuse(ReasonNUL, fmt.Sprintf("the %s has a NUL byte", what))
	}
	return nil
}

// Reason is the short, countable name of why a document was refused.
type Reason string

// The reasons.
const (
	ReasonNotJSON       Reason = "not_json"
	ReasonNotUTF8       Reason = "not_utf8"
	ReasonNoID          Reason = "no_id"
	ReasonIDTooLong     Reason = "id_too_long"
	ReasonDuplicateID   Reason = "duplicate_id"
	ReasonNoText        Reason = "no_text"
	ReasonTextTooLong   Reason = "text_too_long"
	ReasonTooManyTerms  Reason = "too_many_terms"
	ReasonLabelTooLong  Reason = "label_too_long"
	ReasonTooManyLabels Reason = "too_many_labels"
	ReasonBadTime       Reason = "bad_time"
	ReasonFutureTime    Reason = "future_time"
	ReasonNUL           Reason = "nul_byte"
	ReasonNoLabel       Reason = "no_label"     // of a late label, as those below
	ReasonByTooLong     Reason = "by_too_long"  // the name of who gave it
	ReasonBadPosition   Reason = "bad_position" // where its document is said to stand
	ReasonRow           Reason = "bad_row"      // a row of a file that cannot be read
)

// DocumentError says why one document was refused. The rest of its stream is
// not concerned.
type DocumentError struct {
	Reason Reason
	Detail string
}

func (e *DocumentError) Error() string { return e.Detail }

// Refuse returns a *DocumentError.
func Refuse(reason Reason, detail string) error {
	return &DocumentError{Reason: reason, Detail: detail}
}

// Position is a record's place in the log, and the identity of the document
// that stands there. Positions are totally ordered.
type Position struct {
	Sequence uint64 // of the message in the log stream, from 1
	Line     uint32 // within the message, from 0
}

// Compare orders positions as the log does.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Sequence, q.Sequence), cmp.Compare(p.Line, q.Line))
}

// String returns "sequence/line".
func (p Position) String() string { return fmt.Sprintf("%d/%d", p.Sequence, p.Line) }

// Prediction is what the pipeline says of one document.
type Prediction struct {
	Position    Position
	ID          string
	Source      string
	Time        time.Time // the document's event time, zero when unknown
	Label       string    // predicted; "" as long as no label is known
	Probability float64   // of Label, in [0, 1]
	Scores      []Score   // the best labels, best first, at most ScoresMax
	Truth       string    // the label the document came with; "" when none
	Version     uint64    // how many updates the model had applied when it said so
}

// ScoresMax is how many of the best labels a prediction lists.
const ScoresMax = 3

// Score is one label's share of a prediction.
type Score struct {
	Label       string
	Probability float64
}

// Vector is a sparse vector of features: Index and Value have the same length.
// The order of the entries is the order in which the text first used the
// features; sums run in it, so that they are reproducible to the bit.
//
// A vector may hold two views of its document: words, and behind them pieces of
// words (character n-grams). Each is scaled by itself. Index has no value twice
// within a view.
type Vector struct {
	Index []uint32
	Value []float64
	Chars int // how many of the entries, the last ones, are of the character view
}

// Reset empties the vector and keeps its memory.
func (v *Vector) Reset() { v.Index, v.Value, v.Chars = v.Index[:0], v.Value[:0], 0 }
