package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// raceMax is how many log messages one lane may be ahead of the slowest: what
// readers hold to put records in log order again is bounded by it.
const raceMax = 64

// inletMax is how many records of one stream may wait to be met, beyond those
// of lanes that are ahead.
const inletMax = 64

// raceInput yields units of whichever lane comes first: what one tokenize
// partition wrote, with the df values that belong to it. What the partition met
// before, according to its own stream, it yields in the same order again.
//
// All lanes have to come to a control record before it is met: what it says
// (a source has ended, a version takes over) is for all of them.
type raceInput struct {
	reading
	barriers alignment
	lanes    []*lane
	inlets   []*inlet
	past     *past  // nil: all of it has been met again
	alone    bool   // and nothing but that is wanted
	count    uint64 // log messages met, over all lanes
	woken    chan struct{}
	cancel   context.CancelFunc
	pumps    sync.WaitGroup
	other    Unit // of an aligned lane: nothing
}

// openRace reads all partitions of the given stages, and what was met before.
func openRace(ctx context.Context, r reading, stages []string, before past) (_ *raceInput, err error) {
	pumping, cancel := context.WithCancel(ctx)
	r.cuts = nil // they tell what its own stream tells here
	in := &raceInput{reading: r, barriers: newAlignment(&r), alone: before.alone, woken: make(chan struct{}, 1), cancel: cancel}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	for t := range r.plan.Partitions.Tokenize {
		in.lanes = append(in.lanes, newLane(r, t, stages))
	}
	in.count = r.after * r.plan.lanes(DFStage)
	if in.past, err = before.open(ctx, &r); err != nil {
		return nil, err
	}
	until := before.until()
	var counter atomic.Uint64
	side := 0
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			return nil, err
		}
		if stage == DFStage {
			side = 1
		}
		for i := range *r.plan.Partitions.of(stage) {
			inlet := &inlet{name: r.plan.Pipeline.partitionStream(n, i).Name, lanes: in.lanes, lane: i, records: make(chan arrived, inletMax), gate: r.gate, after: r.after, until: until}
			if stage == DFStage {
				inlet.lane, inlet.side = -1, side+i
			}
			inlet.next = max(r.places[inlet.name].Next, 1)
			if inlet.arrivals, err = in.open(pumping, inlet.name, inlet.next, broker.ReaderOptions{}); err != nil {
				return nil, err
			}
			in.inlets = append(in.inlets, inlet)
			in.pumps.Go(func() { inlet.pump(pumping, &counter, in.woken) })
		}
	}
	return in, nil
}

func (in *raceInput) close() {
	in.cancel()
	in.pumps.Wait()
	for _, i := range in.inlets {
		i.arrivals.close()
	}
	if in.past != nil {
		in.past.close()
	}
}

// resume tells places where snapshots are taken behind what all lanes have met;
// elsewhere what was met cannot be told by them.
func (in *raceInput) resume(after uint64) places {
	if !in.barriers.holds {
		return nil
	}
	all := places{}
	for _, i := range in.inlets {
		all[i.name] = i.behind(after)
	}
	return all
}

// next yields the next unit.
func (in *raceInput) next(ctx context.Context, u *Unit) error {
	for {
		if err := in.drain(ctx); err != nil {
			return err
		}
		if in.past == nil && in.alone {
			return io.EOF
		}
		if in.past != nil {
			met, err := in.past.next(ctx)
			switch {
			case errors.Is(err, io.EOF):
				in.past.close()
				in.past = nil
				continue
			case err != nil:
				return err
			}
			return in.repeat(ctx, met, u)
		}
		met, err := in.first(ctx, u)
		if met || err != nil {
			return err
		}
		if err := in.wait(ctx); err != nil {
			return err
		}
	}
}

// first yields of the lanes that have something the one that had it first. What
// lanes have that holds no entry is put before what comes next in them, unless
// nothing comes.
func (in *raceInput) first(ctx context.Context, u *Unit) (met bool, err error) {
	for {
		l, aligned := in.choose()
		if l == nil || aligned {
			for _, empty := range in.lanes {
				if empty.from > 0 {
					u.From, u.To = empty.from, empty.zip.at
					u.room(max(empty.zip.df, len(empty.zip.sides)))
					return true, in.meet(u, empty, guarantees.Met{})
				}
			}
		}
		switch {
		case l == nil:
			return false, nil
		case aligned:
			return true, in.together(ctx, u)
		}
		comes := l.comes()
		if err := l.zip.read(ctx, u); err != nil {
			return false, err
		}
		if l.from == 0 {
			l.from = u.From
		}
		if len(u.Entries) > 0 || in.barriers.ends(l, comes) {
			u.From = l.from
			return true, in.meet(u, l, guarantees.Met{Barrier: comes.Barrier})
		}
		u.Reset()
		if err := in.drain(ctx); err != nil {
			return false, err
		}
	}
}

