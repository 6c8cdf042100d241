package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/planted"
	"tidings/internal/state"
	"tidings/pipeline/topics"
)

// SnapshotEvery is how many documents pass a worker between two snapshots of
// its state.
const SnapshotEvery = 50_000

// snapBucket holds the snapshots.
func (n Name) snapBucket() string { return string(n) + "-snap" }

// SnapshotsIn are the pipeline's, in the store that is given, or, where none
// is, in the broker's.
func (p Plan) SnapshotsIn(store guarantees.SnapshotStore, b *broker.Broker) (guarantees.Snapshots, error) {
	switch {
	case store != nil:
		return guarantees.Snapshots{Store: store}, nil
	case p.Snapshots != "":
		return guarantees.Snapshots{}, fmt.Errorf("the snapshots of pipeline %s are in %s, and it is not said where: give the --snapshots that its processes run with", p.Pipeline, p.Snapshots)
	}
	return guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: p.Pipeline.snapBucket()}}, nil
}

// piece is a piece of a worker's state that is saved by itself, so that it can
// be restored beside pieces that others saved.
type piece struct {
	name  string                                           // "df/0"
	limit uint64                                           // the cursor that it must not be ahead of
	copy  func() (save func(w io.Writer) error, err error) // quickly; save does not need the worker any more
	load  func(r io.Reader, at uint64) error
	reset func() error  // to what it was before the first document
	at    func() uint64 // up to which log sequence it was restored

	outside *redisCounts // where it lives, if not in the worker
}

// pieces are those of a worker's state. Where classify partitions have one
// history they have the same model, and so one piece together.
func (w *worker) pieces(ctx context.Context, a *assembly, committers []*guarantees.Committer) (all []piece) {
	limit := committers[0].Resume()
	for _, c := range committers {
		limit = min(limit, c.Resume())
	}
	if w.stage == TokenizeStage && w.releases() {
		all = w.places(a, committers)
	}
	if s := a.df; s != nil {
		for i, p := range w.partitions {
			if o, ok := s.tables[p].(*redisCounts); ok {
				all = append(all, w.outsidePiece(ctx, a, o, p, committers[i].Limit()))
				continue
			}
			all = append(all, piece{
				name: DFStage + "/" + strconv.Itoa(p), limit: committers[i].Limit(),
				copy: func() (func(io.Writer) error, error) { return s.tables[p].(*features.DF).Clone().Save, nil },
				load: func(r io.Reader, at uint64) error {
					return s.load(p, r, at)
				},
				reset: func() error {
					s.tables[p], s.at[p] = features.NewDF(s.features), 0
					if a.start != nil {
						s.take(p, a.start)
					}
					return nil
				},
				at: func() uint64 { return s.at[p] },
			})
		}
	}
	if s := a.classify; s != nil {
		all = append(all, piece{
			name: w.modelPiece(), limit: limit,
			copy: func() (func(io.Writer) error, error) { return s.learner.copy().save, nil },
			load: func(r io.Reader, _ uint64) error { return s.learner.load(r) },
			reset: func() (err error) {
				if s.learner, err = NewLearner(w.plan); err == nil && a.start != nil {
					s.learner.take(a.start)
				}
				return err
			},
			at: func() uint64 { return 0 }, // it is alone: reading begins where it stands
		})
	}
	if s := a.topics; s != nil {
		var reader bytes.Buffer // the same with each partition, so that each can be restored by itself
		for i, p := range w.partitions {
			all = append(all, piece{
				name: TopicsStage + "/" + strconv.Itoa(p), limit: committers[i].Resume(),
				copy: func() (func(io.Writer) error, error) { // small
					if reader.Len() == 0 {
						if err := s.reader.Save(&reader); err != nil {
							return nil, err
						}
					}
					save, err := written(s.states[p].Save)
					return func(w io.Writer) error {
						if _, err := w.Write(reader.Bytes()); err != nil {
							return err
						}
						return save(w)
					}, err
				},
				load: func(r io.Reader, at uint64) error {
					reader, err := topics.LoadReader(r, s.options)
					if err != nil {
						return err
					}
					state, err := topics.Load(plantedTimer(w.faults, r), s.options, p, len(s.states))
					if err == nil {
						s.take(p, state, reader, at)
					}
					return err
				},
				reset: func() error {
					s.take(p, topics.New(s.options, p, len(s.states)), topics.NewReader(s.options), 0)
					return nil
				},
				at: func() uint64 { return s.at[p] },
			})
		}
	}
	return all
}

