package pipeline

import (
	"context"
	"errors"
	"time"

	"tidings/internal/state"
)

// Limits of what is held back until a barrier is complete, of one partition.
const (
	// heldTogether is how many counts make a change of their own; below that, what
	// units change between two barriers goes to the Redis as one.
	heldTogether = 1 << 15
	// HeldCountsMax is how many counts are held back at most. Beyond it all go back
	// to the last complete barrier, and go on in smaller steps.
	HeldCountsMax = 1 << 23
)

// errHeld reports that more is held back than there is room for.
var errHeld = errors.New("more df counts are held back than there is room for")

// settled is what the writer does next: a change when it is durable, or a copy.
type settled struct {
	wait   func(ctx context.Context) error // nil: it is
	number uint64
	change state.Change
	to     uint64     // a log sequence that has to be complete first
	done   chan error // not nil: no change, but to tell that all before are moved
	copy   bool       // and the counts copied
}

// settle hands over what a unit has changed, to be moved when wait returns, and
// the barrier behind it is complete where that is waited for.
func (o *redisCounts) settle(ctx context.Context, u *Unit, documents uint64, wait func(context.Context) error) error {
	if o.lost {
		return errors.New("df: a count was not fetched before it was needed; this is a mistake in the program, nothing of the unit is counted")
	}
	if u.Trigger == "" {
		o.place.Cursor = u.To
	}
	o.place.Documents = documents
	if o.holds && !u.Barrier && u.To > o.complete.Load() && len(o.changed) < heldTogether {
		return nil
	}
	if o.held.Add(int64(len(o.changed))) > HeldCountsMax && o.holds {
		return errHeld
	}
	m := settled{wait: wait, to: u.To, number: o.number, change: state.Change{
		To: o.place, Terms: make([]uint64, len(o.changed)), Counts: make([]uint32, len(o.changed)),
	}}
	for i, slot := range o.changed {
		m.change.Terms[i], m.change.Counts[i] = o.cells[slot].hash, o.cells[slot].count
	}
	if o.instead != nil {
		m.change.Instead = counted(o.instead)
	}
	o.number, o.changed, o.instead = o.number+1, o.changed[:0], nil
	return o.hand(ctx, m)
}

func (o *redisCounts) hand(ctx context.Context, m settled) error {
	select {
	case o.queue <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins to move what is settled. failed is called when that cannot go on.
func (o *redisCounts) start(ctx context.Context, failed func()) {
	ctx, o.cancel = context.WithCancel(ctx)
	o.running.Go(func() {
		if err := o.move(ctx); err != nil && ctx.Err() == nil {
			o.mu.Lock()
			o.failed = fenced(err)
			o.mu.Unlock()
			failed()
		}
	})
}

// move moves what is settled, in order. What is held back waits here, so that the
// queue is free for others.
func (o *redisCounts) move(ctx context.Context) error {
	var held []settled
	for {
		var flushed chan error
		select {
		case m := <-o.queue:
			if m.done != nil && !m.copy {
				flushed = m.done
			} else {
				held = append(held, m)
			}
		case <-o.risen:
		case <-ctx.Done():
			return nil
		}
		for len(held) > 0 && (!o.holds || held[0].to <= o.complete.Load()) {
			if stop, err := o.moveOne(ctx, held[0]); stop || err != nil {
				return err
			}
			held[0] = settled{} // lets go of it
			held = held[1:]
		}
		if flushed != nil {
			flushed <- nil
		}
	}
}

// moveOne moves one change, or copies. stop: it cannot be, and the committer tells
// why.
func (o *redisCounts) moveOne(ctx context.Context, m settled) (stop bool, err error) {
	if m.copy {
		m.done <- o.counts.Copy(ctx)
		return false, nil
	}
	if m.wait != nil && m.wait(ctx) != nil {
		return true, nil
	}
	if err := o.counts.Move(ctx, m.change); err != nil {
		return true, err
	}
	o.applied.Store(m.number)
	o.held.Add(-int64(len(m.change.Terms)))
	return false, nil
}

// release tells that a barrier is complete: what was settled up to there is
// moved. Any goroutine may call it.
func (o *redisCounts) release(complete uint64) {
	if complete <= o.complete.Load() {
		return
	}
	o.complete.Store(complete)
	select {
	case o.risen <- struct{}{}:
	default:
	}
}

// flushTimeout is how long a worker that is stopped waits for that: what is not
// moved then is counted again by whoever comes next.
const flushTimeout = 2 * time.Second

// flush waits until all that is settled and not held back is moved, and says
// whether it is.
func (o *redisCounts) flush(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	done := make(chan error, 1)
	if o.hand(ctx, settled{done: done}) != nil {
		return false
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// stopAll ends moving; what is settled and not moved yet is moved by whoever comes
// next.
func stopAll(all []*redisCounts) {
	for _, o := range all {
		o.cancel()
	}
	for _, o := range all {
		o.running.Wait()
	}
}

// failure is why moving has ended, nil if it has not.
func (o *redisCounts) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}
