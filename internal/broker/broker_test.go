package broker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// otherProcess names the store that this test binary, started again, shall try
// to open instead of running tests.
const otherProcess = "TIDINGS_TEST_STORE"

func TestMain(m *testing.M) {
	if store := os.Getenv(otherProcess); store != "" {
		b, err := broker.Open(context.Background(), broker.Options{Store: store})
		if err == nil {
			err = b.Close()
		}
		fmt.Println(errors.Is(err, broker.ErrStoreInUse), err)
		return
	}
	os.Exit(m.Run())
}

// Properties:
//   - Open and Close leave no goroutine, whether the broker was used or not;
//   - a temporary store is gone after Close, a named one is kept;
//   - the store's lock is released, and what was stored is there again.
func TestCloseLeavesNothing(t *testing.T) {
	brokertest.NoLeaks(t)
	ctx := brokertest.Context(t)
	temporary := brokertest.Dir(t)
	t.Setenv("TMPDIR", temporary)
	named := brokertest.Dir(t)
	for _, o := range []broker.Options{{}, {Store: named}, {Store: named, Listen: "127.0.0.1:0", SyncAlways: true}} {
		b, err := broker.Open(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Embedded() {
			t.Error("an embedded broker says it is none")
		}
		brokertest.Stream(t, b, "s")
		last, err := b.LastSequence(ctx, "s")
		if err != nil {
			t.Fatal(err)
		}
		a := b.Appender("s", last)
		if err := errors.Join(a.Append("s", nil, []byte("x")), a.Wait(ctx)); err != nil {
			t.Fatal(err)
		}
		brokertest.Records(t, b, "s")
		a.Close()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("in the place for temporary files is left: %v (%v)", left, err)
	}
	b := brokertest.Open(t, broker.Options{Store: named})
	if last, err := b.LastSequence(ctx, "s"); last != 2 || err != nil {
		t.Errorf("of 2 records %d are there again (%v)", last, err)
	}
}

// Properties:
//   - the errors of Open are those that it names; no broker comes with them;
//   - a failed Open leaves no goroutine, no directory and no lock.
func TestOpenRefuses(t *testing.T) {
	brokertest.NoLeaks(t)
	temporary := brokertest.Dir(t)
	t.Setenv("TMPDIR", temporary)
	used := brokertest.Dir(t)
	running := brokertest.Open(t, broker.Options{Store: used, Listen: "127.0.0.1:0"})
	address := strings.TrimPrefix(running.URL(), "nats://")
	file := filepath.Join(brokertest.Dir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		options broker.Options
		want    error    // nil: any
		says    []string // in the error's text
	}{
		"store in use":       {broker.Options{Store: used}, broker.ErrStoreInUse, []string{used, "--store", "--nats"}},
		"port in use":        {broker.Options{Listen: address}, broker.ErrPortInUse, []string{address, "--listen"}},
		"no port":            {broker.Options{Listen: "127.0.0.1"}, nil, []string{"127.0.0.1", "host:port"}},
		"port out of range":  {broker.Options{Listen: "127.0.0.1:70000"}, nil, []string{"70000", "65535"}},
		"negative port":      {broker.Options{Listen: "127.0.0.1:-1"}, nil, []string{"-1"}},
		"store is a file":    {broker.Options{Store: file}, nil, []string{file}},
		"nobody there":       {broker.Options{URL: "nats://127.0.0.1:1"}, broker.ErrNoBroker, []string{"127.0.0.1:1", "nats-server -js", "--nats"}},
		"password":           {broker.Options{URL: "nats://me:hidden@127.0.0.1:1"}, broker.ErrNoBroker, []string{"127.0.0.1:1"}},
		"token":              {broker.Options{URL: "nats://hidden@127.0.0.1:1"}, broker.ErrNoBroker, []string{"127.0.0.1:1"}},
		"no scheme":          {broker.Options{URL: "me:hidden@127.0.0.1:1"}, broker.ErrNoBroker, []string{"127.0.0.1:1"}},
		"several servers":    {broker.Options{URL: "nats://me:hidden@127.0.0.1:1,nats://you:hidden@127.0.0.1:2"}, broker.ErrNoBroker, []string{"127.0.0.1:1", "127.0.0.1:2"}},
		"slash in password":  {broker.Options{URL: "nats://me:hid/den@127.0.0.1:1"}, broker.ErrNoBroker, nil},
		"escape in password": {broker.Options{URL: "nats://me:hidden%zz@127.0.0.1:1"}, broker.ErrNoBroker, nil},
		"bad port":           {broker.Options{URL: "nats://me:hidden@127.0.0.1:x"}, broker.ErrNoBroker, nil},
		"no JetStream":       {broker.Options{URL: plainServer(t)}, broker.ErrNoJetStream, []string{"-js"}},
		"too old":            {broker.Options{URL: oldServer(t, "2.10.29")}, broker.ErrTooOld, []string{"2.10.29", "2.11"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := broker.Open(brokertest.Context(t), test.options)
			if err == nil {
				_ = b.Close()
				t.Fatal("no error")
			}
			if b != nil {
				t.Error("a broker comes with the error")
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%v is not %v", err, test.want)
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "hid") {
				t.Errorf("%q tells the secret", err)
			}
			left, err := os.ReadDir(temporary)
			if err != nil || len(left) > 0 {
				t.Errorf("in the place for temporary files is left: %v (%v)", left, err)
			}
		})
	}
}

// plainServer is a server without JetStream.
func plainServer(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(brokertest.Patience) {
		t.Fatal("the server did not start")
	}
	return s.ClientURL()
}

// oldServer speaks as much of the protocol as a client needs to connect, and
// says it is of some version.
func oldServer(t *testing.T, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(c, "INFO {\"server_id\":\"X\",\"version\":%q,\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n", version)
			for in := bufio.NewScanner(c); in.Scan(); {
				if in.Text() == "PING" {
					_, _ = fmt.Fprint(c, "PONG\r\n")
				}
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return "nats://" + l.Addr().String()
}

// Properties:
//   - another process on the same store is refused with ErrStoreInUse, and can
//     open it when the first has closed it.
func TestAnotherProcessIsKeptOutOfAStore(t *testing.T) {
	store := brokertest.Dir(t)
	try := func() string {
		t.Helper()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(brokertest.Context(t), self)
		c.Env = append(os.Environ(), otherProcess+"="+store)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	b, err := broker.Open(t.Context(), broker.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if said := try(); !strings.HasPrefix(said, "true ") || !strings.Contains(said, store) {
		t.Errorf("while the store is open, another process says: %s", said)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if said := try(); !strings.HasPrefix(said, "false <nil>") {
		t.Errorf("when the store is closed, another process says: %s", said)
	}
}

// Properties:
//   - without Listen nobody else can reach the embedded broker: it has no URL;
//   - with a port alone it listens on 127.0.0.1 and on no other address.
func TestTheEmbeddedBrokerKeepsToItself(t *testing.T) {
	closed := brokertest.Embed(t)
	if url := closed.URL(); url != "" {
		t.Errorf("a broker that does not listen has the URL %s", url)
	}
	open := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: ":0"})
	host, port, err := net.SplitHostPort(strings.TrimPrefix(open.URL(), "nats://"))
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("it listens on %s (%v)", open.URL(), err)
	}
	others, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range others {
		ip, _, err := net.ParseCIDR(a.String())
		if err != nil || ip.String() == host || ip.IsLinkLocalUnicast() {
			continue
		}
		if c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), port), time.Second); err == nil {
			_ = c.Close()
			t.Errorf("it can be reached at %s", ip)
		}
	}
	client := brokertest.Connect(t, net.JoinHostPort(host, port))
	if client.Embedded() || client.URL() != open.URL() {
		t.Errorf("a client of %s says it is at %s", open.URL(), client.URL())
	}
	brokertest.Stream(t, client, "s")
	if last, err := open.LastSequence(t.Context(), "s"); last != 0 || err != nil {
		t.Errorf("what a client made is not there: %v", err)
	}
}

