package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// writer stores the records of one source.
type writer struct {
	broker *broker.Broker
	o      Options
	stream string
	fence  fence
	run    string // tells this run's records from another's
	last   uint64 // sequence of the source's last record
	cursor uint64 // rows of the source that are stored or in batch
	total  total  // of the source, stored
	later  *Later // labels that come later
	sent   uint64 // rows whose labels, where they come later, are stored
	told   bool   // total counts earlier runs too; programs of long ago did not tell

	active  bool // documents were stored, and not since that the source is idle or has ended
	silence *silence

	door   *Door
	past   map[uint64]uint64 // by the hash of their id, that of the line of documents that earlier runs stored
	runs   datasets.LabelRuns
	line   []byte // the last row's
	batch  []byte
	lines  int
	counts Counts
}

// resume finds where an earlier run of this source left off.
func (w *writer) resume(ctx context.Context) (cursor uint64, ended bool, err error) {
	last, err := w.fence.lastRecord(ctx)
	if errors.Is(err, broker.ErrEmpty) {
		w.told = true
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("where source %s left off cannot be read: %w", w.o.Source, err)
	}
	w.last, w.total = last.Sequence, totalOf(last)
	w.told = last.Header.Get(headerTotal) != ""
	w.active = active(w.o.Pipeline, w.o.Source, last)
	if !w.o.Resumable {
		return 0, false, nil
	}
	cursor, err = strconv.ParseUint(last.Header.Get(headerCursor), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("source %s: its last record in the log has no cursor, another program wrote it; give the source another name", w.o.Source)
	}
	w.sent, _ = strconv.ParseUint(last.Header.Get(headerLabels), 10, 64) // none: no label came later
	return cursor, last.Subject == w.o.Pipeline.LogSubject(pipeline.ControlRecord, w.o.Source) && pipeline.IsEnd(last.Data), nil
}

// recall makes the door know the documents that earlier runs stored.
func (w *writer) recall(ctx context.Context) error {
	w.past = make(map[uint64]uint64)
	_, err := recall(ctx, w.broker, w.o.Pipeline, w.o.Source, func(_ tidings.Position, id string, hash uint64) {
		w.door.seen.add(id)
		w.past[idHash(id)] = hash
	})
	return err
}

// feed stores the rows behind the cursor.
func (w *writer) feed(ctx context.Context, rows datasets.Reader, cursor uint64) error {
	pump := startPump(ctx, rows, cursor, w.o, w.silence)
	defer pump.stop()
	for {
		row, err := pump.next(ctx, w.lines > 0 && w.o.live())
		switch {
		case errors.Is(err, errSilent):
			err = w.idle(ctx)
		case errors.Is(err, errIdle):
			err = w.flush(ctx)
		case err == nil && row.Number <= cursor:
			w.skip(row)
		case err == nil:
			err = w.row(ctx, row)
		default:
			// What was read before the source broke or ended is kept.
			if flushed := w.flush(ctx); flushed != nil {
				return errors.Join(err, flushed)
			}
			if errors.Is(err, io.EOF) {
				if text := w.runs.End(); text != "" {
					w.o.Notice(text)
				}
				return w.labels(ctx, w.later.Next)
			}
			if ctx.Err() == nil {
				err = &SourceError{err}
			}
		}
		if err != nil {
			return err
		}
	}
}

// skip passes over a row that an earlier run stored, and remembers its id, and
// its label, if that is still to come.
func (w *writer) skip(row datasets.Row) {
	w.counts.Rows++
	w.counts.Skipped++
	if w.door.passed(row) && w.o.Delay.On() {
		w.later.Take(row.Number, &row.Document)
		w.later.Drop(w.sent)
	}
}

