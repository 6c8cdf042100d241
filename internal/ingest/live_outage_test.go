package ingest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
)

// Properties, of an input whose connection is cut at random moments, some of
// them after its answers from the broker were lost:
//   - each document is in the log once, where its clients were told.
func TestALiveInputThatIsCutOff(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.LostDelete())
	s := brokertest.Serve(t)
	wire := brokertest.NewWire(t, s.Address())
	random := brokertest.Random(t)
	o := ingest.LiveOptions{Pipeline: "cut"}
	var mu sync.Mutex
	cuts, next, records := 0, 5, 0
	var cutting sync.WaitGroup
	o.Rows = func(ingest.LiveCounts) {
		mu.Lock()
		defer mu.Unlock()
		if records++; records < next || cuts == 6 {
			return
		}
		cuts++
		next = records + 2 + random.IntN(10) // each client alone sends three times as many
		if random.IntN(3) > 0 {
			wire.Deafen() // what is stored meanwhile is not answered
		}
		pause := random.IntN(30_000)
		cutting.Go(func() {
			for range pause {
				runtime.Gosched()
			}
			wire.Cut()
		})
	}
	live, stop := serveLive(t, brokertest.Connect(t, wire.Address()), o)
	told, wait := crowd(t, []string{s.URL()}, o.Pipeline, 8, 150, random)
	wait()
	stop() // behind it no record is told of any more
	cutting.Wait()
	told.check(t, s.Broker, o.Pipeline)
	if c := live.Counts(); cuts < 3 || c.Documents+c.Duplicates < uint64(len(told.at)) {
		t.Errorf("%d cuts, %+v of %d documents: the test proves nothing", cuts, c, len(told.at))
	}
}

// Properties, of a broker that is stopped and started again under the input
// and its clients:
//   - each document is in the log once, where its clients were told.
func TestALiveInputWhoseBrokerRestarts(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "restarts"}
	serveLive(t, brokertest.Connect(t, s.Address()), o)
	told, wait := crowd(t, []string{s.URL()}, o.Pipeline, 8, 100, brokertest.Random(t))
	for range 3 {
		s.Stop()
		s.Start()
	}
	wait()
	told.check(t, s.Broker, o.Pipeline)
}

// Properties, of a store that is full:
//   - a document is answered as not stored, with the reason and when to come
//     again, and is not in the log;
//   - what was answered as accepted is, and is known when it comes again;
//   - with room, the same document enters.
func TestALiveInputWhoseStoreIsFull(t *testing.T) {
	brokertest.NoLeaks(t)
	store := broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0", StoreBytes: 1 << 20}
	o := ingest.LiveOptions{Pipeline: "full"}
	subject := ingest.LiveSubject(o.Pipeline)
	told := newLedger()
	long := strings.Repeat("long ", 10<<10)
	var refused string

	t.Run("full", func(t *testing.T) {
		b := brokertest.Open(t, store)
		_, stop := serveLive(t, b, o)
		defer stop()
		nc := dial(t, b.URL())
		for i := range 100 {
			id := fmt.Sprint(i)
			a := asked(t, nc, subject, line(id, long))[0]
			if a.Status != ingest.Accepted {
				if a.Status != ingest.Unavailable || !strings.Contains(a.Detail, "store is full") || !strings.Contains(a.Detail, "was not stored") || a.RetryMS == 0 {
					t.Errorf("in a full store: %+v", a)
				}
				refused = id
				break
			}
			if err := told.note(id, a.Position); err != nil {
				t.Error(err)
			}
		}
		if refused == "" || refused == "0" {
			t.Fatalf("the first document that did not fit is %q", refused)
		}
		if a := asked(t, nc, subject, line("0", long))[0]; !a.Duplicate || told.note("0", a.Position) != nil {
			t.Errorf("a document that has entered: %+v", a)
		}
		told.check(t, b, o.Pipeline)
	})
	t.Run("with room", func(t *testing.T) {
		store.StoreBytes = 0
		b := brokertest.Open(t, store)
		_, stop := serveLive(t, b, o)
		defer stop()
		a := asked(t, dial(t, b.URL()), subject, line(refused, long))[0]
		if a.Status != ingest.Accepted || a.Duplicate || told.note(refused, a.Position) != nil {
			t.Errorf("the document that did not fit: %+v", a)
		}
		told.check(t, b, o.Pipeline)
	})
}

