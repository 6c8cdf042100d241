package guaranteestest

import (
	"errors"
	"fmt"

	"tidings/guarantees"
)

// Outcome is what came of a run, as whoever reads its results sees it.
type Outcome struct {
	Documents int // of the log
	Lost      int // of them, without a result
	Untold    int // of those that are lost, not said to be
	Repeated  int // with more than one

	Struck int // faults of the cell's plan
	// Broken is what stands in the streams and breaks the promise: traces of a
	// worker that had been replaced, ranges that nobody covers, sums that do not
	// add up.
	Broken []string
	// Differing is what of the results or of the state is not the oracle's, to
	// the bit.
	Differing []string
}

// Judge says how an outcome is not what the cell expects, nil if it is.
func (c Cell) Judge(o Outcome) error {
	want := c.Want()
	var errs []error
	complain := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	complain(o.Struck != len(c.Faults(1)), "%d of %d faults have struck: this proves nothing", o.Struck, len(c.Faults(1)))
	complain(o.Lost > 0 && want != Loses, "%d of %d documents are lost", o.Lost, o.Documents)
	complain(o.Lost == 0 && want == Loses, "nothing is lost: this proves nothing")
	complain(o.Untold > 0, "%d documents are lost without a word", o.Untold)
	complain(o.Repeated > 0 && want != Repeats, "%d of %d documents come twice", o.Repeated, o.Documents)
	complain(o.Repeated == 0 && want == Repeats, "nothing comes twice: this proves nothing")
	for _, b := range o.Broken {
		complain(true, "%s", b)
	}
	for _, d := range o.Differing {
		complain(c.Promise.Guarantee == guarantees.ExactlyOnce, "%s is not the oracle's", d)
	}
	return errors.Join(errs...)
}
