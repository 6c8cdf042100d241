package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state"
)

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
