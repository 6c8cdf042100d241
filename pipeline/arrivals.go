package pipeline

import (
	"context"
	"fmt"
	"slices"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// earlyMax is how many records that came before their turn are held. Beyond it
// the one that is missing is not late but lost, which no reader that waits may
// pass over.
const earlyMax = 1 << 12

// arrivals takes a stream's records as they are delivered and hands them on as
// the reader's promise has it: in order where it waits for what is missing,
// once where it marks what it has taken.
type arrivals struct {
	source  guarantees.Source
	marks   bool
	waits   bool
	records []broker.Record
	next    uint64          // the sequence whose turn it is
	early   []broker.Record // by sequence
	back    *broker.Record  // taken, and given back
	again   bool            // the record that was taken last had been taken before
}

func newArrivals(s guarantees.Source, p guarantees.Promise, from uint64) arrivals {
	return arrivals{source: s, marks: p.Marks(), waits: p.Waits(), next: from}
}

// ready says whether a record is at hand.
func (a *arrivals) ready() bool {
	return a.back != nil || len(a.records) > 0 || len(a.early) > 0 && a.early[0].Sequence == a.next
}

// due says whether take would return the record whose turn it is at once.
func (a *arrivals) due() bool {
	switch {
	case a.back != nil:
		return true
	case len(a.early) > 0 && a.early[0].Sequence <= a.next:
		return a.early[0].Sequence == a.next
	}
	return len(a.records) > 0 && a.records[0].Sequence == a.next
}

// take waits for the next record. One with a sequence below that of another
// has come again; one that leaves sequences out has overtaken them, for good.
func (a *arrivals) take(ctx context.Context) (r broker.Record, err error) {
	if a.back != nil {
		r, a.back = *a.back, nil
		return r, nil
	}
	for {
		if len(a.early) > 0 && a.early[0].Sequence <= a.next {
			r, a.early = a.early[0], a.early[1:]
		} else {
			if len(a.records) == 0 {
				if a.records, err = a.source.Next(ctx); err != nil {
					return r, err
				}
			}
			r, a.records = a.records[0], a.records[1:]
		}
		switch {
		case r.Sequence == a.next:
			a.next++
			a.again = false
			return r, nil
		case r.Sequence < a.next && !a.marks:
			a.again = true
			return r, nil
		case r.Sequence < a.next: // it came before
		case !a.waits:
			a.next = r.Sequence + 1
			a.again = false
			return r, nil
		case len(a.early) == earlyMax:
			return r, fmt.Errorf("record %d of the stream does not come, although %d behind it have come; start again, it is read anew", a.next, earlyMax)
		default:
			a.hold(r)
		}
	}
}

// untake gives back the record that was taken last.
func (a *arrivals) untake(r broker.Record) { a.back = &r }

// hold keeps a record until its turn.
func (a *arrivals) hold(r broker.Record) {
	i, found := slices.BinarySearchFunc(a.early, r.Sequence, func(e broker.Record, sequence uint64) int {
		return int(int64(e.Sequence - sequence))
	})
	if !found || !a.marks {
		a.early = slices.Insert(a.early, i, r)
	}
}

func (a *arrivals) close() {
	if a.source != nil {
		a.source.Close()
	}
}
