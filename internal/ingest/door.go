package ingest

import (
	"fmt"
	"time"

	"tidings"
	"tidings/datasets"
)

// Door decides which rows of one source may enter. It remembers the ids of the
// last IDsRemembered that did.
type Door struct {
	clock   Clock
	anyTime bool
	seen    *seen
}

// NewDoor returns the door of one source. Of the options it looks at Clock and
// AnyTime.
func NewDoor(o Options) *Door {
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	return &Door{clock: o.Clock, anyTime: o.AnyTime, seen: newSeen(IDsRemembered)}
}

// Refusal tells why a row may not enter, with file, line and what it means for
// the data, or nil.
func (d *Door) Refusal(row datasets.Row) error {
	if row.Err != nil {
		return row.Err
	}
	where := fmt.Sprintf("%s:%d", row.File, row.Line)
	document := &row.Document
	if err := document.Check(); err != nil {
		return &datasets.RowError{File: row.File, Line: row.Line, Err: err}
	}
	if document.Time.After(d.clock.Now().Add(FutureMax)) && !d.anyTime {
		return inTheFuture(where, document.Time)
	}
	if !d.seen.add(document.ID) {
		return tidings.Refuse(tidings.ReasonDuplicateID, fmt.Sprintf("%s: the id %q came before; this document is left out", where, document.ID))
	}
	return nil
}

// passed remembers the id of a row that entered in an earlier run, and says
// whether it did. The id of one that was refused is not remembered, as it was not
// then: the same id may have come again, and entered.
func (d *Door) passed(row datasets.Row) bool { return d.Refusal(row) == nil }

func inTheFuture(where string, t time.Time) error {
	return tidings.Refuse(tidings.ReasonFutureTime, fmt.Sprintf("%s: its time %s lies in the future and would close every window; the document is left out", where, t.Format(time.RFC3339)))
}
