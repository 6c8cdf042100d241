package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// Properties: only addresses that belong to somebody on the internet are
// reached, however they are written; what is allowed besides is what was asked
// for, and never where clouds keep their secrets.
func TestOnlyPublicAddressesAreReached(t *testing.T) {
	tests := map[string]struct{ public, allowPrivate bool }{
		"8.8.8.8": {true, true}, "1.1.1.1": {true, true}, "192.88.98.1": {true, true}, "223.255.255.255": {true, true},
		"2606:4700:4700::1111": {true, true}, "2a00:1450:4001::1": {true, true}, "::ffff:8.8.8.8": {true, true}, "64:ff9b::808:808": {true, true},

		"127.0.0.1": {false, true}, "127.255.255.254": {false, true}, "10.1.2.3": {false, true}, "172.16.0.1": {false, true},
		"172.31.255.255": {false, true}, "192.168.1.1": {false, true}, "100.64.0.1": {false, true}, "100.127.255.255": {false, true},
		"::1": {false, true}, "fc00::1": {false, true}, "fd12:3456::1": {false, true},
		"::ffff:127.0.0.1": {false, true}, "::ffff:10.0.0.1": {false, true}, "64:ff9b::7f00:1": {false, true}, "64:ff9b::a00:1": {false, true},

		"0.0.0.0": {}, "0.1.2.3": {}, "169.254.169.254": {}, "::ffff:169.254.169.254": {}, "64:ff9b::a9fe:a9fe": {},
		"192.0.0.8": {}, "192.0.2.1": {}, "192.88.99.1": {}, "198.18.0.1": {}, "198.19.255.255": {}, "198.51.100.7": {}, "203.0.113.9": {},
		"224.0.0.1": {}, "239.255.255.250": {}, "240.0.0.1": {}, "255.255.255.255": {},
		"::": {}, "::127.0.0.1": {}, "fe80::1": {}, "fe80::1%eth0": {}, "fec0::1": {}, "ff02::1": {}, "100::1": {}, "5f00::1": {},
		"64:ff9b:1::a00:1": {}, "2001:db8::1": {}, "2001::1": {}, "2001:10::1": {}, "2002:7f00:1::": {}, "2002:808:808::": {}, "3fff::1": {}, "4000::1": {},
	}
	for text, want := range tests {
		a := netip.MustParseAddr(text)
		if got := (judge{}).allowed(a); got != want.public {
			t.Errorf("%s: reached %v, want %v", text, got, want.public)
		}
		if got := (judge{private: true}).allowed(a); got != want.allowPrivate {
			t.Errorf("%s with private ones allowed: reached %v, want %v", text, got, want.allowPrivate)
		}
	}
	if one := (judge{allow: here}); !one.allowed(netip.MustParseAddr("::ffff:127.0.0.1")) || one.allowed(netip.MustParseAddr("127.0.0.2")) {
		t.Error("a range that is allowed is not exactly what is allowed")
	}
	if (judge{}).allowed(netip.Addr{}) {
		t.Error("no address is allowed")
	}
}

// Properties: names and numbers that lead to this machine are refused before a
// connection is made; also where an environment names a proxy.
func TestPrivateAddressIsRefusedBeforeItIsConnectedTo(t *testing.T) {
	var asked atomic.Int64
	url := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, url)
	}
	port := url[strings.LastIndexByte(url, ':'):]
	c := New(Options{})
	defer c.Close()
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		_, err := c.Get(context.Background(), "http://"+host+port+"/", nil)
		if !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v, want ErrPrivate", host, err)
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} { // how some resolvers read them
		if _, err := c.Get(context.Background(), "http://"+host+port+"/", nil); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the server was asked %d times", n)
	}
	all := New(Options{AllowPrivate: true})
	defer all.Close()
	if _, _, err := get(all, url, nil); err != nil {
		t.Errorf("a private address that is allowed: %v", err)
	}
}
