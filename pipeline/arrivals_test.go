package pipeline

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// script is a source that delivers sequences in batches of given sizes, over
// and over, and then ends.
type script struct {
	sequences []uint64
	batches   []int
	next      int
}

func (s *script) Next(context.Context) (records []broker.Record, err error) {
	if len(s.sequences) == 0 {
		return nil, io.EOF
	}
	n := min(s.batches[s.next%len(s.batches)], len(s.sequences))
	s.next++
	for _, sequence := range s.sequences[:n] {
		records = append(records, broker.Record{Sequence: sequence})
	}
	s.sequences = s.sequences[n:]
	return records, nil
}

func (s *script) Close() {}

// taken is what a reader with a promise makes of a delivery.
func taken(t *rapid.T, recovery string, delivered []uint64, batches []int) (out []uint64) {
	promise, err := guarantees.NewPromise("", recovery)
	if err != nil {
		t.Fatal(err)
	}
	a := newArrivals(&script{sequences: delivered, batches: batches}, promise, 1)
	seen := map[uint64]bool{}
	for {
		r, err := a.take(context.Background())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if a.again != seen[r.Sequence] {
			t.Fatalf("record %d is said to have come again: %v; it was taken before: %v", r.Sequence, a.again, seen[r.Sequence])
		}
		if rapid.IntRange(0, 5).Draw(t, "untake") == 0 {
			again := a.again
			a.untake(r)
			if back, err := a.take(context.Background()); err != nil || back.Sequence != r.Sequence || a.again != again {
				t.Fatalf("%d was given back, %d came: %v", r.Sequence, back.Sequence, err)
			}
		}
		seen[r.Sequence] = true
		out = append(out, r.Sequence)
	}
}

// Properties, of records that are delivered in any order, several times, and
// not at all, by what the reader's promise is:
//   - at-most-once takes each that is newer than all before;
//   - exactly-once takes 1, 2, 3 and so on as far as all have come, once;
//   - at-least-once likewise, and each that it has taken as often as it came;
//   - how they are cut into batches does not matter.
func TestWhatArrivesIsTakenAsPromised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delivered := rapid.SliceOfN(rapid.Uint64Range(1, 12), 0, 40).Draw(t, "delivered")
		batches := rapid.SliceOfN(rapid.IntRange(1, 7), 1, 4).Draw(t, "batches")
		newest, prefix := uint64(0), uint64(0)
		var newer, inOrder []uint64
		for _, s := range delivered {
			if s > newest {
				newest, newer = s, append(newer, s)
			}
		}
		for slices.Contains(delivered, prefix+1) {
			prefix++
			inOrder = append(inOrder, prefix)
		}
		if got := taken(t, guarantees.Claim, delivered, batches); !slices.Equal(got, newer) {
			t.Fatalf("at-most-once takes %v, want %v", got, newer)
		}
		if got := taken(t, guarantees.Commit, delivered, batches); !slices.Equal(got, inOrder) {
			t.Fatalf("exactly-once takes %v, want %v", got, inOrder)
		}
		got := taken(t, guarantees.Kept, delivered, batches)
		times, first := map[uint64]int{}, []uint64(nil)
		for _, s := range got {
			if times[s]++; times[s] == 1 {
				first = append(first, s)
			}
		}
		if !slices.Equal(first, inOrder) {
			t.Fatalf("at-least-once takes %v first, want %v", first, inOrder)
		}
		came := map[uint64]int{}
		for _, s := range delivered {
			if came[s]++; s <= prefix {
				times[s]--
			}
		}
		for s, n := range times {
			if n != 0 {
				t.Fatalf("at-least-once takes %d %d times more often than it came (%d): %v", s, n, came[s], got)
			}
		}
		if one := taken(t, guarantees.Kept, delivered, []int{1}); !slices.Equal(one, got) {
			t.Fatalf("one by one %v is taken, in batches %v", one, got)
		}
	})
}

// Properties: a reader that waits for a record does not pass it over, however
// many come behind it; it holds no more than its limit.
func TestARecordThatNeverComesIsAnError(t *testing.T) {
	var delivered []uint64
	for s := range uint64(2 * earlyMax) {
		delivered = append(delivered, s+2)
	}
	for _, p := range []guarantees.Promise{{}, {Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}} {
		a := newArrivals(&script{sequences: delivered, batches: []int{100}}, p, 1)
		_, err := a.take(t.Context())
		if err == nil || !strings.Contains(err.Error(), "record 1 of the stream does not come") || len(a.early) > earlyMax {
			t.Errorf("%v: %v, %d are held", p.OrDefault(), err, len(a.early))
		}
	}
}
