package guarantees_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// inTurn delivers records with sequences from..to, cut at some places, and then
// nothing more, as a stream at its end.
type inTurn struct {
	next, to uint64
	cut      func() uint64
}

func (s *inTurn) Close() {}

func (s *inTurn) Next(ctx context.Context) (records []broker.Record, err error) {
	if s.next > s.to {
		if _, waits := ctx.Deadline(); waits {
			return nil, context.DeadlineExceeded // as if the time had passed
		}
		return nil, io.EOF
	}
	for n := s.cut(); n > 0 && s.next <= s.to; n-- {
		records = append(records, broker.Record{Sequence: s.next})
		s.next++
	}
	return records, nil
}

// firedOnce remembers strikes in memory.
type firedOnce struct {
	mu      sync.Mutex
	strikes map[string]guarantees.Strike
}

func (f *firedOnce) Fire(_ context.Context, name string, s guarantees.Strike) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.strikes[name]; ok {
		return false, nil
	}
	if f.strikes == nil {
		f.strikes = map[string]guarantees.Strike{}
	}
	f.strikes[name] = s
	return true, nil
}

// deliver reads to the end through a disturbed source.
func deliver(t *rapid.T, plan string, seed, from, to, end uint64, cut func() uint64) []uint64 {
	faults, err := guarantees.ParseFaults(plan, partitions())
	if err != nil {
		t.Fatal(err)
	}
	f := &guarantees.Faults{Plan: faults, Seed: seed, Fired: &firedOnce{}}
	s := f.Deliver(&inTurn{from, to, cut}, guarantees.Delivery{
		Stream: "s", Readers: []string{"df/0"},
		Ends: func(_ context.Context, r broker.Record) (bool, error) { return r.Sequence == end, nil },
		Last: func(_ context.Context, r broker.Record) (bool, error) { return r.Sequence == to, nil },
	})
	var got []uint64
	for {
		records, err := s.Next(t.Context())
		if err != nil {
			return got
		}
		for _, r := range records {
			got = append(got, r.Sequence)
		}
	}
}

// Properties, of records that come twice and late:
//   - all come, at most twice, and none more than the window late;
//   - what ends a source comes once, behind all before it and before all behind;
//   - neither how they come, nor from where reading began, changes what is
//     delivered behind the window.
func TestDisturbedDeliveryIsDecidedByTheSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.IntRange(2, 20).Draw(t, "window")
		plan := fmt.Sprintf("duplicate:df 20%%, reorder:%d 30%%, delay:topics 1s", window)
		seed, to := rapid.Uint64().Draw(t, "seed"), rapid.Uint64Range(1, 200).Draw(t, "to")
		end := rapid.Uint64Range(1, to).Draw(t, "end")
		cut := func() uint64 { return rapid.Uint64Range(1, 30).Draw(t, "cut") }
		got := deliver(t, plan, seed, 1, to, end, cut)
		highest, times := uint64(0), map[uint64]int{}
		for i, s := range got {
			highest = max(highest, s)
			if highest-s >= uint64(window) {
				t.Fatalf("%d comes behind %d: %v", s, highest, got)
			}
			if s == end && (slices.Max(got[:i+1]) > end || slices.Min(got[i:]) < end) {
				t.Fatalf("%d ends a source, but there is %v", end, got)
			}
			times[s]++
		}
		for s := uint64(1); s <= to; s++ {
			if times[s] < 1 || times[s] > 2 || s == end && times[s] != 1 {
				t.Fatalf("%d comes %d times: %v", s, times[s], got)
			}
		}
		if again := deliver(t, plan, seed, 1, to, end, func() uint64 { return to }); !slices.Equal(again, got) {
			t.Fatalf("delivered at once: %v, in pieces: %v", again, got)
		}
		later := deliver(t, plan, seed, end, to, end, cut)
		if want := got[slices.Index(got, end):]; !slices.Equal(later, want) {
			t.Fatalf("read from %d on: %v, want %v", end, later, want)
		}
	})
}

// Properties: a plan that does not concern a reader leaves its source alone.
func TestFaultsElsewhereDisturbNothing(t *testing.T) {
	s := &inTurn{}
	faults := &guarantees.Faults{Plan: []guarantees.Fault{{Kind: guarantees.Delay, Stage: "topics", Partition: -1}, {Kind: guarantees.Kill, Partition: -1}}}
	if faults.Deliver(s, guarantees.Delivery{Readers: []string{"df/0"}}) != guarantees.Source(s) {
		t.Error("the source is another")
	}
	var none *guarantees.Faults
	if none.Deliver(s, guarantees.Delivery{}) != guarantees.Source(s) {
		t.Error("without faults the source is another")
	}
}
