package pipeline

import (
	"context"
	"fmt"
	"slices"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
)

// zipInput puts the streams of several partitions together again, by
// position. All of them cover every position exactly once, so there is
// nothing to wait for but the next record of each; what covers a range again
// (again.go) comes between. What it yields is a function of what stands in the
// streams, whenever it came.
type zipInput struct {
	reading
	sides  []*side
	at     uint64
	route  router
	df     int   // partitions of df
	failed error // behind the unit that was yielded last
}

// openZip reads all partitions of the given stages.
func openZip(ctx context.Context, r reading, stages []string) (_ *zipInput, err error) {
	df := r.plan.Partitions.DF
	in := &zipInput{reading: r, df: df, route: newRouter(df)}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			return nil, err
		}
		for i := range *r.plan.Partitions.of(stage) {
			s, err := in.side(ctx, n, i, r.places[r.plan.Pipeline.partitionStream(n, i).Name])
			if err != nil {
				return nil, err
			}
			s.says = stage == TokenizeStage && slices.Contains(stages, ClassifyStage)
			s.codec.wanted = s.says && ordered(r.plan.Topics)
			in.sides = append(in.sides, s)
		}
	}
	in.begin()
	return in, nil
}

// side opens the stream of one partition.
func (in *zipInput) side(ctx context.Context, n Node, partition int, from guarantees.Place) (*side, error) {
	from.Next = max(from.Next, 1)
	s := &side{
		node: n, partition: partition, of: *in.plan.Partitions.of(n.Stage), name: in.plan.Pipeline.partitionStream(n, partition).Name,
		promise: in.plan.Promise(n.Stage).OrDefault(), begin: from, at: from.At, gate: in.gate, released: in.plan.Releases(n.Stage),
	}
	if in.plan.met(n.Stage) {
		s.sorter = newSorter(in.plan.Partitions.Tokenize, from.At)
	}
	var err error
	s.arrivals, err = in.open(ctx, s.name, from.Next, broker.ReaderOptions{})
	return s, err
}

// begin puts the sides together where the first of them begins. Units end
// where another one joins.
func (in *zipInput) begin() {
	in.at = in.after
	for _, s := range in.sides {
		in.at = min(in.at, s.begin.At)
		in.cuts = append(in.cuts, s.begin.At)
	}
	in.cuts = append(in.cuts, in.after)
}

func (in *zipInput) close() {
	for _, s := range in.sides {
		s.arrivals.close()
	}
	in.gate.close()
}

// next reads the next unit behind the place where reading is to begin.
func (in *zipInput) next(ctx context.Context, u *Unit) error {
	if err := in.failed; err != nil {
		in.failed = nil
		return err
	}
	for {
		if err := in.read(ctx, u); err != nil {
			return err
		}
		if u.To > in.after {
			return in.gather(ctx, u)
		}
		u.Reset()
	}
}

func (in *zipInput) read(ctx context.Context, u *Unit) error {
	u.From = in.at + 1
	for _, s := range in.sides {
		for {
			again, err := s.fill(ctx)
			if err != nil {
				return err
			}
			if again == nil {
				break
			}
			if fires, err := in.again(ctx, s, again, u); fires || err != nil {
				return err
			}
		}
	}
	return in.extend(u, u.From)
}

// extend puts into the unit what the sides' frames say from a log sequence on, up to
// where the first of them ends.
func (in *zipInput) extend(u *Unit, from uint64) error {
	end := ^uint64(0)
	for _, s := range in.sides {
		end = min(end, s.frame.To)
	}
	u.To = in.planned.Limit(from, in.cuts.limit(from, end))
	if err := in.zip(u, from); err != nil {
		return err
	}
	u.Barrier = u.endsAtBarrier() || in.planned.At(u.To)
	in.at = u.To
	return nil
}

// zip fills u from the sides' frames from a log sequence up to u.To: first the
// entries by position, then the values that go with them.
func (in *zipInput) zip(u *Unit, from uint64) error {
	u.room(max(in.df, len(in.sides)))
	for _, s := range in.sides {
		if from == u.From || !s.known { // else they are, in this unit
			s.translate(u)
			u.bytes += s.bytes
		}
	}
	before := len(u.Terms)
	for sequence := from; sequence <= u.To; {
		next := u.To + 1
		for _, s := range in.sides {
			next = min(next, s.takeEntries(u, sequence))
		}
		sequence = next
	}
	if from == u.From {
		in.route.clear()
	}
	in.route.more(&u.Dict)
	for _, s := range in.sides {
		if s.begin.At >= u.To {
			continue // it has not joined yet
		}
		if err := in.takeColumns(u, s, from, u.Terms[before:]); err != nil {
			return err
		}
		s.have = s.frame.To > u.To
	}
	return nil
}

// takeColumns moves the df values that belong to the terms, those of the unit from
// a log sequence on, the windows and late documents told in it, and the counts
// where the frame ends.
func (in *zipInput) takeColumns(u *Unit, s *side, from uint64, terms []features.TermCount) error {
	p := s.partition
	switch {
	case s.node.Stage != DFStage:
	case s.hole:
		u.lost[p] = true
	default:
		values := s.frame.DF[p][s.value:]
		if s.frame.To > u.To {
			n := in.owned(terms, p)
			if n > len(values) {
				return fmt.Errorf("stream %s has no df value for some terms of log messages %d..%d", s.name, from, u.To)
			}
			values = values[:n]
		}
		s.value += len(values)
		u.DF[p] = append(u.DF[p], values...)
		for _, end := range s.frame.ends[p] {
			if end.position.Sequence >= from && end.position.Sequence <= u.To {
				u.ends[p] = append(u.ends[p], end)
			}
		}
	}
	if len(s.frame.Windows) > p {
		s.takeWindows(u)
		s.takeLate(u)
		u.Counts[p] = append(u.Counts[p][:0], s.frame.Counts[p]...)
	}
	return nil
}

// owned counts the terms that belong to a df partition.
func (in *zipInput) owned(terms []features.TermCount, partition int) (n int) {
	for _, t := range terms {
		if int(in.route.at[t.Ref].partition) == partition {
			n++
		}
	}
	return n
}

// resume is where each stream has to be read from to have all behind a log
// sequence again. df values can only be told apart along the terms that they
// belong to, so tokens are read from where the first df side begins.
func (in *zipInput) resume(after uint64) places {
	all := places{}
	first := after
	for _, s := range in.sides {
		if s.node.Stage == DFStage {
			all[s.name] = s.before(after)
			first = min(first, all[s.name].At)
		}
	}
	for _, s := range in.sides {
		if s.node.Stage != DFStage {
			all[s.name] = s.before(first)
		}
	}
	return all
}
