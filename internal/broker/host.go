package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// host is the embedded server, which can be stopped and started again under
// its connections.
type host struct {
	options    Options
	problems   *problemLog
	restarting sync.Mutex

	mu     sync.Mutex
	server *server.Server // nil while it is stopped
	url    string         // where other processes reach it; "" when none can
	conn   net.Conn       // the last connection made within the process
}

var errStopped = errors.New("the embedded broker is stopped")

// start starts a server. Afterwards its port, if any, is the one it has got.
func (h *host) start() error {
	so, err := serverOptions(h.options)
	if err != nil {
		return err
	}
	s, err := server.NewServer(so)
	if err != nil {
		return fmt.Errorf("the embedded broker refuses its options: %w", err)
	}
	s.SetLoggerV2(h.problems, false, false, false)
	s.Start()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.server = s // stop has to find it, also if it is not ready
	if !s.ReadyForConnections(startTimeout) {
		return fmt.Errorf("the embedded broker did not start in %s: %s", h.options.Store, h.problems.last())
	}
	if s.Addr() != nil {
		h.options.Listen = s.Addr().String()
		h.url = "nats://" + h.options.Listen
	}
	return nil
}

// stop stops the server and waits until its files are closed.
func (h *host) stop() {
	h.mu.Lock()
	s := h.server
	h.server = nil
	h.mu.Unlock()
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// InProcessConn is for nats.go, which asks again each time that it connects.
func (h *host) InProcessConn() (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return nil, errStopped
	}
	conn, err := h.server.InProcessConn()
	if err == nil {
		h.conn = conn
	}
	return conn, err
}

func (h *host) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		_ = h.conn.Close()
	}
}

func (h *host) address() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url
}

// ErrElsewhere reports that the server is not this process's to stop.
var ErrElsewhere = errors.New("the broker does not run in this process")

// Restart stops the embedded server and starts it again on the same store and
// port, and waits until this connection is back. What was stored is there
// again; what was under way to it fails as in any outage. ErrElsewhere when
// the server does not run in this process.
func (b *Broker) Restart(ctx context.Context) error {
	h := b.host
	if h == nil {
		return fmt.Errorf("%w: %s cannot be restarted from here", ErrElsewhere, b.where)
	}
	h.restarting.Lock()
	defer h.restarting.Unlock()
	h.stop()
	for end := time.Now().Add(startTimeout); ; {
		err := h.start()
		if err == nil {
			break
		}
		// A connection that tries to come back can hold the port for a moment.
		if !errors.Is(err, ErrPortInUse) || time.Now().After(end) {
			return err
		}
	}
	return b.Await(ctx)
}

// Disconnect cuts the connection, with all that is under way in either
// direction, and returns when it is back.
func (b *Broker) Disconnect(ctx context.Context) error {
	away := b.outage.wait()
	b.cut()
	select {
	case <-away:
	case <-ctx.Done():
		return ctx.Err()
	}
	return b.Await(ctx)
}

// connectWithin connects to the server in this process.
func (b *Broker) connectWithin(o Options) (err error) {
	b.cut = b.host.cut
	b.nc, err = nats.Connect("", append(b.connectOptions(o), nats.InProcessServer(b.host))...)
	if err != nil {
		return fmt.Errorf("the embedded broker does not answer: %w", err)
	}
	return b.speak()
}
