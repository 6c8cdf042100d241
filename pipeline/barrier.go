package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
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

// alarm ends a worker's attempt from beside it.
type alarm struct {
	stop func()
	mu   sync.Mutex
	err  error
}

// ring ends the attempt with an error, the first time.
func (a *alarm) ring(err error) {
	if errors.Is(err, broker.ErrUnknown) { // what was not answered is looked at again
		err = fmt.Errorf("%w: %v", broker.ErrNoBroker, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.err = err
		a.stop()
	}
}

func (a *alarm) why() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// heed waits until another attempt begins: guarantees.ErrRewound. Meanwhile it
// tells counts that live outside what is released.
func (w *worker) heed(ctx context.Context, committers []*guarantees.Committer, outsides []*redisCounts) error {
	barriers := w.plan.barriers(w.broker)
	changed, stop, err := barriers.Changes()
	if err != nil {
		return err
	}
	defer stop()
	p := pulse{changed: changed}
	for {
		a, err := barriers.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case a.Number > committers[0].Attempt().Number:
			return guarantees.ErrRewound
		}
		for _, o := range outsides {
			o.release(a.Complete)
		}
		if p.wait(ctx) != nil {
			return nil
		}
	}
}

// attend has the attempt that the committers take part in end when all begin
// another one. leave has to be called.
func (w *worker) attend(ctx context.Context, committers []*guarantees.Committer, bell *alarm, outsides []*redisCounts) (leave func()) {
	if !w.plan.Holds() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var heeding sync.WaitGroup
	heeding.Go(func() {
		if err := w.heed(ctx, committers, outsides); err != nil && ctx.Err() == nil {
			bell.ring(err)
		}
	})
	return func() {
		cancel()
		heeding.Wait()
	}
}

// rung is why the attempt has ended, nil if nothing from beside did it. A worker
// that was replaced takes no part in the next one.
func (w *worker) rung(ctx context.Context, committers []*guarantees.Committer) error {
	why := w.bell.why()
	if errors.Is(why, guarantees.ErrRewound) {
		for _, c := range committers {
			if err := c.Owned(ctx); err != nil {
				return err
			}
		}
	}
	return why
}

// together says whether all committers take part in one attempt.
func together(committers []*guarantees.Committer) error {
	for _, c := range committers {
		if c.Attempt().Number != committers[0].Attempt().Number {
			return guarantees.ErrRewound
		}
	}
	return nil
}

// usable leaves out the snapshots that an attempt can do nothing with.
func usable(all map[string][]guarantees.Snapshot, a *guarantees.Attempt) map[string][]guarantees.Snapshot {
	for part, of := range all {
		all[part] = slices.DeleteFunc(of, func(s guarantees.Snapshot) bool { return !a.Valid(s.Attempt, s.At) })
	}
	return all
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

// dropAborted deletes the snapshots that no attempt can use any more, and
// returns the others.
func (p Plan) dropAborted(ctx context.Context, b *broker.Broker, s guarantees.Snapshots, all map[string][]guarantees.Snapshot) (map[string][]guarantees.Snapshot, error) {
	a, ok, err := p.Attempt(ctx, b)
	if err != nil || !ok {
		return all, err
	}
	for _, of := range all {
		for _, snapshot := range of {
			if a.Valid(snapshot.Attempt, snapshot.At) {
				continue
			}
			if err := s.Delete(ctx, snapshot); err != nil {
				return nil, err
			}
		}
	}
	return usable(all, &a), nil
}
