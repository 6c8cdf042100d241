// Package datasetstest finds the real data sets for tests: files of JSON lines,
// gzipped, in ../shared/datasets, seen from the folder of the module.
//
// The one rule to keep: a test without its data says so loudly, and fails where the
// environment has CI, for then nobody would notice.
package datasetstest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// lineMax is how long a line can be, in bytes.
const lineMax = 16 << 20

// Path is where a file of the data is, such as ag-news-test.jsonl.gz. The test is
// skipped when it is missing, and fails in CI.
func Path(tb testing.TB, file string) string {
	tb.Helper()
	path := filepath.Join(module(tb), "..", "shared", "datasets", file)
	_, err := os.Stat(path)
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		tb.Fatal(err)
	case os.Getenv("CI") != "":
		tb.Fatalf("THE REAL DATA IS MISSING: %v; nothing was tested", err)
	default:
		tb.Skipf("SKIPPED, THE REAL DATA IS MISSING: %v; put the data sets there, nothing was tested", err)
	}
	return path
}

// module is the folder of go.mod, in or above the one that the test runs in.
func module(tb testing.TB) string {
	tb.Helper()
	folder, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			tb.Fatal("there is no go.mod above the folder that the test runs in")
		}
		folder = above
	}
}

// Scan reads a file line by line.
func Scan(tb testing.TB, file string) *bufio.Scanner {
	tb.Helper()
	f, err := os.Open(Path(tb, file))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() }) // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	s := bufio.NewScanner(z)
	s.Buffer(nil, lineMax)
	return s
}

// Lines reads the first lines of a file, all of them when most is 0.
func Lines(tb testing.TB, file string, most int) (lines [][]byte) {
	tb.Helper()
	s := Scan(tb, file)
	for (most == 0 || len(lines) < most) && s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	return lines
}

// Read reads the first documents of a file, all of them when most is 0, each
// into the fields that T has.
func Read[T any](tb testing.TB, file string, most int) (documents []T) {
	tb.Helper()
	s := Scan(tb, file)
	for (most == 0 || len(documents) < most) && s.Scan() {
		var d T
		if err := json.Unmarshal(s.Bytes(), &d); err != nil {
			tb.Fatal(err)
		}
		documents = append(documents, d)
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	return documents
}
