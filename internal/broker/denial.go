package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// denials tells requests under way that the server has denied something: it
// does so beside the answer, which never comes, and nats.go lets the request
// wait for it.
type denials struct {
	mu   sync.Mutex
	last string        // what was denied
	next chan struct{} // closed at the next one
}

func newDenials() *denials { return &denials{next: make(chan struct{})} }

func (d *denials) happen(_ *nats.Conn, _ *nats.Subscription, err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	_, text, found := strings.Cut(err.Error(), "Permissions Violation for ")
	if !found {
		text = err.Error()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = text
	close(d.next)
	d.next = make(chan struct{})
}

func (d *denials) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next
}

func (d *denials) what() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// undenied returns a context for requests that ends when the server denies
// anything. done has to be called with their error and returns it, or
// ErrDenied. A denial does not say what it is an answer to: nothing else may
// be asked of the connection meanwhile.
func (b *Broker) undenied(ctx context.Context) (asking context.Context, done func(error) error) {
	asking, cancel := context.WithCancel(ctx)
	denied := b.denials.wait()
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-denied:
			cancel()
		case <-asking.Done():
		}
	})
	return asking, func(err error) error {
		cancel()
		watching.Wait()
		select {
		case <-denied:
			if err != nil {
				return fmt.Errorf("%w: %s", ErrDenied, b.denials.what())
			}
		default:
		}
		return err
	}
}

// Permitted calls f, whose context ends when the server denies anything, and
// returns its error or ErrDenied. Nothing else may use the connection meanwhile.
func (b *Broker) Permitted(ctx context.Context, f func(context.Context) error) error {
	asking, done := b.undenied(ctx)
	return done(f(asking))
}
