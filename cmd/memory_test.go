package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// measured is what a summary says of the process.
type measured struct {
	Documents  uint64  `json:"documents"`
	RSSMax     int64   `json:"rss_max_bytes"`
	PerSecond  float64 `json:"documents_per_second"`
	CPU        float64 `json:"cpu_us_per_document"`
	Partitions any     `json:"partitions"`
}

func classifySample(tb testing.TB, documents, partitions int) (m measured) {
	tb.Helper()
	summary := filepath.Join(tb.TempDir(), "summary.json")
	run := commandOf(tb, "classify", "--from", fmt.Sprintf("sample:%d", documents), "--partitions", fmt.Sprint(partitions), "--summary", summary)
	if out, err := run.CombinedOutput(); err != nil {
		tb.Fatalf("%v\n%s", err, tail(out))
	}
	data, err := os.ReadFile(summary)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		tb.Fatal(err)
	}
	if m.Documents != uint64(documents) {
		tb.Fatalf("%d documents of %d", m.Documents, documents)
	}
	return m
}

// rssLimit is what a run may hold at most.
const rssLimit = 500 << 20

// Properties: a stream ten times as long takes no more than a fifth more
// memory with one partition. With two the shorter stream does not yet fill the
// first block of each of the eight streams, so both are only held to the limit.
func TestMemoryDoesNotGrowWithTheStream(t *testing.T) {
	for _, partitions := range []int{1, 2} {
		short, long := classifySample(t, 60_000, partitions), classifySample(t, 600_000, partitions)
		t.Logf("%d partitions: %d MiB and %d MiB", partitions, short.RSSMax>>20, long.RSSMax>>20)
		if short.RSSMax > rssLimit || long.RSSMax > rssLimit {
			t.Errorf("%d partitions: %d and %d bytes, the limit is %d", partitions, short.RSSMax, long.RSSMax, rssLimit)
		}
		if partitions == 1 && float64(long.RSSMax) > 1.2*float64(short.RSSMax) {
			t.Errorf("%d bytes for 60,000 documents, %d for 600,000", short.RSSMax, long.RSSMax)
		}
	}
}

// BenchmarkMemory prints the peak memory of a process against the length of
// the stream.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		fmt.Printf("\n%-12s %12s %12s %12s %10s\n", "partitions", "documents", "peak MiB", "docs/s", "us CPU")
		for _, partitions := range []int{1, 2} {
			for _, documents := range []int{60_000, 600_000, 2_000_000} {
				m := classifySample(b, documents, partitions)
				fmt.Printf("%-12d %12d %12d %12.0f %10.1f\n", partitions, m.Documents, m.RSSMax>>20, m.PerSecond, m.CPU)
			}
		}
	}
}
