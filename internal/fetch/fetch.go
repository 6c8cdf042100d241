// Package fetch gets things from the web for a program that follows what
// strangers write: feeds, redirects, lists of addresses.
//
// The rule to keep: whoever reads a body reads to its end or an error, and
// closes it; until then it holds one of its host's turns. Everything that a
// server decides has a limit: where it leads, how much it sends, packed and
// unpacked, how long it takes.
//
// An address is judged when a connection is made, after the name was resolved
// and for each redirect again, so that a name that changes its mind helps
// nobody. For the same reason the proxies of the environment are not used: with
// a proxy the address is resolved elsewhere, and nobody would judge it.
//
// A Client owns its connections and the turns of its hosts, and is safe for
// concurrent use. It has no cookies and sends no referrer.
package fetch

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Limits that nobody needs to set.
const (
	headerBytesMax = 64 << 10 // of a response's header
	urlBytesMax    = 8 << 10
	connectTimeout = 15 * time.Second // to resolve a name and to connect
	keptConns      = 64               // connections kept open between requests
	keptFor        = 30 * time.Second
)

// Options of New. The zero value is polite and careful, and sets no limit to
// how much comes.
type Options struct {
	// UserAgent says who asks; "": "tidings".
	UserAgent string

	// AllowPrivate lets loopback, private and carrier-grade NAT addresses be
	// reached. Link-local ones, where clouds keep their secrets, stay refused.
	AllowPrivate bool
	// Allow lists ranges that may be reached whatever they are.
	Allow []netip.Prefix

	// Timeout is for one request, from when it has its turn until its body is
	// closed; each redirect is a request. 0: no limit.
	Timeout time.Duration
	// IdleTimeout is how long the server may keep silent: before its header and
	// between two pieces of the body. 0: 30 s.
	IdleTimeout time.Duration
	// RateMin is the least a body has to bring, in bytes a second over each
	// IdleTimeout that is spent waiting for it. 0: 64.
	RateMin int64

	// RedirectsMax is how many redirects are followed. 0: 5.
	RedirectsMax int
	// BytesMax is the most that a body may have, uncompressed. 0: no limit, for
	// callers that have their own.
	BytesMax int64

	// PerHost is how many requests go to one host at once. 0: 2.
	PerHost int
	// Interval is the least time between the beginnings of two requests to one
	// host. 0: none.
	Interval time.Duration

	// OneConnectionEach closes connections behind each request, for callers that
	// come back much later.
	OneConnectionEach bool
}

// What callers branch on; the errors of Get and of a body wrap them.
var (
	ErrPrivate   = errors.New("the address is not a public one")
	ErrScheme    = errors.New("only http and https addresses are followed")
	ErrDowngrade = errors.New("a redirect leads from https to http")
	ErrRedirects = errors.New("too many redirects")
	ErrTooBig    = errors.New("the server sends too much")
	ErrTooSlow   = errors.New("the server is too slow")
)

// Client gets things.
type Client struct {
	o         Options
	http      *http.Client
	transport *http.Transport
	hosts     *hosts
}

// New returns a client.
func New(o Options) *Client {
	o.UserAgent = cmp.Or(o.UserAgent, "tidings")
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 30*time.Second)
	o.RateMin = cmp.Or(o.RateMin, 64)
	o.RedirectsMax = cmp.Or(o.RedirectsMax, 5)
	o.PerHost = cmp.Or(o.PerHost, 2)
	dialer := &net.Dialer{Timeout: connectTimeout, ControlContext: judge{o.AllowPrivate, o.Allow}.control}
	c := &Client{o: o, hosts: newHosts(o.PerHost, o.Interval), transport: &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  o.IdleTimeout,
		MaxResponseHeaderBytes: headerBytesMax,
		MaxIdleConns:           keptConns,
		MaxIdleConnsPerHost:    o.PerHost,
		IdleConnTimeout:        keptFor,
		DisableKeepAlives:      o.OneConnectionEach,
		DisableCompression:     true, // done here, where the unpacked size is bounded
	}}
	c.http = &http.Client{Transport: turns{c}, CheckRedirect: c.redirect}
	return c
}

// Close gives the idle connections back.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Response is an answer of 2xx or 304. Body is never nil and has to be closed.
type Response struct {
	Status int
	URL    string // where it came from in the end, without credentials
	Header http.Header
	Length int64 // of Body, -1 when not known
	Body   io.ReadCloser
}

