package eval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// expected is what a crash does to the documents of a run, or to the windows
// where only these are concerned.
type expected struct{ lost, repeated bool }

// expectation is what a promise makes of a crash at a point. At-most-once loses
// what is claimed and not stored; at-least-once repeats what is stored and not
// acknowledged, whatever the point is, since it acknowledges eight units at
// once; exactly-once does neither.
func expectation(p guarantees.Promise) func(point guarantees.Point) expected {
	return func(point guarantees.Point) expected {
		switch p.Guarantee {
		case guarantees.AtMostOnce:
			return expected{lost: point == guarantees.Begun || point == guarantees.Stepped}
		case guarantees.AtLeastOnce:
			return expected{repeated: point != guarantees.Saved} // it makes no snapshots
		}
		return expected{}
	}
}

// Properties, of a run in which the worker of each stage is killed at each
// point of its way, under each promise, alone (chained) and with several
// partitions:
//   - every document is predicted or counted as lost;
//   - whether any are lost or repeated is what the promise and the point make
//     one expect; a worker of topics loses and repeats counts in windows
//     instead;
//   - the fault has struck;
//   - under exactly-once the results are the oracle's, to the bit.
func TestACrashAtEveryPointOfEveryStageUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 1100)
	runs := 0
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
				for _, stage := range stages {
					for _, point := range guarantees.Points() {
						if point == guarantees.Saved && (stage == pipeline.TokenizeStage || !promise.Marks()) {
							continue // nothing is saved there
						}
						runs++
						p := pipeline.Plan{
							Pipeline: "crash", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
							Guarantee: promise.Guarantee, Recovery: promise.Recovery, SnapshotEvery: often(promise), Topics: topics.Options{Bursts: 3, Stories: 3},
						}.WithDefaults()
						crash(t, p, stage, point, documents, expectation(promise)(point))
					}
				}
			})
		}
	}
	t.Logf("%d crashes", runs)
}

// often makes snapshots of all partitions come several times in a short run,
// where there are any.
func often(p guarantees.Promise) (every pipeline.Interval) {
	if p.Holds() {
		every.Documents = 200
	}
	return every
}

func crash(t *testing.T, p pipeline.Plan, stage string, point guarantees.Point, documents [][]byte, want expected) {
	t.Helper()
	b := evaltest.Broker(t)
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	fill(t, b, p.Pipeline, documents, 1)
	tally := runFaults(t, b, p, &guarantees.Faults{Plan: crashPlan(stage, point), Fired: pipeline.Fired{Broker: b, Pipeline: p.Pipeline}})
	counted := uint64(0)
	for _, c := range tally.Counts {
		if c.Definition == "tumbling:24h" {
			counted = c.In
		}
	}
	total := uint64(len(documents))
	got := expected{lost: tally.Lost > 0, repeated: tally.Duplicates > 0}
	if stage == pipeline.TopicsStage {
		got = expected{lost: counted < total, repeated: counted > total}
		// Rolled back, the state counts once what is put out twice.
		want.repeated = want.repeated && p.Recovery == guarantees.Kept
	}
	where := fmt.Sprintf("%s, %s killed at %s, partitions %s", p.Promise(stage), stage, point, p.Partitions)
	if got != want || tally.Documents+tally.Lost != total {
		t.Errorf("%s: %d documents, %d lost, %d repeated, %d in windows, want %+v", where, tally.Documents, tally.Lost, tally.Duplicates, counted, want)
	}
	if struck(t, b, p) != len(crashPlan(stage, point)) {
		t.Errorf("%s: the fault has not struck", where)
	}
	if p.Guarantee == guarantees.ExactlyOnce {
		truth := oracle(t, b, p, nil).Tally
		got, want := tally.Summary(p), truth.Summary(p)
		if tally.WindowsDigest != truth.WindowsDigest || got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest || got.Windows != want.Windows {
			t.Errorf("%s:\n got %+v\nwant %+v", where, got, want)
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// crashPlan kills a stage's first partition in the middle. What is only there
// after a crash needs one before.
func crashPlan(stage string, point guarantees.Point) []guarantees.Fault {
	const middle = 600
	kill := guarantees.Fault{Kind: guarantees.Kill, Stage: stage, At: middle, Point: point}
	switch point {
	case guarantees.Opened, guarantees.Restored:
		kill.At = 2
	default:
		return []guarantees.Fault{kill}
	}
	return []guarantees.Fault{{Kind: guarantees.Kill, Stage: stage, At: middle, Point: guarantees.Stored}, kill}
}

// struck counts the faults that have struck.
func struck(t *testing.T, b *broker.Broker, p pipeline.Plan) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	strikes, err := pipeline.Fired{Broker: b, Pipeline: p.Pipeline}.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return len(strikes)
}
