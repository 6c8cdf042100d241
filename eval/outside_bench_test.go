package eval_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// BenchmarkStateThroughput runs the same documents with df counts in workers and
// in a Redis, in turn, by each recovery of exactly-once, and prints medians of documents
// a second. By replay a chain does as by commit.
func BenchmarkStateThroughput(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", 20_000)
	url := redistest.Start(b, "--appendonly", "yes", "--appendfsync", "everysec")
	runs := 0
	for _, recovery := range guarantees.Recoveries(guarantees.ExactlyOnce) {
		for _, n := range []int{1, 2} {
			if n == 1 && recovery == guarantees.Replay {
				continue
			}
			took := map[string][]time.Duration{}
			for range b.N {
				for _, kind := range []string{"", pipeline.RedisState} {
					runs++
					b.StopTimer()
					o := planned(b, "", pipeline.Plan{
						Pipeline: "inside", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}, Recovery: recovery, State: kind,
					})
					if kind != "" {
						o.url = fmt.Sprintf("%s?prefix=run%d", url, runs)
					}
					fill(b, o.broker, o.plan.Pipeline, documents, 64)
					b.StartTimer()
					began := time.Now()
					tally, err := o.run(b)
					took[kind] = append(took[kind], time.Since(began))
					if err != nil || tally.Documents != uint64(len(documents)) {
						b.Fatalf("%d documents: %v", tally.Documents, err)
					}
				}
			}
			rate := func(kind string) float64 {
				slices.Sort(took[kind])
				return float64(len(documents)) / took[kind][len(took[kind])/2].Seconds()
			}
			fmt.Printf("\n%s, %d partitions: embedded %.0f documents/s, Redis %.0f, %.2f of it\n", recovery, n, rate(""), rate(pipeline.RedisState), rate(pipeline.RedisState)/rate(""))
		}
	}
}