// Get asks for an address, with header besides its own. Any answer that is not
// of 2xx or 304 is a *StatusError.
//
// The body comes uncompressed, unless header has Range or Accept-Encoding: it
// then comes as the server sends it. Reading it fails with ErrTooBig or
// ErrTooSlow where the limits are reached, and with the context's error where
// that ends. Errors never show credentials.
func (c *Client) Get(ctx context.Context, address string, header http.Header) (*Response, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clip(Redact(address)), plain(err))
	}
	if header != nil {
		request.Header = header.Clone()
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", c.o.UserAgent)
	}
	unpack := request.Header.Get("Range") == "" && request.Header.Get("Accept-Encoding") == ""
	if unpack {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", clip(Redact(address)), c.explain(ctx, err))
	}
	r, err := c.response(response, unpack)
	if err != nil {
		_ = response.Body.Close() // what it says is not wanted any more
		return nil, fmt.Errorf("%s: %w", clip(Redact(address)), err)
	}
	return r, nil
}

// response makes the answer out of what came.
func (c *Client) response(from *http.Response, unpack bool) (*Response, error) {
	if (from.StatusCode < 200 || from.StatusCode > 299) && from.StatusCode != http.StatusNotModified {
		return nil, newStatusError(from, time.Now())
	}
	r := &Response{Status: from.StatusCode, URL: Redact(from.Request.URL.String()), Header: from.Header, Length: from.ContentLength}
	if c.o.BytesMax > 0 && r.Length > c.o.BytesMax {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooBig, r.Length, c.o.BytesMax)
	}
	var body io.Reader = from.Body
	if encoding := strings.ToLower(strings.TrimSpace(from.Header.Get("Content-Encoding"))); unpack && r.Length != 0 && r.Status != http.StatusNotModified {
		switch encoding {
		case "", "identity":
		case "gzip", "x-gzip":
			body, r.Length = &gunzip{packed: body}, -1
		default:
			return nil, fmt.Errorf("the server packs the body as %.32q, which it was not asked to", encoding)
		}
	}
	if c.o.BytesMax > 0 {
		body = &limited{r: body, max: c.o.BytesMax}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, from.Body}
	return r, nil
}

// gunzip opens the gzip stream at the first Read, so that a bad head is an
// error of the body.
type gunzip struct {
	packed io.Reader
	z      *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		z, err := gzip.NewReader(g.packed)
		if err != nil {
			return 0, err
		}
		g.z = z
	}
	return g.z.Read(p)
}

// redirect decides whether a redirect is followed.
func (c *Client) redirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > c.o.RedirectsMax:
		return fmt.Errorf("%w: more than %d", ErrRedirects, c.o.RedirectsMax)
	case !web(next.URL):
		return fmt.Errorf("%w, and a redirect leads to %q", ErrScheme, clip(Redact(next.URL.String())))
	case next.URL.Scheme == "http" && via[len(via)-1].URL.Scheme == "https":
		return fmt.Errorf("%w, to %q", ErrDowngrade, clip(Redact(next.URL.String())))
	}
	next.URL.User = nil
	if next.URL.Host == via[0].URL.Host {
		next.URL.User = via[0].URL.User // for that server, and for no other
	}
	next.Header.Del("Referer")
	return nil
}

// explain takes the wrapping of net/http away, which shows addresses, and says
// what kind of error it is.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = plain(err)
	if op := (*net.OpError)(nil); errors.Is(err, ErrPrivate) && errors.As(err, &op) {
		return op.Err // which address it is stands there already
	}
	var timeout net.Error
	if !errors.Is(err, ErrTooSlow) && errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w: %w", ErrTooSlow, err)
	}
	return err
}

func plain(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// parse reads an address that somebody gave.
func parse(address string) (*url.URL, error) {
	if len(address) > urlBytesMax {
		return nil, fmt.Errorf("%s: the address has %d bytes, the limit is %d", clip(Redact(address)), len(address), urlBytesMax)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no address: %w", clip(Redact(address)), plain(err))
	}
	if !web(u) {
		return nil, fmt.Errorf("%q: %w", clip(Redact(address)), ErrScheme)
	}
	return u, nil
}

func web(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" }

// Redact returns an address without its credentials, fit to be shown and
// stored. Of what is no address it keeps what stands behind the last "@".
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address[strings.LastIndexByte(address, '@')+1:]
	}
	u.User = nil
	return u.String()
}

// clip shortens what strangers write before it is shown.
func clip(s string) string {
	const shown = 200
	if len(s) > shown {
		return s[:shown] + "..."
	}
	return s
}
