package broker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// number is a small record's data.
func number(who byte, n int) []byte {
	return binary.BigEndian.AppendUint32([]byte{who}, uint32(n))
}

// Properties:
//   - what is appended is stored in order, without a gap, however many are in
//     flight;
//   - the caller may use its buffer again at once.
func TestAppendsAreStoredInOrder(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	brokertest.Stream(t, b, "s")
	a := b.Appender("s", 0)
	defer a.Close()
	const n = 20 * broker.InFlightMax
	var data []byte
	for i := range n {
		data = append(data[:0], number('a', i)...)
		if err := a.Append("s", broker.Header{"K": {"v"}}, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Wait(brokertest.Context(t)); err != nil {
		t.Fatal(err)
	}
	records := brokertest.Records(t, b, "s")
	if len(records) != n {
		t.Fatalf("%d records of %d", len(records), n)
	}
	for i, r := range records {
		if !bytes.Equal(r.Data, number('a', i)) || r.Sequence != uint64(i)+1 || r.Subject != "s" || r.Header.Get("K") != "v" || r.Time.IsZero() {
			t.Fatalf("record %d is %+v", i, r)
		}
	}
}

// Properties:
//   - another's record in the slot of any record in flight refuses that one and
//     all behind it, also those that expect just the sequence it has;
//   - the error is ErrConflict and stays.
func TestNothingIsStoredBehindALostSlot(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	for before := range broker.InFlightMax {
		stream := fmt.Sprintf("s%d", before)
		brokertest.Stream(t, b, stream)
		a := b.Appender(stream, 0)
		for i := range before {
			if err := a.Append(stream, nil, number('a', i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Wait(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(ctx, stream, stream, stream, uint64(before), nil, []byte("other")); err != nil {
			t.Fatal(err)
		}
		for i := range broker.InFlightMax {
			// The first ones are on their way before the first answer is here.
			if err := a.Append(stream, nil, number('a', before+i)); err != nil && !errors.Is(err, broker.ErrConflict) {
				t.Fatal(err)
			}
		}
		if err := a.Wait(ctx); !errors.Is(err, broker.ErrConflict) {
			t.Errorf("waiting gave %v", err)
		}
		a.Close()
		if err := a.Append(stream, nil, nil); !errors.Is(err, broker.ErrConflict) {
			t.Errorf("after a conflict, appending gave %v", err)
		}
		records := brokertest.Records(t, b, stream)
		if len(records) != before+1 || string(records[before].Data) != "other" {
			t.Errorf("%d records stand behind the slot that another took", len(records)-before-1)
		}
	}
}

// Properties, of two appenders that start at the same record and race:
//   - one of them stores everything, the other one nothing;
//   - the other one's error is ErrConflict.
func TestOfTwoAppendersOneWins(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	const rounds, n = 20, 2 * broker.InFlightMax
	wins := [2]int{}
	for round := range rounds {
		stream := fmt.Sprintf("s%d", round)
		brokertest.Stream(t, b, stream)
		var racing sync.WaitGroup
		errs := [2]error{}
		for who := range 2 {
			racing.Go(func() {
				a := b.Appender(stream, 0)
				defer a.Close()
				for i := range n {
					if errs[who] = a.Append(stream, nil, number(byte(who), i)); errs[who] != nil {
						return
					}
				}
				errs[who] = a.Wait(ctx)
			})
		}
		racing.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		wins[winner]++
		if errs[winner] != nil || !errors.Is(errs[1-winner], broker.ErrConflict) {
			t.Fatalf("round %d: %v; %v", round, errs[0], errs[1])
		}
		records := brokertest.Records(t, b, stream)
		for i, r := range records {
			if !bytes.Equal(r.Data, number(byte(winner), i)) {
				t.Fatalf("round %d: record %d is %v, %d won", round, i, r.Data, winner)
			}
		}
		if len(records) != n {
			t.Fatalf("round %d: %d records of %d", round, len(records), n)
		}
	}
	t.Logf("wins: %v", wins)
}

// Properties, of a record put by another while many are in flight, in one round before
// any more is, in one when all are stored:
//   - what the appender stored is a beginning of what it appended, up to the
//     other's record, and nothing is behind it.
func TestAPutCutsAnAppenderOff(t *testing.T) {
	s := brokertest.Serve(t)
	ctx := brokertest.Context(t)
	other := brokertest.Connect(t, s.Address())
	random := brokertest.Random(t)
	const n, rounds, early, late = 4 * broker.InFlightMax, 60, 0, 1
	cut := 0
	for round := range rounds {
		stream := fmt.Sprintf("s%d", round)
		brokertest.Stream(t, s.Broker, stream)
		at := 1 + random.IntN(n-1)
		var putting sync.WaitGroup
		put := func() { putting.Go(func() { putBehind(ctx, t, other, stream, uint64(at)) }) }
		a := s.Appender(stream, 0)
		var err error
		for i := 0; i < n && err == nil; i++ {
			switch {
			case i != at || round == late:
			case round == early:
				err = a.Wait(ctx)
				put()
				putting.Wait()
			default:
				put()
				for range random.IntN(4000) {
					runtime.Gosched()
				}
			}
			err = errors.Join(err, a.Append(stream, nil, number('a', i)))
		}
		err = errors.Join(err, a.Wait(ctx))
		if round == late {
			put()
		}
		putting.Wait()
		a.Close()
		records := brokertest.Records(t, s.Broker, stream)
		for i, r := range records {
			if string(r.Data) != "other" {
				if !bytes.Equal(r.Data, number('a', i)) {
					t.Fatalf("round %d: record %d is %v", round, i, r.Data)
				}
				continue
			}
			cut++
			if len(records) != i+1 {
				t.Fatalf("round %d: %d records stand behind the other's", round, len(records)-i-1)
			}
			if !errors.Is(err, broker.ErrConflict) {
				t.Fatalf("round %d: cut off, the appender says %v", round, err)
			}
		}
	}
	if cut == 0 || cut == rounds {
		t.Errorf("%d of %d appenders were cut off: the test proves nothing", cut, rounds)
	}
	t.Logf("%d of %d appenders cut off", cut, rounds)
}

// putBehind tries to put a record behind a sequence until it is too late.
func putBehind(ctx context.Context, t *testing.T, b *broker.Broker, stream string, sequence uint64) {
	for {
		_, err := b.Put(ctx, stream, stream, stream, sequence, nil, []byte("other"))
		if err == nil {
			return
		}
		last, lastErr := b.LastSequence(ctx, stream)
		if !errors.Is(err, broker.ErrConflict) || lastErr != nil {
			t.Error(err, lastErr)
			return
		}
		if last > sequence {
			return
		}
	}
}

// Properties:
//   - a failure is told at once through OnFailure, also to who asks late, and
//     once;
//   - Wait ends with its context.
func TestFailuresAreTold(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	brokertest.Stream(t, b, "s")
	ctx := brokertest.Context(t)
	if _, err := b.Put(ctx, "s", "s", "s", 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	a := b.Appender("s", 0)
	failed := make(chan struct{})
	a.OnFailure(func() { close(failed) })
	for range 3 {
		_ = a.Append("s", nil, nil)
	}
	select {
	case <-failed:
	case <-ctx.Done():
		t.Fatal("nobody was told")
	}
	if err := a.Err(); !errors.Is(err, broker.ErrConflict) {
		t.Errorf("told, and the error is %v", err)
	}
	late := false
	a.OnFailure(func() { late = true })
	if !late {
		t.Error("who asks late is not told")
	}
	a.Close()

	server, wire := remote(t)
	_ = server
	b = brokertest.Connect(t, wire.Address())
	brokertest.Stream(t, b, "s")
	wire.Deafen()
	a = b.Appender("s", 0)
	if err := a.Append("s", nil, nil); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if err := a.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a context that has ended gave %v", err)
	}
	wire.Cut()
	if err := a.Wait(ctx); !errors.Is(err, broker.ErrUnknown) {
		t.Errorf("the answer is lost, and the error is %v", err)
	}
	a.Close()
}

func remote(t *testing.T) (*brokertest.Server, *brokertest.Wire) {
	t.Helper()
	s := brokertest.Serve(t)
	return s, brokertest.NewWire(t, s.Address())
}

// Properties:
//   - records of any size up to the limit are stored and read as they are, by
//     Last and Record too: the largest that can be stored can be read;
//   - one beyond the limit is refused, and the error says the limit.
func TestLargeRecords(t *testing.T) {
	b := brokertest.Serve(t).Broker
	brokertest.Stream(t, b, "s")
	ctx := brokertest.Context(t)
	a := b.Appender("s", 0)
	large := make([][]byte, 2)
	for i := range large {
		large[i] = bytes.Repeat([]byte{byte(i), 1, 2, 3}, broker.RecordBytesMax/4*3/4)
		if err := a.Append("s", nil, large[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"append": a.Append("s", nil, make([]byte, broker.RecordBytesMax+1)),
		"put": func() error {
			_, err := b.Put(ctx, "s", "s", "s", 2, nil, make([]byte, broker.RecordBytesMax+1))
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(broker.RecordBytesMax)) || errors.Is(err, broker.ErrUnknown) {
			t.Errorf("%s of a record that is too large gave %v", name, err)
		}
	}
	a.Close()

	largest := bytes.Repeat([]byte("x"), broker.RecordBytesMax-64) // its header takes more
	for {
		_, err := b.Put(ctx, "s", "s", "s", 2, nil, largest)
		if err == nil {
			break
		}
		if !errors.Is(err, nats.ErrMaxPayload) || len(largest) < broker.RecordBytesMax-4096 {
			t.Fatal(err)
		}
		largest = largest[:len(largest)-1]
	}
	t.Logf("the largest record has %d bytes, the limit is %d", len(largest), broker.RecordBytesMax)
	large = append(large, largest)

	for i, r := range brokertest.Records(t, b, "s") {
		if !bytes.Equal(r.Data, large[i]) {
			t.Errorf("record %d is not what was stored", i)
		}
	}
	last, err := b.Last(ctx, "s", "s")
	if err != nil || !bytes.Equal(last.Data, largest) || last.Sequence != 3 {
		t.Errorf("the last record is not what was stored (%v)", err)
	}
	second, err := b.Record(ctx, "s", 2)
	if err != nil || !bytes.Equal(second.Data, large[1]) {
		t.Errorf("record 2 is not what was stored (%v)", err)
	}
}

// BenchmarkAppend measures pipelined compare-and-set appends of 8 KB.
func BenchmarkAppend(b *testing.B) {
	s := brokertest.Embed(b)
	brokertest.Stream(b, s, "s")
	a := s.Appender("s", 0)
	defer a.Close()
	data := make([]byte, 8<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := a.Append("s", nil, data); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
}