// choose is the lane that is met next, nil if none has anything; aligned says
// that all of them have come to one control record.
func (in *raceInput) choose() (first *lane, aligned bool) {
	slowest, earliest, waiting := ^uint64(0), ^uint64(0), 0
	for _, l := range in.lanes {
		slowest = min(slowest, l.zip.at)
	}
	for _, l := range in.lanes {
		switch number, ready := l.ready(); {
		case !ready:
		case l.aligned():
			waiting++
		case in.barriers.waits(l): // at a barrier, for the others
		case l.zip.at <= slowest+raceMax && number < earliest:
			first, earliest = l, number
		}
	}
	if waiting == len(in.lanes) {
		return in.lanes[0], true
	}
	return first, false
}

// together yields a control record, to which all lanes have come.
func (in *raceInput) together(ctx context.Context, u *Unit) error {
	owner := in.lanes[blockOwner(in.lanes[0].zip.at+1, len(in.lanes))]
	for _, l := range in.lanes {
		to := u
		if l != owner {
			to = &in.other
			to.Reset()
		}
		if err := l.zip.read(ctx, to); err != nil {
			return err
		}
		if to.From != to.To || to.To != owner.zip.at && l != owner && owner.zip.at >= to.From {
			return fmt.Errorf("lane %d is aligned at log messages %d..%d, which is no control record: the streams of pipeline %s are damaged, rebuild it from the log with another --pipeline", l.number, to.From, to.To, in.plan.Pipeline)
		}
	}
	return in.meet(u, owner, guarantees.Met{Aligned: true})
}

// meet notes what the unit met, and how.
func (in *raceInput) meet(u *Unit, l *lane, how guarantees.Met) error {
	l.from = 0
	u.met = guarantees.Met{Lane: l.number, From: u.From, To: u.To, Aligned: how.Aligned, Barrier: how.Barrier, Through: ^uint64(0)}
	for _, l := range in.lanes {
		through := l.zip.at
		if l.from > 0 {
			through = l.from - 1
		}
		u.met.Through = min(u.met.Through, through)
	}
	u.count, u.counts = in.count, u.To-u.From+1
	if lanes := in.plan.lanes(DFStage); how.Aligned && lanes > 0 {
		u.counts *= lanes
	}
	in.count += u.counts
	u.Barrier = in.barriers.passed(u)
	return nil
}

// repeat yields a unit that was met before.
func (in *raceInput) repeat(ctx context.Context, met guarantees.Met, u *Unit) error {
	if met.Lane > len(in.lanes) || met.From != in.lanes[met.Lane-1].zip.at+1 {
		return fmt.Errorf("what was met before, %v, does not follow what was before it: the streams of pipeline %s are damaged, rebuild it from the log with another --pipeline", met, in.plan.Pipeline)
	}
	for l := in.lanes[met.Lane-1]; ; {
		if err := in.until(ctx, func() bool {
			if !met.Aligned {
				_, ready := l.ready()
				return ready
			}
			return !slices.ContainsFunc(in.lanes, func(l *lane) bool { _, ready := l.ready(); return !ready })
		}); err != nil {
			return err
		}
		if met.Aligned {
			return in.together(ctx, u)
		}
		if err := l.zip.read(ctx, u); err != nil {
			return err
		}
		if u.To >= met.To {
			u.From = met.From
			return in.meet(u, l, met)
		}
		if len(u.Entries) > 0 {
			return fmt.Errorf("lane %d ends a unit at log message %d, and where it was met before at %d: the streams of pipeline %s are damaged, rebuild it from the log with another --pipeline", l.number, u.To, met.To, in.plan.Pipeline)
		}
		u.Reset()
	}
}

// until waits for what lanes have.
func (in *raceInput) until(ctx context.Context, ready func() bool) error {
	for !ready() {
		if err := in.wait(ctx); err != nil {
			return err
		}
		if err := in.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for a record to arrive.
func (in *raceInput) wait(ctx context.Context) error {
	select {
	case <-in.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain hands the lanes what has arrived.
func (in *raceInput) drain(ctx context.Context) error {
	most := inletMax + raceMax*len(in.lanes)
	for _, i := range in.inlets {
		if err := i.drain(ctx, most); err != nil {
			return fmt.Errorf("stream %s: %w", i.name, err)
		}
	}
	return nil
}