// written is for what is saved as quickly as it is copied.
func written(save func(w io.Writer) error) (func(w io.Writer) error, error) {
	var data bytes.Buffer
	err := save(&data)
	return func(w io.Writer) error {
		_, err := w.Write(data.Bytes())
		return err
	}, err
}

// restored says from where a worker reads its inputs after its state has been
// restored.
type restored struct {
	after     uint64
	documents uint64 // up to there
	places    places
}

// restore loads the newest snapshots that are not ahead of the worker's
// cursors, if there are any. A snapshot that cannot be read is passed over for
// one before it: it only saves time.
func (w *worker) restore(ctx context.Context, a *assembly, committers []*guarantees.Committer) (restored, error) {
	if err := w.openOutside(ctx, a, committers); err != nil {
		return restored{}, err
	}
	pieces := w.pieces(ctx, a, committers)
	if len(pieces) == 0 || !w.promise().Marks() {
		for _, p := range pieces {
			if p.outside != nil { // its history is stepped again from the first document on
				if err := p.reset(); err != nil {
					return restored{}, err
				}
			}
		}
		return restored{}, nil
	}
	all, err := w.snapshots.List(ctx)
	if err != nil {
		return restored{}, err
	}
	all = usable(all, committers[0].Attempt())
	if w.stage == "" {
		return w.restoreChain(ctx, pieces, all)
	}
	r := restored{after: ^uint64(0)}
	for _, p := range pieces {
		found, err := w.restorePiece(ctx, p, all[p.name])
		if err != nil {
			return restored{}, err
		}
		if found.At < r.after {
			r = restored{found.At, found.Documents, found.Places}
		}
	}
	return r, nil
}

// restorePiece loads the newest snapshot of a piece that can be.
func (w *worker) restorePiece(ctx context.Context, p piece, of []guarantees.Snapshot) (guarantees.Snapshot, error) {
	if at, ok, err := w.goOn(ctx, p, of); ok || err != nil {
		return at, err
	}
	for _, s := range of {
		if s.At > p.limit {
			continue
		}
		err := w.load(ctx, p, s)
		if err == nil {
			return s, nil
		}
		if gone(err) || ctx.Err() != nil {
			return s, err
		}
	}
	return guarantees.Snapshot{}, p.reset()
}

// gone says whether an error is not a snapshot's, so that one before it would
// not do either.
func gone(err error) bool {
	return errors.Is(err, broker.ErrNoBroker) || errors.Is(err, state.ErrMoved) || errors.Is(err, state.ErrFenced)
}

// restoreChain loads snapshots of all pieces that stand behind the same log
// sequence, for in a chain each stage needs what the one before makes of a unit.
func (w *worker) restoreChain(ctx context.Context, pieces []piece, all map[string][]guarantees.Snapshot) (restored, error) {
	if p := pieces[0]; p.outside != nil && p.outside.holds {
		return w.restoreBehind(ctx, p, pieces[1:], all)
	}
	for _, first := range all[pieces[0].name] {
		err := errors.New("not there")
		if first.At <= pieces[0].limit {
			err = w.loadChain(ctx, pieces, first)
		}
		if err == nil {
			return restored{after: first.At, documents: first.Documents}, nil
		}
		if gone(err) || ctx.Err() != nil {
			return restored{}, err
		}
	}
	for _, p := range pieces {
		if err := p.reset(); err != nil {
			return restored{}, err
		}
	}
	return restored{}, nil
}

