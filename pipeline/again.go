package pipeline

import (
	"context"
	"fmt"
	"slices"

	"tidings/guarantees"
)

// again makes a unit of a record that covers a range again, as it comes where
// at-least-once did something twice. A reader of a single stage sees what that
// partition says once more. A join, of tokens with their df, fires once more
// for each df partition that repeats itself, with the other parts as they were
// first; tokens alone bring nothing new, for the df that follows from them
// comes, too.
func (in *zipInput) again(ctx context.Context, s *side, r *repetition, u *Unit) (fires bool, err error) {
	if r.header.To <= in.after {
		return false, nil
	}
	joins := slices.ContainsFunc(in.sides, func(o *side) bool { return o.node.Stage == DFStage })
	if (joins || s.says) && s.node.Stage == TokenizeStage {
		return false, nil
	}
	u.Trigger = fmt.Sprintf("%s@%d", s.label(), r.record.Sequence)
	if r.again {
		u.Trigger += "+1"
	}
	u.Part = r.header.Part
	if !joins && s.node.Stage == TokenizeStage && s.of > 1 {
		u.Part = s.partition + 1
	}
	if joins {
		err = in.join(ctx, s, r, u)
	} else {
		err = in.alone(s, r, u)
	}
	if err != nil {
		return true, fmt.Errorf("stream %s, record %d: %w", s.name, r.record.Sequence, err)
	}
	return true, nil
}

// alone fills u with what one partition says.
func (in *zipInput) alone(s *side, r *repetition, u *Unit) error {
	one := &side{node: s.node, partition: s.partition, of: s.of, name: s.name}
	if err := one.decode(r.record, r.header); err != nil {
		return err
	}
	u.From, u.To = r.header.From, r.header.To
	zip := &zipInput{sides: []*side{one}, df: in.df, route: newRouter(in.df)}
	return zip.zip(u, u.From)
}

// join fills u with the range as it was first, and with the df values that one
// partition gives now.
func (in *zipInput) join(ctx context.Context, s *side, r *repetition, u *Unit) error {
	from, to := r.header.From, r.header.To
	first, err := in.first(ctx, from, to)
	if err != nil {
		return err
	}
	defer first.close()
	u.From = from
	for first.at < to {
		var stretch Unit
		if err := first.next(ctx, &stretch); err != nil {
			return err
		}
		u.add(&stretch)
	}
	u.To = to
	if u.Part > 0 {
		of := in.plan.Partitions.Tokenize
		u.keep(in.df, func(sequence uint64) bool { return blockOwner(sequence, of) == u.Part-1 })
	}
	var now Unit
	if err := in.alone(s, r, &now); err != nil {
		return err
	}
	u.DF[s.partition], u.ends[s.partition], u.lost[s.partition] = now.DF[s.partition], now.ends[s.partition], false
	return nil
}

// first reads a range as it stands in the streams for the first time.
func (in *zipInput) first(ctx context.Context, from, to uint64) (*zipInput, error) {
	r := in.reading
	r.promise = guarantees.Promise{} // what comes again is passed over
	r.cuts, r.after, r.places, r.faults = cuts{to}, from-1, in.resume(from-1), nil
	r.few = true
	stages := []string{}
	for _, s := range in.sides {
		if !slices.Contains(stages, s.node.Stage) {
			stages = append(stages, s.node.Stage)
		}
	}
	return openZip(ctx, r, stages)
}
