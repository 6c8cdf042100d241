package sample

import "testing"

// Two allocations a document are expected: its id, and title and text
// together.
func BenchmarkNext(b *testing.B) {
	g := New(Options{Documents: DocumentsMax})
	b.ReportAllocs()
	for b.Loop() {
		g.Next()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{})
	}
}
