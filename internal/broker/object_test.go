package broker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties: an object is there as a whole or not at all, replaced as a whole,
// gone when it is deleted, and refused when it is larger than the reader wants.
func TestObjects(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	if err := b.DeleteObject(ctx, "none", "x"); err != nil {
		t.Errorf("deleting where there is no bucket: %v", err)
	}
	for _, bucket := range []string{"none", "some"} {
		if _, err := b.GetObject(ctx, bucket, "x", 100); !errors.Is(err, broker.ErrEmpty) {
			t.Errorf("reading from bucket %s: %v", bucket, err)
		}
		if err := b.PutObject(ctx, "some", broker.Object{Name: "y"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"first", strings.Repeat("second", 100_000), ""} {
		if err := b.PutObject(ctx, "some", broker.Object{Name: "x/1@2", Meta: map[string]string{"a": "b"}}, []byte(text)); err != nil {
			t.Fatal(err)
		}
		data, err := b.GetObject(ctx, "some", "x/1@2", 1_000_000)
		if err != nil || string(data) != text {
			t.Errorf("%d bytes were put, %d got: %v", len(text), len(data), err)
		}
		all, err := b.Objects(ctx, "some")
		if err != nil || len(all) != 2 {
			t.Errorf("%v, %v", all, err)
		}
	}
	if err := b.PutObject(ctx, "some", broker.Object{Name: "large"}, make([]byte, 101)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.GetObject(ctx, "some", "large", 100); !errors.Is(err, broker.ErrTooLarge) || !strings.Contains(err.Error(), "has 101 bytes, the limit is 100") {
		t.Errorf("an object that is too large: %v", err)
	}
	for range 2 {
		if err := b.DeleteObject(ctx, "some", "large"); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.GetObject(ctx, "some", "large", 1000); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("reading what is deleted: %v", err)
	}
}

// Properties, of any order of writing and purging: what stands before the place
// is gone, what stands there or behind is not, and never the last record; the
// next record can be written behind it.
func TestPurgingLeavesTheLastRecord(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	streams := 0
	rapid.Check(t, func(rt *rapid.T) {
		streams++
		stream := fmt.Sprintf("s%d", streams)
		brokertest.Stream(t, b, stream)
		first, last := uint64(1), uint64(0)
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			for range rapid.IntRange(0, 5).Draw(rt, "records") {
				sequence, err := b.Put(ctx, stream, stream, "", last, nil, []byte("x"))
				if err != nil || sequence != last+1 {
					rt.Fatalf("record %d behind %d: %v", sequence, last, err)
				}
				last = sequence
			}
			before := rapid.Uint64Range(0, last+3).Draw(rt, "before")
			if err := b.Purge(ctx, stream, before); err != nil {
				rt.Fatal(err)
			}
			first = max(first, min(before, last))
			got, err := b.FirstSequence(ctx, stream)
			if err != nil || got != first {
				rt.Fatalf("purged before %d, %d is the first of %d, want %d (%v)", before, got, last, first, err)
			}
			record, err := b.Last(ctx, stream, stream)
			if last == 0 && !errors.Is(err, broker.ErrEmpty) || last > 0 && (err != nil || record.Sequence != last) {
				rt.Fatalf("the last record is %d, want %d (%v)", record.Sequence, last, err)
			}
		}
	})
	if err := b.Purge(ctx, "no such stream", 1); err == nil {
		t.Error("a stream that is not there is purged")
	}
}
