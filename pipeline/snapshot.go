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
	return w.plan.sweep(ctx, w.broker, w.snapshots, w.whole)
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