func (w *writer) row(ctx context.Context, row datasets.Row) error {
	w.counts.Rows++
	if err := w.door.Refusal(row); err != nil {
		if w.known(row, err) {
			return nil
		}
		if err := w.flush(ctx); err != nil {
			return err
		}
		w.cursor = row.Number
		return w.reject(ctx, row, err)
	}
	if text := w.runs.Add(row.Document.Label); text != "" {
		w.o.Notice(text)
	}
	if w.o.Delay.On() {
		if err := w.overdue(ctx); err != nil {
			return err
		}
		if w.later.arrives(row.Document.Time) {
			if err := w.flush(ctx); err != nil {
				return err
			}
			due := func() (tidings.LateLabel, uint64, bool) { return w.later.Due(row.Number, row.Document.Time) }
			if err := w.labels(ctx, due); err != nil {
				return err
			}
		}
		w.later.Take(row.Number, &row.Document)
	}
	w.write(row)
	w.line = append(w.line, '\n')
	// A document can be much larger in JSON than it is. The pipeline takes one
	// of any size by itself, but not behind others.
	if len(w.batch)+len(w.line) > messageBytes {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	w.batch = append(w.batch, w.line...)
	w.lines++
	w.cursor = row.Number
	if w.lines >= w.o.Pack || len(w.batch) >= messageBytes {
		return w.flush(ctx)
	}
	return nil
}

// write makes the row's line.
func (w *writer) write(row datasets.Row) {
	row.Document.Source = "" // the subject tells it
	w.line = jsonl.Append(w.line[:0], &row.Document)
}

// known passes over a row that is refused for its id alone, where that is no
// mistake: an earlier run stored the very same document, or the source repeats.
func (w *writer) known(row datasets.Row, refusal error) bool {
	var d *tidings.DocumentError
	if !errors.As(refusal, &d) || d.Reason != tidings.ReasonDuplicateID {
		return false
	}
	if w.o.Repeats {
		w.counts.Repeated++
		w.cursor = row.Number
		return true
	}
	hash, stored := w.past[idHash(row.Document.ID)]
	if !stored {
		return false
	}
	if w.o.Delay.On() {
		_ = w.o.Delay.take(&row.Document)
	}
	if w.write(row); hash != xxhash.Sum64(w.line) {
		return false
	}
	w.counts.Skipped++
	w.cursor = row.Number
	return true
}

func (w *writer) reject(ctx context.Context, row datasets.Row, cause error) error {
	r := pipeline.Reject{ID: knownID(row.Document.ID), Reason: reasonOf(cause), Detail: cause.Error()}
	w.counts.Rejected++
	if w.counts.Rejected <= rejectsShown {
		w.o.Notice(cause.Error())
	} else if w.counts.Rejected == rejectsShown+1 {
		w.o.Notice("more rows are refused; each has its reason in the log, and the summary counts them")
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return w.put(ctx, pipeline.RejectRecord, data)
}

// rejectsShown is how many refused rows a person is told of one by one.
const rejectsShown = 10

// flush stores the batch.
func (w *writer) flush(ctx context.Context) error {
	if w.lines == 0 {
		return nil
	}
	w.active = true
	w.silence.hear()
	if err := w.put(ctx, pipeline.ArticleRecord, w.batch[:len(w.batch)-1]); err != nil {
		return err
	}
	w.counts.Documents += uint64(w.lines)
	w.batch, w.lines = w.batch[:0], 0
	return w.overdue(ctx)
}

// idle stores that no document came for a while.
func (w *writer) idle(ctx context.Context) error {
	if !w.active || w.silence.left() > 0 {
		return nil
	}
	if err := w.put(ctx, pipeline.ControlRecord, []byte(pipeline.IdleMark)); err != nil {
		return err
	}
	w.active = false
	w.o.Notice(idleText(w.o.SourceIdle))
	return nil
}

// overdue stores the labels that are due behind what is stored, if nothing is on
// its way.
func (w *writer) overdue(ctx context.Context) error {
	if w.lines > 0 {
		return nil
	}
	return w.labels(ctx, func() (tidings.LateLabel, uint64, bool) { return w.later.Due(w.cursor+1, time.Time{}) })
}

// labels stores the labels that next gives, behind the documents that are
// stored. Each record tells up to which row labels have come.
func (w *writer) labels(ctx context.Context, next func() (tidings.LateLabel, uint64, bool)) error {
	var data []byte
	lines := uint64(0)
	put := func() error {
		if lines == 0 {
			return nil
		}
		if err := w.put(ctx, pipeline.LabelRecord, data[:len(data)-1]); err != nil {
			return err
		}
		w.counts.Labels += lines
		data, lines = data[:0], 0
		return nil
	}
	for l, row, ok := next(); ok; l, row, ok = next() {
		data = append(jsonl.AppendLabel(data, &l), '\n')
		lines++
		w.sent = row
		if lines == pipeline.MessageLinesMax || len(data) >= messageBytes {
			if err := put(); err != nil {
				return err
			}
		}
	}
	return put()
}

// put stores one record behind the source's last. A store that is full is
// waited for; an answer that got lost is settled by reading what is there.
func (w *writer) put(ctx context.Context, kind string, data []byte) error {
	subject := w.o.Pipeline.LogSubject(kind, w.o.Source)
	told := false
	sum := w.total
	if kind == pipeline.ArticleRecord {
		sum = sum.plus(w.lines, len(data))
	}
	for {
		h := broker.Header{headerCursor: {strconv.FormatUint(w.cursor, 10)}, headerWriter: {w.run}, headerTotal: {sum.String()}}
		if w.o.Delay.later() {
			h[headerLabels] = []string{strconv.FormatUint(w.sent, 10)}
		}
		if w.o.AnyTime {
			h[pipeline.HeaderTimes] = []string{pipeline.TimesMadeUp}
		}
		if !w.o.Resumable {
			h[headerRecall] = []string{"ids"}
		}
		sequence, err := w.fence.put(ctx, subject, w.last, h, data)
		switch {
		case err == nil:
			w.last, w.total = sequence, sum
			if w.o.Rows != nil {
				w.o.Rows(w.counts)
			}
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, broker.ErrFull) && w.broker.Embedded():
			return err // nobody makes room meanwhile
		case errors.Is(err, broker.ErrFull):
			if !told {
				w.o.Notice(fmt.Sprintf("%v; nothing is lost, waiting for room", err))
				told = true
			}
			if err := w.o.Clock.Sleep(ctx, fullRetryEvery); err != nil {
				return err
			}
		case errors.Is(err, broker.ErrConflict), errors.Is(err, broker.ErrUnknown):
			stored, err := w.settle(ctx, kind)
			if err != nil {
				return err
			}
			if stored {
				w.total = sum
				return nil
			}
		default:
			return err
		}
	}
}

// settle finds out whether the record whose answer is missing was stored.
func (w *writer) settle(ctx context.Context, kind string) (stored bool, err error) {
	last, err := w.fence.lastRecord(ctx)
	switch {
	case errors.Is(err, broker.ErrEmpty) && w.last > 0:
		return false, fmt.Errorf("source %s: its records are gone from the log, somebody has purged it; where to go on is not known: give the source another name", w.o.Source)
	case errors.Is(err, broker.ErrEmpty):
		return false, nil
	case err != nil:
		if sleep := w.o.Clock.Sleep(ctx, fullRetryEvery); sleep != nil {
			return false, sleep
		}
		return false, nil // the broker is away: try again
	}
	at := last.Sequence
	if behind, err := strconv.ParseUint(last.Header.Get(headerBehind), 10, 64); err == nil {
		// Somebody thought that this one had died.
		w.active = false
		if last.Sequence = behind; behind != w.last {
			if last, err = w.broker.Record(ctx, w.stream, behind); err != nil {
				return false, fmt.Errorf("source %s: record %d of it cannot be read: %w", w.o.Source, behind, err)
			}
		}
	}
	switch {
	case last.Sequence == w.last:
		w.last = at
		return false, nil
	case last.Header.Get(headerWriter) == w.run && last.Header.Get(headerCursor) == strconv.FormatUint(w.cursor, 10) &&
		last.Subject == w.o.Pipeline.LogSubject(kind, w.o.Source):
		w.last = at
		return true, nil
	}
	return false, fmt.Errorf("source %s: %w; this one stops, and nothing was stored twice", w.o.Source, ErrTaken)
}
