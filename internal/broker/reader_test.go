package broker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// fill appends n numbered records of a size at least that of a number.
func fill(t testing.TB, b *broker.Broker, stream string, n, size int) {
	t.Helper()
	last, err := b.LastSequence(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	a := b.Appender(stream, last)
	defer a.Close()
	for i := range n {
		data := number('r', int(last)+i)
		if err := a.Append(stream, nil, append(data, make([]byte, max(0, size-len(data)))...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Wait(brokertest.Context(t)); err != nil {
		t.Fatal(err)
	}
}

// next reads records and checks that they follow sequence after; it returns
// the last one's sequence.
func next(t testing.TB, r *broker.Reader, after uint64) uint64 {
	t.Helper()
	records, err := r.Next(brokertest.Context(t))
	if err != nil {
		t.Fatalf("after record %d: %v", after, err)
	}
	for _, record := range records {
		if record.Sequence != after+1 || !bytes.HasPrefix(record.Data, number('r', int(after))) {
			t.Fatalf("after record %d comes %d with %v", after, record.Sequence, record.Data[:5])
		}
		after++
	}
	return after
}

// kinds are brokers whose readers have records from the server alone, and from
// what passes through this process too.
func kinds(t *testing.T, test func(t *testing.T, b *broker.Broker)) {
	for name, listen := range map[string]string{"from the server": "127.0.0.1:0", "from the tail": ""} {
		t.Run(name, func(t *testing.T) {
			brokertest.NoLeaks(t)
			test(t, brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: listen}))
		})
	}
}

// Properties:
//   - from any sequence on, every record comes once and in order, also those
//     that are stored while it is read, whoever stores them and however;
//   - from beyond the end on, nothing comes before it is stored.
func TestReadersReadInOrder(t *testing.T) {
	kinds(t, func(t *testing.T, b *broker.Broker) {
		brokertest.Stream(t, b, "s")
		fill(t, b, "s", 300, 0)
		var reading sync.WaitGroup
		for from, ahead := range map[uint64]int{0: 0, 1: 1, 2: 2, 150: 3, 300: 64, 301: 0, 450: 1000} {
			reading.Go(func() {
				r, err := b.Read(t.Context(), "s", from, broker.ReaderOptions{Ahead: ahead})
				if err != nil {
					t.Error(err)
					return
				}
				defer r.Close()
				for at := max(from, 1) - 1; at < 650; {
					records, err := r.Next(brokertest.Context(t))
					if err != nil {
						t.Errorf("from %d, after %d: %v", from, at, err)
						return
					}
					for _, record := range records {
						if at++; record.Sequence != at || !bytes.Equal(record.Data, number('r', int(at)-1)) || record.Subject != "s" || record.Time.IsZero() {
							t.Errorf("from %d: record %d stands at %d", from, record.Sequence, at)
							return
						}
					}
				}
			})
		}
		fill(t, b, "s", 300, 0)
		for i := range uint64(50) {
			if _, err := b.Put(brokertest.Context(t), "s", "s", "s", 600+i, nil, number('r', 600+int(i))); err != nil {
				t.Error(err)
			}
		}
		reading.Wait()
	})
}

// Properties:
//   - a record whose writer gave up waiting for the answer is read like any
//     other, at once, when it was stored.
func TestReadersSeeWhatNobodyWaitedFor(t *testing.T) {
	kinds(t, func(t *testing.T, b *broker.Broker) {
		ctx := brokertest.Context(t)
		brokertest.Stream(t, b, "s")
		r, err := b.Read(ctx, "s", 1, broker.ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		random := brokertest.Random(t)
		at, unseen := uint64(0), 0
		for range 200 {
			waiting, cancel := context.WithCancel(ctx)
			var putting sync.WaitGroup
			putting.Go(func() {
				_, err := b.Put(waiting, "s", "s", "s", at, nil, number('r', int(at)))
				// A conflict: what the one before gave up is stored just now.
				if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, broker.ErrConflict) {
					t.Error(err)
				}
				if err != nil {
					unseen++
				}
			})
			for range random.IntN(3000) {
				runtime.Gosched()
			}
			cancel()
			putting.Wait()
			last, err := b.LastSequence(ctx, "s")
			if err != nil {
				t.Fatal(err)
			}
			for at < last {
				at = next(t, r, at)
			}
		}
		t.Logf("of 200 writers %d gave up; %d records are stored", unseen, at)
	})
}

// Properties:
//   - a reader whose caller does not come still has everything when he comes;
//   - Close ends a reader that is full, and one that waits for a record; it may
//     be called again;
//   - Next ends with its context.
func TestReadersWaitForTheirCaller(t *testing.T) {
	kinds(t, func(t *testing.T, b *broker.Broker) {
		brokertest.Stream(t, b, "s")
		fill(t, b, "s", 500, 0)
		for range 20 {
			r, err := b.Read(t.Context(), "s", 1, broker.ReaderOptions{Ahead: 3})
			if err != nil {
				t.Fatal(err)
			}
			if at := next(t, r, 0); at > 3 {
				t.Errorf("%d records came at once, 3 may be held", at)
			}
			r.Close()
			r.Close()
		}
		waits, err := b.Read(t.Context(), "s", 501, broker.ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := waits.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Next with a context that has ended: %v", err)
		}
		waits.Close()
	})
}

// Properties, of a client over TCP:
//   - a reader goes on where it was when its connection is cut, and when the
//     server is stopped and started again on the same store; nothing comes
//     twice and nothing is left out.
func TestReadersGoOnAfterAnOutage(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	s, wire := remote(t)
	b := brokertest.Connect(t, wire.Address())
	brokertest.Stream(t, b, "s")
	r, err := b.Read(t.Context(), "s", 1, broker.ReaderOptions{Ahead: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	at := uint64(0)
	for round := range 4 {
		fill(t, s.Broker, "s", 50, 100)
		at = next(t, r, at)
		if round%2 == 0 {
			wire.Cut()
		} else {
			s.Stop()
			s.Start()
		}
		fill(t, s.Broker, "s", 50, 100)
		for at < uint64(round+1)*100 {
			at = next(t, r, at)
		}
	}
}

// Properties:
//   - what has been purged is never passed over in silence: ErrGone, at once
//     when everything is gone, and when the hole comes later;
//   - what was read ahead before the hole is given out first;
//   - the error stays.
func TestPurgedRecordsAreMissed(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0"})
	js, err := jetstream.New(raw(t, b))
	if err != nil {
		t.Fatal(err)
	}
	ctx := brokertest.Context(t)
	tests := map[string]struct {
		purge jetstream.StreamPurgeOpt // nil: everything
		erase uint64                   // one record in the middle
		from  uint64
		reads uint64 // records that come
		gone  string // "" : they are there
	}{
		"behind the hole":      {purge: jetstream.WithPurgeSequence(50), from: 50, reads: 51},
		"before the hole":      {purge: jetstream.WithPurgeSequence(50), from: 49, gone: "49..49"},
		"from the beginning":   {purge: jetstream.WithPurgeSequence(50), from: 1, gone: "1..49"},
		"all gone":             {from: 1, gone: "1..100"},
		"one erased":           {erase: 70, from: 60, reads: 10, gone: "70..70"},
		"the wanted one":       {erase: 70, from: 70, gone: "70..70"},
		"last one not wanted":  {purge: jetstream.WithPurgeKeep(1), from: 100, reads: 1},
		"all but the last one": {purge: jetstream.WithPurgeKeep(1), from: 2, gone: "2..99"},
	}
	n := 0
	for name, test := range tests {
		n++
		stream := fmt.Sprintf("s%d", n)
		t.Run(name, func(t *testing.T) {
			brokertest.Stream(t, b, stream)
			fill(t, b, stream, 100, 0)
			s, err := js.Stream(ctx, stream)
			switch {
			case err != nil:
			case test.erase > 0:
				err = s.DeleteMsg(ctx, test.erase)
			case test.purge != nil:
				err = s.Purge(ctx, test.purge)
			default:
				err = s.Purge(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
			if last, err := b.LastSequence(ctx, stream); last != 100 || err != nil {
				t.Fatalf("after the purge the last sequence is %d (%v)", last, err)
			}
			r, err := b.Read(ctx, stream, test.from, broker.ReaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			at := test.from - 1
			for at < test.from-1+test.reads {
				at = next(t, r, at)
			}
			if test.gone == "" {
				return
			}
			for range 2 {
				if _, err := r.Next(ctx); !errors.Is(err, broker.ErrGone) || !bytes.Contains([]byte(err.Error()), []byte(test.gone)) {
					t.Errorf("where %s is missing, the reader says %v", test.gone, err)
				}
			}
		})
	}
}

// Properties:
//   - a stream that is deleted while it is read is an error, not silence;
//   - one that was never there is an error of Read.
func TestADeletedStreamIsAnError(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0"})
	js, err := jetstream.New(raw(t, b))
	if err != nil {
		t.Fatal(err)
	}
	ctx := brokertest.Context(t)
	if _, err := b.Read(ctx, "s", 1, broker.ReaderOptions{}); err == nil || errors.Is(err, broker.ErrNoBroker) {
		t.Errorf("reading no stream gave %v", err)
	}
	brokertest.Stream(t, b, "s")
	fill(t, b, "s", 10, 0)
	r, err := b.Read(ctx, "s", 1, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for at := uint64(0); at < 10; {
		at = next(t, r, at)
	}
	if err := js.DeleteStream(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(ctx); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("when the stream is deleted, the reader says %v", err)
	}
}

// BenchmarkReader reads records of 300 bytes.
func BenchmarkReader(b *testing.B) {
	s := brokertest.Embed(b)
	brokertest.Stream(b, s, "s")
	const n = 50_000
	fill(b, s, "s", n, 300)
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Read(b.Context(), "s", 1, broker.ReaderOptions{Ahead: 1024})
		if err != nil {
			b.Fatal(err)
		}
		for at := uint64(0); at < n; {
			records, err := r.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			at += uint64(len(records))
		}
		r.Close()
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "records/s")
}
