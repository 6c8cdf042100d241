package broker_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties:
//   - a stream that exists is left as it is, with what it holds;
//   - a stream keeps everything, and refuses when it is full;
//   - the last sequence survives a purge, and starts at 0.
func TestStreamsKeepEverything(t *testing.T) {
	b := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0"})
	js, err := jetstream.New(raw(t, b))
	if err != nil {
		t.Fatal(err)
	}
	ctx := brokertest.Context(t)
	s := broker.Stream{Name: "s", Subjects: []string{"s.>"}, Description: "a stream", BytesMax: 1 << 16}
	for range 2 {
		if err := b.CreateStream(ctx, s); err != nil {
			t.Fatal(err)
		}
		if last, err := b.LastSequence(ctx, "s"); last != 0 || err != nil {
			t.Fatalf("the last sequence of a new stream is %d (%v)", last, err)
		}
	}
	if _, err := b.Last(ctx, "s", "s.>"); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("the last record of an empty stream: %v", err)
	}
	if _, err := b.Last(ctx, "none", "s.>"); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("the last record of no stream: %v", err)
	}
	if _, err := b.LastSequence(ctx, "none"); err == nil || errors.Is(err, broker.ErrNoBroker) {
		t.Errorf("the last sequence of no stream: %v", err)
	}
	info, err := js.Stream(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	if c := info.CachedInfo().Config; c.Retention != jetstream.LimitsPolicy || c.Discard != jetstream.DiscardNew ||
		c.MaxAge != 0 || c.MaxMsgs > 0 || c.Storage != jetstream.FileStorage || c.MaxBytes != 1<<16 || c.Description != "a stream" {
		t.Errorf("the stream is %+v", c)
	}
	stored := uint64(0)
	for err == nil {
		var sequence uint64
		if sequence, err = b.Put(ctx, "s", "s.a", "s.a", stored, nil, make([]byte, 4<<10)); err == nil {
			stored = sequence
		}
	}
	if !errors.Is(err, broker.ErrFull) {
		t.Errorf("when the stream is full: %v", err)
	}
	if err := b.CreateStream(ctx, s); err != nil {
		t.Error(err)
	}
	if n := len(brokertest.Records(t, b, "s")); uint64(n) != stored || stored < 10 {
		t.Errorf("%d of %d records are there", n, stored)
	}
	if _, err := b.Record(ctx, "s", stored+1); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("a record that was never stored: %v", err)
	}
	if err := info.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	if last, err := b.LastSequence(ctx, "s"); last != stored || err != nil {
		t.Errorf("after a purge the last sequence is %d, not %d (%v)", last, stored, err)
	}
	a := b.Appender("s", stored)
	if err := errors.Join(a.Append("s.a", nil, nil), a.Wait(ctx)); err != nil {
		t.Errorf("appending after a purge: %v", err)
	}
	a.Close()
}

// Properties:
//   - Put fences each source by itself: the others' records do not matter, any
//     kind of record of its own does;
//   - a record that was expected and is not the last is ErrConflict, and
//     nothing is stored;
//   - of many who put behind the same record exactly one succeeds.
func TestPutFencesEachSource(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	if err := b.CreateStream(ctx, broker.Stream{Name: "log", Subjects: []string{"p.log.>"}}); err != nil {
		t.Fatal(err)
	}
	put := func(kind, source string, expected uint64) (uint64, error) {
		return b.Put(ctx, "log", "p.log."+kind+"."+source, "p.log.*."+source, expected, broker.Header{"A": {"b"}}, []byte(kind))
	}
	steps := []struct {
		kind, source string
		expected     uint64
		want         uint64 // 0: ErrConflict
	}{
		{"article", "x", 1, 0},
		{"article", "x", 0, 1},
		{"article", "y", 0, 2},
		{"article", "x", 0, 0},
		{"reject", "x", 1, 3},
		{"article", "x", 1, 0}, // the reject is the last one now
		{"article", "x", 3, 4},
		{"control", "y", 2, 5},
		{"article", "y", 4, 0}, // another source's sequence
		{"article", "y", 5, 6},
	}
	stored := uint64(0)
	for _, s := range steps {
		got, err := put(s.kind, s.source, s.expected)
		if s.want == 0 && !errors.Is(err, broker.ErrConflict) || s.want > 0 && err != nil || got != s.want {
			t.Fatalf("%s of %s behind %d is stored as %d, not %d (%v)", s.kind, s.source, s.expected, got, s.want, err)
		}
		stored = max(stored, got)
		if last, err := b.LastSequence(ctx, "log"); last != stored || err != nil {
			t.Fatalf("%d records, not %d (%v)", last, stored, err)
		}
	}
	last, err := b.Last(ctx, "log", "p.log.*.x")
	if err != nil || last.Sequence != 4 || last.Subject != "p.log.article.x" || string(last.Data) != "article" || last.Header.Get("A") != "b" || last.Header.Get("None") != "" {
		t.Errorf("the last record of x is %+v (%v)", last, err)
	}
	if _, err := b.Put(ctx, "other", "p.log.article.x", "p.log.*.x", 4, nil, nil); err == nil {
		t.Error("a record for another stream is stored")
	}

	var racing sync.WaitGroup
	var won atomic.Int32
	for range 8 {
		racing.Go(func() {
			_, err := put("article", "z", 0)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, broker.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racing.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 8 put behind the same record", won.Load())
	}
}

// Properties:
//   - a key has no value before it is created, and the first one for good;
//   - of many who create it exactly one succeeds, the others get ErrExists.
func TestKeysAreCreatedOnce(t *testing.T) {
	store := brokertest.Dir(t)
	b := brokertest.Open(t, broker.Options{Store: store})
	ctx := brokertest.Context(t)
	if _, err := b.Key(ctx, "p-meta", "plan"); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("a key of no bucket: %v", err)
	}
	var racing sync.WaitGroup
	var winner atomic.Int32
	winner.Store(-1)
	for i := range 8 {
		racing.Go(func() {
			err := b.CreateKey(ctx, "p-meta", "plan", fmt.Append(nil, i))
			if err == nil && !winner.CompareAndSwap(-1, int32(i)) {
				t.Error("created twice")
			} else if err != nil && !errors.Is(err, broker.ErrExists) {
				t.Error(err)
			}
		})
	}
	racing.Wait()
	want := fmt.Sprint(winner.Load())
	if got, err := b.Key(ctx, "p-meta", "plan"); string(got) != want || err != nil {
		t.Errorf("the key is %q, not %q (%v)", got, want, err)
	}
	if _, err := b.Key(ctx, "p-meta", "other"); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("a key without a value: %v", err)
	}
	if err := b.CreateKey(ctx, "p-meta", "plan", []byte("late")); !errors.Is(err, broker.ErrExists) {
		t.Errorf("creating it again: %v", err)
	}
	if err := b.CreateKey(ctx, "q-meta", "plan", []byte("of q")); err != nil {
		t.Errorf("the same key of another bucket: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = brokertest.Open(t, broker.Options{Store: store})
	if got, err := b.Key(ctx, "p-meta", "plan"); string(got) != want || err != nil {
		t.Errorf("opened again, the key is %q, not %q (%v)", got, want, err)
	}
}
