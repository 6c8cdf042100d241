package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Clock tells the coordinator when a barrier is due.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type wallClock struct{}

func (wallClock) Now() time.Time                         { return time.Now() }
func (wallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// How often the coordinator looks at the log, and how long nothing has to come
// before what there is gets a barrier, where these come by documents.
const (
	coordinateEveryMin = 5 * time.Millisecond
	coordinateEveryMax = 50 * time.Millisecond
	coordinateQuiet    = 500 * time.Millisecond
	sweepEvery         = time.Second
)

// coordinator puts barriers into the log and completes those that all
// partitions have reported. One process does it by lease, or several: each step
// is a compare-and-set, and what has to be known for the next one stands in the
// log and in the bucket, so another one goes on where it left off.
//
// A barrier is due when the interval has passed since the one before and
// something has come since; at once when a source has ended; and never while
// the one before is not complete.
type coordinator struct {
	broker    *broker.Broker
	plan      Plan
	snapshots guarantees.Snapshots
	clock     Clock

	barriers   *guarantees.Barriers
	partitions []string
	attempt    guarantees.Attempt
	number     uint64    // of the last barrier in the log
	at         uint64    // its log sequence
	since      time.Time // when it was seen first
	seen       uint64    // the log's last sequence
	grown      time.Time // when it was seen first
	looked     uint64    // up to where it was looked for ends of sources
	ended      bool      // a source has ended behind the last barrier
	documents  int       // behind the last barrier, where these decide
	counted    uint64    // up to where they are
	log        *broker.Reader
	swept      time.Time
	sweeping   saver
	whole      bool // the streams between stages are not purged
}

// newCoordinator makes one that has to be run.
func newCoordinator(b *broker.Broker, p Plan, s guarantees.Snapshots, clock Clock) *coordinator {
	c := &coordinator{broker: b, plan: p, snapshots: s, clock: clock, barriers: p.barriers(b)}
	for _, n := range p.writers() {
		for i := range *p.Partitions.of(n.Stage) {
			c.partitions = append(c.partitions, n.Stage+"/"+strconv.Itoa(i))
		}
	}
	return c
}

// run works until the context ends, which is no error.
func (c *coordinator) run(ctx context.Context) error {
	for {
		err := c.attend(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, broker.ErrNoBroker), errors.Is(err, broker.ErrUnknown), errors.Is(err, broker.ErrEmpty), errors.Is(err, context.DeadlineExceeded):
			if c.broker.Await(ctx) != nil {
				return nil
			}
		default:
			return fmt.Errorf("the coordinator of snapshots stopped: %w", err)
		}
		select {
		case <-c.clock.After(coordinateEveryMax):
		case <-ctx.Done():
			return nil
		}
	}
}

// attend takes turns until one fails.
func (c *coordinator) attend(ctx context.Context) error {
	reports, stop, err := c.barriers.Reports()
	if err != nil {
		return err
	}
	defer stop()
	defer c.sweeping.stop()
	defer func() {
		if c.log != nil {
			c.log.Close()
			c.log = nil
		}
	}()
	if err := c.find(ctx); err != nil {
		return err
	}
	every := min(max(c.plan.SnapshotEvery.Time/10, coordinateEveryMin), coordinateEveryMax)
	soon := coordinateEveryMin / 5
	wait := every
	for {
		complete := c.attempt.Complete
		if err := c.turn(ctx); err != nil {
			return err
		}
		if c.attempt.Complete > complete {
			wait = every
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reports:
			wait = soon // the word can come before what it tells of
		case <-c.clock.After(min(wait, c.left())):
			wait = min(2*wait, every)
		}
	}
}

// left is how long it is until a barrier is due by time.
func (c *coordinator) left() time.Duration {
	left := c.plan.SnapshotEvery.Time - c.clock.Now().Sub(c.since)
	if c.plan.SnapshotEvery.Time == 0 || left <= 0 {
		return coordinateEveryMax
	}
	return left
}

// turn completes what can be, and puts a barrier if one is due.
func (c *coordinator) turn(ctx context.Context) (err error) {
	if c.attempt, err = c.barriers.Settle(ctx, c.partitions); err != nil {
		return err
	}
	if c.attempt.Number == 0 || c.at > c.attempt.Complete {
		return nil // nobody works yet, or a barrier is under way
	}
	c.sweep(ctx)
	due, err := c.due(ctx)
	if err != nil || !due {
		return err
	}
	return c.put(ctx)
}

