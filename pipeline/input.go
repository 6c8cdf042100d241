package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// An input yields a worker's units in order, without gaps, and between them
// those that an input brought again.
type input interface {
	// next fills an empty unit, waiting for at least one log message.
	next(ctx context.Context, u *Unit) error
	// resume is from where the streams have to be read to have all behind a
	// log sequence, which has been delivered, again.
	resume(after uint64) places
	close()
}

// cuts are log sequences behind which a unit has to end: where the histories of a
// worker's partitions change. A unit then is either wholly done in a partition or
// not at all.
type cuts []uint64

// limit is the last sequence that a unit from on may cover, if it could reach
// to.
func (c cuts) limit(from, to uint64) uint64 {
	for _, cut := range c {
		if cut >= from && cut < to {
			to = cut
		}
	}
	return to
}

// reading says how a worker reads its inputs.
type reading struct {
	broker  *broker.Broker
	plan    Plan
	promise guarantees.Promise // the reader's
	cuts    cuts
	planned guarantees.Planned // barriers, likewise
	gate    *gate              // which records count; nil: all
	after   uint64             // the first unit begins behind this log sequence
	places  places             // where the streams are read from, that of a snapshot; nil: from their first record
	faults  *guarantees.Faults
	gathers bool     // units take in all that is at hand
	few     bool     // only a few records are read, and all of them are there
	readers []string // the partitions that read: "df/0"; for faults
}

// open opens a stream.
func (r *reading) open(ctx context.Context, stream string, from uint64, o broker.ReaderOptions) (arrivals, error) {
	if r.few {
		return newArrivals(&getter{r.broker, stream, from}, r.promise, from), nil
	}
	first, forgets := plantedFrom(r.faults, from)
	s, err := r.broker.Read(ctx, stream, first, o)
	if err != nil {
		return arrivals{}, err
	}
	a := newArrivals(r.faults.Deliver(s, r.delivery(stream)), r.promise, from)
	a.marks = a.marks && !forgets
	return a, nil
}

// logInput cuts the log into units: as many messages as are there, up to a
// unit's limits, so that units are large under load and small when slow.
type logInput struct {
	arrivals arrivals
	cuts     cuts
	planned  guarantees.Planned
	races    bool                                                     // a control record is a unit of its own, to which all lanes have to come
	passes   bool                                                     // but for a barrier they do not wait
	aligned  bool                                                     // units end where they are full, or a source ends, not where nothing is there
	ended    func(ctx context.Context, r broker.Record) (bool, error) // whether it is the log's last
	at       uint64                                                   // the last sequence delivered
}

func openLog(ctx context.Context, r reading) (*logInput, error) {
	a, err := r.open(ctx, r.plan.Pipeline.LogStream().Name, r.after+1, broker.ReaderOptions{Ahead: 4 * UnitDocumentsMax})
	if err != nil {
		return nil, err
	}
	return &logInput{arrivals: a, cuts: r.cuts, planned: r.planned, at: r.after, races: r.plan.Races(), passes: r.plan.passes(), aligned: r.faults != nil, ended: r.lastOfLog}, nil
}

func (in *logInput) close() { in.arrivals.close() }

// resume: the log is read from the sequence itself.
func (in *logInput) resume(uint64) places { return nil }

func (in *logInput) next(ctx context.Context, u *Unit) error {
	u.From, u.To = in.at+1, in.at
	end := in.planned.Limit(u.From, in.cuts.limit(u.From, ^uint64(0)))
	documents, size, ended := 0, 0, false
	for u.To < end && documents < UnitDocumentsMax && size < UnitBytesMax && !ended {
		if u.To >= u.From && !in.arrivals.ready() && !in.aligned {
			break
		}
		r, err := in.take(ctx, u)
		switch {
		case errors.Is(err, errQuiet):
			ended = true
			continue
		case err != nil:
			return err
		case r.Sequence <= u.To && u.To >= u.From:
			in.arrivals.untake(r) // a unit of its own, behind this one
			ended = true
			continue
		case r.Sequence < u.From: // it has come again
			u.From, u.To = r.Sequence, r.Sequence
			u.Trigger = fmt.Sprintf("log@%d", r.Sequence)
			u.AddLog(r)
			return nil
		case in.races && controls(r) && u.To >= u.From:
			in.arrivals.untake(r)
			ended = true
			continue
		case r.Sequence > end: // what lies between was overtaken
			in.arrivals.untake(r)
			u.To, ended = end, true
			continue
		}
		u.AddLog(r)
		n := 1 + bytes.Count(r.Data, []byte{'\n'})
		documents += n
		size += len(r.Data)
		u.Barrier = u.messages[len(u.messages)-1].isBarrier()
		u.passing = u.Barrier && in.passes
		u.aligned = in.races && controls(r) && !u.passing
		ended = u.aligned || u.Barrier || in.aligned && controls(r)
	}
	u.Barrier = u.Barrier || in.planned.At(u.To)
	u.Documents = uint64(documents)
	in.at = u.To
	return nil
}

// controls says whether a record of the log is one of control.
func controls(r broker.Record) bool {
	kind, _ := logTokens(r.Subject)
	return kind == ControlRecord
}

// errQuiet reports that the log has no more for now.
var errQuiet = errors.New("nothing more in the log")

// quiet is how long an aligned unit waits for more at the end of the log: longer
// than a fault holds records back.
const quiet = 2 * time.Second

// take takes the next record. Who waits for an aligned unit to be full gives up
// where the log ends without an end of a source.
func (in *logInput) take(ctx context.Context, u *Unit) (r broker.Record, err error) {
	if !in.aligned || u.To < u.From || in.arrivals.ready() {
		return in.arrivals.take(ctx)
	}
	for {
		waiting, cancel := context.WithTimeout(ctx, quiet)
		r, err = in.arrivals.take(waiting)
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return r, err
		}
		last, err := in.ended(ctx, broker.Record{Sequence: u.To})
		if err != nil {
			return r, err
		}
		if last {
			return r, errQuiet
		}
	}
}

// waitTimeout bounds what a stopping worker waits for.
const waitTimeout = 10 * time.Second