// Properties, of a process that stops while clients send:
//   - what it took is stored and answered, and it ends in good time;
//   - whoever sends to nobody is told at once, and the next process serves
//     them: each document is in the log once.
func TestALiveInputThatStopsWhileClientsSend(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "stops"}
	told, wait := crowd(t, []string{s.URL()}, o.Pipeline, 8, 200, brokertest.Random(t))
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	for running := true; running; {
		reached := make(chan struct{})
		once := sync.OnceFunc(func() { close(reached) })
		o.Rows = func(c ingest.LiveCounts) {
			if c.Documents+c.Duplicates > 100 {
				once()
			}
		}
		_, stop := serveLive(t, s.Broker, o)
		select {
		case <-reached:
		case <-done:
			running = false
		}
		began := time.Now()
		stop()
		if took := time.Since(began); took > 9*time.Second { // after ten it gives up
			t.Errorf("it took %s to stop", took)
		}
	}
	told.check(t, s.Broker, o.Pipeline)
}

// Properties:
//   - an input that is opened and not run gives back what it took; nobody is
//     heard any more.
//   - one whose context has ended does so too.
func TestALiveInputThatIsNotRun(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "idle", HTTP: "127.0.0.1:0"}
	l, err := ingest.OpenLive(brokertest.Context(t), s.Broker, o)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err = ingest.OpenLive(brokertest.Context(t), s.Broker, o); err != nil {
		t.Fatal(err)
	}
	if err := l.Run(ended); err != nil {
		t.Error(err)
	}
	if _, err := ask(dial(t, s.URL()), brokertest.Patience, ingest.LiveSubject(o.Pipeline), line("a", "x")); err == nil {
		t.Error("somebody answers")
	}
}

// Properties, of a log that somebody empties while documents come in:
//   - documents go on entering; one that has entered keeps its position.
func TestALiveInputWhoseLogIsPurged(t *testing.T) {
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "purged"}
	serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	subject := ingest.LiveSubject(o.Pipeline)
	asked(t, nc, subject, line("a", "x"))
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(brokertest.Context(t), o.Pipeline.LogStream().Name)
	if err == nil {
		err = stream.Purge(brokertest.Context(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	ingestOther(t, s.Broker, o.Pipeline)
	b := asked(t, nc, subject, line("b", "x"))[0]
	a := asked(t, nc, subject, line("a", "x"))[0]
	if b.Status != ingest.Accepted || b.Duplicate || a.Position != "1/0" || !a.Duplicate {
		t.Errorf("after the purge: %+v, and again: %+v", b, a)
	}
}

// Properties, of a broker that takes small records alone:
//   - documents that came together enter in several records;
//   - one that is too large by itself is refused and told why.
func TestALiveInputWhoseBrokerTakesSmallRecords(t *testing.T) {
	n, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: brokertest.Dir(t), MaxPayload: 64 << 10, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(func() { n.Shutdown(); n.WaitForShutdown() })
	if !n.ReadyForConnections(brokertest.Patience) {
		t.Fatal("the server does not start")
	}
	b := brokertest.Connect(t, strings.TrimPrefix(n.ClientURL(), "nats://"))
	live, _ := serveLive(t, b, ingest.LiveOptions{Pipeline: "small", HTTP: "127.0.0.1:0"})
	var lines []string
	for i := range 9 {
		lines = append(lines, line(fmt.Sprint(i), strings.Repeat("x", 20<<10)))
	}
	lines[4] = line("4", strings.Repeat("x", 70<<10))
	response, answers := newWebClient(t, live).post(lines...)
	told := newLedger()
	for i, a := range answers {
		if i != 4 && (a.Status != ingest.Accepted || told.note(a.ID, a.Position) != nil) ||
			i == 4 && (a.Status != ingest.Refused || !strings.Contains(a.Detail, "raise max_payload there")) {
			t.Errorf("%+v", a)
		}
	}
	if response.StatusCode != 207 || len(answers) != 9 {
		t.Errorf("%d, %d answers", response.StatusCode, len(answers))
	}
	told.check(t, b, "small")
}
