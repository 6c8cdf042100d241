package guarantees

import (
	"context"
	"errors"

	"tidings/internal/broker"
	"tidings/internal/planted"
)

// Plants says whether a test wants a mistake to be made here.
func (f *Faults) Plants(m planted.Mistake) bool { return f != nil && f.Planted.Has(m) }

// plant puts the mistakes that a test wants in the place of what is right.
func (c *Committer) plant() {
	switch f := c.partition.Faults; {
	case f.Plants(planted.AckFirst):
		c.recovery = ackFirst{}
	case f.Plants(planted.TwoPublishes):
		c.recovery = twoPublishes{}
	case f.Plants(planted.SecondStore):
		c.recovery = secondStore{}
	}
}

// writer is what a Committer writes with: an Appender, but for mistakes.
type writer interface {
	Append(subject string, h broker.Header, data []byte) error
	Wait(ctx context.Context) error
	Stored() func(ctx context.Context) error
	OnFailure(f func())
	Slow(f func())
	Close()
}

// writer writes behind the stream's last record.
func (c *Committer) writer(last uint64) writer {
	if f := c.partition.Faults; f.Plants(planted.NoFence) || f.Plants(planted.SessionFence) {
		return blind{c.broker, c.partition.Stream}
	}
	return c.broker.Appender(c.partition.Stream, last)
}

// unfenced says whether the partition is taken without a word.
func (c *Committer) unfenced(epoch uint64) bool {
	return epoch > 0 && c.partition.Faults.Plants(planted.NoFence)
}

// unanswered is for a record of which nobody knows whether it is stored: what
// is right is to look.
func (c *Committer) unanswered(ctx context.Context, h Header, data []byte) error {
	if err := c.Wait(ctx); err != nil {
		return err
	}
	if c.partition.Faults.Plants(planted.BlindRetry) {
		return c.append(ctx, h, data)
	}
	return c.uncertain(errors.New("a fault: the record is stored, its acknowledgement is lost"))
}

// blind is a writer that expects nothing of the stream.
type blind struct {
	broker *broker.Broker
	stream string
}

func (w blind) Append(subject string, h broker.Header, data []byte) error {
	for {
		last, err := w.broker.LastSequence(context.Background(), w.stream)
		if err != nil {
			return err
		}
		if _, err = w.broker.Put(context.Background(), w.stream, subject, "", last, h, data); !errors.Is(err, broker.ErrConflict) {
			return err
		}
	}
}

func (blind) Wait(context.Context) error { return nil }
func (blind) Stored() func(context.Context) error {
	return func(context.Context) error { return nil }
}
func (blind) OnFailure(func()) {}
func (blind) Slow(func())      {}
func (blind) Close()           {}

// ackFirst says that a unit is done before it is.
type ackFirst struct{ commit }

func (ackFirst) begin(ctx context.Context, c *Committer, u Unit) error {
	return c.append(ctx, Header{Kind: Ack, From: u.To + 1, To: u.To}, nil)
}

// twoPublishes writes the outputs, then the cursor.
type twoPublishes struct{ commit }

func (twoPublishes) scans() bool { return true }

func (twoPublishes) opened(_ context.Context, c *Committer) error {
	c.history.Cursor = c.history.Acked
	return nil
}

func (twoPublishes) done(ctx context.Context, c *Committer) error {
	return c.append(ctx, Header{Kind: Ack, From: c.next, To: c.next - 1}, nil)
}

// secondStore keeps the cursor elsewhere.
type secondStore struct{ commit }

func (secondStore) opened(_ context.Context, c *Committer) error {
	c.history.Cursor = c.partition.Faults.Planted.Kept(c.partition.Name)
	return nil
}

func (secondStore) done(_ context.Context, c *Committer) error {
	c.partition.Faults.Planted.Keep(c.partition.Name, c.next-1)
	return nil
}
