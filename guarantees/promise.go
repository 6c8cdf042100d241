package guarantees

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tidings/internal/near"
)

// The guarantees, the weakest first.
const (
	AtMostOnce  = "at-most-once"
	AtLeastOnce = "at-least-once"
	ExactlyOnce = "exactly-once"
)

// The recoveries: how a guarantee is reached.
const (
	Claim    = "claim"    // at-most-once: a unit is claimed before it is done, and lost when it never was
	Kept     = "kept"     // at-least-once: a unit that was not acknowledged is done again, on top of the state that it changed
	Rollback = "rollback" // at-least-once: likewise, on the state before it
	Commit   = "commit"   // exactly-once: one record a unit, compare-and-set
	Replay   = "replay"   // exactly-once: released at once, made again after a crash, and left out by who has it

	BySnapshot = "snapshot" // exactly-once: outputs are held back until all partitions have saved their state behind them

	// at-least-once: likewise, but who has come to a barrier of a snapshot goes on
	// while others have not, so that state holds what comes behind it. It needs
	// records that race.
	Unaligned = "unaligned"
)

// The orders in which records that raced are met.
const (
	Sorted  = "sorted"  // that of the log
	Arrival = "arrival" // that in which they come; who met them says which it was
)

// Promise is a guarantee and the recovery by which it is reached. The zero
// value is exactly-once by commit.
type Promise struct {
	Guarantee string `json:"guarantee"`
	Recovery  string `json:"recovery"`
}

// promises are those that there are, the weakest first; of each guarantee the
// first recovery is the default.
var promises = []Promise{
	{AtMostOnce, Claim},
	{AtLeastOnce, Kept}, {AtLeastOnce, Rollback}, {AtLeastOnce, Unaligned},
	{ExactlyOnce, Commit}, {ExactlyOnce, Replay}, {ExactlyOnce, BySnapshot},
}

// Guarantees lists the names of the guarantees, the weakest first.
func Guarantees() (names []string) {
	for _, p := range promises {
		if !slices.Contains(names, p.Guarantee) {
			names = append(names, p.Guarantee)
		}
	}
	return names
}

// Recoveries lists the recoveries of a guarantee that there are where records
// are met in the order of the log, its default first; of "" all.
func Recoveries(guarantee string) []string { return RecoveriesIn(Sorted, guarantee) }

// RecoveriesIn is Recoveries of another order.
func RecoveriesIn(order, guarantee string) []string {
	return recoveries(guarantee, func(p Promise) bool { return p.In(order) })
}

// EveryRecovery lists those that there are in some order.
func EveryRecovery(guarantee string) []string {
	return recoveries(guarantee, func(Promise) bool { return true })
}

func recoveries(guarantee string, are func(Promise) bool) (names []string) {
	for _, p := range promises {
		if (guarantee == "" || p.Guarantee == guarantee) && are(p) {
			names = append(names, p.Recovery)
		}
	}
	return names
}

// In says whether the promise can be kept where records that raced are met in an
// order.
func (p Promise) In(order string) bool {
	switch recovery := p.OrDefault().Recovery; order {
	case Sorted, "":
		return recovery != Unaligned // nothing comes behind a barrier before it has come everywhere
	case Arrival:
		return slices.Contains([]string{Commit, BySnapshot, Unaligned}, recovery)
	}
	return false
}

// NewPromise finds the promise with these names; "" is the default of either.
// The error names what there is.
func NewPromise(guarantee, recovery string) (Promise, error) {
	if guarantee == "" {
		guarantee = ExactlyOnce
		for _, p := range promises { // a recovery alone tells its guarantee
			if p.Recovery == recovery {
				guarantee = p.Guarantee
			}
		}
	}
	of := EveryRecovery(guarantee)
	if len(of) == 0 {
		return Promise{}, fmt.Errorf("guarantee %q is not known; %sthere are %s", guarantee, near.Question(guarantee, Guarantees()), strings.Join(Guarantees(), ", "))
	}
	recovery = cmp.Or(recovery, of[0])
	if slices.Contains(of, recovery) {
		return Promise{guarantee, recovery}, nil
	}
	if all := EveryRecovery(""); !slices.Contains(all, recovery) {
		return Promise{}, fmt.Errorf("recovery %q is not known; %s%s has %s", recovery, near.Question(recovery, all), guarantee, strings.Join(of, " and "))
	}
	return Promise{}, fmt.Errorf("%s is not reached by the recovery %q, but by %s", guarantee, recovery, strings.Join(of, " or "))
}

// OrDefault is the promise, or the default one in place of none.
func (p Promise) OrDefault() Promise {
	if p == (Promise{}) {
		return Promise{ExactlyOnce, Commit}
	}
	return p
}

// Check refuses a promise that there is none of.
func (p Promise) Check() error {
	_, err := NewPromise(p.Guarantee, p.Recovery)
	return err
}

func (p Promise) String() string { return p.Guarantee + " by " + p.Recovery }

// Weakest is the weaker of two promises: what a chain of both can claim.
func Weakest(p, q Promise) Promise {
	if slices.Index(promises, q.OrDefault()) < slices.Index(promises, p.OrDefault()) {
		return q
	}
	return p
}

// Marks says whether a receiver with this promise drops what it has taken
// before from the same sender.
func (p Promise) Marks() bool { return p.OrDefault().Guarantee != AtLeastOnce || p.Holds() }

// Waits says whether a receiver with this promise waits for what is missing.
func (p Promise) Waits() bool { return p.OrDefault().Guarantee != AtMostOnce }

// Holds says whether what is written is held back until a snapshot of all
// partitions is complete, and counts no more when they go back to the one before.
func (p Promise) Holds() bool { return p.Recovery == BySnapshot || p.Recovery == Unaligned }

// Shares says whether partitions with this promise may share one state: they
// must have been through the same, and with the others each has a history of
// its own.
func (p Promise) Shares() bool { return p.OrDefault().Guarantee == ExactlyOnce }
