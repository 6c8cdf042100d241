package eval_test

import (
	"testing"

	"tidings/pipeline"
)

// BenchmarkVersion measures saving and loading the default model with its df
// behind the whole of the Wikipedia stream.
func BenchmarkVersion(b *testing.B) {
	v := trained(b, "", pipeline.Plan{}.Features, lines(b, "wikipedia-current-events.jsonl.gz", 0))
	data := encodedVersion(b, v)
	b.Run("save", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			encodedVersion(b, v)
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := pipeline.DecodeVersion(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Logf("%d bytes: %d cells, %d terms", len(data), v.Cells, v.Terms)
}
