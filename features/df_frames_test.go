package features

import (
	"testing"

	"pgregory.net/rapid"
)

// Properties, of documents beyond what a DF has room for, whether it forgets or
// not:
//   - their df, what found no room and the digest are those of documents that come
//     one by one, however they are cut into frames;
//   - a frame's terms may be resolved in any order, with some that none of its
//     documents has.
func TestAFullDFIsTheSameHoweverDocumentsAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var documents [][]uint64
		for range rapid.IntRange(1, 40).Draw(t, "documents") {
			documents = append(documents, rapid.SliceOfNDistinct(rapid.Uint64Range(1, 30), 0, 6, rapid.ID).Draw(t, "terms"))
		}
		halfLife := HalfLife{Documents: uint64(rapid.SampledFrom([]int{0, 0, HalfLifeDocumentsMin}).Draw(t, "half-life"))}
		counted := func(frame func(left int) int, more func() []uint64) (all []uint32, df *DF) {
			df = NewDF(Options{DFHalfLife: halfLife})
			df.limit = 10
			if halfLife.Documents > 0 { // some terms are gone soon
				df.met.clock.halfLife.Documents = 3
			}
			for left := documents; len(left) > 0; {
				n := frame(len(left))
				hashes, at := more(), map[uint64]int{}
				for _, d := range left[:n] {
					for _, term := range d {
						hashes = append(hashes, mix(term))
					}
				}
				slots := df.Resolve(nil, hashes)
				for i, hash := range hashes {
					at[hash] = i
				}
				for _, d := range left[:n] {
					df.Tick(NoTime)
					for _, term := range d {
						all = append(all, df.Observe(slots[at[mix(term)]]))
					}
				}
				left = left[n:]
			}
			return all, df
		}
		want, one := counted(func(int) int { return 1 }, func() []uint64 { return nil })
		got, cut := counted(
			func(left int) int { return rapid.IntRange(1, left).Draw(t, "frame") },
			func() []uint64 {
				var more []uint64
				for _, term := range rapid.SliceOfN(rapid.Uint64Range(1, 60), 0, 20).Draw(t, "more") {
					more = append(more, mix(term))
				}
				return more
			})
		if len(got) != len(want) {
			t.Fatalf("%d values, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("value %d: df %d, one by one %d", i, got[i], want[i])
			}
		}
		if cut.Digest() != one.Digest() || cut.Dropped() != one.Dropped() || cut.Len() != one.Len() || cut.Len() > 10 {
			t.Fatalf("digest %x, %d dropped, %d terms; one by one %x, %d, %d", cut.Digest(), cut.Dropped(), cut.Len(), one.Digest(), one.Dropped(), one.Len())
		}
	})
}
