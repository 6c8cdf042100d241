package eval_test

import (
	"fmt"
	"testing"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Properties, of runs in which records are met as they arrive, by commit and by
// snapshot, at 2 and 4 partitions, undisturbed and with a worker killed at each
// point:
//   - every document is predicted once, in the results' order;
//   - what each df and classify partition says is what comes of the order that
//     it wrote down, to the byte;
//   - in some run that order is not the log's.
func TestWhatRacedIsWhatItsOrderMakesOfItUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 1100)
	for _, recovery := range []string{guarantees.Commit, guarantees.BySnapshot} {
		for _, n := range []int{2, 4} {
			t.Run(fmt.Sprintf("%s, %d partitions", recovery, n), func(t *testing.T) {
				raced := race(t, recovery, n, "undisturbed", documents, nil)
				for _, stage := range pipeline.Stages() {
					for _, point := range guarantees.Points() {
						meets := n == 2 && (stage == pipeline.DFStage || stage == pipeline.ClassifyStage)
						saves := recovery == guarantees.BySnapshot && stage != pipeline.TokenizeStage
						once := n == 4 && recovery == guarantees.BySnapshot && stage != pipeline.ClassifyStage // it takes the longest
						if saves && (point == guarantees.Taken || point == guarantees.Begun || point == guarantees.Settled) {
							continue // by snapshot nothing is done there that would not be at the point before or behind
						}
						if saves && stage == pipeline.ClassifyStage && (point == guarantees.Opened || point == guarantees.Restored) {
							continue // as df
						}
						if point == guarantees.Stored && !once || meets && (point != guarantees.Saved || saves) {
							raced = race(t, recovery, n, fmt.Sprintf("%s killed at %s", stage, point), documents, crashPlan(stage, point)) || raced
						}
					}
				}
				if !raced {
					t.Error("records have come in log order in all runs: nothing is shown")
				}
			})
		}
	}
}

// race runs a plan, and meets again what raced.
func race(t *testing.T, recovery string, n int, where string, documents [][]byte, faults []guarantees.Fault) (raced bool) {
	t.Helper()
	b := evaltest.Broker(t)
	p := pipeline.Plan{
		Pipeline: "race", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}, Order: guarantees.Arrival, Recovery: recovery,
		SnapshotEvery: often(guarantees.Promise{Recovery: recovery}), Topics: topics.Options{Bursts: 3, Stories: 3},
	}.WithDefaults()
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	fill(t, b, p.Pipeline, documents, 1)
	tally := runFaults(t, b, p, &guarantees.Faults{Plan: faults, Fired: pipeline.Fired{Broker: b, Pipeline: p.Pipeline}})
	if tally.Documents != uint64(len(documents)) || tally.Lost+uint64(tally.Duplicates) > 0 {
		t.Errorf("%s: %d documents, %d lost, %d repeated, of %d", where, tally.Documents, tally.Lost, tally.Duplicates, len(documents))
	}
	if struck(t, b, p) != len(faults) {
		t.Errorf("%s: the fault has not struck", where)
	}
	for _, stage := range []string{pipeline.DFStage, pipeline.ClassifyStage} {
		for i := range n {
			units, jumps, err := pipeline.MeetAgain(t.Context(), b, p, stage, i)
			if err != nil || units == 0 {
				t.Errorf("%s: %d units of %s/%d: %v", where, units, stage, i, err)
			}
			raced = raced || jumps > 0
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return raced
}
