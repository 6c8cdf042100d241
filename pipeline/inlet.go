package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// arrived is a record that was delivered, and how many were before it.
type arrived struct {
	record broker.Record
	number uint64
	err    error
}

// inlet is one stream, read on a goroutine of its own.
type inlet struct {
	name     string
	arrivals arrivals
	records  chan arrived
	lanes    []*lane
	lane     int // that it belongs to; -1: its records say
	side     int // of each lane
	failed   error

	gate  *gate
	after uint64             // what is of log messages up to here has been met before
	until uint64             // what is of later ones is none of the reader's business
	came  []guarantees.Place // what came last: up to which log sequence each record is, and where it stands
	next  uint64             // sequence behind the last record that came
}

// pump reads the stream until the context ends.
func (i *inlet) pump(ctx context.Context, counter *atomic.Uint64, woken chan<- struct{}) {
	for {
		r, err := i.arrivals.take(ctx)
		select {
		case i.records <- arrived{r, counter.Add(1), err}:
		case <-ctx.Done():
			return
		}
		select {
		case woken <- struct{}{}:
		default: // it will look anyway
		}
		if err != nil {
			return
		}
	}
}

// drain hands over what has arrived, while at most so many wait in the lanes.
func (i *inlet) drain(ctx context.Context, most int) error {
	for i.failed == nil && i.waiting() < most {
		select {
		case a := <-i.records:
			if i.failed = a.err; a.err == nil {
				i.failed = i.pass(ctx, a)
			}
		default:
			return nil
		}
	}
	return i.failed
}

func (i *inlet) waiting() (n int) {
	if i.lane >= 0 {
		return len(i.lanes[i.lane].queues[i.side].items)
	}
	for _, l := range i.lanes {
		n += len(l.queues[i.side].items)
	}
	return n
}

// pass hands a record to the lane that it belongs to, or, of those that all
// lanes are to be aligned at, to all: to those that it is not of without values.
func (i *inlet) pass(ctx context.Context, a arrived) error {
	h, err := guarantees.ParseHeader(a.record)
	if err != nil || h.Kind != guarantees.Done {
		return err
	}
	_, to := h.Span()
	if to <= i.after || to > i.until {
		return nil
	}
	if admitted, err := i.gate.admits(ctx, a.record); err != nil || !admitted {
		return err
	}
	i.remember(guarantees.Place{At: to, Next: a.record.Sequence})
	if i.lane >= 0 {
		i.lanes[i.lane].queues[i.side].put(a, h.Met)
		return nil
	}
	if h.Met.Lane < 1 || h.Met.Lane > len(i.lanes) {
		return fmt.Errorf("record %d does not say what it met: the stream is damaged, rebuild it from the log with another --pipeline", a.record.Sequence)
	}
	for n, l := range i.lanes {
		switch {
		case n == h.Met.Lane-1:
			l.queues[i.side].put(a, h.Met)
		case h.Met.Aligned:
			nothing := a
			nothing.record.Data = []byte{recordFormat}
			l.queues[i.side].put(nothing, h.Met)
		}
	}
	return nil
}

// remember notes where a record stands. Of too many two are remembered as one,
// which stands where the first of them does.
func (i *inlet) remember(p guarantees.Place) {
	if i.gate == nil {
		return // no place is asked for
	}
	i.next = p.Next + 1
	if len(i.came) == endsMax {
		half := i.came[:0]
		for two := range slices.Chunk(i.came, 2) {
			half = append(half, guarantees.Place{At: max(two[0].At, two[len(two)-1].At), Next: two[0].Next})
		}
		i.came = half
	}
	i.came = append(i.came, p)
}

// behind is from where the stream has to be read to have all behind a log
// sequence again. Who asks asks for later ones from then on.
func (i *inlet) behind(after uint64) guarantees.Place {
	i.came = slices.DeleteFunc(i.came, func(p guarantees.Place) bool { return p.At <= after })
	if len(i.came) > 0 {
		return guarantees.Place{At: after, Next: i.came[0].Next}
	}
	return guarantees.Place{At: after, Next: i.next}
}
