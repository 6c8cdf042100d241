// Package ingest feeds documents into a pipeline's log: the rows of a source
// (Run), and what clients send while it runs, over NATS and HTTP (Live).
//
// The rule to keep: a record of the log carries the row number up to which its
// source has been read, and it is stored only behind the record that the
// writer believes to be the source's last. So ingestion goes on after a crash
// where it left off, without repeating or skipping a row, and a second process
// on the same source is refused. What clients send is one source that several
// processes may write: each has read all that stands before its record.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Limits.
const (
	IDsRemembered  = 100_000         // a document with one of the last so many ids is refused
	FutureMax      = 24 * time.Hour  // a document later than this from now is refused
	messageBytes   = 256 << 10       // where a message of several documents ends
	fullRetryEvery = 2 * time.Second // while the store is full
)

// Options of Run. The zero value of each is usable.
type Options struct {
	Pipeline   pipeline.Name
	Source     string        // subject-safe name; the resume cursor belongs to it
	Resumable  bool          // rows before the cursor are skipped; of other sources, documents that earlier runs stored are known by their ids
	Repeats    bool          // an id that comes again is no news, as in a feed: the row is passed over and counted, not refused
	Pack       int           // documents a message at most; 0 is all that fit
	Rate       float64       // documents a second; 0 is as fast as it goes
	Speed      float64       // replay event times so many times faster; 0 does not look at them
	AnyTime    bool          // event times are made up: those in the future are no mistake
	Live       bool          // rows may come slowly: send what is there instead of filling messages
	SourceIdle time.Duration // of one that is Live, the log is told that it is idle when no document came for so long; 0: never
	Delay      Delay         // labels come later; of a source that is not resumable only Fraction counts

	Clock  Clock             // nil: the machine's
	Notice func(text string) // something a person should know; nil: nobody hears it
	Rows   func(Counts)      // called as rows are stored, and may wait to hold the source back; nil: nobody looks
}

// Counts says what became of a source's rows.
type Counts struct {
	Rows      uint64 // read, those skipped because an earlier run stored them included
	Skipped   uint64 // stored by an earlier run
	Repeated  uint64 // passed over because their id came before, of a source that repeats
	Documents uint64 // stored by this run
	Labels    uint64 // that came later than their documents, stored by this run
	Rejected  uint64 // refused at the door by this run
}

const (
	headerCursor = "Tidings-Cursor" // rows of the source up to here are in the log
	headerWriter = "Tidings-Writer" // which run stored it
	headerTotal  = "Tidings-Total"  // documents and bytes of the source up to here
	headerLabels = "Tidings-Labels" // of rows up to here the labels that come later are in the log; of live input as Tidings-Total
	headerRecall = "Tidings-Recall" // the source's documents are known again by their ids
)

// ErrTaken reports that another process feeds the same source.
var ErrTaken = errors.New("another process feeds this source into the log")

// SourceError reports that the source could not be read to its end. The rows
// before are in the log, and no end record is behind them: when the source is
// whole again the same command goes on.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return e.Err.Error() }

// RefusedError reports that each row of a source was refused, of all that were
// read so far: nothing of it is in the log but the reasons. The source has its
// end record.
type RefusedError struct{ Rows uint64 }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("no row could be read: each of the source's %d was refused, so there is nothing to work on; look at the first reasons above, then at --format, at --columns (where a field stands) and whether the encoding is UTF-8", e.Rows)
}

// Unwrap returns what the source said.
func (e *SourceError) Unwrap() error { return e.Err }

// Run reads the rows until the source ends, stores them, and puts an end
// record behind them.
func Run(ctx context.Context, b *broker.Broker, rows datasets.Reader, o Options) (Counts, error) {
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Pack < 1 || o.Pack > pipeline.MessageLinesMax {
		o.Pack = pipeline.MessageLinesMax
	}
	if !o.Resumable {
		o.Delay.Documents, o.Delay.Time = 0, 0
	}
	if n := o.Delay.Documents; n > 0 {
		o.Pack = min(o.Pack, max(1, int(n/delayedParts)))
	}
	stream := o.Pipeline.LogStream()
	if err := b.CreateStream(ctx, stream); err != nil {
		return Counts{}, err
	}
	w := &writer{
		broker: b, o: o, stream: stream.Name, door: NewDoor(o),
		later: NewLater(o.Delay), silence: newSilence(o.Clock, o.SourceIdle), fence: newFence(b, o.Pipeline, o.Source), run: strconv.FormatInt(o.Clock.Now().UnixNano(), 36),
	}
	cursor, ended, err := w.resume(ctx)
	if err != nil {
		return Counts{}, err
	}
	w.cursor = cursor // also of a source that has fewer rows by now
	if !o.Resumable && w.last > 0 {
		if err := w.recall(ctx); err != nil {
			return Counts{}, err
		}
	}
	err = w.feed(ctx, rows, cursor)
	if err == nil && w.counts.Rows == 0 {
		o.Notice("the source holds no rows")
	}
	if err == nil && (w.counts.Rows > w.counts.Skipped || !ended) {
		err = w.put(ctx, pipeline.ControlRecord, []byte(pipeline.EndMark))
	}
	if err == nil && w.counts.Rows > 0 && w.told && w.total.documents == 0 {
		err = &RefusedError{w.counts.Rows}
	}
	return w.counts, err
}

// live says whether a message is sent before it is full.
func (o Options) live() bool { return o.Live || o.Rate > 0 || o.Speed > 0 }

// delayedParts is into how many messages as many documents are cut as a label
// is to be late: labels come between messages, so it is at most that part later.
const delayedParts = 4