func (w *worker) loadChain(ctx context.Context, pieces []piece, at guarantees.Snapshot) error {
	for _, p := range pieces {
		at.Part = p.name
		if err := w.load(ctx, p, at); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) load(ctx context.Context, p piece, s guarantees.Snapshot) error {
	data, err := w.snapshots.Load(ctx, s)
	if err != nil {
		return err
	}
	if err := p.load(bytes.NewReader(data), s.At); err != nil {
		return fmt.Errorf("snapshot of %s behind log sequence %d: %w", p.name, s.At, err)
	}
	return nil
}

// pending is a snapshot that is taken, and not yet stored.
type pending struct {
	snapshot guarantees.Snapshot
	save     func(w io.Writer) error
}

// data is the snapshot as it is stored.
func (p *pending) data() ([]byte, error) {
	var data bytes.Buffer
	if err := p.save(&data); err != nil {
		return nil, fmt.Errorf("a snapshot of %s: %w", p.snapshot.Part, err)
	}
	return data.Bytes(), nil
}

// take copies the worker's state as it is behind a unit. The worker stands
// still meanwhile, as long as copying the memory takes; putting it into bytes and
// storing them does not hold it up.
func (w *worker) take(ctx context.Context, committers []*guarantees.Committer, at uint64, from places) (all []pending, err error) {
	for _, p := range w.pieces(ctx, w.assembly, committers) {
		if p.at() > at || p.outside != nil && p.outside.holds {
			continue // it is ahead still, as it was restored, or never is
		}
		save, err := p.copy()
		if err != nil {
			return nil, fmt.Errorf("a snapshot of %s: %w", p.name, err)
		}
		all = append(all, pending{guarantees.Snapshot{Part: p.name, At: at, Documents: w.passed, Places: from, Attempt: committers[0].Attempt().Number}, save})
	}
	return all, nil
}

// store stores snapshots, deletes those that nobody needs any more, and what
// only they needed of the streams between stages.
func (w *worker) store(ctx context.Context, all []pending) error {
	if err := w.keep(ctx, all); err != nil {
		return err
	}
	return w.plan.sweep(ctx, w.broker, w.snapshots)
}

// keep stores snapshots, those that are not stored yet.
func (w *worker) keep(ctx context.Context, all []pending) error {
	s := w.snapshots
	for i := range all {
		if all[i].save == nil {
			continue // it is stored
		}
		data, err := all[i].data()
		if err == nil {
			err = s.Save(ctx, all[i].snapshot, data)
		}
		if err != nil {
			return err
		}
		all[i].save = nil // lets go of the copy
	}
	return nil
}

// tellUnstored tells people that a snapshot could not be stored, once until one
// could. Only who stores them calls it, one at a time.
func (w *worker) tellUnstored(ctx context.Context, err error) {
	if err != nil && (ctx.Err() != nil || w.unstored || errors.Is(err, broker.ErrNoBroker)) {
		return
	}
	then := "The work goes on, nothing is lost, and the next one is tried; until then a start takes longer"
	if w.plan.Holds() {
		then = "Nothing is lost, and it is tried again; until then what comes behind the one before is held back"
	}
	if w.unstored = err != nil; w.unstored {
		w.notice(fmt.Sprintf("%s: a snapshot cannot be stored: %v. %s", w.name(), err, then))
	}
}

// sweep deletes the snapshots that nobody needs any more, and what only they
// needed of the streams between stages.
func (p Plan) sweep(ctx context.Context, b *broker.Broker, s guarantees.Snapshots) error {
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

// modelPiece names the model that the worker holds.
func (w *worker) modelPiece() string {
	if w.faults.Plants(planted.SharedReplica) {
		return ClassifyStage
	}
	return w.plan.modelPiece(w.partitions[0])
}

// modelPiece names the model of a classify partition: each has its own where
// each has been through something of its own.
func (p Plan) modelPiece(partition int) string {
	if p.shares(ClassifyStage) {
		return ClassifyStage
	}
	return ClassifyStage + "/" + strconv.Itoa(partition)
}

// pieceNames are the pieces of a stage's state, and the partitions that go back
// to each.
func (p Plan) pieceNames(n Node) map[string][]int {
	all := map[string][]int{}
	for i := range *p.Partitions.of(n.Stage) {
		name := n.Stage + "/" + strconv.Itoa(i)
		if n.Stage == ClassifyStage {
			name = p.modelPiece(i)
		}
		all[name] = append(all[name], i)
	}
	return all
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
