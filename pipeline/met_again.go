package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// MeetAgain feeds a partition that met its records as they arrived with all that
// it met, in the order that it wrote down, and says where what comes of it is
// not what stands in its stream. It begins with nothing and reads what is there
// now. units is how many there were, jumps how many of them began before the end
// of one that was met earlier: these raced, and lost.
//
// Whoever calls it has an oracle of one partition: the same functions, one
// goroutine, nothing that races.
func MeetAgain(ctx context.Context, b *broker.Broker, p Plan, stage string, partition int) (units, jumps int, err error) {
	if !p.met(stage) {
		return 0, 0, fmt.Errorf("%s of pipeline %s does not meet its records as they arrive", stage, p.Pipeline)
	}
	w := &worker{plan: p, broker: b, stage: stage, partitions: []int{partition}}
	if w.assembly, err = w.assemble(); err == nil {
		err = w.begin(ctx, w.assembly)
	}
	if err != nil {
		return 0, 0, err
	}
	furthest := uint64(0)
	err = eachMet(ctx, b, p, stage, partition, func(u *Unit, stored *PartitionReader) error {
		units++
		if n := len(u.Entries); n > 0 {
			if u.Entries[0].Position.Sequence < furthest {
				jumps++
			}
			furthest = max(furthest, u.Entries[n-1].Position.Sequence)
		}
		return w.meetAgain(ctx, u, stored)
	})
	return units, jumps, err
}

// eachMet calls each with all units that a partition met, in the order in which
// it did, and with its stream, of which the unit's record was read last.
func eachMet(ctx context.Context, b *broker.Broker, p Plan, stage string, partition int, each func(u *Unit, stored *PartitionReader) error) error {
	stored, err := OpenPartition(ctx, b, p, stage, partition)
	if err != nil {
		return err
	}
	defer stored.Close()
	before, err := allPast(ctx, b, p, stored.name)
	if err != nil || before.to == 0 {
		return err
	}
	n, err := node(stage)
	if err != nil {
		return err
	}
	r := reading{broker: b, plan: p, promise: p.Promise(stage)}
	if before.released != nil {
		r.gate = workerGate(p, before.released)
	}
	in, err := openRace(ctx, r, p.reads(n), before)
	if err != nil {
		return err
	}
	defer in.close()
	for {
		var u Unit
		err := in.next(ctx, &u)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = stored.nextMet(ctx, u.met)
		}
		if err == nil {
			err = each(&u, stored)
		}
		if err != nil {
			return err
		}
	}
}

// allPast is all that a partition has met, where outputs are held back what is
// released of it: that stays as it is.
func allPast(ctx context.Context, b *broker.Broker, p Plan, stream string) (all past, err error) {
	all = past{name: stream, alone: true}
	if a, ok, err := p.Attempt(ctx, b); ok || err != nil {
		all.to, all.released = a.Complete, &a
		return all, err
	}
	all.to, err = cursorMet(ctx, b, stream)
	return all, err
}

// nextMet reads up to the record of what was met next.
func (r *PartitionReader) nextMet(ctx context.Context, met guarantees.Met) error {
	for {
		c, err := r.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%s/%d met %v, and its stream has no record of that", r.Stage, r.Partition, met)
		case err != nil:
			return err
		case c.Kind != guarantees.Done:
		case c.Met != met:
			return fmt.Errorf("%s/%d, record %d: it met %v, and now %v", r.Stage, r.Partition, c.Sequence, c.Met, met)
		default:
			return nil
		}
	}
}

// metValues are DFValues where records are met as they arrive, of all that has
// been met by now.
func metValues(ctx context.Context, b *broker.Broker, p Plan) (map[uint64]uint32, error) {
	df, route := map[uint64]uint32{}, newRouter(p.Partitions.DF)
	for i := range p.Partitions.DF {
		err := eachMet(ctx, b, p, DFStage, i, func(u *Unit, stored *PartitionReader) error {
			u.room(i + 1)
			u.DF[i] = append(u.DF[i], stored.unit.DF[i]...)
			u.highest(&route, df)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return df, nil
}

// meetAgain does one unit again and compares what comes of it with the record
// that was read last.
func (w *worker) meetAgain(ctx context.Context, u *Unit, stored *PartitionReader) error {
	if err := w.assembly.promotions.Bring(ctx, u); err != nil {
		return err
	}
	for _, s := range w.assembly.steps {
		if err := s.Step(u); err != nil {
			return err
		}
	}
	of := *w.plan.Partitions.of(w.stage)
	var c codec
	data, err := c.encode(u, w.assembly.sections, stored.Partition, func(sequence uint64) bool { return blockOwner(sequence, of) == stored.Partition })
	if err != nil {
		return err
	}
	if !bytes.Equal(stored.data, data) {
		return fmt.Errorf("%s/%d, record %d: what comes of %v is not what is stored", w.stage, stored.Partition, stored.next-1, u.met)
	}
	return nil
}

// cursorMet is how many log messages a partition has met.
func cursorMet(ctx context.Context, b *broker.Broker, stream string) (uint64, error) {
	last, err := b.LastSequence(ctx, stream)
	if err != nil || last == 0 {
		return 0, err
	}
	r, err := b.Record(ctx, stream, last)
	if err != nil {
		return 0, err
	}
	h, err := guarantees.ParseHeader(r)
	return h.To, err
}
