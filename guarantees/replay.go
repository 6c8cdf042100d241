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
	p := c.partition
	for tries := 1; ; tries++ {
		last, err := c.broker.LastSequence(ctx, p.Stream)
		if err != nil {
			return fmt.Errorf("%s: its last record cannot be read: %w", p.Name, err)
		}
		c.epoch = last + 1
		c.history = History{Cursor: at, Acked: at, begun: true}
		fence := c.sign(Header{Kind: Fence, From: at + 1, To: at})
		stored, err := c.broker.Put(ctx, p.Stream, p.Subject, "", last, fence.lines(), nil)
		switch {
		case err == nil:
			c.appender = c.broker.Publisher(p.Stream, stored, c.foreign(ctx))
			_, err := c.opened(ctx)
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, broker.ErrUnknown):
			return fmt.Errorf("%s cannot be taken: %w: %v", p.Name, broker.ErrNoBroker, err)
		case errors.Is(err, broker.ErrConflict) && tries < openTries:
			// A zombie publishes still, or somebody else was first.
		default:
			return fmt.Errorf("%s cannot be taken: %w", p.Name, err)
		}
	}
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
