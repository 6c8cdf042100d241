// Package guaranteestest is the contract of the guarantees: what each promise makes of
// trouble at each point of a unit's way, as one table, and the cases that put it
// to the test. It knows no pipeline: who has one lets each cell go wrong in it and
// says what came of it.
//
// The rule to keep: a cell in which a loss or a repetition is expected and does
// not come has failed, like one in which it comes unexpected; for it proves nothing.
//
// It owns no state.
package guaranteestest

import (
	"cmp"
	"fmt"
	"slices"

	"tidings/guarantees"
)

// Effect is what trouble does to the documents of a run.
type Effect string

// The effects.
const (
	Exact   Effect = "exact"   // nothing is lost, nothing comes twice
	Loses   Effect = "loses"   // some are lost, and counted as lost; none comes twice
	Repeats Effect = "repeats" // some come twice; none is lost
	Absent  Effect = "absent"  // the point is not on the way
)

// expected is what a recovery makes of trouble at each point, in the order of
// guarantees.Points. At-most-once loses what is claimed and not stored.
// At-least-once repeats what is stored and not acknowledged, whatever the point
// is, since it acknowledges eight units at once; it saves nothing.
func expected(recovery string) []Effect {
	switch recovery {
	case guarantees.Claim: // opened, restored, taken, begun, stepped, stored, settled, saved
		return []Effect{Exact, Exact, Exact, Loses, Loses, Exact, Exact, Exact}
	case guarantees.Kept, guarantees.Rollback:
		return []Effect{Repeats, Repeats, Repeats, Repeats, Repeats, Repeats, Repeats, Absent}
	case guarantees.Commit, guarantees.Replay, guarantees.BySnapshot:
		return []Effect{Exact, Exact, Exact, Exact, Exact, Exact, Exact, Exact}
	}
	return nil
}

// Trouble is what happens to a worker at a point.
type Trouble string

// The troubles.
const (
	Killed    Trouble = "kill"  // all that it had in memory is gone
	Paused    Trouble = "pause" // it stands still, another one takes its partitions over and works, and it goes on
	Uncertain Trouble = "error" // it is told that nobody knows what of its work is stored
)

// Troubles lists them.
func Troubles() []Trouble { return []Trouble{Killed, Paused, Uncertain} }

// Stage is a stage of a graph to which trouble can come.
type Stage struct {
	Name      string
	Stateless bool // it has nothing to save but its place
	Races     bool // what it reads can race
}

// Cell is one case of the contract.
type Cell struct {
	Promise    guarantees.Promise
	Order      string // in which records that raced are met
	State      string // where state lives: "embedded", "redis"
	Partitions int    // of each stage; 1: the graph is one worker
	Stage      Stage
	Point      guarantees.Point
	Trouble    Trouble
}

func (c Cell) String() string {
	return fmt.Sprintf("%s/%s/%s/%d/%s/%s/%s", c.Promise.Recovery, c.Order, c.State, c.Partitions, c.Stage.Name, c.Point, c.Trouble)
}

// Want is what the cell expects. Where all go back together, and where records
// are released at once, a stage without state saves its place, too. What raced is
// saved only where all go back together.
func (c Cell) Want() Effect {
	if c.Point == guarantees.Saved && !c.Promise.Holds() {
		if c.Stage.Stateless && c.Promise.Recovery != guarantees.Replay || c.Stage.Races && c.Order == guarantees.Arrival {
			return Absent
		}
	}
	return expected(c.Promise.Recovery)[slices.Index(guarantees.Points(), c.Point)]
}

// Faults is the fault plan that brings the trouble to the first partition of the
// stage, once so many documents have passed it. What is only there after a crash
// needs one before. A system that runs it makes Pause and Kill of
// guarantees.Faults what the cell's Trouble says.
func (c Cell) Faults(documents uint64) []guarantees.Fault {
	trouble := guarantees.Fault{Kind: guarantees.Kill, Stage: c.Stage.Name, At: documents, Point: c.Point}
	if c.Trouble == Paused {
		trouble.Kind = guarantees.Pause
	}
	if c.Point != guarantees.Opened && c.Point != guarantees.Restored {
		return []guarantees.Fault{trouble}
	}
	trouble.At = 2 // it is the second time that the partition is taken
	return []guarantees.Fault{{Kind: guarantees.Kill, Stage: c.Stage.Name, At: documents, Point: guarantees.Stored}, trouble}
}

// Axes span the cells. Points and troubles that are left out are all there are,
// recoveries those that there are in the order, which is Sorted.
type Axes struct {
	Recoveries []string
	Order      string
	States     []string
	Partitions []int
	Stages     func(partitions int) []Stage
	Points     []guarantees.Point
	Troubles   []Trouble
}

// Cells are those that the axes span, and that are on the way, in their order.
func (a Axes) Cells() (cells []Cell) {
	order := cmp.Or(a.Order, guarantees.Sorted)
	for _, recovery := range orAll(a.Recoveries, guarantees.RecoveriesIn(order, "")) {
		promise, err := guarantees.NewPromise("", recovery)
		if err != nil {
			panic(err)
		}
		for _, state := range a.States {
			for _, n := range a.Partitions {
				for _, stage := range a.Stages(n) {
					for _, point := range orAll(a.Points, guarantees.Points()) {
						for _, trouble := range orAll(a.Troubles, Troubles()) {
							c := Cell{promise, order, state, n, stage, point, trouble}
							if c.Want() != Absent {
								cells = append(cells, c)
							}
						}
					}
				}
			}
		}
	}
	return cells
}

func orAll[T any](some, all []T) []T {
	if len(some) == 0 {
		return all
	}
	return some
}
