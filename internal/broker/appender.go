package broker

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// InFlightMax is how many records an Appender has under way at most.
const InFlightMax = 16

// Appender appends to one stream under compare-and-set, several records in
// flight: each names the sequence that the one before it will get, so that
// either all up to a point are stored or nothing behind it is. One goroutine
// may use it.
type Appender struct {
	b      *Broker
	stream string
	last   uint64

	flight  chan jetstream.PubAckFuture
	settled sync.WaitGroup

	mu   sync.Mutex
	free sync.Cond // the number of unsettled records fell, or err was set
	open int
	err  error
}

// Appender returns one that expects last to be the stream's last sequence.
func (b *Broker) Appender(stream string, last uint64) *Appender {
	a := &Appender{b: b, stream: stream, last: last, flight: make(chan jetstream.PubAckFuture, InFlightMax)}
	a.free.L = &a.mu
	a.settled.Go(a.settle)
	return a
}

// Append sends a record and returns before it is stored; it waits only when
// InFlightMax are under way. data may be reused when it returns. After an
// error every further call returns the same: ErrConflict, ErrUnknown
// or ErrFull, and of what was in flight nothing that stands behind the record
// that failed is stored.
func (a *Appender) Append(subject string, h Header, data []byte) error {
	if err := a.enter(); err != nil {
		return err
	}
	f, err := a.b.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: nats.Header(h), Data: data},
		jetstream.WithExpectLastSequence(a.last),
		jetstream.WithRetryAttempts(0),
		jetstream.WithStallWait(requestTimeout))
	if err != nil {
		a.leave(publishError(a.stream, err))
		return a.Err()
	}
	a.last++
	a.flight <- f
	return nil
}

func (a *Appender) enter() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.open >= InFlightMax && a.err == nil {
		a.free.Wait()
	}
	if a.err != nil {
		return a.err
	}
	a.open++
	return nil
}

func (a *Appender) leave(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	if a.err == nil {
		a.err = err
	}
	a.free.Broadcast()
}

// settle reads every future, in order.
func (a *Appender) settle() {
	for f := range a.flight {
		select {
		case <-f.Ok():
			a.leave(nil)
		case err := <-f.Err():
			a.leave(publishError(a.stream, err))
		}
	}
}

// Err is the first error of any record, nil so far.
func (a *Appender) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Wait waits until everything appended is stored, or the first error.
func (a *Appender) Wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.free.Broadcast()
	})
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.open > 0 && a.err == nil && ctx.Err() == nil {
		a.free.Wait()
	}
	if a.err != nil {
		return a.err
	}
	return ctx.Err()
}

// Close waits for what is in flight to be answered or to time out.
func (a *Appender) Close() {
	close(a.flight)
	a.settled.Wait()
}
