package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// Properties, of two processes that feed the same source, of which the second
// begins at any moment of the first, once while the first stands still:
//   - each stores all that is left of it, or ends with ErrTaken; one does the
//     former;
//   - each row is in the log once, in order, and there is one end record.
func TestTwoProcessesOnOneSource(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	brokers := [2]*broker.Broker{brokertest.Connect(t, s.Address()), brokertest.Connect(t, s.Address())}
	random := brokertest.Random(t)
	taken := 0
	for trial := range 10 {
		rows := mixed(random, 100+random.IntN(400))
		o := ingest.Options{Pipeline: pipeline.Name(fmt.Sprintf("rivals%d", trial)), Source: "rows", Resumable: true, Pack: 1 + random.IntN(3)}
		ctx := brokertest.Context(t)
		start, at := make(chan struct{}), random.IntN(len(rows)/o.Pack) // of the records
		met := make(chan struct{})
		meet := sync.OnceFunc(func() { close(met) })
		if trial == 0 {
			at = 1
		}
		var errs [2]error
		var running sync.WaitGroup
		for i, b := range brokers {
			o := o
			// Nobody waits here, and the runs do not begin at the same moment.
			o.Clock = clock{now: noon.Add(time.Duration(i))}
			if i == 0 {
				puts := 0
				o.Rows = func(ingest.Counts) {
					if puts++; puts != at {
						return
					}
					close(start)
					if trial == 0 {
						<-met
					}
				}
			} else {
				o.Rows = func(ingest.Counts) { meet() }
			}
			running.Go(func() {
				if i == 1 && at > 0 {
					<-start
				}
				_, errs[i] = ingest.Run(ctx, b, &source{rows: rows}, o)
				if i == 1 {
					meet() // it was refused
				}
			})
		}
		running.Wait()
		for i, err := range errs {
			if errors.Is(err, ingest.ErrTaken) {
				taken++
			} else if err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
		if errs[0] != nil && errs[1] != nil {
			t.Errorf("both gave up: %v; %v", errs[0], errs[1])
		}
		same(t, logged(t, s.Broker, o), append(entries(rows), end))
	}
	if taken == 0 {
		t.Error("nobody ever met the other: the test proves nothing")
	}
	t.Logf("%d times one was refused", taken)
}

// Properties, of several sources that are fed into one log at once, by
// processes of their own:
//   - none is disturbed: each is complete, once, and in order.
func TestSourcesShareALog(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	random := brokertest.Random(t)
	var running sync.WaitGroup
	defer running.Wait()
	type feed struct {
		o    ingest.Options
		want []string
	}
	var feeds []feed
	for i := range 3 {
		rows := mixed(random, 700)
		o := ingest.Options{Pipeline: "shared", Source: fmt.Sprintf("source%d", i), Resumable: true, Pack: 1 + i, Clock: clock{now: noon}}
		feeds = append(feeds, feed{o, append(entries(rows), end)})
		b := brokertest.Connect(t, s.Address())
		running.Go(func() {
			if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err != nil {
				t.Errorf("%s: %v", o.Source, err)
			}
		})
	}
	running.Wait()
	for _, f := range feeds {
		same(t, logged(t, s.Broker, f.o), f.want)
	}
}

// Properties, of another writer who stores a record in the log now and then:
//   - each time the run falls back to its own source's fence, and more than
//     once it is alone again for long: both sources are complete.
func TestAnotherWriterNowAndThen(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	random := brokertest.Random(t)
	rows := mixed(random, 1500)
	o := ingest.Options{Pipeline: "visited", Source: "rows", Resumable: true, Pack: 1, Clock: clock{now: noon}}
	others, visits, next := uint64(0), 0, 1
	puts := 0
	o.Rows = func(ingest.Counts) {
		if puts++; puts != next {
			return
		}
		next += 1 + random.IntN(600) // shorter and longer than the fallback lasts
		visits++
		subject := o.Pipeline.LogSubject(pipeline.ArticleRecord, "other")
		var err error
		if others, err = b.Put(ctx, o.Pipeline.LogStream().Name, subject, subject, others, nil, []byte(`{"id":"o","text":"x"}`)); err != nil {
			t.Error(err)
		}
	}
	if _, err := ingest.Run(ctx, b, &source{rows: rows}, o); err != nil {
		t.Fatal(err)
	}
	same(t, logged(t, b, o), append(entries(rows), end))
	visitor := ingest.Options{Pipeline: o.Pipeline, Source: "other"}
	if got := logged(t, b, visitor); len(got) != visits {
		t.Errorf("%d records of the other, it stored %d", len(got), visits)
	}
}

// Properties, of a connection that is cut at random moments after answers were
// lost:
//   - the run goes on when the broker is back, without an error, and asks the
//     clock to wait in between;
//   - each row is in the log once, in order.
func TestLostAnswersStoreNothingTwice(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.LostDelete())
	s := brokertest.Serve(t)
	wire := brokertest.NewWire(t, s.Address())
	b := brokertest.Connect(t, wire.Address())
	random := brokertest.Random(t)
	rows := mixed(random, 500)
	var cutting sync.WaitGroup
	waits, cuts, puts := 0, 0, 0
	o := ingest.Options{Pipeline: "cut", Source: "rows", Resumable: true, Pack: 1, Clock: clock{now: noon, sleep: func(ctx context.Context, _ time.Duration) error {
		waits++
		return b.Await(ctx)
	}}}
	next := 1 + random.IntN(100)
	o.Rows = func(ingest.Counts) {
		if puts++; puts != next || cuts == 4 {
			return
		}
		next += 1 + random.IntN(100)
		cuts++
		cutting.Wait()
		deaf, pause := cuts == 1 || random.IntN(2) == 0, random.IntN(3000)
		if deaf {
			wire.Deafen() // what is sent is stored, the answers are lost
		}
		cutting.Go(func() {
			for range pause {
				runtime.Gosched()
			}
			wire.Cut()
		})
	}
	_, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
	cutting.Wait()
	if err != nil {
		t.Fatal(err)
	}
	same(t, logged(t, s.Broker, o), append(entries(rows), end))
	if waits == 0 || cuts < 3 {
		t.Errorf("%d cuts, waited %d times: the test proves nothing", cuts, waits)
	}
}

