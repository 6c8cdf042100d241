package state

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"
)

// interruptAfter is how long a request whose context has ended waits for its
// answer still. The library waits for the answer whatever becomes of the context,
// and a Redis that hangs gives none.
const interruptAfter = 500 * time.Millisecond

// wires are the connections that are open.
type wires struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

// wire is a connection that is among them until it is closed.
type wire struct {
	net.Conn
	among *wires
}

func (w *wire) Close() error {
	w.among.mu.Lock()
	delete(w.among.open, w.Conn)
	w.among.mu.Unlock()
	return w.Conn.Close()
}

// rawWire is one of which the library can find out whether it has ended.
type rawWire struct {
	*wire
	syscall.Conn
}

func (w *wires) add(c net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[net.Conn]bool{}
	}
	w.open[c] = true
	if raw, ok := c.(syscall.Conn); ok {
		return rawWire{&wire{c, w}, raw}
	}
	return &wire{c, w}
}

// interrupt has all requests that are under way fail, as if no answer came in
// time. Those that are wanted still are sent again, which changes nothing
// (Redis.do).
func (w *wires) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		_ = c.SetDeadline(time.Unix(1, 0))
	}
}

// heed interrupts what has no answer some time after its context has ended.
// answered has to be called.
func (w *wires) heed(ctx context.Context) (answered func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		grace := time.NewTimer(interruptAfter)
		defer grace.Stop()
		select {
		case <-grace.C:
			w.interrupt()
		case <-done:
		}
	})
	return func() {
		stop()
		close(done)
	}
}
