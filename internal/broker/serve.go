package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// What a Service holds of messages that handle has not taken yet. Beyond it
// the client throws messages away, and Lost counts them.
const (
	serviceMessagesMax = 1 << 16
	serviceBytesMax    = 64 << 20
)

// Message is what somebody published on a subject that is served.
type Message struct {
	Subject string
	Data    []byte // the receiver's
	from    *nats.Msg
}

// Asks says whether whoever published it waits for an answer.
func (m Message) Asks() bool { return m.from.Reply != "" }

// Answer answers. It does not wait until the answer has arrived, and nobody
// knows whether it does.
func (m Message) Answer(data []byte) error { return m.from.Respond(data) }

// Service receives what is published on a subject.
type Service struct {
	sub   *nats.Subscription
	ended chan struct{}
}

// Serve calls handle with each message on a subject, one after the other, on a
// goroutine of its own; who asks while nobody serves is told at once. Of
// several that serve with the same group one gets each message. When it
// returns, the broker knows of it. It outlives an outage.
//
// Nothing is promised of a message: it is gone when the process ends before it
// was stored. handle must not wait for long.
func (b *Broker) Serve(ctx context.Context, subject, group string, handle func(Message)) (*Service, error) {
	s := &Service{ended: make(chan struct{})}
	sub, err := b.nc.QueueSubscribe(subject, group, func(m *nats.Msg) {
		handle(Message{Subject: m.Subject, Data: m.Data, from: m})
	})
	if err != nil {
		return nil, requestError("subject "+subject+" cannot be served", err)
	}
	sub.SetClosedHandler(func(string) { close(s.ended) })
	s.sub = sub
	if err := sub.SetPendingLimits(serviceMessagesMax, serviceBytesMax); err != nil {
		return nil, errors.Join(err, sub.Unsubscribe())
	}
	if err := b.Flush(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("subject %s cannot be served: %w", subject, err), sub.Unsubscribe())
	}
	return s, nil
}

// Lost is how many messages came faster than handle took them and were thrown
// away.
func (s *Service) Lost() uint64 {
	n, err := s.sub.Dropped()
	if err != nil || n < 0 {
		return 0
	}
	return uint64(n)
}

// Stop ends it: no further message comes, and those that have come are handed
// to handle before it returns. Its error is the context's.
func (s *Service) Stop(ctx context.Context) error {
	if err := s.sub.Drain(); err != nil {
		return nil // it has ended, or the connection has
	}
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flush waits until the broker has got what was sent so far.
func (b *Broker) Flush(ctx context.Context) error {
	asking, done := b.ask(ctx, nil)
	if err := done(b.nc.FlushWithContext(asking)); err != nil {
		return requestError("the broker", err)
	}
	return nil
}

// Connected says whether the connection stands.
func (b *Broker) Connected() bool { return b.nc.Status() == nats.CONNECTED }