// Properties:
//   - while the server is away, requests say ErrNoBroker at once and publishes
//     ErrUnknown, and Await waits until it is back;
//   - Await ends with its context.
func TestTheBrokerGoesAndComesBack(t *testing.T) {
	brokertest.NoLeaks(t)
	ctx := brokertest.Context(t)
	s := brokertest.Serve(t)
	b := brokertest.Connect(t, s.Address())
	brokertest.Stream(t, b, "s")
	s.Stop()
	for name, err := range map[string]error{
		"LastSequence": second(b.LastSequence(ctx, "s")),
		"Last":         second(b.Last(ctx, "s", "s")),
		"Record":       second(b.Record(ctx, "s", 1)),
		"Read":         second(b.Read(ctx, "s", 1, broker.ReaderOptions{})),
		"CreateStream": b.CreateStream(ctx, broker.Stream{Name: "x", Subjects: []string{"x"}}),
		"CreateKey":    b.CreateKey(ctx, "bucket", "k", nil),
		"Key":          second(b.Key(ctx, "bucket", "k")),
	} {
		if !errors.Is(err, broker.ErrNoBroker) {
			t.Errorf("%s while the server is away: %v", name, err)
		}
	}
	if _, err := b.Put(ctx, "s", "s", "s", 0, nil, nil); !errors.Is(err, broker.ErrUnknown) {
		t.Errorf("Put while the server is away: %v", err)
	}
	a := b.Appender("s", 0)
	if err := errors.Join(a.Append("s", nil, nil), a.Wait(ctx)); !errors.Is(err, broker.ErrUnknown) {
		t.Errorf("Append while the server is away: %v", err)
	}
	a.Close()
	soon, cancel := context.WithCancel(ctx)
	cancel()
	if err := b.Await(soon); !errors.Is(err, context.Canceled) {
		t.Errorf("Await with a context that has ended: %v", err)
	}
	s.Start()
	if err := b.Await(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(ctx, "s", "s", "s", 0, nil, nil); err != nil {
		t.Errorf("Put when the server is back: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// raw is a client of a broker that is not this package's.
func raw(t *testing.T, b *broker.Broker) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
