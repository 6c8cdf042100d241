package eval_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"

	"tidings/guarantees"
	"tidings/guarantees/guaranteestest"
	"tidings/internal/broker"
	"tidings/internal/planted"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// contractStages are those to which trouble can come.
func contractStages(partitions int) []guaranteestest.Stage {
	classify := guaranteestest.Stage{Name: pipeline.ClassifyStage, Races: true}
	if partitions == 1 {
		return []guaranteestest.Stage{classify} // the chain
	}
	return []guaranteestest.Stage{{Name: pipeline.TokenizeStage, Stateless: true}, {Name: pipeline.DFStage, Races: true}, classify, {Name: pipeline.TopicsStage}}
}

// contractWhole is what `make contract` asks for.
var contractWhole = flag.Bool("contract.whole", false, "every trouble at every point, and every stage where state is in a Redis")

// contract is the suite of this project's pipelines.
func contract(redis string) guaranteestest.Suite {
	return guaranteestest.Suite{
		Refuses: func(c guaranteestest.Cell) error { return contractPlan("cell", c).Check() },
		Disturb: func(t *testing.T, c guaranteestest.Cell) guaranteestest.Outcome {
			o, err := newContracted(t, redis, c).run(t)
			if err != nil {
				t.Fatal(err)
			}
			return o
		},
	}
}

// Properties, of a pipeline, alone (chained) and with two partitions of each stage,
// in which each stage is killed, or stands still until it is replaced, or is told
// that nobody knows what is stored, at each point of a unit's way, under each
// promise:
//   - every document is predicted or counted as lost;
//   - whether any are lost or repeated is what the promise and the point make
//     one expect; of topics it is said of counts in windows;
//   - the fault has struck;
//   - nothing that stands in the streams breaks the promise, and who was replaced
//     has left no trace;
//   - under exactly-once the results and all state are the oracle's, to the bit.
//
// Unless all is asked for the troubles take turns.
func TestTheContractUnderEveryPromise(t *testing.T) {
	cells := guaranteestest.Axes{States: []string{"embedded"}, Partitions: []int{1, 2}, Stages: contractStages}.Cells()
	if !*contractWhole {
		cells = guaranteestest.Thin(cells)
	}
	contract("").Run(t, cells)
}

// Properties: the same with df counts in a Redis, and nobody has to be told
// anything; of the stages that have a part in that, unless all is asked for.
func TestTheContractWithARedisUnderEveryPromise(t *testing.T) {
	a := guaranteestest.Axes{States: []string{pipeline.RedisState}, Partitions: []int{1, 2}, Stages: contractStages}
	if !*contractWhole {
		a.Stages = func(partitions int) (counting []guaranteestest.Stage) {
			for _, s := range contractStages(partitions) {
				if partitions == 1 || s.Name == pipeline.DFStage {
					counting = append(counting, s)
				}
			}
			return counting
		}
	}
	cells := a.Cells()
	if !*contractWhole {
		cells = slices.DeleteFunc(guaranteestest.Thin(cells), func(c guaranteestest.Cell) bool {
			return c.Partitions == 1 && c.Promise.Guarantee != guarantees.ExactlyOnce // one worker with one history, whatever it is
		})
	}
	contract(redistest.Start(t)).Run(t, cells)
}

// Properties: the same where records are met as they arrive. The oracle is then
// told in which order, so what is stored has to be what that makes of it.
func TestTheContractAsItArrivesUnderEveryPromise(t *testing.T) {
	a := guaranteestest.Axes{
		Recoveries: []string{guarantees.Commit, guarantees.BySnapshot}, Order: guarantees.Arrival,
		States: []string{"embedded"}, Partitions: []int{2}, Stages: contractStages,
	}
	if !*contractWhole {
		a.Points = []guarantees.Point{guarantees.Stored}
	}
	cells := a.Cells()
	if !*contractWhole {
		cells = guaranteestest.Thin(cells)
	}
	contract("").Run(t, cells)
}

// Properties: the same, of each promise at one point, for the race detector.
func TestTheContractInPart(t *testing.T) {
	contract("").Run(t, guaranteestest.Thin(guaranteestest.Axes{
		States: []string{"embedded"}, Partitions: []int{2}, Points: []guarantees.Point{guarantees.Stepped},
		Stages: func(int) []guaranteestest.Stage { return []guaranteestest.Stage{{Name: pipeline.DFStage}} },
	}.Cells()))
}

// Properties: a worker that gets no answer to what it writes beside its records,
// as when it reports a snapshot, looks again and goes on.
func TestWhoGetsNoAnswerGoesOn(t *testing.T) {
	promise := guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.BySnapshot}
	for _, point := range []guarantees.Point{guarantees.Opened, guarantees.Saved} {
		c := guaranteestest.Cell{Promise: promise, Order: guarantees.Sorted, State: "embedded", Partitions: 2, Stage: guaranteestest.Stage{Name: pipeline.DFStage}, Point: point, Trouble: guaranteestest.Uncertain}
		t.Run(c.String(), func(t *testing.T) {
			r := newContracted(t, "", c)
			r.faults.Kill = func(context.Context, string) error { return fmt.Errorf("a key: %w", broker.ErrUnknown) }
			o, err := r.run(t)
			if err == nil {
				err = c.Judge(o)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Properties: mistakes of other systems that are planted in a cell's pipeline are
// found by it.
func TestTheContractFindsMistakes(t *testing.T) {
	tests := []struct {
		mistake  planted.Mistake
		recovery string
		point    guarantees.Point
		trouble  guaranteestest.Trouble
	}{
		{planted.AckFirst, guarantees.Commit, guarantees.Stepped, guaranteestest.Killed},
		{planted.TwoPublishes, guarantees.Commit, guarantees.Stored, guaranteestest.Killed},
		{planted.SecondStore, guarantees.Commit, guarantees.Stored, guaranteestest.Uncertain},
		{planted.NoFence, guarantees.Commit, guarantees.Stepped, guaranteestest.Paused},
		{planted.SessionFence, guarantees.Commit, guarantees.Stepped, guaranteestest.Paused},
		{planted.MarkForgets, guarantees.Commit, guarantees.Stored, guaranteestest.Killed},
		{planted.Unaligned, guarantees.BySnapshot, guarantees.Stored, guaranteestest.Killed},
	}
	for _, test := range tests {
		t.Run(string(test.mistake), func(t *testing.T) {
			t.Parallel()
			promise, err := guarantees.NewPromise("", test.recovery)
			if err != nil {
				t.Fatal(err)
			}
			r := newContracted(t, "", guaranteestest.Cell{
				Promise: promise, Order: guarantees.Sorted, State: "embedded", Partitions: 1, Stage: contractStages(1)[0], Point: test.point, Trouble: test.trouble,
			})
			r.faults.Planted = planted.Plant(t, test.mistake)
			if o, err := r.run(t); err == nil && r.cell.Judge(o) == nil {
				t.Errorf("nothing is found: %+v", o)
			}
		})
	}
}
