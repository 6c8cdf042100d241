package sample

import (
	"slices"
	"testing"

	"tidings"
)

// generate returns a whole stream.
func generate(o Options) []tidings.Document {
	g := New(o)
	var docs []tidings.Document
	for d, ok := g.Next(); ok; d, ok = g.Next() {
		docs = append(docs, d)
	}
	return docs
}

func TestALongerRunBeginsWithTheShorterOne(t *testing.T) {
	long := generate(Options{Documents: 3000})
	short := generate(Options{Documents: 1000})
	if len(long) != 3000 || len(short) != 1000 {
		t.Fatalf("%d and %d documents, want 3000 and 1000", len(long), len(short))
	}
	if !slices.EqualFunc(short, long[:1000], same) {
		t.Fatal("the shorter run is not the beginning of the longer one")
	}
}

func same(a, b tidings.Document) bool {
	return a.ID == b.ID && a.Time.Equal(b.Time) && a.Label == b.Label && a.Title == b.Title &&
		a.Text == b.Text && a.Source == b.Source
}
