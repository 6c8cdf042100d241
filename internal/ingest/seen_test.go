package ingest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Properties, against a list that is searched:
//   - an id is new when it is not among the last so many new ones;
//   - one that is not new does not push another out;
//   - never more ids are kept than that.
func TestSeenRemembersTheLastIDs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(rt, "size")
		s := newSeen(size)
		var kept []string
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 12), 0, 100).Draw(rt, "ids") {
			id := strconv.Itoa(n)
			isNew := !slices.Contains(kept, id)
			if got := s.add(id); got != isNew {
				rt.Fatalf("%q is new: %t, among the last %d, %v, it is %t", id, got, size, kept, isNew)
			}
			if isNew {
				kept = append(kept, id)
				kept = kept[max(0, len(kept)-size):]
			}
			if len(s.known) != len(kept) || len(s.ring) != len(kept) {
				rt.Fatalf("%d hashes, a ring of %d, for %d ids", len(s.known), len(s.ring), len(kept))
			}
		}
	})
}

// Properties, at the size that is used:
//   - all of the last IDsRemembered are known, the one before them is not.
func TestSeenForgetsBeyondItsSize(t *testing.T) {
	s := newSeen(IDsRemembered)
	id := func(i int) string { return fmt.Sprintf("document-%d", i) }
	for i := range IDsRemembered + 1 {
		if !s.add(id(i)) {
			t.Fatalf("id %d is not new", i)
		}
	}
	for i := 1; i <= IDsRemembered; i++ {
		if s.add(id(i)) {
			t.Fatalf("id %d of the last %d is new", i, IDsRemembered)
		}
	}
	if !s.add(id(0)) {
		t.Error("the id before them is known")
	}
}

func BenchmarkSeen(b *testing.B) {
	ids := make([]string, 2*IDsRemembered)
	for i := range ids {
		ids[i] = fmt.Sprintf("document-%d", i)
	}
	s := newSeen(IDsRemembered)
	for _, id := range ids { // the ring is full, as in a long run
		s.add(id)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.add(ids[i%len(ids)])
		i++
	}
}
