package ingest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// guard refuses what a page in somebody's browser sends: whoever can make a
// person look at a page could put text into the log otherwise. Browsers say
// where a request comes from, and a page that makes its own name point to this
// machine still sends its name as the host.
func (w *web) guard(r *http.Request) error {
	if r.Header.Get("Origin") != "" {
		return errors.New("requests from web pages are refused (the header Origin): send documents from a program")
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" {
		return errors.New("requests from web pages are refused (the header Sec-Fetch-Site): send documents from a program")
	}
	if w.live.o.HTTPOpen || w.here(r.Host) {
		return nil
	}
	return fmt.Errorf("the host %.100q is not this machine's: use the address that --http was given, or localhost", r.Host)
}

// here says whether a Host header names this machine by itself.
func (w *web) here(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || strings.EqualFold(host, w.name) || ip != nil && ip.IsLoopback()
}

// CheckHTTP tells what is wrong with an address to serve HTTP at. Without open
// only this machine may reach it: there is no password.
func CheckHTTP(address string, open bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--http %q is not host:port; write 127.0.0.1:8090, or port 0 for one that is free", address)
	}
	ip := net.ParseIP(host)
	if open || host == "" || strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--http %s: other machines could reach it, and it asks nobody for a password: whoever reaches it can put documents into the log. Use 127.0.0.1, or add --http-open when the network is trusted", address)
}
