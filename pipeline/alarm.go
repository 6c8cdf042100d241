package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// alarm ends a worker's attempt from beside it.
type alarm struct {
	stop func()
	mu   sync.Mutex
	err  error
}

// ring ends the attempt with an error, the first time.
func (a *alarm) ring(err error) {
	if errors.Is(err, broker.ErrUnknown) { // what was not answered is looked at again
		err = fmt.Errorf("%w: %v", broker.ErrNoBroker, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.err = err
		a.stop()
	}
}

func (a *alarm) why() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// heed waits until another attempt begins: guarantees.ErrRewound. Meanwhile it
// tells counts that live outside what is released.
func (w *worker) heed(ctx context.Context, committers []*guarantees.Committer, outsides []*redisCounts) error {
	barriers := w.plan.barriers(w.broker)
	changed, stop, err := barriers.Changes()
	if err != nil {
		return err
	}
	defer stop()
	p := pulse{changed: changed}
	for {
		a, err := barriers.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case a.Number > committers[0].Attempt().Number:
			return guarantees.ErrRewound
		}
		for _, o := range outsides {
			o.release(a.Complete)
		}
		if p.wait(ctx) != nil {
			return nil
		}
	}
}

// attend has the attempt that the committers take part in end when all begin
// another one. leave has to be called.
func (w *worker) attend(ctx context.Context, committers []*guarantees.Committer, bell *alarm, outsides []*redisCounts) (leave func()) {
	if !w.plan.Holds() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var heeding sync.WaitGroup
	heeding.Go(func() {
		if err := w.heed(ctx, committers, outsides); err != nil && ctx.Err() == nil {
			bell.ring(err)
		}
	})
	return func() {
		cancel()
		heeding.Wait()
	}
}

// rung is why the attempt has ended, nil if nothing from beside did it. A worker
// that was replaced takes no part in the next one.
func (w *worker) rung(ctx context.Context, committers []*guarantees.Committer) error {
	why := w.bell.why()
	if errors.Is(why, guarantees.ErrRewound) {
		for _, c := range committers {
			if err := c.Owned(ctx); err != nil {
				return err
			}
		}
	}
	return why
}

// together says whether all committers take part in one attempt.
func together(committers []*guarantees.Committer) error {
	for _, c := range committers {
		if c.Attempt().Number != committers[0].Attempt().Number {
			return guarantees.ErrRewound
		}
	}
	return nil
}
