package brokertest

import (
	"net"
	"sync"
	"testing"
)

// Wire forwards TCP connections to an address and can be cut: then the bytes
// that are under way are lost, in both directions, and clients connect anew.
// So an answer is lost although the server has done what it was asked.
type Wire struct {
	to       string
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	deaf   bool // answers are thrown away
	closed bool
}

// NewWire starts one on a free port. It ends with the test.
func NewWire(tb testing.TB, to string) *Wire {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w := &Wire{to: to, listener: l, open: map[net.Conn]struct{}{}}
	w.serving.Go(w.accept)
	tb.Cleanup(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		_ = l.Close()
		w.Cut()
		w.serving.Wait()
	})
	return w
}

// Address is "host:port".
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Deafen throws away all answers from now on, until the wire is cut.
func (w *Wire) Deafen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = true
}

// Cut ends all connections.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // a reset: what is buffered is lost too
		}
		_ = c.Close()
	}
	clear(w.open)
	w.deaf = false
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !w.keep(client, server) {
			return
		}
		w.serving.Go(func() { w.forward(server, client, false) })
		w.serving.Go(func() { w.forward(client, server, true) })
	}
}

func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if w.closed {
			_ = c.Close()
			continue
		}
		w.open[c] = struct{}{}
	}
	return !w.closed
}

// forward copies until one end is closed, and then closes the other.
func (w *Wire) forward(to, from net.Conn, answers bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		deaf := w.deaf && answers
		w.mu.Unlock()
		if n > 0 && !deaf {
			if _, werr := to.Write(buf[:n]); err == nil {
				err = werr
			}
		}
		if err != nil {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = to.Close(), from.Close()
	delete(w.open, to)
	delete(w.open, from)
}
