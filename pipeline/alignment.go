package pipeline

import (
	"slices"

	"tidings/guarantees"
)

// alignment says what lanes do at barriers, behind which the state is saved. One
// that lies in front of a control record of its own is like any of them: all come
// to it, and it is met once. One that was planned (guarantees.Planned) is a place
// between two units: a lane that has come there waits until all have. Then the
// state has met what is up to the barrier, and nothing else.
//
// Without alignment no lane waits, and the state that is saved when the last one
// has come to the barrier has met also what others had behind it (raceMax bounds
// that). Whoever goes back to it meets that again.
type alignment struct {
	holds   bool // there are barriers
	passes  bool // no lane waits at them
	planned guarantees.Planned
	at      uint64   // the last one that all lanes have come to
	met     []uint64 // those of the log that some lane has met by itself
}

func newAlignment(r *reading) alignment {
	return alignment{holds: r.plan.Holds(), passes: r.plan.passes(), planned: r.planned, at: r.after}
}

// waits says whether a lane stands at a barrier to which others have yet to come.
func (a *alignment) waits(l *lane) bool {
	return a.holds && !a.passes && l.zip.at > a.at && a.planned.At(l.zip.at)
}

// ends says whether a unit of a lane, which has been read, ends at a barrier.
// Nothing that comes behind is put to it.
func (a *alignment) ends(l *lane, comes guarantees.Met) bool {
	return a.holds && (comes.Barrier || a.planned.At(l.zip.at))
}

// passed says whether all lanes have come to a barrier with a unit.
func (a *alignment) passed(u *Unit) bool {
	if !a.holds {
		return false
	}
	to := u.met.Through
	if u.met.Barrier && !slices.Contains(a.met, u.To) {
		a.met = append(a.met, u.To)
	}
	if to != u.To || to <= a.at || !u.endsAtBarrier() && !a.planned.At(to) && !slices.Contains(a.met, to) {
		return false
	}
	a.at = to
	a.met = slices.DeleteFunc(a.met, func(at uint64) bool { return at <= to })
	return true
}
