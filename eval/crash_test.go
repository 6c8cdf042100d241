package eval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Properties, of a run in which the worker of each stage is killed at each
// point of its way, under each promise, alone (chained) and with several
// partitions:
//   - what is lost and what is repeated is what the promise and the point make
//     one expect;
//   - under exactly-once the results are the oracle's, to the bit.
func TestACrashAtEveryPointOfEveryStageUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 3000)
	for _, n := range []int{1, 2} {
		stages := pipeline.Stages()
		if n == 1 {
			stages = []string{pipeline.ClassifyStage}
		}
		for _, name := range guarantees.Recoveries("") {
			promise, err := guarantees.NewPromise("", name)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				b := openBroker(t)
				i := 0
				for _, stage := range stages {
					for _, point := range guarantees.Points() {
						i++
						p := pipeline.Plan{
							Pipeline: pipeline.Name(fmt.Sprintf("p%d", i)), Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
							Guarantee: promise.Guarantee, Recovery: promise.Recovery,
						}.WithDefaults()
						crash(t, b, p, stage, point, documents)
					}
				}
			})
		}
	}
}

func crash(t *testing.T, b *broker.Broker, p pipeline.Plan, stage string, point guarantees.Point, documents [][]byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	fill(t, b, p.Pipeline, documents, 4)
	faults := &guarantees.Faults{
		Plan:  []guarantees.Fault{{Kind: guarantees.Kill, Stage: stage, Partition: 0, At: 1500, Point: point}},
		Fired: pipeline.Fired{Broker: b, Pipeline: p.Pipeline},
	}
	tally := runFaults(t, b, p, faults)
	t.Logf("%-9s %-9s documents %d lost %d repeated %d", stage, point, tally.Documents, tally.Lost, tally.Duplicates)
}
