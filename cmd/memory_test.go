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

// memoryTries is how often a stream is measured at most: what else the machine
// does can only make a process hold more, so the least of a few runs counts.
const memoryTries = 3

// Properties: memory stays below the limit, and a stream ten times as long
// takes no more than a fifth more. The shorter one is long enough to fill the
// first blocks of the broker's streams, which are part of what is held.
func TestMemoryDoesNotGrowWithTheStream(t *testing.T) {
	short := classifySample(t, 150_000, 1).RSSMax
	most := int64(1.2 * float64(short))
	long := leastMemory(t, 1_500_000, 1, most)
	t.Logf("1 partition: %d MiB and %d MiB", short>>20, long>>20)
	if long > most {
		t.Errorf("%d bytes for 150,000 documents, %d for 1,500,000", short, long)
	}
	divided := leastMemory(t, 600_000, 2, rssLimit)
	t.Logf("2 partitions: %d MiB", divided>>20)
	if long > rssLimit || divided > rssLimit {
		t.Errorf("%d bytes with 1 partition and %d with 2, the limit is %d", long, divided, rssLimit)
	}
}

// leastMemory measures until a run stays below most, memoryTries times at most,
// and returns the least.
func leastMemory(t *testing.T, documents, partitions int, most int64) int64 {
	t.Helper()
	least := classifySample(t, documents, partitions).RSSMax
	for try := 1; try < memoryTries && least > most; try++ {
		least = min(least, classifySample(t, documents, partitions).RSSMax)
	}
	return least
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
