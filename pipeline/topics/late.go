package topics

import (
	"strings"
	"time"
)

// Late is a document that came when the window was final that would have
// accounted for it. It is told once a definition, by the partition that owns
// that window.
type Late struct {
	Definition string `json:"definition"`
	Key        string `json:"key,omitempty"` // of the window
	// Number is that of the newest window that the document would have been in;
	// of a session, whose number nobody knows, the document's event time.
	Number   int64     `json:"number"`
	Position Place     `json:"position"` // of the document, its identity
	ID       string    `json:"id"`
	Source   string    `json:"source,omitempty"`
	Label    string    `json:"label,omitempty"` // predicted
	Time     time.Time `json:"time"`            // event time in UTC
	BehindMS int64     `json:"behind_ms"`       // how much older than the watermark it is, in milliseconds
}

// Digest hashes the whole of it. Sums of digests do not depend on the order, nor
// on which partition told of what.
func (l Late) Digest() uint64 {
	h := newDigest(l.Definition, l.Number)
	for _, s := range []string{"late", l.Key, l.Position.String(), l.ID, l.Source, l.Label} {
		h.text(s)
	}
	h.number(uint64(l.Time.UnixNano()))
	h.number(uint64(l.BehindMS))
	return h.sum()
}

// LateBytesMax is how many bytes the documents may take that are told as late
// among lateBlock documents, all partitions together; those beyond are counted
// alone. Blocks are counted from the first document on, so that the bound is no
// matter of how the log is cut into units, and a record of one holds three at most.
const (
	LateBytesMax = 256 << 10
	lateBlock    = 256
	lateBytes    = 200 // of one, beside its texts
)

// lates are the documents that came late.
type lates struct {
	told  []Late // not yet taken
	block uint64 // of documents
	bytes int    // told of in it by all partitions
}

// room says whether there is room to tell of a document, in all partitions alike.
func (l *lates) room(seen uint64, d *Document, key string) bool {
	if block := seen / lateBlock; block != l.block {
		l.block, l.bytes = block, 0
	}
	l.bytes = min(l.bytes+lateBytes+len(d.ID)+len(d.Source)+len(d.Label)+len(key), LateBytesMax+1)
	return l.bytes <= LateBytesMax
}

func (l *lates) add(t *track, d *Document, key string, number, watermark int64) {
	l.told = append(l.told, Late{
		Definition: t.counts.Definition, Key: strings.Clone(key), Number: number,
		Position: Place{d.Position}, ID: d.ID, Source: d.Source, Label: d.Label,
		Time: time.Unix(0, d.Time).UTC(), BehindMS: behind(d.Time, watermark),
	})
}

// behind is how much older than the watermark an event time is, in milliseconds.
func behind(at, watermark int64) int64 {
	if at >= watermark {
		return 0
	}
	return int64((uint64(watermark) - uint64(at)) / uint64(time.Millisecond)) // the difference can be more than an int64 of nanoseconds
}

// TakeLate appends the late documents of this partition since it was called last,
// in the order in which they came. They are not part of what Save saves.
func (s *State) TakeLate(to []Late) []Late {
	to = append(to, s.late.told...)
	clear(s.late.told)
	s.late.told = s.late.told[:0]
	return to
}
