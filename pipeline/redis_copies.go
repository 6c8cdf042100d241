package pipeline

import (
	"context"
	"errors"
	"fmt"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/state"
)

// copies are snapshots of counts that live outside, where those are held back until
// a barrier is complete. No barrier waits for them: they are there should the Redis
// lose what it has, and so that what only they need of the streams can go. One is
// made at a time, beside the work.
type copies struct {
	saver  saver
	cancel context.CancelFunc // of the one that is being made
	last   uint64             // documents that had passed at the last one
}

// copyOutside begins a snapshot of the worker's counts that live outside behind a
// barrier, if one is due. It is of the counts as they are in the Redis when the barrier is
// complete; an attempt that ends before makes none.
func (d *desk) copyOutside(ctx context.Context, at uint64, from places) error {
	w, c := d.worker, &d.copies
	outsides := w.outsides(w.assembly)
	if len(outsides) == 0 || w.every == 0 || c.saver.busy() || w.passed < max(c.last, w.saved)+w.every {
		return nil
	}
	c.stop()
	ctx, c.cancel = context.WithCancel(ctx)
	var reads []func() (*features.DF, error)
	for _, o := range outsides {
		read, err := o.copy(ctx)
		if err != nil {
			return err
		}
		reads = append(reads, read)
	}
	c.last = w.passed
	attempt := d.committers[0].Attempt().Number
	c.saver.start(func() error {
		var all []pending
		for i, read := range reads {
			table, err := read()
			if err == nil {
				s := guarantees.Snapshot{Part: fmt.Sprintf("%s/%d", DFStage, w.partitions[i]), At: at, Documents: c.last, Places: from, Attempt: attempt}
				all = append(all, pending{s, table.Save})
				err = w.keep(ctx, all)
			}
			if err != nil {
				w.tellUncopied(ctx, err)
				return err
			}
		}
		return nil
	})
	return nil
}

// stop ends what is being made.
func (c *copies) stop() {
	if c.cancel != nil {
		c.cancel()
	}
	c.saver.stop()
}

// tellUncopied tells people that a snapshot of counts was not stored.
func (w *worker) tellUncopied(ctx context.Context, err error) {
	if ctx.Err() == nil {
		w.notice(fmt.Sprintf("%s: a snapshot of counts in %s cannot be stored: %v. The work goes on, nothing is lost, and another one is made later; until then nothing is deleted that it would be made of", w.name(), w.elsewhere.redis, err))
	}
}

// relieved has all go back to the last complete barrier where more counts are held
// back than there is room for: a new attempt plans barriers in what the log holds,
// so that less is held back at a time. It helps only where that brings them
// further than the last time.
func (w *worker) relieved(err error, c *guarantees.Committer) error {
	if !errors.Is(err, errHeld) {
		return err
	}
	behind := c.Attempt().Complete + 1
	if behind == w.overfull {
		return fmt.Errorf("%w: %d wait for a barrier behind log sequence %d, and did before; the documents there have more terms than the recovery snapshot can keep back for a Redis. Nothing is lost: read the source into another --pipeline, with --recovery commit or embedded state", err, HeldCountsMax, behind-1)
	}
	w.overfull = behind
	w.notice(fmt.Sprintf("%s: more than %d counts wait for a barrier to be complete, so all go back to the last one, and on in smaller steps. Nothing is lost; with a shorter --snapshot-every it need not happen", w.name(), HeldCountsMax))
	return guarantees.ErrRewound
}

// copy copies the counts as they are behind what was settled so far, when that is
// moved, and returns what reads the copy.
func (o *redisCounts) copy(ctx context.Context) (read func() (*features.DF, error), err error) {
	place, done := o.place, make(chan error, 1)
	if err := o.hand(ctx, settled{done: done, copy: true, to: place.Cursor}); err != nil {
		return nil, err
	}
	return func() (*features.DF, error) {
		select {
		case err := <-done:
			if err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		all := make(map[uint64]uint32, place.Terms)
		if err := o.counts.Copied(ctx, func(hash uint64, count uint32) { all[hash] = count }); err != nil {
			return nil, err
		}
		table := features.CountedDF(len(all), func(yield func(uint64, uint32) bool) {
			for hash, count := range all { // their order leaves no trace
				if !yield(hash, count) {
					return
				}
			}
		}, place.Dropped)
		if table.Digest() != place.Digest || uint64(table.Len()) != place.Terms {
			return nil, fmt.Errorf("the counts that were copied are not those that were moved: %w", state.ErrDamaged)
		}
		return table, nil
	}, nil
}
