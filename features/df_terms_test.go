package features_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings/features"
)

// Properties, of random counts: those made of the terms of others are equal to
// them, saved too, and the terms' digests add up to theirs.
func TestCountsAreWhatTheirTermsSay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		hashes := rapid.SliceOfNDistinct(rapid.Uint64(), 0, 60, rapid.ID).Draw(rt, "hashes")
		df := features.NewDF(features.Options{})
		for range rapid.IntRange(0, 8).Draw(rt, "documents") {
			for i, slot := range df.Resolve(nil, hashes) {
				if rapid.Bool().Draw(rt, "has") || i == 0 {
					df.Observe(slot)
				}
			}
		}
		other := features.CountedDF(df.Len(), df.Terms(), df.Dropped())
		var a, b bytes.Buffer
		if err := df.Save(&a); err != nil {
			rt.Fatal(err)
		}
		if err := other.Save(&b); err != nil {
			rt.Fatal(err)
		}
		var sum uint64
		var last []uint64
		for hash, count := range df.Terms() {
			sum += features.TermDigest(hash, count)
			last = append(last, hash)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) || sum != df.Digest() || other.Digest() != df.Digest() || !slices.IsSorted(last) {
			rt.Fatalf("%d terms became %d", df.Len(), other.Len())
		}
	})
}
