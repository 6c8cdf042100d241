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
	Worker  string  // who claims it
	Promise Promise // the zero value is exactly-once
	Between bool    // no reader but other stages, which leave out what they have
	Faults  *Faults // nil: nothing goes wrong on purpose
	// Lanes is how often each log message is met, where the cursor counts what is
	// met as it arrives; 0 is once.
	Lanes uint64
	// Barriers is where a promise that Holds is agreed on; the others have no use
	// for it.
	Barriers *Barriers
}

// Unit is the work between two cursors, or, with a Trigger, a stretch before
// the cursor that an input brought again.
type Unit struct {
	From, To  uint64 // log sequences, both inclusive
	Trigger   string // as in Header
	Part      int    // as in Header
	Record    []byte // the outputs
	Met       Met    // as in Header
	Documents uint64 // that have passed the partition with this unit; for Faults
}

// Committer writes the records of one partition, in order. It is not safe for
// concurrent use.
type Committer struct {
	broker    *broker.Broker
	partition Partition
	recovery  recovery
	appender  writer
	epoch     uint64
	attempt   Attempt
	history   History
	next      uint64 // where the next unit that is met in its place begins
	unacked   int    // units since the last ack
	missed    bool   // a fault kept a released record from being stored, and nobody has noticed yet
}

// openTries is how often Open tries to write its fence. It is beaten to it by
// others who want the partition at the same moment, and by an owner that writes
// without pause, which on a fast machine is some hundred times.
const openTries = 1 << 14

