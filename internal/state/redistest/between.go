package redistest

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// Between is the address of a Redis that answers later: what is said to it, on the
// socket that url names, and what it says are passed on behind wait. It ends with
// the test; wait has to return then.
func Between(tb testing.TB, url string, wait func()) string {
	tb.Helper()
	socket := strings.TrimPrefix(url, "unix://")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var passing sync.WaitGroup
	tb.Cleanup(func() {
		_ = l.Close()
		passing.Wait()
	})
	pass := func(to, from net.Conn) {
		defer to.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			wait()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	passing.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", socket)
			if err != nil {
				_ = in.Close()
				return
			}
			passing.Go(func() { pass(out, in) })
			passing.Go(func() { pass(in, out) })
		}
	})
	return "redis://" + l.Addr().String()
}
