package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties, of a stream with records on several subjects, against a list:
//   - From finds the first that matches at a sequence or behind it, or ErrEmpty;
//   - Scan calls with those that match between two sequences, in order, and
//     with no other; it ends where they end, and at the first error.
func TestFindingBySubject(t *testing.T) {
	brokertest.NoLeaks(t)
	ctx := brokertest.Context(t)
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	if err := b.CreateStream(ctx, broker.Stream{Name: "s", Subjects: []string{"s.>"}}); err != nil {
		t.Fatal(err)
	}
	const records = 300
	subjects := []string{"s.a.x", "s.b.x", "s.a.y", "s.b.y"}
	var written []string
	for i := range records {
		subject := subjects[random.IntN(len(subjects))]
		if _, err := b.Put(ctx, "s", subject, "", uint64(i), nil, fmt.Appendf(nil, "%d", i+1)); err != nil {
			t.Fatal(err)
		}
		written = append(written, subject)
	}
	matching := func(pattern string, from, to uint64) (sequences []uint64) {
		for i, subject := range written {
			if n := uint64(i) + 1; n >= from && n <= to && (subject == pattern || pattern == "s.*.x" && subject[4:] == "x" || pattern == "s.>") {
				sequences = append(sequences, n)
			}
		}
		return sequences
	}
	f, err := b.Finder(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		pattern := []string{"s.a.x", "s.b.y", "s.*.x", "s.>", "s.none"}[random.IntN(5)]
		from, to := uint64(random.IntN(records+20)), uint64(random.IntN(records+20))
		r, err := f.From(ctx, pattern, from)
		if want := matching(pattern, from, records); len(want) == 0 {
			if !errors.Is(err, broker.ErrEmpty) {
				t.Errorf("%s from %d: %v", pattern, from, err)
			}
		} else if err != nil || r.Sequence != want[0] || string(r.Data) != fmt.Sprint(want[0]) || r.Subject != written[want[0]-1] {
			t.Errorf("%s from %d: %+v (%v), want %d", pattern, from, r, err, want[0])
		}
		var got []uint64
		err = b.Scan(ctx, "s", pattern, from, to, func(r broker.Record) error {
			if string(r.Data) != fmt.Sprint(r.Sequence) || r.Time.IsZero() {
				t.Errorf("record %+v", r)
			}
			got = append(got, r.Sequence)
			return nil
		})
		if want := matching(pattern, from, to); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s from %d to %d: %v (%v), want %v", pattern, from, to, got, err, want)
		}
	}
	stop := errors.New("enough")
	if err := b.Scan(ctx, "s", "s.>", 1, records, func(broker.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := b.Finder(ctx, "none"); err == nil {
		t.Error("a stream that is not there is found")
	}
	if err := b.Scan(ctx, "none", "s.>", 1, 2, nil); err == nil {
		t.Error("a stream that is not there is scanned")
	}
}
