package broker

import (
	"context"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// InFlightMax is how many records an Appender has under way at most.
const InFlightMax = 16

// Appender appends to one stream under compare-and-set, several records in
// flight: each names the record before it, by the sequence that it will get
// and by an id that is its own, so that either all up to a point are stored or
// nothing behind it is. One goroutine may use it.
//
// The sequence alone would not do: when another writer's record takes the slot
// of the first one in flight, it has just the sequence that the second expects.
type Appender struct {
	b      *Broker
	stream string
	last   uint64
	writer string // begins the ids of this appender's records
	before string // id of the record before; "" when another wrote it

	free    bool                           // of any condition: a Publisher
	met     uint64                         // of a Publisher: the stream's last sequence that it knows of
	foreign func(first, last uint64) error // of a Publisher: others' records stand between its own
	flight  chan jetstream.PubAckFuture
	settled sync.WaitGroup

	mu     sync.Mutex
	room   sync.Cond // the number of unsettled records fell, or err was set
	open   int
	stored uint64 // the last record that is known to be stored
	sent   uint64 // records
	err    error
	failed func() // OnFailure's
	slow   func() // Slow's
}

// Appender returns one that expects last to be the stream's last sequence.
func (b *Broker) Appender(stream string, last uint64) *Appender {
	a := &Appender{b: b, stream: stream, last: last, stored: last, writer: nuid.Next(), flight: make(chan jetstream.PubAckFuture, InFlightMax)}
	a.room.L = &a.mu
	a.settled.Go(a.settle)
	return a
}

// Publisher returns an Appender that expects nothing of the stream: its records
// are stored in their order, wherever others' stand between them. last is the
// sequence of its owner's last record. foreign is told of the sequences that turn
// out to be others'; its error ends the Publisher. It is not called for
// all of them where there are many: the last of a stretch are enough.
//
// Behind a record that failed up to InFlightMax others may be stored.
func (b *Broker) Publisher(stream string, last uint64, foreign func(first, last uint64) error) *Appender {
	a := b.Appender(stream, last)
	a.free, a.met, a.foreign = true, last, foreign
	return a
}

// Append sends a record and returns before it is stored; it waits only when
// InFlightMax are under way. data may be reused when it returns. After an
// error every further call returns the same: ErrConflict, ErrUnknown, ErrFull
// or ErrDisk, and of what was in flight nothing that stands behind the record
// that failed is stored.
func (a *Appender) Append(subject string, h Header, data []byte) error {
	if err := a.enter(); err != nil {
		return err
	}
	id := a.writer + "." + strconv.FormatUint(a.last+1, 36)
	options := []jetstream.PublishOpt{jetstream.WithRetryAttempts(0), jetstream.WithStallWait(requestTimeout)}
	if !a.free {
		options = append(options, jetstream.WithExpectLastSequence(a.last), jetstream.WithMsgID(id))
		if a.before != "" {
			options = append(options, jetstream.WithExpectLastMsgID(a.before))
		}
	}
	f, err := a.b.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: nats.Header(h), Data: a.b.tails.own(data)}, options...)
	if err != nil {
		a.leave(a.b.publishError(a.stream, err))
		return a.Err()
	}
	a.last, a.before = a.last+1, id
	a.flight <- f
	return nil
}

func (a *Appender) enter() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.open >= InFlightMax && a.err == nil {
		a.room.Wait()
	}
	if a.err != nil {
		return a.err
	}
	a.open++
	a.sent++
	return nil
}

func (a *Appender) leave(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	a.room.Broadcast()
	if a.err != nil || err == nil {
		return
	}
	a.err = err
	if a.failed != nil {
		a.failed()
	}
}

// keep notes that a record is stored, and so are all before it.
func (a *Appender) keep(sequence uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.stored = sequence
	}
}

// Last is the sequence of the last record that was appended, stored or not. It
// is for the goroutine that appends.
func (a *Appender) Last() uint64 { return a.last }

// WaitFor waits until the record with a sequence, and so all before it, are
// stored, or a record fails: then with that error, unless it was behind. Any
// goroutine may call it.
func (a *Appender) WaitFor(ctx context.Context, sequence uint64) error {
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.room.Broadcast()
	})
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.stored < sequence && a.err == nil && ctx.Err() == nil {
		a.room.Wait()
	}
	if a.stored >= sequence {
		return nil
	}
	if a.err != nil {
		return a.err
	}
	return ctx.Err()
}

// OnFailure has f called once, when the first record fails, or now when one
// has already. An error is not seen otherwise before the next call, and there
// may be nothing more to append. f must not wait, nor call the appender.
func (a *Appender) OnFailure(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = f
	if a.err != nil {
		f()
	}
}

// Slow has f called before each answer is taken note of, for trials with a
// store that takes its time: records are then answered as slowly as f returns,
// one after the other.
func (a *Appender) Slow(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slow = f
}

// settle reads every future, in order.
func (a *Appender) settle() {
	for f := range a.flight {
		a.mu.Lock()
		slow := a.slow
		a.mu.Unlock()
		if slow != nil {
			slow()
		}
		select {
		case ack := <-f.Ok():
			a.b.tails.tell(a.stream, f.Msg(), ack.Sequence, nil)
			a.keep(ack.Sequence)
			a.leave(a.among(ack.Sequence))
		case err := <-f.Err():
			a.fail(f, a.b.publishError(a.stream, err))
		case <-a.b.problems.broken:
			a.fail(f, a.b.problems.disk(a.stream))
		}
	}
}

// among tells a Publisher's owner of others' records before one of its own.
func (a *Appender) among(sequence uint64) (err error) {
	if a.free && sequence > a.met+1 {
		err = a.foreign(a.met+1, sequence-1)
	}
	a.met = max(a.met, sequence)
	return err
}

func (a *Appender) fail(f jetstream.PubAckFuture, err error) {
	a.b.tails.tell(a.stream, f.Msg(), 0, err)
	a.leave(err)
}

// Err is the first error of any record, nil so far.
func (a *Appender) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Wait waits until everything appended is stored, or the first error.
func (a *Appender) Wait(ctx context.Context) error {
	return a.await(ctx, func() bool { return a.open == 0 })
}

// await waits until enough is stored; records are settled in their order.
func (a *Appender) await(ctx context.Context, enough func() bool) error {
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.room.Broadcast()
	})
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for !enough() && a.err == nil && ctx.Err() == nil {
		a.room.Wait()
	}
	if a.err != nil {
		return a.err
	}
	return ctx.Err()
}

// Stored returns a function that waits until everything appended so far is stored,
// whatever is appended meanwhile, or for the first error. Any goroutine may call
// it.
func (a *Appender) Stored() func(ctx context.Context) error {
	a.mu.Lock()
	sent := a.sent
	a.mu.Unlock()
	return func(ctx context.Context) error {
		return a.await(ctx, func() bool { return a.sent-uint64(a.open) >= sent })
	}
}

// Close waits for what is in flight to be answered or to time out.
func (a *Appender) Close() {
	close(a.flight)
	a.settled.Wait()
}
