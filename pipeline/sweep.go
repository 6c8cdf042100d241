package pipeline

import (
	"context"
	"errors"
	"math"
	"slices"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// sweep deletes the snapshots that nobody needs any more, and, unless the streams
// between stages are to stay whole, what only they needed of these.
func (p Plan) sweep(ctx context.Context, b *broker.Broker, s guarantees.Snapshots, whole bool) error {
	all, err := s.List(ctx)
	if err == nil {
		all, err = p.dropAborted(ctx, b, s, all)
	}
	if err != nil {
		return err
	}
	need := places{}
	for _, n := range Graph() {
		if n.State == "" && !p.Releases(n.Stage) {
			continue
		}
		writer := n
		if p.Partitions.Chained() {
			writer = p.writers()[0] // one stream for all
		}
		for part, partitions := range p.pieceNames(n) {
			cursor, err := p.slowest(ctx, b, writer, partitions)
			if err != nil {
				return err
			}
			oldest, err := s.Sweep(ctx, all[part], cursor)
			if err != nil {
				return err
			}
			for _, input := range p.inputs(n) {
				place, known := oldest.Places[input]
				if seen, ok := need[input]; !ok || !known || place.Next < seen.Next {
					need[input] = place
				}
			}
		}
	}
	if whole {
		return nil
	}
	return p.purge(ctx, b, need)
}

// purge deletes what stands in the streams between stages before the places that
// are needed.
func (p Plan) purge(ctx context.Context, b *broker.Broker, need places) error {
	for _, n := range p.writers() {
		if n.Stage != TokenizeStage && n.Stage != DFStage || p.Races() {
			continue // what people and projections read is kept, and what raced, to be met again
		}
		for i := range *p.Partitions.of(n.Stage) {
			stream := p.Pipeline.partitionStream(n, i).Name
			if err := b.Purge(ctx, stream, need[stream].Next); err != nil {
				return err
			}
		}
	}
	return nil
}

// slowest is the smallest cursor of some partitions of a stage that they could go
// back to.
func (p Plan) slowest(ctx context.Context, b *broker.Broker, n Node, partitions []int) (uint64, error) {
	if p.Releases(n.Stage) {
		return math.MaxUint64 - 1, nil // each of its snapshots can be gone back to
	}
	if a, ok, err := p.Attempt(ctx, b); ok || err != nil {
		return a.Complete, err // all could go back there
	}
	slowest := ^uint64(0)
	for _, i := range partitions {
		stream := p.Pipeline.partitionStream(n, i)
		r, err := b.Last(ctx, stream.Name, stream.Subjects[0])
		if errors.Is(err, broker.ErrEmpty) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			return 0, err
		}
		if h.Kind == guarantees.Claimed {
			h.To = h.From - 1
		}
		slowest = min(slowest, h.To)
	}
	return slowest, nil
}

// inputs are the streams that a stage reads.
func (p Plan) inputs(n Node) (streams []string) {
	for _, stage := range p.reads(n) {
		from, err := node(stage)
		if err != nil {
			continue
		}
		for i := range *p.Partitions.of(stage) {
			streams = append(streams, p.Pipeline.partitionStream(from, i).Name)
		}
	}
	return streams
}

// dropAborted deletes the snapshots that no attempt can use any more, and
// returns the others.
func (p Plan) dropAborted(ctx context.Context, b *broker.Broker, s guarantees.Snapshots, all map[string][]guarantees.Snapshot) (map[string][]guarantees.Snapshot, error) {
	a, ok, err := p.Attempt(ctx, b)
	if err != nil || !ok {
		return all, err
	}
	for _, of := range all {
		for _, snapshot := range of {
			if a.Valid(snapshot.Attempt, snapshot.At) {
				continue
			}
			if err := s.Delete(ctx, snapshot); err != nil {
				return nil, err
			}
		}
	}
	return usable(all, &a), nil
}

// usable leaves out the snapshots that an attempt can do nothing with.
func usable(all map[string][]guarantees.Snapshot, a *guarantees.Attempt) map[string][]guarantees.Snapshot {
	for part, of := range all {
		all[part] = slices.DeleteFunc(of, func(s guarantees.Snapshot) bool { return !a.Valid(s.Attempt, s.At) })
	}
	return all
}
