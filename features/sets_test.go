package features_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// item is what these tests need of a document.
type item struct{ Title, Text string }

// wikipedia returns the first n items of the Wikipedia stream.
func wikipedia(tb testing.TB, n int) []item {
	tb.Helper()
	path := filepath.Join("..", "..", "shared", "datasets", "wikipedia-current-events.jsonl.gz")
	file, err := os.Open(path)
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("a data set is missing, and CI must not go without it: %v", err)
		}
		tb.Skipf("SKIPPED, A DATA SET IS MISSING: %v; put the data sets beside the project to run this", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<24)
	var items []item
	for len(items) < n && lines.Scan() {
		var it item
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil {
			tb.Fatal(err)
		}
		items = append(items, it)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return items
}
