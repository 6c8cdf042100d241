package eval

import (
	"fmt"
	"strings"

	"tidings/guarantees"
)

// Broken says in what the run did not keep its own claim, "" when it kept it:
// exactly-once is the oracle to the bit, or, where records were met as they
// arrived, what the order makes of them that was written down, and nothing is
// lost or repeated; at-most-once repeats nothing, at-least-once loses nothing.
func (o *Outcome) Broken() string {
	var wrong []string
	count := func(n uint64, what string) {
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d", what, n))
		}
	}
	switch {
	case o.is(guarantees.AtMostOnce):
		count(o.Repeated, "repeated predictions")
		count(o.Updates.Repeated, "repeated updates")
		count(o.WindowsRepeated, "repeated windows")
	case o.is(guarantees.AtLeastOnce):
		count(o.Lost, "lost documents")
		count(o.Updates.Lost, "lost updates")
	case o.is(guarantees.ExactlyOnce) && o.Order == guarantees.Arrival:
		count(o.Lost, "lost documents")
		count(o.Repeated, "repeated predictions")
		count(o.Updates.Lost, "lost updates")
		count(o.Updates.Repeated, "repeated updates")
		count(o.WindowsRepeated, "repeated windows")
		wrong = append(wrong, o.Unmet...)
	case o.is(guarantees.ExactlyOnce):
		if !o.Equal {
			wrong = append(wrong, "not the oracle's: "+strings.Join(o.Differs, ", "))
		}
	}
	count(o.Updates.Unproven, "records whose updates do not follow from the log")
	return strings.Join(wrong, "; ")
}

// Bitten says whether faults did to the run what its claim allows them to do.
// Of exactly-once, which allows nothing, they never do.
func (o *Outcome) Bitten() bool {
	switch {
	case o.is(guarantees.AtMostOnce):
		return o.Lost+o.Updates.Lost+o.WindowsChanged > 0
	case o.Recovery == guarantees.Unaligned: // windows change with the order in which documents are met
		return o.Repeated+o.Updates.Repeated > 0 || o.DFError > 0
	case o.is(guarantees.AtLeastOnce):
		return o.Repeated+o.Updates.Repeated+o.WindowsRepeated+o.WindowsChanged > 0
	}
	return false
}

// Unproven says of which runs under faults a comparison proves nothing, and
// what to change, a line each; none where it proves something. At-most-once has
// to lose and at-least-once to repeat, or nobody knows what exactly-once was
// spared; something has to strike each run, and each fault but those by chance
// some run.
func Unproven(outcomes []*Outcome) (lines []string) {
	struck := map[string]bool{}
	for _, o := range outcomes {
		for _, f := range o.struck {
			struck[f] = true
		}
	}
	told := map[string]bool{}
	for _, o := range outcomes {
		for _, f := range o.missed {
			if !struck[f] && !told[f] {
				told[f] = true
				lines = append(lines, f+" struck nobody: there are not so many documents, or nobody comes to that point; name another place, or leave it out")
			}
		}
		switch {
		case o.Bitten():
		case o.Recovery == guarantees.Unaligned:
			// Whether a lane had passed the barrier to which all go back is a race: the
			// same plan bites another time.
		case o.is(guarantees.AtMostOnce):
			lines = append(lines, o.Run+" lost nothing; it loses what a worker has claimed and not stored: add kill:df@N, with N below the number of documents, or publish-fail:5%")
		case o.is(guarantees.AtLeastOnce):
			lines = append(lines, o.Run+" repeated nothing; it repeats what a worker has stored and not acknowledged: add kill:df@N, with N below the number of documents, or drop-ack:5%")
		case len(o.struck) == 0 && len(o.Idle) > 0:
			lines = append(lines, o.Run+" met no fault; that it kept its claim proves nothing: add kill:df@N, with N below the number of documents")
		}
	}
	return lines
}
