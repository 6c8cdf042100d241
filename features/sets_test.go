package features_test

import (
	"testing"
	"tidings/datasets/datasetstest"
)

// item is what these tests need of a document.
type item struct{ Title, Text string }

// wikipedia returns the first n items of the Wikipedia stream.
func wikipedia(tb testing.TB, n int) []item {
	tb.Helper()
	return datasetstest.Read[item](tb, "wikipedia-current-events.jsonl.gz", n)
}
