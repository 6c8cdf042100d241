package brokertest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"
)

// FreeAddress is a "host:port" where nobody listens, and where a server that was
// stopped or killed can listen again: the port is none of those that the system
// gives to who asks for any, or to who connects.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	first, given := 10_000, 32_768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(text), &given); err != nil {
			tb.Fatalf("the ports that the system gives are %q: %v", text, err)
		}
	}
	if given < 2*first { // it gives nearly all
		first, given = given, 65_536
	}
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(given-first)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			tb.Fatal(err)
		}
		return l.Addr().String()
	}
	tb.Fatalf("no port of %d..%d is free", first, given-1)
	return ""
}
