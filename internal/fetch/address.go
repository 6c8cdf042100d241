package fetch

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// judge decides which addresses may be reached.
type judge struct {
	private bool
	allow   []netip.Prefix
}

// control is called with each resolved address before it is connected to.
func (j judge) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s is no web", ErrPrivate, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrPrivate, address)
	}
	if !j.allowed(to.Addr()) {
		return fmt.Errorf("%w: it leads to %s", ErrPrivate, to.Addr())
	}
	return nil
}

func (j judge) allowed(a netip.Addr) bool {
	if a.Zone() != "" {
		return false // link-local
	}
	a = reached(a)
	for _, p := range j.allow {
		if p.Contains(a) {
			return true
		}
	}
	return public(a) || j.private && private(a)
}

// reached is where packets to an address end: IPv6 has two ways to write an
// IPv4 one, mapped (RFC 4291) and translated (RFC 6052).
func reached(a netip.Addr) netip.Addr {
	if a.Is4In6() {
		return a.Unmap()
	}
	if prefix("64:ff9b::/96").Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// private are the addresses of one's own machine and networks.
func private(a netip.Addr) bool {
	return a.IsLoopback() || a.IsPrivate() || prefix("100.64.0.0/10").Contains(a)
}

// public says whether an address belongs to somebody on the internet, after
// IANA's registries of special-purpose addresses (RFC 6890), read on the safe
// side: where part of a block is special all of it is.
func public(a netip.Addr) bool {
	special := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	}
	if a.Is6() {
		if !prefix("2000::/3").Contains(a) {
			return false // everything else is special or not assigned
		}
		// Protocol assignments with Teredo, documentation, 6to4.
		special = []string{"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"}
	}
	for _, s := range special {
		if prefix(s).Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
