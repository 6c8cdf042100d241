package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tidings/datasets"
)

// Clock is where time enters.
type Clock interface {
	Now() time.Time
	// Sleep waits; its error is the context's.
	Sleep(ctx context.Context, d time.Duration) error
}

type machineClock struct{}

func (machineClock) Now() time.Time { return time.Now() }

func (machineClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// burst is how much of a second's rows may come at once: timers are no finer.
const burst = 10 * time.Millisecond

// pace holds rows back until their time.
type pace struct {
	clock   Clock
	limiter *rate.Limiter
	speed   float64
	first   time.Time // event time of the first row that has one
	began   time.Time
}

func newPace(o Options) *pace {
	p := &pace{clock: o.Clock, speed: o.Speed}
	if o.Rate > 0 {
		p.limiter = rate.NewLimiter(rate.Limit(o.Rate), max(1, int(o.Rate*burst.Seconds())))
	}
	return p
}

func (p *pace) wait(ctx context.Context, row datasets.Row) error {
	if p.limiter != nil {
		if err := p.limiter.Wait(ctx); err != nil {
			return err
		}
	}
	t := row.Document.Time
	if p.speed <= 0 || t.IsZero() {
		return nil
	}
	if p.first.IsZero() {
		p.first, p.began = t, p.clock.Now()
		return nil
	}
	due := time.Duration(float64(t.Sub(p.first)) / p.speed)
	if ahead := due - p.clock.Now().Sub(p.began); ahead > 0 {
		return p.clock.Sleep(ctx, ahead)
	}
	return nil
}

// pumpRows is how many rows are read ahead.
const pumpRows = 1024

// errIdle reports that no row is there at the moment, and errSilent that no
// document came for a while.
var (
	errIdle   = errors.New("no row at the moment")
	errSilent = errors.New("no document for a while")
)

// pump reads rows on a goroutine of its own, so that reading, pacing and
// storing overlap.
type pump struct {
	rows   chan datasets.Row
	err    error // why there are no more; set before rows is closed
	cancel context.CancelFunc
	done   sync.WaitGroup
	watch  sync.WaitGroup
	live   bool
	silent chan struct{} // nothing came for a while
}

// startPump reads the rows; those behind cursor wait for their time. Of a live
// source it looks out for silence.
func startPump(ctx context.Context, r datasets.Reader, cursor uint64, o Options, s *silence) *pump {
	ctx, cancel := context.WithCancel(ctx)
	m := &pump{rows: make(chan datasets.Row, pumpRows), cancel: cancel, live: o.Live, silent: make(chan struct{}, 1)}
	if o.Live {
		m.watch.Go(func() {
			s.watch(ctx, func() {
				select {
				case m.silent <- struct{}{}:
				default: // it is known
				}
			})
		})
	}
	m.done.Go(func() {
		defer close(m.rows)
		m.err = m.read(ctx, r, cursor, newPace(o))
	})
	return m
}

func (m *pump) read(ctx context.Context, r datasets.Reader, cursor uint64, p *pace) error {
	for {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row.Number > cursor {
			if err := p.wait(ctx, row); err != nil {
				return err
			}
		}
		select {
		case m.rows <- row:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next waits for a row; with now it does not wait and says errIdle.
func (m *pump) next(ctx context.Context, now bool) (datasets.Row, error) {
	if now {
		select {
		case row, ok := <-m.rows:
			return m.got(row, ok)
		default:
			return datasets.Row{}, errIdle
		}
	}
	select {
	case row, ok := <-m.rows:
		return m.got(row, ok)
	case <-m.silent:
		return datasets.Row{}, errSilent
	case <-ctx.Done():
		return datasets.Row{}, ctx.Err()
	}
}

func (m *pump) got(row datasets.Row, ok bool) (datasets.Row, error) {
	if !ok {
		return datasets.Row{}, m.err
	}
	return row, nil
}

// stop ends the goroutine. It waits for it, except where rows come from a
// terminal or a pipe: nothing interrupts such a read, and it ends with the
// process.
func (m *pump) stop() {
	m.cancel()
	m.watch.Wait()
	if !m.live {
		m.done.Wait()
	}
}
