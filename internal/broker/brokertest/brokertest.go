// Package brokertest holds what tests of several packages need around a real
// broker: a directory in memory, a server that other connections reach and
// that can be stopped and started again, a wire that can be cut, and a check
// that nothing is left running.
//
// The rule to keep: nothing here stands for the real thing. The server is the
// real one, and so are its clients; a wire forwards bytes.
package brokertest

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidings/internal/broker"
)

// Patience is how long a test waits for what has to happen before it fails: long
// for a machine on which ten others work, for who succeeds does not wait.
const Patience = 4 * time.Minute

// Context is the test's, with an end at which a test that hangs fails.
func Context(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	tb.Cleanup(cancel)
	return ctx
}

// Random is a source of chance whose seed is printed when the test fails; the
// environment's TIDINGS_TEST_SEED sets it.
func Random(tb testing.TB) *rand.Rand {
	tb.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("TIDINGS_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			tb.Fatalf("TIDINGS_TEST_SEED: %v", err)
		}
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("run again with TIDINGS_TEST_SEED=%d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, seed))
}

// Dir makes a directory in memory, where there is such a place, and removes it
// when the test ends.
func Dir(tb testing.TB) string {
	tb.Helper()
	root := "/dev/shm"
	if s, err := os.Stat(root); err != nil || !s.IsDir() {
		root = ""
	}
	dir, err := os.MkdirTemp(root, "tidings-test-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}

// Open opens a broker and closes it when the test ends.
func Open(tb testing.TB, o broker.Options) *broker.Broker {
	tb.Helper()
	b, err := broker.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// Embed opens an embedded broker that lives as long as the test.
func Embed(tb testing.TB) *broker.Broker {
	tb.Helper()
	return Open(tb, broker.Options{Store: Dir(tb)})
}

// Stream makes a stream with one subject, its name.
func Stream(tb testing.TB, b *broker.Broker, name string) {
	tb.Helper()
	if err := b.CreateStream(tb.Context(), broker.Stream{Name: name, Subjects: []string{name}}); err != nil {
		tb.Fatal(err)
	}
}

// Records reads a whole stream, up to its last record.
func Records(tb testing.TB, b *broker.Broker, stream string) []broker.Record {
	tb.Helper()
	ctx := Context(tb)
	last, err := b.LastSequence(ctx, stream)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := b.Read(ctx, stream, 1, broker.ReaderOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	var out []broker.Record
	for uint64(len(out)) < last {
		records, err := r.Next(ctx)
		if err != nil {
			tb.Fatalf("stream %s after record %d of %d: %v", stream, len(out), last, err)
		}
		out = append(out, records...)
	}
	return out
}

// NoLeaks fails the test when, after everything is cleaned up that asks for it
// later than this call, a goroutine is left that was not there before. Call it
// first.
//
// When an ordered consumer ends, nats.go deletes it on the server from a
// goroutine of its own, which lives until the answer comes or for ten seconds.
// So the check is repeated for longer than goleak does by itself.
func NoLeaks(tb testing.TB, options ...goleak.Option) {
	tb.Helper()
	options = append(options, goleak.IgnoreCurrent(),
		// Of a publisher that is cleaned up before its goroutine has begun, that waits
		// on no channel, for ever (nats.go v1.55).
		goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
	tb.Cleanup(func() {
		var err error
		for end := time.Now().Add(Patience / 4); time.Now().Before(end); {
			if err = goleak.Find(options...); err == nil {
				return
			}
		}
		tb.Error(err)
	})
}

// LostDelete is for NoLeaks in a test that cuts connections: a consumer's
// deletion then waits its ten seconds for an answer that is lost.
func LostDelete() goleak.Option {
	return goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).DeleteConsumer")
}

// Restarts is for NoLeaks in a test that stops and starts a Server under its
// clients. Beside lost deletions, nats-server forgets, in about one of fifty
// such tests on a busy machine, to stop the store of a stream that it read at
// its start: two goroutines of its own are left until the process ends.
func Restarts() []goleak.Option {
	return []goleak.Option{
		LostDelete(),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
	}
}

// Server is a broker that others reach over TCP.
type Server struct {
	*broker.Broker
	tb      testing.TB
	options broker.Options
}

// Serve starts one on a free port. It ends with the test.
func Serve(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, options: broker.Options{Store: Dir(tb), Listen: FreeAddress(tb)}}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// Start starts the server, after a Stop again on the same port and store.
func (s *Server) Start() {
	s.tb.Helper()
	for end := time.Now().Add(Patience / 4); ; {
		b, err := broker.Open(context.WithoutCancel(s.tb.Context()), s.options)
		if err == nil {
			s.Broker = b
			return
		}
		// A connection that tries to come back can hold the port for a moment.
		if !errors.Is(err, broker.ErrPortInUse) || time.Now().After(end) {
			s.tb.Fatal(err)
		}
	}
}

// Stop stops the server. What it has stored is there again after Start.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.Broker == nil {
		return
	}
	if err := s.Close(); err != nil {
		s.tb.Error(err)
	}
	s.Broker = nil
}

// Address is "host:port".
func (s *Server) Address() string { return s.options.Listen }

// Connect opens a client's connection to an address.
func Connect(tb testing.TB, address string) *broker.Broker {
	tb.Helper()
	return Open(tb, broker.Options{URL: "nats://" + address})
}
