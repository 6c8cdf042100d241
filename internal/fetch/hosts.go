package fetch

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// hostsRemembered is how many hosts may be known at once before those that
// nobody asks are forgotten.
const hostsRemembered = 1024

// hosts lets so many requests at once to each host, the beginnings of two at
// least an interval apart.
type hosts struct {
	atOnce   int
	interval time.Duration

	mu sync.Mutex
	of map[string]*host
}

type host struct {
	turns chan struct{} // one for each request under way
	users int           // under way or waiting
	next  time.Time     // when the next may begin
}

func newHosts(atOnce int, interval time.Duration) *hosts {
	return &hosts{atOnce: atOnce, interval: interval, of: map[string]*host{}}
}

// turn waits for a turn; leave gives it back.
func (h *hosts) turn(ctx context.Context, name string) (leave func(), err error) {
	one := h.enter(name)
	select {
	case one.turns <- struct{}{}:
	case <-ctx.Done():
		h.leave(one)
		return nil, ctx.Err()
	}
	if err := sleep(ctx, time.Until(h.begin(one))); err != nil {
		<-one.turns
		h.leave(one)
		return nil, err
	}
	return sync.OnceFunc(func() {
		<-one.turns
		h.leave(one)
	}), nil
}

func (h *hosts) enter(name string) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.of) >= hostsRemembered {
		h.forget(time.Now())
	}
	one := h.of[name]
	if one == nil {
		one = &host{turns: make(chan struct{}, h.atOnce)}
		h.of[name] = one
	}
	one.users++
	return one
}

// forget drops the hosts that nobody has to wait for.
func (h *hosts) forget(now time.Time) {
	for name, one := range h.of {
		if one.users == 0 && !one.next.After(now) {
			delete(h.of, name)
		}
	}
}

// begin tells when the request that has its turn may begin.
func (h *hosts) begin(one *host) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := time.Now()
	if one.next.After(at) {
		at = one.next
	}
	one.next = at.Add(h.interval)
	return at
}

func (h *hosts) leave(one *host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one.users--
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turns is the client's transport: each request, redirects too, waits for its
// host's turn, and has its time from then on.
type turns struct{ c *Client }

func (t turns) RoundTrip(request *http.Request) (*http.Response, error) {
	leave, err := t.c.hosts.turn(request.Context(), request.URL.Host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	var whole *time.Timer
	if t.c.o.Timeout > 0 {
		whole = time.AfterFunc(t.c.o.Timeout, func() { cancel(slow("it is not done after %s", t.c.o.Timeout)) })
	}
	end := func() {
		if whole != nil {
			whole.Stop()
		}
		cancel(nil)
		leave()
	}
	response, err := t.c.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		end()
		return nil, err
	}
	response.Body = &guard{
		body: response.Body, end: end, cancel: cancel, cause: func() error { return context.Cause(ctx) },
		idle: t.c.o.IdleTimeout, rateMin: t.c.o.RateMin,
	}
	return response, nil
}
