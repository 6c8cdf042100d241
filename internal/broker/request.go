package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// outage tells requests under way that the connection has ended: nats.go lets
// them wait for an answer that cannot come any more.
type outage struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next one
}

func newOutage() *outage { return &outage{next: make(chan struct{})} }

func (o *outage) happen(*nats.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.next)
	o.next = make(chan struct{})
}

func (o *outage) wait() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next
}

// ask prepares a request: its context ends with ctx, after requestTimeout, and
// when no answer can come any more: the connection ends, or broken is closed,
// which may be nil. done has to be called with the request's error and returns
// it, or what stood in the way of an answer.
func (b *Broker) ask(ctx context.Context, broken <-chan struct{}) (asking context.Context, done func(error) error) {
	return b.askFor(ctx, requestTimeout, broken)
}

// askFor is ask with another timeout, for what takes many requests.
func (b *Broker) askFor(ctx context.Context, timeout time.Duration, broken <-chan struct{}) (asking context.Context, done func(error) error) {
	asking, cancel := context.WithTimeout(ctx, timeout)
	away := b.outage.wait()
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-away:
			cancel()
		case <-broken:
			cancel()
		case <-asking.Done():
		}
	})
	return asking, func(err error) error {
		cancel()
		watching.Wait()
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			return nats.ErrDisconnected
		}
		return err
	}
}

// requestError tells an answer from no answer, which is ErrNoBroker.
func requestError(what string, err error) error {
	for _, away := range []error{
		nats.ErrTimeout, context.DeadlineExceeded, nats.ErrNoResponders, nats.ErrDisconnected,
		nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse,
	} {
		if errors.Is(err, away) {
			return fmt.Errorf("%s: %w (%v)", what, ErrNoBroker, err)
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}