// Properties, of a broker elsewhere whose store is full:
//   - the run waits and says so once, stores nothing meanwhile, and goes on
//     when there is room: each row is in the log once, in order.
//
// Of an embedded one, for which nobody makes room meanwhile:
//   - the run ends with ErrFull, and goes on when it is run again with room.
func TestAFullStoreIsWaitedFor(t *testing.T) {
	rows := mixed(brokertest.Random(t), 80)
	for i := range rows {
		if rows[i].Err == nil && rows[i].Document.Text != " " {
			rows[i].Document.Text += strings.Repeat(" full", 10<<10)
		}
	}
	want := append(entries(rows), end)
	o := ingest.Options{Pipeline: "full", Source: "rows", Resumable: true, Clock: clock{now: noon}}
	store := broker.Options{StoreBytes: 1 << 20}

	t.Run("elsewhere", func(t *testing.T) {
		brokertest.NoLeaks(t, brokertest.LostDelete())
		store, o := store, o
		store.Store, store.Listen = brokertest.Dir(t), brokertest.FreeAddress(t)
		server := brokertest.Open(t, store)
		b := brokertest.Connect(t, store.Listen)
		var notices []string
		o.Notice = func(text string) {
			if strings.Contains(text, "waiting for room") {
				notices = append(notices, text)
			}
		}
		waits, stored := 0, uint64(0)
		o.Clock = clock{now: noon, sleep: func(ctx context.Context, _ time.Duration) error {
			waits++
			if waits > 5 {
				return b.Await(ctx)
			}
			last, err := server.LastSequence(ctx, o.Pipeline.LogStream().Name)
			if err != nil || stored > 0 && last != stored {
				t.Errorf("record %d is stored, before it was %d (%v)", last, stored, err)
			}
			stored = last
			if waits < 5 {
				return nil
			}
			if err := server.Close(); err != nil {
				return err
			}
			store.StoreBytes = 0
			server = reopen(t, store)
			return b.Await(ctx)
		}}
		if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err != nil {
			t.Fatal(err)
		}
		if waits < 5 || len(notices) != 1 {
			t.Errorf("waited %d times, said %q", waits, notices)
		}
		same(t, logged(t, b, o), want)
	})
	t.Run("embedded", func(t *testing.T) {
		store := store
		store.Store = brokertest.Dir(t)
		b := brokertest.Open(t, store)
		if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); !errors.Is(err, broker.ErrFull) {
			t.Fatalf("the run ended with %v", err)
		}
		same(t, logged(t, b, o), want[:len(logged(t, b, o))])
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		store.StoreBytes = 0
		b = brokertest.Open(t, store)
		if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err != nil {
			t.Fatal(err)
		}
		same(t, logged(t, b, o), want)
	})
}

// reopen opens a broker on a port that a connection which tries to come back
// can hold for a moment.
func reopen(t *testing.T, o broker.Options) *broker.Broker {
	t.Helper()
	for ctx := brokertest.Context(t); ; {
		b, err := broker.Open(ctx, o)
		if err == nil {
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			})
			return b
		}
		if !errors.Is(err, broker.ErrPortInUse) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}