// find finds the last barrier in the log.
func (c *coordinator) find(ctx context.Context) error {
	r, err := c.broker.Last(ctx, c.plan.Pipeline.LogStream().Name, c.plan.Pipeline.LogSubject("*", BarrierSource))
	if err != nil && !errors.Is(err, broker.ErrEmpty) {
		return err
	}
	var e Entry
	if err == nil {
		barrierEntry(&e, r.Data)
	}
	c.number, _ = strconv.ParseUint(e.ID, 10, 64) // 0 where there is none
	c.stand(r.Sequence)
	return nil
}

// stand makes a log sequence that of the last barrier.
func (c *coordinator) stand(at uint64) {
	c.at, c.since, c.ended, c.documents = at, c.clock.Now(), false, 0
	c.seen, c.looked = max(c.seen, at), max(c.looked, at)
	if c.log != nil {
		c.log.Close()
		c.log = nil
	}
}

// due says whether a barrier is due.
func (c *coordinator) due(ctx context.Context) (bool, error) {
	last, err := c.broker.LastSequence(ctx, c.plan.Pipeline.LogStream().Name)
	if err != nil || last <= c.at {
		return false, err
	}
	now := c.clock.Now()
	if last > c.seen {
		c.seen, c.grown = last, now
	}
	if !c.ended && c.looked < last {
		if err := c.look(ctx, last); err != nil {
			return false, err
		}
	}
	if every := c.plan.SnapshotEvery.Documents; every > 0 {
		err := c.count(ctx, last)
		return c.ended || c.documents >= every || now.Sub(c.grown) >= coordinateQuiet, err
	}
	return c.ended || now.Sub(c.since) >= c.plan.SnapshotEvery.Time, nil
}

// look looks whether a source has ended behind the last barrier.
func (c *coordinator) look(ctx context.Context, last uint64) error {
	r, err := c.broker.Last(ctx, c.plan.Pipeline.LogStream().Name, c.plan.Pipeline.LogSubject(ControlRecord, ">"))
	if err != nil && !errors.Is(err, broker.ErrEmpty) {
		return err
	}
	if err == nil && r.Sequence > c.looked {
		control, err := parseControl(r.Data)
		c.ended = err == nil && control.Kind == ""
	}
	c.looked = last
	return nil
}

// count counts the documents behind the last barrier.
func (c *coordinator) count(ctx context.Context, last uint64) error {
	if c.log == nil {
		r, err := c.broker.Read(ctx, c.plan.Pipeline.LogStream().Name, c.at+1, broker.ReaderOptions{})
		if err != nil {
			return err
		}
		c.log, c.documents = r, 0
		c.counted = c.at
	}
	for c.counted < last {
		records, err := c.log.Next(ctx)
		if err != nil {
			return err
		}
		for _, r := range records {
			c.counted = r.Sequence
			if kind, _ := logTokens(r.Subject); kind == ArticleRecord {
				c.documents += 1 + bytes.Count(r.Data, []byte{'\n'})
			}
		}
	}
	return nil
}

// put puts a barrier behind the log's last record.
func (c *coordinator) put(ctx context.Context) error {
	at, err := PutBarrier(ctx, c.broker, c.plan.Pipeline, c.number+1, c.at)
	switch {
	case err == nil:
		c.number++
		c.stand(at)
		return nil
	case errors.Is(err, broker.ErrConflict), errors.Is(err, broker.ErrUnknown):
		return c.find(ctx) // another coordinator was faster, or ours is there
	case errors.Is(err, broker.ErrFull):
		return nil // nothing more comes in either; it is tried again
	}
	return err
}

// sweep deletes the snapshots that nobody needs any more, once in a while. Where
// it fails they only take room.
func (c *coordinator) sweep(ctx context.Context) {
	now := c.clock.Now()
	if now.Sub(c.swept) < sweepEvery || c.sweeping.busy() {
		return
	}
	c.swept = now
	c.sweeping.start(func() error { return c.plan.sweep(ctx, c.broker, c.snapshots, c.whole) })
}
