package ingest

import (
	"testing"

	"pgregory.net/rapid"

	"tidings"
)

// Properties, against a list that is searched from its end:
//   - find gives the newest of the last so many that were added under an id,
//     and nothing else;
//   - never more are kept than that.
func TestAcceptedKnowsTheLastDocuments(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(rt, "size")
		a := newAccepted(size)
		var all []place
		for i, id := range rapid.SliceOfN(rapid.Uint64Range(0, 12), 0, 100).Draw(rt, "ids") {
			p := place{id: id, hash: uint64(i) + 1, position: tidings.Position{Sequence: uint64(i) + 1}}
			all = append(all, p)
			a.add(p)
			last := all[max(0, len(all)-size):]
			for id := range uint64(13) {
				var want place
				for _, p := range last {
					if p.id == id {
						want = p
					}
				}
				got, known := a.find(id)
				if known != (want != place{}) || got != want {
					rt.Fatalf("%d is known: %t, as %+v; the last %d are %+v", id, known, got, size, last)
				}
			}
			if len(a.ring) > size || len(a.at) > size {
				rt.Fatalf("%d kept, %d of them by id, of %d", len(a.ring), len(a.at), size)
			}
		}
	})
}
