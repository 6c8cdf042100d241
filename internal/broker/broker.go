// Package broker is the only room that speaks NATS: it runs the embedded
// server or connects to one elsewhere, makes streams, reads them in order and
// appends to them under compare-and-set.
//
// The rule to keep: nothing here is exactly-once by acknowledgement. The only
// things to build on are Appender.Append and Put, which store one record right
// behind the one that the writer believes to be the last, of the stream or of
// some of its subjects, or fail. Readers are transport; where to go on reading
// is the caller's to know.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits of the broker.
const (
	RecordBytesMax = 8 << 20 // one record, headers included
	aheadBytesMax  = 2 << 20 // of records that a Reader holds before they are asked for
	// The server counts subjects in what it sends at once, and never sends a
	// record that is larger: the largest one has to fit with them.
	pullBytesMax   = RecordBytesMax + 64<<10
	requestTimeout = 10 * time.Second
	// An ordered consumer that makes itself anew after an outage tries again when
	// no answer comes, also to what the outage has swallowed.
	consumerTimeout = 2 * time.Second
	startTimeout    = 20 * time.Second
)

// versionMin is the oldest server whose compare-and-set this package was
// tested against.
var versionMin = [2]int{2, 11}

// Options of Open. The zero value is an embedded server in a temporary
// directory that nobody else can reach.
type Options struct {
	URL        string // a server elsewhere, "nats://host:port"; "" embeds one
	Store      string // the embedded server's directory; "" is a temporary one, removed by Close
	Listen     string // "host:port" that opens the embedded server to other processes; "" keeps it closed
	SyncAlways bool   // fsync each record: it survives a power failure too, at a fraction of the speed
	StoreBytes int64  // the most the embedded server may store; 0 is StoreBytesDefault
	Name       string // of this client, shown by the server; "" is "tidings"
}

// StoreBytesDefault is the most an embedded server stores unless told otherwise.
const StoreBytesDefault = 64 << 30

// Broker is a connection to a JetStream server, embedded or not. It is safe
// for concurrent use.
type Broker struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	host     *host  // the embedded server; nil: it runs elsewhere
	cut      func() // ends the connection, which then makes itself anew
	where    string // to name it in errors; without secrets
	outage   *outage
	denials  *denials
	problems *problemLog
	tails    *tails // nil: other processes can write
	lock     *flock.Flock
	store    string // the embedded server's directory
	remove   string // a temporary store to remove
}

