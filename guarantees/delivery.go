package guarantees

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tidings/internal/broker"
)

// quiet is how long nothing more has to come before what is held back is let go
// at the end of a stream that no end of a source closes.
const quiet = 500 * time.Millisecond

// Source delivers the records of a stream.
type Source interface {
	// Next waits for records, and returns at least one. The slice is valid until
	// the next call.
	Next(ctx context.Context) ([]broker.Record, error)
	Close()
}

// Delivery says what is delivered to whom.
type Delivery struct {
	Stream  string
	Readers []string // the partitions that read: "df/0"
	// Ends says whether a record ends a source. Such a one comes in its turn and
	// once, and nothing is held back beyond it.
	Ends func(ctx context.Context, r broker.Record) (bool, error)
	// Last says whether nothing more is to be expected behind a record for now.
	Last func(ctx context.Context, r broker.Record) (bool, error)
}

// Deliver disturbs a source as the plan says: records come twice, late, or in
// another order. Which do is decided by the seed, the stream and their
// sequence, never by when they come, so that whoever reads again meets the
// same; the time itself is the only thing that a delay changes.
func (f *Faults) Deliver(s Source, d Delivery) Source {
	if f == nil {
		return s
	}
	x := &disturbed{source: s, faults: f, delivery: d, told: make([]bool, len(f.Plan)), places: make([]string, len(f.Plan))}
	for i := range f.Plan {
		fault := &f.Plan[i]
		at := slices.IndexFunc(d.Readers, fault.hits)
		if at < 0 {
			continue
		}
		x.places[i] = d.Readers[at]
		switch fault.Kind {
		case Duplicate:
			x.duplicates = append(x.duplicates, i)
		case Reorder:
			x.reorders = append(x.reorders, i)
		case Delay:
			x.delays = append(x.delays, i)
		}
	}
	if len(x.duplicates)+len(x.reorders)+len(x.delays) == 0 {
		return s
	}
	return x
}

// disturbed is a source that does not deliver as it should.
type disturbed struct {
	source   Source
	faults   *Faults
	delivery Delivery

	duplicates, reorders, delays []int // of the plan
	places                       []string
	told                         []bool // by fault: its first strike is stored

	held []held // by due and sequence
	last broker.Record
	out  []broker.Record
}

// held is a record that is delivered when that with the sequence due has come.
type held struct {
	record broker.Record
	due    uint64
}

func (d *disturbed) Close() { d.source.Close() }

func (d *disturbed) Next(ctx context.Context) ([]broker.Record, error) {
	clear(d.out)
	d.out = d.out[:0]
	for len(d.out) == 0 {
		records, err := d.take(ctx)
		if err != nil {
			return nil, err
		}
		if err := d.delay(ctx, records); err != nil {
			return nil, err
		}
		for _, r := range records {
			if err := d.pass(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	return d.out, nil
}

// take waits for records. While some are held back it does not wait for ever:
// when nothing more is to come they are let go.
func (d *disturbed) take(ctx context.Context) ([]broker.Record, error) {
	if len(d.held) == 0 {
		return d.source.Next(ctx)
	}
	waiting, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	records, err := d.source.Next(waiting)
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return records, err
	}
	last, err := d.delivery.Last(ctx, d.last)
	if last && err == nil {
		err = d.release(ctx, ^uint64(0))
	}
	return nil, err
}

// pass delivers a record, or holds it back, and delivers those whose time has
// come with it.
func (d *disturbed) pass(ctx context.Context, r broker.Record) error {
	d.last = r
	late, by := d.late(r)
	twice := d.twice(r)
	ends := false
	if late > 0 || twice >= 0 || len(d.held) > 0 {
		var err error
		if ends, err = d.delivery.Ends(ctx, r); err != nil {
			return err
		}
	}
	switch {
	case ends:
		if err := d.release(ctx, ^uint64(0)); err != nil {
			return err
		}
		d.out = append(d.out, r)
		return nil
	case late > 0:
		if err := d.tell(ctx, by, r); err != nil {
			return err
		}
		d.hold(held{r, r.Sequence + late})
	default:
		if err := d.deliver(ctx, r, twice); err != nil {
			return err
		}
	}
	return d.release(ctx, r.Sequence)
}

// late is by how many records a record comes late, and which fault makes it so.
func (d *disturbed) late(r broker.Record) (late uint64, by int) {
	for _, i := range d.reorders {
		fault := &d.faults.Plan[i]
		if d.faults.chance(i, d.delivery.Stream, r.Sequence, cmp.Or(fault.Share, reorderShare)) {
			return 1 + d.faults.draw(i, "late "+d.delivery.Stream, r.Sequence)%uint64(fault.Window-1), i
		}
	}
	return 0, 0
}

// twice is which of the duplicates makes a record come again, -1 when none does.
func (d *disturbed) twice(r broker.Record) int {
	return slices.IndexFunc(d.duplicates, func(i int) bool {
		return d.faults.chance(i, d.delivery.Stream, r.Sequence, d.faults.Plan[i].Share)
	})
}

func (d *disturbed) hold(h held) {
	i, _ := slices.BinarySearchFunc(d.held, h, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.record.Sequence, b.record.Sequence))
	})
	d.held = slices.Insert(d.held, i, h)
}

// release delivers what is due.
func (d *disturbed) release(ctx context.Context, sequence uint64) error {
	for len(d.held) > 0 && d.held[0].due <= sequence {
		r := d.held[0].record
		d.held = slices.Delete(d.held, 0, 1)
		if err := d.deliver(ctx, r, d.twice(r)); err != nil {
			return err
		}
	}
	return nil
}

// deliver delivers a record, twice if a fault says so.
func (d *disturbed) deliver(ctx context.Context, r broker.Record, twice int) error {
	d.out = append(d.out, r)
	if twice < 0 {
		return nil
	}
	d.out = append(d.out, r)
	return d.tell(ctx, d.duplicates[twice], r)
}

// delay holds up what has come, as a whole.
func (d *disturbed) delay(ctx context.Context, records []broker.Record) error {
	if len(records) == 0 {
		return nil
	}
	for _, i := range d.delays {
		if err := d.tell(ctx, i, records[0]); err != nil {
			return err
		}
		if err := d.faults.sleep(ctx, d.faults.Plan[i].For); err != nil {
			return err
		}
	}
	return nil
}

// tell stores the first strike of a fault; there are too many to store all.
func (d *disturbed) tell(ctx context.Context, i int, r broker.Record) error {
	if d.told[i] {
		return nil
	}
	d.told[i] = true
	_, err := d.faults.Fired.Fire(ctx, d.faults.name(i, d.places[i]), Strike{Fault: i, Place: d.places[i], Stream: d.delivery.Stream, Sequence: r.Sequence})
	return err
}
