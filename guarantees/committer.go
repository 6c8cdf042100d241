package guarantees

import (
	"context"
	"errors"
	"fmt"

	"tidings/internal/broker"
)

// Partition names what a Committer writes.
type Partition struct {
	Name    string // for people: "df/0"
	Stream  string
	Subject string
	Worker  string // who claims it
}

// Unit is the work between two cursors.
type Unit struct {
	From, To uint64 // log sequences, both inclusive
	Record   []byte // the outputs
}

// Committer commits the units of one partition, in order. It is not safe for
// concurrent use.
type Committer struct {
	broker    *broker.Broker
	partition Partition
	appender  *broker.Appender
	epoch     uint64
	cursor    uint64
}

// openTries is how often Open tries to write its fence. It is beaten to it
// only by others who want the partition at the same moment.
const openTries = 100

// Open takes the partition: it reads the last record, writes a fence behind it
// with the next epoch, and from then on whoever owned the partition before can
// commit nothing. The cursor is where that left off.
//
// broker.ErrNoBroker: the broker went away; nothing is taken, or nothing but a
// fence is written.
func Open(ctx context.Context, b *broker.Broker, p Partition) (*Committer, error) {
	for tries := 1; ; tries++ {
		last, sequence, err := lastHeader(ctx, b, p)
		if err != nil {
			return nil, err
		}
		fence := Header{Kind: Fence, Epoch: last.Epoch + 1, From: last.To + 1, To: last.To, Worker: p.Worker}
		stored, err := b.Put(ctx, p.Stream, p.Subject, p.Subject, sequence, fence.lines(), nil)
		switch {
		case err == nil:
			return &Committer{
				broker: b, partition: p, epoch: fence.Epoch, cursor: fence.To,
				appender: b.Appender(p.Stream, stored),
			}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, broker.ErrUnknown):
			// Our fence may be stored: opening again puts another one on top.
			return nil, fmt.Errorf("%s cannot be taken: %w: %v", p.Name, broker.ErrNoBroker, err)
		case errors.Is(err, broker.ErrConflict) && tries < openTries:
			// Somebody else was first: a fence on top of theirs is right.
		default:
			return nil, fmt.Errorf("%s cannot be taken: %w", p.Name, err)
		}
	}
}

func lastHeader(ctx context.Context, b *broker.Broker, p Partition) (Header, uint64, error) {
	r, err := b.Last(ctx, p.Stream, p.Subject)
	if errors.Is(err, broker.ErrEmpty) {
		return Header{}, 0, nil
	}
	if err != nil {
		return Header{}, 0, fmt.Errorf("%s: its last commit cannot be read: %w", p.Name, err)
	}
	h, err := ParseHeader(r)
	return h, r.Sequence, err
}

// Cursor is the log sequence up to which the partition's work is committed or
// handed to Commit.
func (c *Committer) Cursor() uint64 { return c.cursor }

// Commit hands over the next unit and returns before it is durable; several
// are under way at a time. u.Record may be reused when it returns.
//
// ErrFenced: another worker owns the partition. ErrUncertain: open it again.
// Any other error is the broker's.
func (c *Committer) Commit(ctx context.Context, u Unit) error {
	if u.From != c.cursor+1 || u.To < u.From {
		return fmt.Errorf("%s: a unit %d..%d cannot follow cursor %d", c.partition.Name, u.From, u.To, c.cursor)
	}
	h := Header{Kind: Done, Epoch: c.epoch, From: u.From, To: u.To, Worker: c.partition.Worker}
	if err := c.appender.Append(c.partition.Subject, h.lines(), u.Record); err != nil {
		return c.explain(ctx, err)
	}
	c.cursor = u.To
	return nil
}

// OnFailure has f called once, as soon as a commit fails: Commit and Wait tell
// how. Without it nobody learns of it who has no further unit to commit. f must
// not wait.
func (c *Committer) OnFailure(f func()) { c.appender.OnFailure(f) }

// Wait waits until all units handed over are durable. Errors as of Commit.
func (c *Committer) Wait(ctx context.Context) error {
	if err := c.appender.Wait(ctx); err != nil {
		return c.explain(ctx, err)
	}
	return nil
}

// explain finds out why a commit failed: only the partition's last record
// tells whether somebody else owns it.
func (c *Committer) explain(ctx context.Context, cause error) error {
	if !errors.Is(cause, broker.ErrConflict) && !errors.Is(cause, broker.ErrUnknown) {
		return cause
	}
	r, err := c.broker.Last(ctx, c.partition.Stream, c.partition.Subject)
	if err != nil {
		return fmt.Errorf("%s: %w: %v", c.partition.Name, ErrUncertain, cause)
	}
	h, err := ParseHeader(r)
	if err != nil {
		return err
	}
	if h.Epoch > c.epoch {
		return fmt.Errorf("%s: %w: %s at %s. Nothing was committed since; nothing to do",
			c.partition.Name, ErrFenced, h.Worker, r.Time.Format("15:04:05"))
	}
	return fmt.Errorf("%s: %w: %v", c.partition.Name, ErrUncertain, cause)
}

// Close waits for what is under way to be answered.
func (c *Committer) Close() { c.appender.Close() }
