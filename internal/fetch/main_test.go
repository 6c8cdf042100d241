package fetch

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// here is the one private address that the tests' servers have.
var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// serve starts a server on 127.0.0.1 and returns its URL.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// client returns a client that may reach the tests' servers.
func client(t *testing.T, o Options) *Client {
	t.Helper()
	o.Allow = here
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

// get reads all of an answer.
func get(c *Client, url string, header http.Header) (body []byte, r *Response, err error) {
	r, err = c.Get(context.Background(), url, header)
	if err != nil {
		return nil, nil, err
	}
	defer r.Body.Close()
	body, err = io.ReadAll(r.Body)
	return body, r, err
}

// inMemory lets a client speak to a handler without a network, so that time can
// be the test's own.
func inMemory(t *testing.T, c *Client, h http.Handler) {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		c.Close()
		_ = s.Close()
		<-ended
	})
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		l.conns <- theirs
		return ours, nil
	}
}

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.done)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
