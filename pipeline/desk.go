package pipeline

import (
	"context"
	"errors"

	"tidings/guarantees"
)

// desk is where a worker's units are done: each is stepped as often as the
// partitions' histories say, and committed where it is open.
type desk struct {
	worker     *worker
	committers []*guarantees.Committer
	owns       []func(sequence uint64) bool // by committer: the log messages that are its partition's
	codec      codec
	restored   bool

	unaligned     uint64 // a mistake on purpose: the barrier before
	unalignedFrom places
	saver         saver
	copies        copies      // of counts that live outside
	verifiers     []*verifier // by committer, if any
	alarm         *alarm
	stored        uint64 // documents that had passed at the snapshot before the last
}

// unit does one unit.
func (d *desk) unit(ctx context.Context, u *Unit) error {
	w := d.worker
	span := u.span()
	if u.Trigger == "" {
		w.passed += u.documents()
	}
	span.Documents = w.passed
	steps, open := d.due(span)
	if open {
		if err := d.begin(ctx, span); err != nil {
			return err
		}
	}
	if steps > 0 {
		if err := d.step(ctx, u, steps); err != nil {
			return err
		}
	}
	for i, v := range d.verifiers {
		if err := v.compare(ctx, u, d.owns[i]); err != nil {
			return err
		}
	}
	w.look(u)
	if open {
		if err := d.commit(ctx, u, span); err != nil {
			return err
		}
	}
	if steps > 0 {
		if err := d.settled(ctx, u, span); err != nil {
			return err
		}
	}
	if u.Trigger == "" {
		w.done = u.To
		w.met.Store(u.To)
		w.plantKeep(u.To)
	}
	switch {
	case w.plan.Holds() && open && (u.Barrier || d.unaligned > 0):
		return d.barrier(ctx, u, span)
	case w.plan.Holds() || u.places == nil:
		return nil
	}
	return d.save(ctx, u, span)
}

// due is how often a unit is stepped, and whether a partition has it to commit.
func (d *desk) due(span guarantees.Unit) (steps int, open bool) {
	for _, c := range d.committers {
		n := c.Applied(span)
		if c.Open(span) {
			open = true
			n++
		}
		steps = max(steps, n)
	}
	return steps, open
}

// step steps a unit so often, with the versions that take over in it.
func (d *desk) step(ctx context.Context, u *Unit, times int) error {
	w, a := d.worker, d.worker.assembly
	if a.df != nil || a.classify != nil {
		if err := a.promotions.Bring(ctx, u); err != nil {
			return err
		}
	}
	if a.df != nil {
		if err := a.df.bring(ctx, u); err != nil {
			return err
		}
	}
	for i := range times {
		if i > 0 {
			u.undo(w.stage)
		}
		for _, s := range a.steps {
			if u.To <= a.lead && s != Stage(a.df) {
				continue
			}
			if err := s.Step(u); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled hands over what a unit has changed in counts that live outside, to be
// moved there when its record is durable.
func (d *desk) settled(ctx context.Context, u *Unit, span guarantees.Unit) error {
	for i, o := range d.worker.outsides(d.worker.assembly) {
		if !d.worker.assembly.df.counts(d.worker.partitions[i], u) {
			continue
		}
		if err := o.settle(ctx, u, span.Documents, d.committers[i].Durable()); err != nil {
			return d.worker.relieved(err, d.committers[i])
		}
	}
	return nil
}

// save makes a snapshot behind a unit, if none is being stored. It is stored
// beside the work; under a fault plan the work waits, to be the same each time.
// One that cannot be stored ends nothing, for it would only have saved time:
// the next one may be.
func (d *desk) save(ctx context.Context, u *Unit, span guarantees.Unit) error {
	if d.saver.busy() {
		return nil
	}
	all, err := d.worker.take(ctx, d.committers, u.To, u.places)
	if err != nil {
		return err
	}
	d.stored, d.worker.saved = d.worker.saved, d.worker.passed
	durable := make([]func(context.Context) error, len(d.committers))
	for i, c := range d.committers {
		durable[i] = c.SnapshotDurable()
	}
	d.saver.start(func() error {
		for _, wait := range durable {
			if err := wait(ctx); err != nil {
				return err // the worker hears of it by itself
			}
		}
		err := d.worker.store(ctx, all)
		d.worker.tellUnstored(ctx, err)
		return err
	})
	if d.worker.faults == nil {
		return nil
	}
	d.saver.stop()
	for _, c := range d.committers {
		if err := c.At(ctx, guarantees.Saved, span); err != nil {
			return err
		}
	}
	return nil
}

// verify opens verifiers, where they are wanted.
func (d *desk) verify(ctx context.Context) error {
	w := d.worker
	if !w.verifies || w.promise().Recovery != guarantees.Replay {
		return nil
	}
	for i, p := range w.partitions {
		v, err := w.verifier(ctx, p, w.restoredTo(i))
		if err != nil {
			return err
		}
		d.verifiers = append(d.verifiers, v)
	}
	return nil
}

// close waits for a snapshot that is being stored. One that was cut off does not
// count: there had better be another one.
func (d *desk) close() {
	for _, v := range d.verifiers {
		v.close()
	}
	d.copies.stop()
	d.saver.stop()
	if d.saver.failure() != nil {
		d.worker.saved = d.stored
	}
}

// begin tells the partitions in which the unit is open that it begins.
func (d *desk) begin(ctx context.Context, span guarantees.Unit) error {
	if !d.restored {
		d.restored = true
		if err := d.at(ctx, guarantees.Restored); err != nil {
			return err
		}
	}
	for _, c := range d.committers {
		if !c.Open(span) {
			continue
		}
		if err := c.Begin(ctx, span); err != nil {
			return err
		}
	}
	return nil
}

// commit writes the unit's record in each partition in which it is open.
func (d *desk) commit(ctx context.Context, u *Unit, span guarantees.Unit) (err error) {
	for i, c := range d.committers {
		if !c.Open(span) {
			continue
		}
		if u.aligned || u.passing {
			span.Met = guarantees.Met{Lane: d.worker.partitions[i] + 1, From: u.From, To: u.To, Aligned: u.aligned, Barrier: u.passing, Through: u.To}
		}
		if span.Record, err = d.codec.encode(u, d.worker.assembly.sections, d.worker.partitions[i], d.owns[i]); err != nil {
			return err
		}
		if err := c.Commit(ctx, span); err != nil {
			return err
		}
	}
	return nil
}

// rest is for when there is nothing to do. Where faults are planned a moment of
// leisure changes nothing, for it would come at another place each time.
func (d *desk) rest(ctx context.Context) error {
	if d.worker.faults == nil {
		return d.settle(ctx)
	}
	var errs []error
	for _, c := range d.committers {
		errs = append(errs, c.Lost())
	}
	return errors.Join(errs...)
}

func (d *desk) settle(ctx context.Context) error {
	var errs []error
	for _, c := range d.committers {
		errs = append(errs, c.Rest(ctx))
	}
	return errors.Join(errs...)
}

// leave settles what was put off when the work has been stopped.
func (d *desk) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitTimeout)
	defer cancel()
	return d.settle(ctx)
}

// at lets faults strike at a point that no unit has part in.
func (d *desk) at(ctx context.Context, p guarantees.Point) error {
	for _, c := range d.committers {
		u := guarantees.Unit{Documents: d.worker.passed}
		if p == guarantees.Opened || p == guarantees.Restored {
			u.Documents = c.Epoch() // openings are counted here
		}
		if err := c.At(ctx, p, u); err != nil {
			return err
		}
	}
	return nil
}
