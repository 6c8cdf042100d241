package ingest

import (
	"net"
	"testing"
)

// Properties, of a listener with a limit:
//   - so many connections are open at most, and the next one is accepted when
//     one is closed, also when that is closed twice;
//   - closing it ends an Accept that waits for room.
func TestConnectionsAreLimited(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLimited(inner, 2)
	accepted := make(chan net.Conn, 3)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 4 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, second := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Error("a third connection is accepted beside two")
	default:
	}
	for range 2 {
		_ = first.Close()
	}
	third := <-accepted
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	_, _ = second.Close(), third.Close()
	if n := len(accepted); n > 0 {
		t.Errorf("%d connections too many are accepted", n)
	}
}
