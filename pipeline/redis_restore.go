package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state"
)

// outsides are the worker's counts that live outside, by their place among its
// partitions; none where they live in it.
func (w *worker) outsides(a *assembly) (all []*redisCounts) {
	if a == nil || a.df == nil || w.elsewhere == nil {
		return nil
	}
	for _, p := range w.partitions {
		if o, ok := a.df.tables[p].(*redisCounts); ok {
			all = append(all, o)
		}
	}
	return all
}

// flush waits for what goes to counts that live outside, and says whether it is
// there.
func (w *worker) flush(ctx context.Context) bool {
	for _, o := range w.outsides(w.assembly) {
		if !o.flush(ctx) {
			return false
		}
	}
	return true
}

// openOutside takes the counts that live outside.
func (w *worker) openOutside(ctx context.Context, a *assembly, committers []*guarantees.Committer) error {
	for i, o := range w.outsides(a) {
		if err := committers[i].Announce(ctx); err != nil {
			return err
		}
		p, cursor := w.partitions[i], committers[i].Cursor()
		if o.holds = w.plan.Holds(); o.holds {
			o.complete.Store(committers[i].Attempt().Complete)
		}
		place, found, err := o.counts.Open(ctx, committers[i].Epoch(), w.who)
		if err != nil && !errors.Is(err, state.ErrDamaged) {
			return fenced(err)
		}
		missing := err != nil || !found
		switch rebuild := w.elsewhere.rebuilds(p); {
		case rebuild:
			missing = true
		case missing && cursor > 0:
			return w.stateGone(p, cursor, err)
		case !missing && w.promise().Marks() && place.Cursor > committers[i].Limit():
			w.notice(fmt.Sprintf("df/%d: its counts in %s are ahead of its stream, which has lost records: they are made again from snapshots and the log", p, w.elsewhere.redis))
		case !missing && !o.holds && place.Cursor < cursor && cursor-place.Cursor > uint64(cap(o.queue))*UnitDocumentsMax:
			w.notice(fmt.Sprintf("df/%d: its counts in %s are %d log messages behind; what is missing is counted again", p, w.elsewhere.redis, cursor-place.Cursor))
		}
		o.found, o.place = !missing, place
	}
	return nil
}

func (w *worker) stateGone(partition int, cursor uint64, cause error) error {
	if cause == nil {
		cause = errors.New("there are none")
	}
	return fmt.Errorf("%w: df/%d has worked up to log sequence %d, and of its counts in %s: %w. It was restarted empty, or is another one, or the prefix is. Nothing is lost: name the right one, or have the counts made again from snapshots and the log with --state-rebuild", ErrStateGone, partition, cursor, w.elsewhere.redis, cause)
}

// outsidePiece is the piece of counts that live outside.
func (w *worker) outsidePiece(ctx context.Context, a *assembly, o *redisCounts, p int, limit uint64) piece {
	s := a.df
	begin := func(table *features.DF, at uint64) error {
		if err := o.begin(ctx, table, at); err != nil {
			return err
		}
		s.at[p] = at
		w.elsewhere.rebuilt(p)
		return nil
	}
	return piece{
		name: DFStage + "/" + strconv.Itoa(p), limit: limit, outside: o,
		copy: func() (func(io.Writer) error, error) {
			read, err := o.copy(ctx)
			return func(to io.Writer) error {
				table, err := read()
				if err != nil {
					return err
				}
				return table.Save(to)
			}, err
		},
		load: func(r io.Reader, at uint64) error {
			table, err := s.loaded(r)
			if err != nil {
				return err
			}
			return begin(table, at)
		},
		reset: func() error {
			table := features.NewDF(s.features)
			if a.start != nil {
				table = a.start.DF.Part(p, len(s.tables))
			}
			return begin(table, 0)
		},
		at: func() uint64 { return s.at[p] },
	}
}

// restoreBehind restores a chain whose counts live outside, and stand behind where
// all else does by what was held back when it ended: they alone meet what lies between
// once more.
func (w *worker) restoreBehind(ctx context.Context, p piece, others []piece, all map[string][]guarantees.Snapshot) (restored, error) {
	ahead, err := w.restoreChain(ctx, others, all)
	if err != nil {
		return restored{}, err
	}
	w.assembly.lead = ahead.after
	p.limit = min(p.limit, ahead.after)
	at, err := w.restorePiece(ctx, p, all[p.name])
	return restored{after: at.At, documents: at.Documents}, err
}

// goOn is from where a worker goes on with counts that are where they were left,
// if they can be gone on with. of are snapshots of them, the newest first.
func (w *worker) goOn(ctx context.Context, p piece, of []guarantees.Snapshot) (at guarantees.Snapshot, ok bool, err error) {
	o := p.outside
	if o == nil || !o.found || o.place.Cursor > p.limit || o.place.Cursor == 0 {
		return at, false, nil
	}
	at = guarantees.Snapshot{Part: p.name, At: o.place.Cursor, Documents: o.place.Documents, Places: map[string]guarantees.Place{}}
	reads := w.writes().Reads
	if w.stage == "" { // it reads the log
		reads = nil
	}
	for _, stage := range reads {
		n, err := node(stage)
		if err != nil {
			return at, false, err
		}
		for i := range *w.plan.Partitions.of(stage) {
			place, err := w.behind(ctx, n, i, at.At, of)
			if err != nil {
				return at, false, err
			}
			if place.At > at.At {
				return at, false, fmt.Errorf("%w: %s in %s is at log sequence %d, and what follows of %s is deleted, for snapshots hold it: the Redis was set back. Nothing is lost: have the counts made again from snapshots with --state-rebuild", ErrStateGone, p.name, w.elsewhere.redis, at.At, stage)
			}
			at.Places[w.plan.Pipeline.partitionStream(n, i).Name] = place
		}
	}
	number, err := strconv.Atoi(p.name[len(DFStage)+1:])
	if err == nil {
		w.assembly.df.at[number] = at.At
	}
	return at, err == nil, err
}

// purgedTries is how often a stream is searched that is purged meanwhile.
const purgedTries = 100

// behind is from where a partition's stream has to be read to have all behind a
// log sequence. Of one that is released no record by itself tells, for it may be a
// zombie's, behind which what follows does not come again; a snapshot's place
// does.
func (w *worker) behind(ctx context.Context, n Node, partition int, after uint64, of []guarantees.Snapshot) (guarantees.Place, error) {
	if !w.plan.Releases(n.Stage) {
		place, err := w.plan.placeBehind(ctx, w.broker, n, partition, after)
		for tries := 1; errors.Is(err, broker.ErrEmpty) && tries < purgedTries; tries++ {
			place, err = w.plan.placeBehind(ctx, w.broker, n, partition, after)
		}
		return place, err
	}
	stream := w.plan.Pipeline.partitionStream(n, partition).Name
	for _, s := range of {
		if place, ok := s.Places[stream]; ok && s.At <= after {
			return place, nil
		}
	}
	first, err := w.broker.FirstSequence(ctx, stream)
	if err != nil || first <= 1 {
		return guarantees.Place{Next: 1}, err
	}
	return guarantees.Place{At: after + 1, Next: first}, nil
}
