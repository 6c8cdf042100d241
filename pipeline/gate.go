package pipeline

import (
	"context"
	"fmt"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// gate says which records of the partitions' streams count, where the recovery
// snapshot decides: a worker reads those of its own attempt and what counts of
// those before; whoever reads results waits, too, until they are released. A nil
// gate is open. One goroutine may use it.
type gate struct {
	barriers *guarantees.Barriers
	attempt  guarantees.Attempt
	waits    bool  // for the release
	early    bool  // a mistake on purpose: it does not
	pulse    pulse // of changes
}

// workerGate is for a worker that takes part in an attempt.
func workerGate(p Plan, a *guarantees.Attempt) *gate {
	if !p.Holds() {
		return nil
	}
	return &gate{attempt: *a}
}

// resultsGate is for whoever reads results. It has to be closed.
func resultsGate(ctx context.Context, b *broker.Broker, p Plan, early bool) (*gate, error) {
	if !p.Holds() {
		return nil, nil
	}
	g := &gate{barriers: p.barriers(b), waits: true, early: early}
	changed, stop, err := g.barriers.Changes()
	if err != nil {
		return nil, err
	}
	g.pulse = pulse{changed: changed, stop: stop}
	if g.attempt, err = g.barriers.Look(ctx); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *gate) close() {
	if g != nil && g.pulse.stop != nil {
		g.pulse.stop()
	}
}

// admits says whether a record counts, if need be when that is known.
func (g *gate) admits(ctx context.Context, r broker.Record) (bool, error) {
	if g == nil {
		return true, nil
	}
	h, err := guarantees.ParseHeader(r)
	if err != nil {
		return false, err
	}
	_, to := h.Span()
	for {
		known := h.Attempt <= g.attempt.Number
		switch {
		case known && !g.attempt.Counts(h):
			return false, nil
		case known && (!g.waits || g.early || h.Kind != guarantees.Done || to <= g.attempt.Complete):
			return true, nil
		case !g.waits:
			return false, fmt.Errorf("attempt %d has begun: %w", h.Attempt, guarantees.ErrRewound)
		}
		if err := g.look(ctx); err != nil {
			return false, err
		}
	}
}

// look waits until the attempt has changed, or may have.
func (g *gate) look(ctx context.Context) (err error) {
	if err := g.pulse.wait(ctx); err != nil {
		return err
	}
	g.attempt, err = g.barriers.Look(ctx)
	return err
}

// committed is when what a record says could be seen, given when it was stored;
// 0 where nobody remembers.
func (g *gate) committed(stored int64, to uint64) int64 {
	if g == nil || !g.waits || g.early {
		return stored
	}
	return g.attempt.ReleasedAt(to)
}

// pulseMin and pulseMax are how soon after a change, and how often without one,
// it is looked whether there was one.
const (
	pulseMin = time.Millisecond
	pulseMax = 250 * time.Millisecond
)

// pulse says when to look again for what is told of soon, and perhaps not at
// all: the word can come before the thing, so it is looked again, ever more
// seldom.
type pulse struct {
	changed <-chan struct{}
	stop    func()
	next    time.Duration
}

func (p *pulse) wait(ctx context.Context) error {
	timer := time.NewTimer(max(p.next, pulseMin))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.changed:
		p.next = pulseMin
	case <-timer.C:
		p.next = min(2*max(p.next, pulseMin), pulseMax)
	}
	return nil
}
