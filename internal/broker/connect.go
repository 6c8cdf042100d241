package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// dialTimeout is how long one server may take to answer.
const dialTimeout = 5 * time.Second

func dial(ctx context.Context, o Options) (*Broker, error) {
	b := &Broker{where: redact(o.URL), outage: newOutage(), denials: newDenials(), problems: newProblemLog()}
	d := &dialer{}
	stop := context.AfterFunc(ctx, d.abort)
	nc, err := nats.Connect(o.URL, append(b.connectOptions(o), nats.Timeout(dialTimeout), nats.SetCustomDialer(d))...)
	if !stop() {
		if err == nil {
			nc.Close()
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, dialError(b.where, errors.New("it does not answer in time"))
		}
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, dialError(b.where, err)
	}
	b.nc, b.cut = nc, d.cut
	return b, b.speak()
}

// dialer lets somebody end the making of a connection, which nats.go does not.
type dialer struct {
	mu      sync.Mutex
	cancel  context.CancelFunc // of the Dial under way
	conn    net.Conn           // the last one made
	aborted bool
}

// Dial connects.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	d.mu.Lock()
	d.cancel, d.conn = cancel, nil
	aborted := d.aborted
	d.mu.Unlock()
	if aborted {
		return nil, context.Canceled
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel = nil; err == nil {
		d.conn = conn
	}
	return conn, err
}

func (d *dialer) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aborted = true
	if d.cancel != nil {
		d.cancel()
	}
	if d.conn != nil {
		_ = d.conn.Close()
	}
}

// cut ends the connection.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close()
	}
}

// dialError says why there is no connection: nobody there, or somebody who
// refuses.
func dialError(shown string, err error) error {
	switch {
	case errors.As(err, new(*url.Error)):
		err = errors.New("it is no URL of the form nats://host:port") // what url.Parse says can hold the password
	case refusesCredentials(err):
		return fmt.Errorf("%w: %s (%w); give them in the URL, as in nats://USER:PASSWORD@HOST:4222 or nats://TOKEN@HOST:4222", ErrCredentials, shown, err)
	case refusesTLS(err):
		return fmt.Errorf("%w with %s (%w); connect to the name in its certificate with tls://, and have SSL_CERT_FILE name the authority that signed it", ErrTLS, shown, err)
	}
	return fmt.Errorf("%w at %s (%w); start one with `nats-server -js`, or leave out --nats to use the embedded one", ErrNoBroker, shown, err)
}

func refusesCredentials(err error) bool {
	for _, refusal := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

func refusesTLS(err error) bool {
	return errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted) ||
		errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.RecordHeaderError)) ||
		errors.As(err, new(tls.AlertError)) || errors.As(err, new(x509.UnknownAuthorityError)) ||
		errors.As(err, new(x509.HostnameError)) || strings.Contains(err.Error(), "tls: ")
}

// redact leaves of URLs, which commas divide, what is no secret: a user, a
// password or a token stands before the last @.
func redact(raw string) string {
	var shown []string
	for u := range strings.SplitSeq(raw, ",") {
		scheme, rest, found := strings.Cut(u, "://")
		if !found {
			scheme, rest = "nats", u
		}
		shown = append(shown, scheme+"://"+rest[strings.LastIndexByte(rest, '@')+1:])
	}
	return strings.Join(shown, ",")
}
