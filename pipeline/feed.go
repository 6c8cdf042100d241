package pipeline

import (
	"context"
	"sync"
)

// unitsAhead is how many units the reading goroutine may be ahead.
const unitsAhead = 3

// feed reads units on a goroutine of its own and runs the stages without
// state.
type feed struct {
	ready  chan *Unit
	free   chan *Unit
	err    error // set before ready is closed
	cancel context.CancelFunc
	done   sync.WaitGroup
	saves  uint64 // documents between two snapshots; 0: none
	soon   uint64 // documents that count as having passed since the last one

	barriers bool // state is saved at barriers
}

func startFeed(ctx context.Context, in input, a *assembly, saves, soon uint64, barriers bool) *feed {
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{saves: saves, soon: soon, barriers: barriers, ready: make(chan *Unit, unitsAhead+1), free: make(chan *Unit, unitsAhead+1), cancel: cancel}
	for range unitsAhead + 1 {
		f.free <- new(Unit)
	}
	f.done.Go(func() {
		defer in.close()
		defer close(f.ready)
		f.err = f.fill(ctx, in, a)
	})
	return f
}

func (f *feed) fill(ctx context.Context, in input, a *assembly) error {
	unsaved := f.soon
	for {
		var u *Unit
		select {
		case u = <-f.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		u.Reset()
		if err := in.next(ctx, u); err != nil {
			return err
		}
		if a.judge != nil {
			if err := a.judge(ctx, u); err != nil {
				return err
			}
		}
		for _, s := range a.ahead {
			if err := s.Step(u); err != nil {
				return err
			}
		}
		if unsaved += u.documents(); f.saves > 0 && unsaved >= f.saves && u.Trigger == "" {
			unsaved = 0
			if u.places = in.resume(u.To); u.places == nil {
				u.places = places{}
			}
		}
		if f.barriers && u.Barrier {
			u.places = in.resume(u.To)
		}
		f.ready <- u // never waits: there are only so many units
	}
}

// next is the next unit; it has to be handed back with recycle. When there is
// none yet it calls rest before it waits.
func (f *feed) next(ctx context.Context, rest func(context.Context) error) (*Unit, error) {
	if len(f.ready) == 0 {
		if err := rest(ctx); err != nil {
			return nil, err
		}
	}
	select {
	case u, ok := <-f.ready:
		if !ok {
			return nil, f.err
		}
		return u, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *feed) recycle(u *Unit) { f.free <- u }

// stop ends the goroutine and waits for it.
func (f *feed) stop() {
	f.cancel()
	f.done.Wait()
}