// Open takes the partition: it reads what is there, writes a fence behind it
// with the next epoch, and from then on whoever owned the partition before can
// write nothing. The history is where that left off.
//
// Where records are released nothing is written yet: Rewind has to follow.
//
// broker.ErrNoBroker: the broker went away; nothing is taken, or nothing but a
// fence is written.
func Open(ctx context.Context, b *broker.Broker, p Partition) (*Committer, error) {
	c := &Committer{broker: b, partition: p, recovery: p.Promise.recovery()}
	c.plant()
	if p.released() {
		return c, nil
	}
	for tries := 1; ; tries++ {
		epoch, sequence, err := c.read(ctx)
		if err == nil {
			err = c.join(ctx)
		}
		if err != nil {
			return nil, err
		}
		if c.unfenced(epoch) {
			c.epoch, c.appender = epoch, c.writer(sequence)
			return c.opened(ctx)
		}
		c.epoch = epoch + 1
		fence := c.sign(c.fence())
		stored, err := b.Put(ctx, p.Stream, p.Subject, p.Subject, sequence, fence.lines(), nil)
		switch {
		case err == nil:
			c.appender = c.writer(stored)
			return c.opened(ctx)
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

// opened settles what the owner before left open.
func (c *Committer) opened(ctx context.Context) (*Committer, error) {
	if err := errors.Join(c.slows(ctx), c.recovery.opened(ctx, c)); err != nil {
		c.Close()
		return nil, err
	}
	c.next = c.history.Cursor + 1
	if p := c.partition.Promise.OrDefault(); p.Guarantee == AtLeastOnce && !p.Holds() {
		c.next = c.history.Acked + 1
	}
	return c, nil
}

// sign fills in who writes a record.
func (c *Committer) sign(h Header) Header {
	h.Epoch, h.Worker, h.Attempt = c.epoch, c.partition.Worker, c.attempt.Number
	return h
}

// read makes the history of what stands in the partition's stream, and returns
// the epoch and the sequence of its last record.
func (c *Committer) read(ctx context.Context) (epoch, sequence uint64, err error) {
	c.history, c.attempt = History{}, Attempt{}
	last, err := c.broker.Last(ctx, c.partition.Stream, c.partition.Subject)
	if errors.Is(err, broker.ErrEmpty) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: its last record cannot be read: %w", c.partition.Name, err)
	}
	h, err := ParseHeader(last)
	if err != nil {
		return 0, 0, err
	}
	c.attempt.Number = h.worked()
	if c.recovery.scans() {
		err = c.scanAgain(ctx, last.Sequence)
	} else {
		c.history.begun, c.history.Cursor = true, h.To
	}
	return h.Epoch, last.Sequence, err
}

// scanTries is how often a stream that is purged meanwhile is read.
const scanTries = 100

// scanAgain scans, and does so again where the beginning of the stream was purged
// on the way.
func (c *Committer) scanAgain(ctx context.Context, last uint64) (err error) {
	for range scanTries {
		c.history = History{}
		if err = c.scan(ctx, last); !errors.Is(err, broker.ErrGone) {
			return err
		}
	}
	return err
}

// scan reads the stream up to its last record.
func (c *Committer) scan(ctx context.Context, last uint64) error {
	first, err := c.broker.FirstSequence(ctx, c.partition.Stream)
	if err != nil {
		return err
	}
	r, err := c.broker.Read(ctx, c.partition.Stream, first, broker.ReaderOptions{})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for _, record := range records {
			h, err := ParseHeader(record)
			if err == nil {
				err = c.history.add(h)
			}
			if err != nil {
				return fmt.Errorf("stream %s, record %d: %w", c.partition.Stream, record.Sequence, err)
			}
			if record.Sequence >= last {
				return nil
			}
		}
	}
}

// Cursor is the log sequence up to which the partition's work is done, lost,
// or handed to Commit.
func (c *Committer) Cursor() uint64 { return c.history.Cursor }

// Epoch is how often the partition has been opened, by whomever.
func (c *Committer) Epoch() uint64 { return c.epoch }

// Resume is the log sequence behind which units may have to be done.
func (c *Committer) Resume() uint64 { return c.next - 1 }

// Cuts are log sequences behind which units have to end.
func (c *Committer) Cuts() []uint64 { return c.history.cuts() }

// Applied is how often the state has to meet the unit to be what it was when
// the partition was left.
func (c *Committer) Applied(u Unit) int { return c.recovery.applied(&c.history, u) }

// Open says whether the unit has to be done, or done again: then Begin, let the
// state meet it, and Commit.
func (c *Committer) Open(u Unit) bool { return c.recovery.open(&c.history, u) }

// Begin comes before the state meets a unit. Errors as of Commit.
func (c *Committer) Begin(ctx context.Context, u Unit) error {
	if err := c.check(u); err != nil {
		return err
	}
	if err := c.at(ctx, Taken, u); err != nil {
		return err
	}
	if err := c.recovery.begin(ctx, c, u); err != nil {
		return err
	}
	return c.at(ctx, Begun, u)
}

// Commit hands over the unit and returns before it is durable; several
// are under way at a time. u.Record may be reused when it returns.
//
// ErrFenced: another worker owns the partition. ErrUncertain: open it again.
// ErrKilled: a fault says so; open it again, and take nothing along.
// Any other error is the broker's.
func (c *Committer) Commit(ctx context.Context, u Unit) error {
	if err := c.check(u); err != nil {
		return err
	}
	if err := c.at(ctx, Stepped, u); err != nil {
		return err
	}
	if c.partition.Faults.fails(ctx, PublishFails, c.partition.Name, u) {
		if c.partition.released() && !c.missed { // it is noticed with the next record, which is stored
			c.missed, c.next, c.history.Cursor = true, u.To+1, u.To
			return nil
		}
		return c.uncertain(errors.New("a fault: the record is not stored"))
	}
	h := Header{Kind: Done, From: u.From, To: u.To, Trigger: u.Trigger, Part: u.Part, Met: u.Met}
	if err := errors.Join(c.append(ctx, h, u.Record), c.Lost()); err != nil {
		return err
	}
	c.unacked++
	if u.Trigger == "" {
		c.next = u.To + 1
	}
	if c.partition.Faults.fails(ctx, DropAck, c.partition.Name, u) {
		return c.unanswered(ctx, h, u.Record)
	}
	if err := c.at(ctx, Stored, u); err != nil {
		return err
	}
	if err := c.recovery.done(ctx, c); err != nil {
		return err
	}
	return c.at(ctx, Settled, u)
}

// check refuses a unit that is not the next one.
func (c *Committer) check(u Unit) error {
	if u.To < u.From || u.Trigger == "" && u.From != c.next || u.Trigger != "" && u.To >= c.next {
		return fmt.Errorf("%s: a unit %d..%d cannot follow cursor %d", c.partition.Name, u.From, u.To, c.next-1)
	}
	return nil
}

// Rest is for when no unit waits, and in the end: what was put off is done.
func (c *Committer) Rest(ctx context.Context) error { return c.recovery.rest(ctx, c) }

// append writes a record behind the stream's last.
func (c *Committer) append(ctx context.Context, h Header, data []byte) error {
	h = c.sign(h)
	if err := c.appender.Append(c.partition.Subject, h.lines(), data); err != nil {
		return c.explain(ctx, err)
	}
	switch h.Kind {
	case Ack:
		c.unacked = 0
	case Hole:
		return c.history.add(h)
	case Done:
		c.history.Cursor = max(c.history.Cursor, h.To)
	}
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
	return c.Lost()
}

// explain finds out why a commit failed: only the partition's last record
// tells whether somebody else owns it.
func (c *Committer) explain(ctx context.Context, cause error) error {
	if !errors.Is(cause, broker.ErrConflict) && !errors.Is(cause, broker.ErrUnknown) {
		return cause
	}
	// A failure may have ended the context (OnFailure). Who asks nobody then would
	// take the partition back from its new owner.
	r, err := c.broker.Last(context.WithoutCancel(ctx), c.partition.Stream, c.partition.Subject)
	if err != nil {
		return c.uncertain(cause)
	}
	if err := c.fenced(r); err != nil {
		return err
	}
	return c.uncertain(cause)
}

// fenced is ErrFenced when the partition's last record is of another owner.
func (c *Committer) fenced(last broker.Record) error {
	h, err := ParseHeader(last)
	if err == nil && h.Epoch > c.epoch {
		err = fmt.Errorf("%s: %w: %s at %s. Nothing was committed since; nothing to do",
			c.partition.Name, ErrFenced, h.Worker, last.Time.Format("15:04:05"))
	}
	return err
}

// Owned is ErrFenced when another worker has taken the partition. It may be
// called beside the other methods.
func (c *Committer) Owned(ctx context.Context) error {
	last, err := c.broker.Last(ctx, c.partition.Stream, c.partition.Subject)
	if err != nil {
		return err
	}
	return c.fenced(last)
}

func (c *Committer) uncertain(cause error) error {
	return fmt.Errorf("%s: %w: %v", c.partition.Name, ErrUncertain, cause)
}

// Durable returns what waits until all that was handed over by now is durable,
// or is known not to be, on any goroutine. It tells no more than whether.
func (c *Committer) Durable() (wait func(ctx context.Context) error) {
	if c.partition.released() { // others' records may stand between its own
		return c.SnapshotDurable()
	}
	a, ok := c.appender.(*broker.Appender)
	if !ok {
		return func(context.Context) error { return nil } // it returned when it was
	}
	last := a.Last()
	return func(ctx context.Context) error { return a.WaitFor(ctx, last) }
}

// Close waits for what is under way to be answered.
func (c *Committer) Close() {
	if c.appender != nil {
		c.appender.Close()
	}
}
