package broker_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties: of a key one value stands, the one that was stored on top of the
// revision that its writer knew; who is late is refused and stores nothing; a
// removal leaves nothing behind unless somebody has written since.
func TestKeysAreStoredByCompareAndSet(t *testing.T) {
	b, ctx := brokertest.Embed(t), brokertest.Context(t)
	if _, err := b.Entries(ctx, "keys"); !errors.Is(err, broker.ErrEmpty) {
		t.Fatalf("a bucket that is not there: %v, want %v", err, broker.ErrEmpty)
	}
	for range 2 {
		if err := b.CreateBucket(ctx, "keys"); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := b.Entries(ctx, "keys"); err != nil || len(all) != 0 {
		t.Fatalf("an empty bucket has %v, %v", all, err)
	}
	first, err := b.SetKey(ctx, "keys", "lease.df.0", []byte("a"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetKey(ctx, "keys", "lease.df.0", []byte("late"), 0); !errors.Is(err, broker.ErrConflict) {
		t.Errorf("created twice: %v", err)
	}
	second, err := b.SetKey(ctx, "keys", "lease.df.0", []byte("b"), first)
	if err != nil || second <= first {
		t.Fatalf("revision %d after %d, %v", second, first, err)
	}
	if _, err := b.SetKey(ctx, "keys", "lease.df.0", []byte("late"), first); !errors.Is(err, broker.ErrConflict) {
		t.Errorf("updated on top of an old revision: %v", err)
	}
	if err := b.RemoveKey(ctx, "keys", "lease.df.0", first); err != nil {
		t.Fatal(err)
	}
	all, err := b.Entries(ctx, "keys")
	if err != nil || len(all) != 1 || all[0].Key != "lease.df.0" || string(all[0].Value) != "b" || all[0].Revision != second {
		t.Fatalf("entries %v, %v", all, err)
	}
	if err := b.RemoveKey(ctx, "keys", "lease.df.0", second); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Entries(ctx, "keys"); err != nil || len(all) != 0 {
		t.Fatalf("after the removal %v, %v", all, err)
	}
	if _, err := b.SetKey(ctx, "keys", "lease.df.0", []byte("c"), 0); err != nil {
		t.Errorf("created after a removal: %v", err)
	}
	written, err := b.WriteKey(ctx, "keys", "lease.df.0", []byte("d"))
	if err != nil {
		t.Fatal(err)
	}
	if all, err := b.Entries(ctx, "keys"); err != nil || len(all) != 1 || string(all[0].Value) != "d" || all[0].Revision != written {
		t.Errorf("after a write that asks nothing: %v, %v", all, err)
	}
}

// Properties: all keys of a bucket are listed; a key with no value any more is
// not; one of another bucket neither.
func TestEntriesAreThoseOfTheBucket(t *testing.T) {
	b, ctx := brokertest.Open(t, broker.Options{Listen: "127.0.0.1:0"}), brokertest.Context(t)
	for _, bucket := range []string{"keys", "keys-2"} {
		if err := b.CreateBucket(ctx, bucket); err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			if _, err := b.SetKey(ctx, bucket, fmt.Sprintf("lease.%s.%d", bucket, i), nil, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	js, err := jetstream.New(raw(t, b))
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(ctx, "keys")
	if err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(ctx, "lease.keys.17"); err != nil {
		t.Fatal(err)
	}
	all, err := b.Entries(ctx, "keys")
	if err != nil || len(all) != 299 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	for _, e := range all {
		if e.Key == "lease.keys.17" || e.Key[:11] != "lease.keys." {
			t.Errorf("key %s", e.Key)
		}
	}
}

// Properties: who watches a prefix hears of a write below it, and of no other;
// a bucket that somebody deletes is not there.
func TestChangesTellOfWrites(t *testing.T) {
	b, ctx := brokertest.Open(t, broker.Options{Listen: "127.0.0.1:0"}), brokertest.Context(t)
	if err := b.CreateBucket(ctx, "keys"); err != nil {
		t.Fatal(err)
	}
	changed, stop, err := b.Changes("keys", "lease.")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"member.x", "lease.df.0"} {
		if _, err := b.SetKey(ctx, "keys", key, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-changed:
	case <-ctx.Done():
		t.Fatal("no change was told")
	}
	stop()
	js, err := jetstream.New(raw(t, b))
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteKeyValue(ctx, "keys"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Entries(ctx, "keys"); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("entries of a bucket that was deleted: %v", err)
	}
	if _, err := b.SetKey(ctx, "keys", "lease.df.0", nil, 0); !errors.Is(err, broker.ErrUnknown) {
		t.Errorf("a write to a bucket that was deleted: %v", err)
	}
}

func BenchmarkEntries(b *testing.B) {
	s, ctx := brokertest.Embed(b), brokertest.Context(b)
	if err := s.CreateBucket(ctx, "keys"); err != nil {
		b.Fatal(err)
	}
	for i := range 12 {
		if _, err := s.SetKey(ctx, "keys", fmt.Sprintf("lease.df.%d", i), make([]byte, 80), 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Entries(ctx, "keys"); err != nil {
			b.Fatal(err)
		}
	}
}
