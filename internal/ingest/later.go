package ingest

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/internal/jsonl"
)

// Delay lets labels come later than the documents that had them, as they do
// where people give them, or not at all. The zero value leaves them alone.
type Delay struct {
	Documents uint64        // a label comes behind so many further documents
	Time      time.Duration // or before the first one that is so much newer
	Fraction  float64       // of documents that have a label at all; 0 is all of them
	Seed      uint64        // decides which they are, with the document's id
}

// DelayedMax is how many labels wait at most; beyond it the oldest comes early.
const DelayedMax = 1 << 20

// On says whether any label is taken off its document.
func (d Delay) On() bool { return d.Documents > 0 || d.Time > 0 || d.partly() }

func (d Delay) partly() bool { return d.Fraction > 0 && d.Fraction < 1 }

// later says whether labels that there are come later.
func (d Delay) later() bool { return d.Documents > 0 || d.Time > 0 }

// Name is a part of a source's name: a source whose labels come at other times
// is another one.
func (d Delay) Name() string {
	if !d.On() {
		return ""
	}
	b := binary.LittleEndian.AppendUint64(nil, d.Documents)
	b = binary.LittleEndian.AppendUint64(b, uint64(d.Time))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(d.Fraction))
	b = binary.LittleEndian.AppendUint64(b, d.Seed)
	const digits = "0123456789abcdef"
	name, h := []byte("-late-"), xxhash.Sum64(b)
	for i := range 8 {
		name = append(name, digits[h>>(4*i)&15])
	}
	return string(name)
}

// has says whether a document is one of those that have a label.
func (d Delay) has(id string) bool {
	if !d.partly() {
		return true
	}
	var h xxhash.Digest
	h.ResetWithSeed(d.Seed)
	_, _ = h.WriteString(id)
	return float64(h.Sum64()>>11)/(1<<53) < d.Fraction
}

// take takes the label off a document, and returns it if it is to come later.
func (d Delay) take(document *tidings.Document) (label string) {
	if label = document.Label; label == "" && len(document.Labels) > 0 {
		label = document.Labels[0]
	}
	switch {
	case !d.has(document.ID):
		label = ""
	case !d.later():
		return ""
	}
	document.Label, document.Labels = "", nil
	return jsonl.Label(label)
}

// Later holds labels back until they are due, in the order of their documents.
// What it does is a function of the rows alone, so that rows that are read again
// fill it as they did before.
type Later struct {
	delay  Delay
	queue  []delayed
	newest int64 // latest event time
}

// delayed is a label on its way.
type delayed struct {
	label tidings.LateLabel
	row   uint64
	due   int64 // event time
}

// NewLater holds nothing yet.
func NewLater(d Delay) *Later { return &Later{delay: d, newest: math.MinInt64} }

// Take takes the label off a row's document, where it is to come later or not
// at all, and keeps what is to come.
func (l *Later) Take(row uint64, d *tidings.Document) {
	if !d.Time.IsZero() {
		l.newest = max(l.newest, d.Time.UnixNano())
	}
	label := l.delay.take(d)
	if label == "" {
		return
	}
	w := delayed{label: tidings.LateLabel{ID: d.ID, Label: label}, row: row, due: l.newest}
	if !d.Time.IsZero() {
		w.due = d.Time.UnixNano()
	}
	if w.due < math.MaxInt64-int64(l.delay.Time) && w.due > math.MinInt64 {
		w.due += int64(l.delay.Time)
		w.label.Time = time.Unix(0, w.due).UTC() // it is given as late as it comes
	}
	if l.delay.Time == 0 {
		w.label.Time = time.Time{}
	}
	if n := len(l.queue); n > 0 {
		w.due = max(w.due, l.queue[n-1].due)
	}
	l.queue = append(l.queue, w)
}

// Due is the next label that comes before a row whose document has a time, or
// the zero time, and that label's row; false when none does yet.
func (l *Later) Due(row uint64, t time.Time) (label tidings.LateLabel, of uint64, ok bool) {
	if len(l.queue) == 0 {
		return label, 0, false
	}
	newest := l.newest
	if !t.IsZero() {
		newest = max(newest, t.UnixNano())
	}
	w := &l.queue[0]
	waits := w.due > newest
	if l.delay.Documents > 0 {
		waits = w.row+l.delay.Documents >= row
	}
	if waits && len(l.queue) <= DelayedMax {
		return label, 0, false
	}
	return l.Next()
}

// arrives says whether a label is due before a row with that event time, of
// those that wait for a time.
func (l *Later) arrives(t time.Time) bool {
	return l.delay.Documents == 0 && len(l.queue) > 0 && !t.IsZero() && l.queue[0].due <= max(l.newest, t.UnixNano())
}

// Next is the next label, whether it is due or not; false when none waits.
func (l *Later) Next() (label tidings.LateLabel, of uint64, ok bool) {
	if len(l.queue) == 0 {
		return label, 0, false
	}
	w := l.queue[0]
	l.queue[0] = delayed{}
	l.queue = l.queue[1:]
	return w.label, w.row, true
}

// Drop forgets the labels of rows up to one: they have come in an earlier run.
func (l *Later) Drop(row uint64) {
	for len(l.queue) > 0 && l.queue[0].row <= row {
		_, _, _ = l.Next()
	}
}
