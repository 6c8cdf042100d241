package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/planted"
)

// BarrierSource is the source of barriers: they share one fence.
const BarrierSource = "barrier"

// barrierRecord is the body of one.
type barrierRecord struct {
	Kind   string `json:"kind"`
	Number uint64 `json:"number"`
}

// Holds says whether outputs are held back until a snapshot of all partitions
// is complete.
func (p Plan) Holds() bool { return p.Promise("").Holds() }

// barrierBucket is where partitions agree on which records count.
func (n Name) barrierBucket() string { return string(n) + "-barriers" }

// barriers are the pipeline's.
func (p Plan) barriers(b *broker.Broker) *guarantees.Barriers {
	return &guarantees.Barriers{
		Broker: b, Bucket: p.Pipeline.barrierBucket(),
		Plan: func(ctx context.Context, behind uint64) (guarantees.Planned, error) { return p.planned(ctx, b, behind) },
	}
}

// Attempt is what the partitions of a pipeline agree on now: up to where results
// are released. ok is false where they are not held back, or it has never run.
func (p Plan) Attempt(ctx context.Context, b *broker.Broker) (a guarantees.Attempt, ok bool, err error) {
	if !p.Holds() {
		return a, false, nil
	}
	a, err = p.barriers(b).Look(ctx)
	return a, a.Number > 0, err
}

// plannedDocuments is how many documents of what the log held already lie
// between two barriers, where these come by time.
const plannedDocuments = 16_384

// planned plans barriers in what the log holds behind a sequence. A barrier that
// is put behind it only now comes too late for it: nothing would be released,
// and all of it done again after a crash, until all of it is done.
func (p Plan) planned(ctx context.Context, b *broker.Broker, behind uint64) (planned guarantees.Planned, err error) {
	log := p.Pipeline.LogStream().Name
	last, err := b.LastSequence(ctx, log)
	if err != nil || last <= behind {
		return planned, err
	}
	lines := 1
	r, err := b.Record(ctx, log, behind+1)
	switch {
	case err == nil:
		lines += bytes.Count(r.Data, []byte{'\n'})
	case !errors.Is(err, broker.ErrEmpty):
		return planned, err
	}
	documents := p.SnapshotEvery.Documents
	if documents == 0 || p.State == RedisState { // what is held back has to have room
		documents = min(cmp.Or(documents, plannedDocuments), plannedDocuments)
	}
	every := uint64(max(1, documents/lines))
	if last-behind <= every {
		return planned, nil
	}
	return guarantees.Planned{Behind: behind, Through: last, Every: every}, nil
}

// PutBarrier puts the barrier with a number into a pipeline's log, behind the
// barrier at a log sequence, 0 for none, and returns its place.
// broker.ErrConflict: somebody else put one.
func PutBarrier(ctx context.Context, b *broker.Broker, name Name, number, last uint64) (uint64, error) {
	data, err := json.Marshal(barrierRecord{barrierKind, number})
	if err != nil {
		return 0, err
	}
	return b.Put(ctx, name.LogStream().Name, name.LogSubject(ControlRecord, BarrierSource), name.LogSubject("*", BarrierSource), last, nil, data)
}

// isBarrier says whether a message of the log is a barrier.
func (m *message) isBarrier() bool {
	if m.kind != ControlRecord || m.source != BarrierSource {
		return false
	}
	c, err := parseControl(m.data)
	return err == nil && c.Kind == barrierKind
}

// barrierEntry makes the entry of a barrier.
func barrierEntry(e *Entry, data []byte) {
	var b barrierRecord
	_ = json.Unmarshal(data, &b) // it has been parsed before
	e.Kind, e.ID = BarrierEntry, strconv.FormatUint(b.Number, 10)
}

// endsAtBarrier says whether the last entry of the unit is a barrier.
func (u *Unit) endsAtBarrier() bool {
	n := len(u.Entries)
	return n > 0 && u.Entries[n-1].Kind == BarrierEntry && u.Entries[n-1].Position.Sequence == u.To
}

// barrier saves the state behind a unit at whose end a barrier stands, and
// reports that when it is saved. It stands still until what was committed is
// stored and the state is copied; putting it into bytes and storing them go on
// beside the work. One is stored at a time: who is asked for the next one too
// soon waits here, and with it the work.
//
// The inputs are aligned by nature: who wrote them ended a unit at the barrier,
// too, so nothing of what came behind it has been met. Where records are met as
// they arrive, raceInput holds a lane at the barrier until all have come to it;
// or it does not (guarantees.Unaligned).
func (d *desk) barrier(ctx context.Context, u *Unit, span guarantees.Unit) error {
	w := d.worker
	if w.faults.Plants(planted.Unaligned) && w.stage != TokenizeStage && d.unaligned == 0 && !u.endsAtBarrier() {
		d.unaligned, d.unalignedFrom = u.To, u.places
		return nil // the state meets what comes behind the barrier first
	}
	at, from := u.To, u.places
	if d.unaligned > 0 {
		at, from, d.unaligned = d.unaligned, d.unalignedFrom, 0
	}
	d.saver.stop()
	if err := d.saver.failure(); err != nil {
		return err
	}
	for _, c := range d.committers {
		if err := c.Wait(ctx); err != nil {
			return err
		}
	}
	all, err := w.take(ctx, d.committers, at, from)
	if err != nil {
		return err
	}
	if err := d.copyOutside(ctx, at, from); err != nil {
		return err
	}
	d.saver.start(func() error {
		err := d.answer(ctx, all, at, span)
		if err != nil && ctx.Err() == nil {
			d.alarm.ring(err)
		}
		return err
	})
	if w.faults == nil {
		return nil
	}
	d.saver.stop()
	return d.saver.failure()
}

// keepEvery is how often a store that does not take a snapshot is tried again.
const keepEvery = time.Second

// keep stores the state at a barrier, as often as it takes: nothing behind the
// barrier before can be released until it is stored, and nothing is lost.
func (d *desk) keep(ctx context.Context, all []pending) error {
	for {
		err := d.worker.keep(ctx, all)
		d.worker.tellUnstored(ctx, err)
		if err == nil || errors.Is(err, broker.ErrNoBroker) || errors.Is(err, broker.ErrUnknown) || ctx.Err() != nil {
			return err // who has no broker begins again where there is one
		}
		select {
		case <-time.After(keepEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// answer stores the state at a barrier, and reports it.
func (d *desk) answer(ctx context.Context, all []pending, at uint64, span guarantees.Unit) error {
	if err := d.keep(ctx, all); err != nil {
		return err
	}
	for _, c := range d.committers {
		if err := c.At(ctx, guarantees.Saved, span); err != nil {
			return err
		}
	}
	for _, c := range d.committers {
		if err := c.Report(ctx, at); err != nil {
			return err
		}
	}
	return nil
}
