// Package topics counts what the pipeline predicted in windows, so that a
// person sees which labels are popular in each slice of time or of documents.
//
// The one rule to keep: every partition observes every document, and every word
// that a source is idle or has ended, in log order. A partition counts only the
// windows it owns (window number modulo partitions), but it needs the others'
// documents to know where the watermark stands. The windows of all partitions
// together are then the same at any number of partitions, and so are the
// documents after which they are emitted.
//
// # Basics
//
// The windows of a definition follow each other without overlap. Event-time
// windows are aligned to the Unix epoch in UTC, before 1970 too: a window of
// 24h is a day in UTC, and one of 7d begins on a Thursday, as 1 January 1970
// was one. Count windows take the documents as the log gives them, with or
// without an event time.
//
// The watermark is what all active sources have reached, less
// Options.OutOfOrder (see Watermark).
// An event-time window is final once the watermark has reached its end (the
// end is not part of the window); a count window is final with its last
// document. A final window is emitted once and never again: documents that
// belong to it and come later are late, and counted as such. A window without
// documents is not emitted, so a gap in event time leaves a gap in the numbers.
//
// # Caveats
//
// A document dated far in the future would close every window up to its date
// and make what follows late. One that is further ahead than Options.FutureMax
// of the time at which the log stored it is counted and moves nothing; where that
// time is not given (Document.Logged), refuse such documents before they get
// here.
//
// A source that stops sending without a word, neither idle nor ended, holds up
// the windows of all others, until Options.OpenMax of them are open.
//
// A State belongs to the goroutine that runs its partition and is not safe for
// concurrent use. It reads no clock and never iterates over a map, so that the
// same documents give the same windows in the same order.
package topics

import (
	"math"
	"time"

	"tidings"
	"tidings/features"
	"tidings/pipeline/topics/bursts"
)

// NoTime is the Document.Time of a document without an event time.
const NoTime int64 = math.MinInt64

// Other is the label under which a window counts the documents whose label is
// longer than tidings.LabelBytesMax or came when the window already held
// Options.LabelsMax labels.
const Other = "(other)"

// Document is what windows need to know of a document and its prediction.
type Document struct {
	Time  int64  // event time in Unix nanoseconds, NoTime when it has none
	Label string // the predicted label, "" when no label was known yet

	Source   string           // where it came from
	Logged   int64            // when the log stored it, Unix nanoseconds; 0: nobody knows, and no event time is too far ahead
	Position tidings.Position // with ID, for those that come late
	ID       string

	// What it says, needed where Options.Reads. Words is the order of its words,
	// as features.Tokenizer.AppendOrdered gives it.
	Dict  *features.Dictionary
	Terms []features.TermCount
	Words []uint32

	bursting *bursts.Terms // found by a Reader
	story    uint64        // likewise; 0: none
}

// earliest and latest are what Unix nanoseconds can tell, NoTime taken out.
var (
	earliest = time.Unix(0, NoTime+1)
	latest   = time.Unix(0, math.MaxInt64)
)

// Nanoseconds turns an event time into a Document.Time: NoTime for the zero
// time, and for times that Unix nanoseconds cannot tell (before September 1677
// or after April 2262), for which time.Time.UnixNano promises nothing.
func Nanoseconds(t time.Time) int64 {
	if t.IsZero() || t.Before(earliest) || t.After(latest) {
		return NoTime
	}
	return t.UnixNano()
}
