package eval_test

import (
	"fmt"
	"testing"

	"tidings/eval"
	"tidings/eval/metric"
	"tidings/guarantees"
	"tidings/pipeline"
)

const (
	guaranteesDocuments = 20_000
	guaranteesPerSecond = 500  // of the load under which latency is measured
	guaranteesLoad      = 1500 // documents of that load, the first tenth warms up
)

// BenchmarkGuarantees measures what each guarantee and recovery costs where
// nothing goes wrong, at 1 and 2 partitions, one document a message, stores on
// disk: throughput and processor time from a filled log, then latency under a
// load. Each iteration runs every one of them once, so that a noisy machine is
// as noisy to all; medians are printed at the end, beside the ratio to
// at-least-once with state kept, the cheapest that loses nothing.
func BenchmarkGuarantees(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", guaranteesDocuments)
	for _, n := range []int{1, 2} {
		type contender struct {
			promise guarantees.Promise
			runs    []cost
			latency metric.Latency
		}
		var all []*contender
		for _, name := range guarantees.Recoveries("") {
			promise, err := guarantees.NewPromise("", name)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, &contender{promise: promise})
		}
		for range b.N {
			for _, c := range all {
				p := pipeline.Plan{
					Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
					Guarantee: c.promise.Guarantee, Recovery: c.promise.Recovery,
				}.WithDefaults()
				c.runs = append(c.runs, benchPromise(b, p, documents, &c.latency))
			}
		}
		var yard cost
		for _, c := range all {
			if c.promise.Recovery == guarantees.Kept {
				yard = median(c.runs)
			}
		}
		fmt.Printf("\n%d documents, %d partitions, medians of %d runs; latency at %d documents/s\n%-28s %10s %8s %8s %8s %8s %8s %8s\n",
			len(documents), n, b.N, guaranteesPerSecond, "", "docs/s", "/kept", "us CPU", "cores", "p50 ms", "p95 ms", "p99 ms")
		for _, c := range all {
			m := median(c.runs)
			fmt.Printf("%-28s %10.0f %8.2f %8.1f %8.2f %8.2f %8.2f %8.2f\n", c.promise, m.rate(len(documents)), m.rate(len(documents))/yard.rate(len(documents)),
				m.perDocument(len(documents)), m.cores(), c.latency.P50(), c.latency.P95(), c.latency.P99())
		}
	}
}

func benchPromise(b *testing.B, p pipeline.Plan, documents [][]byte, latency *metric.Latency) cost {
	b.Helper()
	b.StopTimer()
	s := openDiskBroker(b)
	defer s.Close()
	fill(b, s, p.Pipeline, documents, 1)
	measure(b, func() {
		t, err := eval.Run(b.Context(), s, p, nil, nil)
		if err != nil || t.Documents != uint64(len(documents)) {
			b.Fatalf("%s: %d documents of %d: %v", p.Claim(), t.Documents, len(documents), err)
		}
	})
	took := lastCost
	load := p
	load.Pipeline = "load"
	l, err := eval.Load(b.Context(), s, p.Pipeline, load, guaranteesPerSecond, guaranteesLoad)
	if err != nil {
		b.Fatal(err)
	}
	latency.Merge(l)
	return took
}