// Open starts the embedded server, or connects to the one at Options.URL.
//
// Errors a caller can branch on: ErrStoreInUse, ErrPortInUse, ErrNoBroker,
// ErrCredentials, ErrTLS, ErrTooOld, ErrNoJetStream, ErrDenied.
func Open(ctx context.Context, o Options) (*Broker, error) {
	b, err := Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := b.check(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// Connect is Open for who wants to look at a server, whatever it can do: it
// does not ask for a version or for JetStream. Its errors are Open's but
// ErrTooOld, ErrNoJetStream and ErrDenied.
func Connect(ctx context.Context, o Options) (*Broker, error) {
	if o.Name == "" {
		o.Name = "tidings"
	}
	if o.URL != "" {
		return dial(ctx, o)
	}
	return embed(o)
}

func embed(o Options) (_ *Broker, err error) {
	b := &Broker{where: "the embedded broker", outage: newOutage(), denials: newDenials(), problems: newProblemLog()}
	defer func() {
		if err != nil {
			_ = b.Close()
		}
	}()
	if o.Listen == "" {
		b.tails = &tails{of: map[string]*tail{}}
	}
	if o.Store == "" {
		if o.Store, err = os.MkdirTemp("", "tidings-"); err != nil {
			return nil, fmt.Errorf("no temporary directory for the broker: %w; name one with --store", err)
		}
		b.remove = o.Store
	}
	b.store = o.Store
	if err := b.lockStore(o.Store); err != nil {
		return nil, err
	}
	b.host = &host{options: o, problems: b.problems}
	if err := b.host.start(); err != nil {
		return nil, err
	}
	return b, b.connectWithin(o)
}

// lockStore keeps a second server out of the directory: two servers on one
// directory diverge without a word.
func (b *Broker) lockStore(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the store directory cannot be made: %w", err)
	}
	l := flock.New(filepath.Join(dir, lockFile))
	held, err := l.TryLock()
	if err != nil {
		return fmt.Errorf("the store directory %s cannot be locked: %w", dir, err)
	}
	if !held {
		_ = l.Close()
		return fmt.Errorf("%w: %s; two brokers on one directory would corrupt it. Stop the other process, name another --store, or connect to its broker with --nats (it has to run with --listen)", ErrStoreInUse, dir)
	}
	b.lock = l
	return nil
}

func serverOptions(o Options) (*server.Options, error) {
	so := &server.Options{
		ServerName:             "tidings",
		DontListen:             o.Listen == "",
		JetStream:              true,
		StoreDir:               o.Store,
		JetStreamMaxMemory:     64 << 20,
		JetStreamMaxStore:      o.StoreBytes,
		MaxPayload:             RecordBytesMax,
		MaxPending:             8 * RecordBytesMax,
		SyncAlways:             o.SyncAlways,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	}
	if so.JetStreamMaxStore == 0 {
		so.JetStreamMaxStore = StoreBytesDefault
	}
	if o.Listen == "" {
		return so, nil
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %q is not host:port (for instance 127.0.0.1:4222): %w", o.Listen, err)
	}
	if so.Port, err = strconv.Atoi(port); err != nil || so.Port < 0 || so.Port > 65535 {
		return nil, fmt.Errorf("--listen %q has no port between 0 and 65535", o.Listen)
	}
	if so.Host = host; host == "" {
		so.Host = "127.0.0.1"
	}
	if so.Port == 0 {
		so.Port = server.RANDOM_PORT
		return so, nil
	}
	// The server only logs that a port is taken, so ask first.
	l, err := net.Listen("tcp", net.JoinHostPort(so.Host, port))
	if err != nil {
		return nil, fmt.Errorf("%w: %s (%v); name another with --listen, or connect to the broker that runs there with --nats", ErrPortInUse, o.Listen, err)
	}
	return so, l.Close()
}

func (b *Broker) connectOptions(o Options) []nats.Option {
	return []nats.Option{
		nats.Name(o.Name),
		nats.DisconnectErrHandler(b.outage.happen),
		// By default they are printed, in the middle of what a person reads.
		// Each of them also ends a request, or the connection.
		nats.ErrorHandler(b.denials.happen),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectBufSize(-1), // a publish while disconnected fails instead of waiting in memory
	}
}

// speak makes the connection speak JetStream.
func (b *Broker) speak() (err error) {
	b.js, err = jetstream.New(b.nc,
		jetstream.WithPublishAsyncMaxPending(1024),
		jetstream.WithPublishAsyncTimeout(requestTimeout),
		jetstream.WithDefaultTimeout(consumerTimeout))
	return err
}

// check finds out whether the server can do what the package needs.
func (b *Broker) check(ctx context.Context) error {
	if version := b.nc.ConnectedServerVersion(); tooOld(version) {
		return fmt.Errorf("%w: %s is nats-server %s, at least %s is needed", ErrTooOld, b.where, version, VersionMin())
	}
	_, err := b.Account(ctx)
	return err
}

// VersionMin is the oldest nats-server that will do.
func VersionMin() string { return fmt.Sprintf("%d.%d", versionMin[0], versionMin[1]) }

func tooOld(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return false
	}
	return major < versionMin[0] || major == versionMin[0] && minor < versionMin[1]
}

// URL is where other processes reach the broker, "" when none can.
func (b *Broker) URL() string {
	if b.host != nil {
		return b.host.address()
	}
	return redact(b.nc.ConnectedUrl())
}

// awaitPause is how long Await waits at least: a server that has just come
// back may not answer yet.
const awaitPause = 100 * time.Millisecond

// Await is for who got ErrNoBroker in the middle of work: it waits until the
// broker is connected again, and a moment longer. Its error is the context's.
func (b *Broker) Await(ctx context.Context) error {
	pause := time.NewTicker(awaitPause)
	defer pause.Stop()
	for {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if s := b.nc.Status(); s == nats.CONNECTED || s == nats.CLOSED {
			return nil
		}
	}
}

// Embedded says whether the server runs in this process.
func (b *Broker) Embedded() bool { return b.host != nil }

// Close closes the connection and stops an embedded server, waiting until its
// files are closed. A temporary store is removed.
func (b *Broker) Close() error {
	var errs []error
	if b.nc != nil {
		b.nc.Close()
	}
	if b.host != nil {
		b.host.stop()
	}
	if b.lock != nil {
		errs = append(errs, b.lock.Close())
	}
	if b.remove != "" {
		errs = append(errs, os.RemoveAll(b.remove))
	}
	return errors.Join(errs...)
}
