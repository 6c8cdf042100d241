package broker

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// Copy copies the first n records of a stream to a subject with an ordered
// consumer and asynchronous publishes, and nothing else done: the yardstick
// that a pipeline's speed is told in.
func (b *Broker) Copy(ctx context.Context, from, subject string, n int) error {
	js, err := jetstream.New(b.nc, jetstream.WithPublishAsyncMaxPending(4096))
	if err != nil {
		return err
	}
	c, err := js.OrderedConsumer(ctx, from, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	m, err := c.Messages()
	if err != nil {
		return err
	}
	defer m.Stop()
	for range n {
		msg, err := m.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if _, err := js.PublishAsync(subject, msg.Data(), jetstream.WithStallWait(requestTimeout)); err != nil {
			return err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
