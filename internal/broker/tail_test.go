package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Properties of a tail, whatever the order in which several writers hear that
// their records are stored:
//   - it gives records in the order of the stream, without a gap;
//   - what it cannot give it does not promise;
//   - it holds no more than its limits.
func TestATailGivesTheStreamInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Uint64Range(0, 5).Draw(t, "last before")
		n := rapid.IntRange(1, 3*tailRecordsMax).Draw(t, "records")
		size := rapid.IntRange(0, 3*tailBytesMax/tailRecordsMax).Draw(t, "bytes")
		delay := rapid.IntRange(0, tailEarlyMax/2).Draw(t, "reordering")
		tail := newTail(start)
		order := make([]uint64, n)
		for i := range order {
			order[i] = start + uint64(i) + 1
		}
		for i := range order { // nobody hears more than delay later than it should
			j := min(n-1, i+rapid.IntRange(0, delay).Draw(t, "swap"))
			order[i], order[j] = order[j], order[i]
		}
		next := start + 1
		for _, sequence := range order {
			tail.add(Record{Sequence: sequence, Data: make([]byte, size)})
			if len(tail.records) > tailRecordsMax || tail.bytes > max(tailBytesMax, size) {
				t.Fatalf("%d records and %d bytes are kept", len(tail.records), tail.bytes)
			}
			if rapid.IntRange(0, 9).Draw(t, "read") > 0 {
				continue
			}
			records, _, ok := tail.from(nil, next, 7)
			if !ok {
				next = tail.last + 1 // as a reader does after it has asked the server
				continue
			}
			for _, r := range records {
				if r.Sequence != next {
					t.Fatalf("record %d came where %d was due", r.Sequence, next)
				}
				next++
			}
		}
		if tail.lost {
			return // reordered further than it remembers: readers ask the server
		}
		if tail.last != start+uint64(n) {
			t.Fatalf("the last is %d, want %d", tail.last, start+uint64(n))
		}
	})
}

// Properties: a tail that lost a record gives nothing any more, and wakes who
// waits for it.
func TestATailThatLostARecordGivesNothing(t *testing.T) {
	tail := newTail(0)
	tail.add(Record{Sequence: 1})
	_, more, ok := tail.from(nil, 2, 1)
	if !ok {
		t.Fatal("the next record is not waited for")
	}
	tail.lose()
	select {
	case <-more:
	default:
		t.Error("who waits was not woken")
	}
	tail.add(Record{Sequence: 2})
	if _, _, ok := tail.from(nil, 1, 1); ok || tail.joins(2) {
		t.Error("it still gives records")
	}
}

// Properties: readers that start anywhere, fall behind, and go between tail and
// server as they must, all get every record once and in order, while writers
// append, put, and lose an answer in the middle.
func TestReadersChangeBetweenTailAndServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	b, err := Open(ctx, Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := Stream{Name: "s", Subjects: []string{"s"}}
	if err := b.CreateStream(ctx, s); err != nil {
		t.Fatal(err)
	}
	const records = 6 * tailRecordsMax
	var readers sync.WaitGroup
	read := func(from uint64, ahead, slow int) {
		readers.Go(func() {
			if err := readAll(ctx, b, from, records, ahead, slow); err != nil {
				t.Errorf("reader from %d: %v", from, err)
			}
		})
	}
	read(1, 1024, 0)
	read(1, 3, 0)
	read(1, 16, 500) // rests until the writer is far ahead
	a := b.Appender(s.Name, 0)
	for i := range records / 2 {
		if err := a.Append("s", nil, fmt.Appendf(nil, "%d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	a.Close()
	read(records/2, 64, 0)
	b.tails.find(s.Name).lose() // as when an answer does not come
	for i := range records / 2 {
		last := uint64(records/2 + i)
		if _, err := b.Put(ctx, s.Name, "s", "", last, nil, fmt.Appendf(nil, "%d", last+1)); err != nil {
			t.Fatal(err)
		}
	}
	read(records, 64, 0)
	readers.Wait()
}

// readAll wants the records from..to, each with its number as data; it rests
// after the first slow ones until the stream's end is written.
func readAll(ctx context.Context, b *Broker, from, to uint64, ahead, slow int) error {
	r, err := b.Read(ctx, "s", from, ReaderOptions{Ahead: ahead})
	if err != nil {
		return err
	}
	defer r.Close()
	for next := from; next <= to; {
		got, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for _, record := range slices.Clone(got) {
			if record.Sequence != next || string(record.Data) != fmt.Sprint(next) || record.Subject != "s" {
				return fmt.Errorf("record %d with %q came where %d was due", record.Sequence, record.Data, next)
			}
			next++
		}
		for slow > 0 && int(next) > slow {
			last, err := b.LastSequence(ctx, "s")
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if last >= next+2*tailRecordsMax || last >= to {
				slow = 0
			}
		}
	}
	return nil
}
