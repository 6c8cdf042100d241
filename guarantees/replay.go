package guarantees

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"tidings/internal/broker"
)

// replay reaches exactly-once by determinism and by dropping what is there
// (Kuralenok et al., "FlameStream", 2018; Trofimov et al., "Delivery, consistency,
// and determinism", 2019): if a stage makes the same of the same input, what
// a new owner makes again is what its receivers have, and they leave it out by
// its position.
//
// In a stream that outside readers see (a final sink) the mark is the
// tail of the stream itself, and records are written as by commit. A stream
// between stages is released: its records are published as soon as they are
// made, under no condition. After a crash the owner goes back to its last
// snapshot and publishes again what is behind it (Committer.Rewind).
type replay struct{ commit }

// released says whether the partition's records are published under no
// condition.
func (p Partition) released() bool {
	return p.Between && p.Promise.OrDefault().Recovery == Replay
}

// Limit is the log sequence that state which is restored for the partition must
// not be ahead of. In a released stream there is none: a snapshot is stored
// when what led to it is.
func (c *Committer) Limit() uint64 {
	if c.partition.released() {
		return math.MaxUint64 - 1
	}
	return c.Resume()
}

// Announce gives a partition whose records are released its epoch before Rewind
// does, for state elsewhere that is fenced by it: of two that announce themselves
// the second has the higher one, whatever they do then. Cursor is then as far as
// one of the partition's records says that it has come, and 0 where it has never
// worked. Of partitions whose records are not released there is nothing to do,
// for they have an epoch. Errors as of Open.
func (c *Committer) Announce(ctx context.Context) error {
	p := c.partition
	if !p.released() {
		return nil
	}
	for tries := 1; ; tries++ {
		last, err := c.broker.LastSequence(ctx, p.Stream)
		if err == nil {
			c.history.Cursor, err = c.worked(ctx, last)
		}
		if err != nil {
			return fmt.Errorf("%s: its records cannot be read: %w", p.Name, err)
		}
		c.epoch = last + 1
		_, retry, err := c.fences(ctx, Header{Kind: Announced, From: 1}, last, tries)
		if !retry {
			return err
		}
	}
}

// worked is how far the last record that tells of it says that the partition has
// come; it may be a zombie's.
func (c *Committer) worked(ctx context.Context, last uint64) (uint64, error) {
	for sequence := last; sequence > 0; sequence-- {
		r, err := c.broker.Record(ctx, c.partition.Stream, sequence)
		if errors.Is(err, broker.ErrEmpty) {
			return 1, nil // somebody has needed no more of what was there
		}
		if err != nil {
			return 0, err
		}
		h, err := ParseHeader(r)
		if err != nil || h.To > 0 {
			return h.To, err
		}
	}
	return 0, nil
}

// Rewind takes a partition whose records are released, its state being restored
// behind a log sequence: what follows is published, some of it for another
// time. Of others there is nothing to do. Errors as of Open.
//
// A fence says from where it goes on. When it is stored everything up to there
// stands before it; so a reader to whom something is missing then will never
// have it. It fences nobody: its sequence is the epoch, by which whoever was
// replaced learns of it, and what a zombie publishes is what its
// readers have, or would have got.
func (c *Committer) Rewind(ctx context.Context, at uint64) error {
	if !c.partition.released() {
		return nil
	}
	p, announced := c.partition, c.epoch
	for tries := 1; ; tries++ {
		last, err := c.broker.LastSequence(ctx, p.Stream)
		if err != nil {
			return fmt.Errorf("%s: its last record cannot be read: %w", p.Name, err)
		}
		if announced == 0 {
			c.epoch = last + 1
		} else if last > announced {
			if err := c.foreign(ctx)(announced+1, last); err != nil {
				return err
			}
		}
		c.history = History{Cursor: at, Acked: at, begun: true}
		stored, retry, err := c.fences(ctx, Header{Kind: Fence, From: at + 1, To: at}, last, tries)
		if retry {
			continue
		}
		if err != nil {
			return err
		}
		c.appender = c.broker.Publisher(p.Stream, stored, c.foreign(ctx))
		_, err = c.opened(ctx)
		return err
	}
}

// fences puts what takes a partition whose records are released behind the last record
// of its stream. retry: another one was put there meanwhile.
func (c *Committer) fences(ctx context.Context, h Header, last uint64, tries int) (stored uint64, retry bool, err error) {
	p := c.partition
	stored, err = c.broker.Put(ctx, p.Stream, p.Subject, "", last, c.sign(h).lines(), nil)
	switch {
	case err == nil:
		return stored, false, nil
	case ctx.Err() != nil:
		return 0, false, ctx.Err()
	case errors.Is(err, broker.ErrUnknown):
		return 0, false, fmt.Errorf("%s cannot be taken: %w: %v", p.Name, broker.ErrNoBroker, err)
	case errors.Is(err, broker.ErrConflict) && tries < openTries:
		return 0, true, nil // a zombie publishes still, or somebody else was first
	}
	return 0, false, fmt.Errorf("%s cannot be taken: %w", p.Name, err)
}

// foreignMax is how many of the records that stand between an owner's own it
// looks at: every one of a later owner tells of it.
const foreignMax = 64

// foreign looks whether others' records are a later owner's. One that cannot be
// read now says nothing; there will be others.
func (c *Committer) foreign(ctx context.Context) func(first, last uint64) error {
	return func(first, last uint64) error {
		if last-first >= foreignMax {
			first = last - foreignMax + 1
		}
		for sequence := first; sequence <= last; sequence++ {
			r, err := c.broker.Record(context.WithoutCancel(ctx), c.partition.Stream, sequence)
			if err != nil {
				continue
			}
			if h, err := ParseHeader(r); err == nil && h.Epoch > c.epoch {
				return fmt.Errorf("%s: %w: %s at %s. What was published since is what its readers have; nothing to do",
					c.partition.Name, ErrFenced, h.Worker, r.Time.Format("15:04:05"))
			}
		}
		return nil
	}
}

// SnapshotDurable returns what waits until a snapshot of the state as it is now may
// be stored: where records are released, until those handed over so far are.
// Else nobody need wait, for a snapshot that is ahead is passed over. Any
// goroutine may call it.
func (c *Committer) SnapshotDurable() func(ctx context.Context) error {
	if !c.partition.released() {
		return func(context.Context) error { return nil }
	}
	lost := c.Lost()
	stored := c.appender.Stored()
	return func(ctx context.Context) error { return cmp.Or(lost, stored(ctx)) }
}

// Lost is ErrUncertain when a record that was released turned out not to be
// stored, nil if none did. Wait and the next Commit say so, too.
func (c *Committer) Lost() error {
	if !c.missed {
		return nil
	}
	return c.uncertain(errors.New("a fault: a record that was published before is not stored"))
}
