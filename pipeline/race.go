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

// Races says whether records are met in the order in which they come. From one
// tokenize partition they come in one order.
func (p Plan) Races() bool {
	return p.Order == guarantees.Arrival && p.Partitions.Tokenize > 1
}

// met says whether a stage meets its records in the order in which they come,
// and writes down which that was. Windows are told in log order whatever raced
// before.
func (p Plan) met(stage string) bool {
	return p.Races() && (stage == DFStage || stage == ClassifyStage)
}

// shares says whether partitions of a stage may share one state: they have been
// through the same, in the same order. Where records race one worker does not do
// the work of several tokenize partitions in turn, or nothing would race.
func (p Plan) shares(stage string) bool {
	return p.Promise(stage).Shares() && (stage == TopicsStage || !p.Races())
}

// checkOrder refuses an order that there is none of, and what that of arrival
// cannot be had with.
func (p Plan) checkOrder() error {
	switch p.Order {
	case "", guarantees.Sorted:
		return nil
	case guarantees.Arrival:
	default:
		return fmt.Errorf("order %q is not known; there are %s and %s", p.Order, guarantees.Sorted, guarantees.Arrival)
	}
	for _, stage := range Stages() {
		if promise := p.Promise(stage).OrDefault(); promise.Recovery != guarantees.Commit && promise.Recovery != guarantees.Replay {
			return fmt.Errorf("the order %s needs %s by %s, and %s has %s: what raced is written down with what came of it, and with the others it could be lost, or met twice", guarantees.Arrival, guarantees.ExactlyOnce, guarantees.Commit, stage, promise)
		}
	}
	return nil
}

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
	lanes  []*lane
	inlets []*inlet
	past   *past  // nil: all of it has been met again
	count  uint64 // log messages met, over all lanes
	woken  chan struct{}
	cancel context.CancelFunc
	pumps  sync.WaitGroup
	other  Unit // of an aligned lane: nothing
}

// openRace reads all partitions of the given stages. Behind the cursor, which
// counts messages, own is the reader's own stream.
func openRace(ctx context.Context, r reading, stages []string, before guarantees.Range, own string) (_ *raceInput, err error) {
	pumping, cancel := context.WithCancel(ctx)
	in := &raceInput{reading: r, woken: make(chan struct{}, 1), cancel: cancel}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	for t := range r.plan.Partitions.Tokenize {
		in.lanes = append(in.lanes, newLane(r, t, stages))
	}
	if before.To > 0 {
		if in.past, err = openPast(ctx, r.broker, own, before.To); err != nil {
			return nil, err
		}
	}
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
			inlet := &inlet{name: r.plan.Pipeline.partitionStream(n, i).Name, lanes: in.lanes, lane: i, records: make(chan arrived, inletMax)}
			if stage == DFStage {
				inlet.lane, inlet.side = -1, side+i
			}
			if inlet.arrivals, err = in.open(pumping, inlet.name, 1, broker.ReaderOptions{}); err != nil {
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

// resume: what was met cannot be told by places in the streams.
func (in *raceInput) resume(uint64) places { return nil }

// next yields the next unit.
func (in *raceInput) next(ctx context.Context, u *Unit) error {
	for {
		if err := in.drain(); err != nil {
			return err
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
					return true, in.meet(u, empty, false)
				}
			}
		}
		switch {
		case l == nil:
			return false, nil
		case aligned:
			return true, in.together(ctx, u)
		}
		if err := l.zip.read(ctx, u); err != nil {
			return false, err
		}
		if l.from == 0 {
			l.from = u.From
		}
		if len(u.Entries) > 0 {
			u.From = l.from
			return true, in.meet(u, l, false)
		}
		u.Reset()
		if err := in.drain(); err != nil {
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
	return in.meet(u, owner, true)
}

// meet notes what the unit met.
func (in *raceInput) meet(u *Unit, l *lane, aligned bool) error {
	l.from = 0
	u.met = guarantees.Met{Lane: l.number, From: u.From, To: u.To, Aligned: aligned, Through: ^uint64(0)}
	for _, l := range in.lanes {
		through := l.zip.at
		if l.from > 0 {
			through = l.from - 1
		}
		u.met.Through = min(u.met.Through, through)
	}
	u.count = in.count
	in.count += u.To - u.From + 1
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
			return in.meet(u, l, false)
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
		if err := in.drain(); err != nil {
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
func (in *raceInput) drain() error {
	most := inletMax + raceMax*len(in.lanes)
	for _, i := range in.inlets {
		if err := i.drain(most); err != nil {
			return fmt.Errorf("stream %s: %w", i.name, err)
		}
	}
	return nil
}

// arrived is a record that was delivered, and how many were before it.
type arrived struct {
	record broker.Record
	number uint64
	err    error
}

// inlet is one stream, read on a goroutine of its own.
type inlet struct {
	name     string
	arrivals arrivals
	records  chan arrived
	lanes    []*lane
	lane     int // that it belongs to; -1: its records say
	side     int // of each lane
	failed   error
}

// pump reads the stream until the context ends.
func (i *inlet) pump(ctx context.Context, counter *atomic.Uint64, woken chan<- struct{}) {
	for {
		r, err := i.arrivals.take(ctx)
		select {
		case i.records <- arrived{r, counter.Add(1), err}:
		case <-ctx.Done():
			return
		}
		select {
		case woken <- struct{}{}:
		default: // it will look anyway
		}
		if err != nil {
			return
		}
	}
}

// drain hands over what has arrived, while at most so many wait in the lanes.
func (i *inlet) drain(most int) error {
	for i.failed == nil && i.waiting() < most {
		select {
		case a := <-i.records:
			if i.failed = a.err; a.err == nil {
				i.failed = i.pass(a)
			}
		default:
			return nil
		}
	}
	return i.failed
}

func (i *inlet) waiting() (n int) {
	if i.lane >= 0 {
		return len(i.lanes[i.lane].queues[i.side].items)
	}
	for _, l := range i.lanes {
		n += len(l.queues[i.side].items)
	}
	return n
}

// pass hands a record to the lane that it belongs to, or, of those that all
// lanes are to be aligned at, to all: to those that it is not of without values.
func (i *inlet) pass(a arrived) error {
	h, err := guarantees.ParseHeader(a.record)
	if err != nil || h.Kind != guarantees.Done {
		return err
	}
	if i.lane >= 0 {
		i.lanes[i.lane].queues[i.side].put(a, h.Met.Aligned)
		return nil
	}
	if h.Met.Lane < 1 || h.Met.Lane > len(i.lanes) {
		return fmt.Errorf("record %d does not say what it met: the stream is damaged, rebuild it from the log with another --pipeline", a.record.Sequence)
	}
	for n, l := range i.lanes {
		switch {
		case n == h.Met.Lane-1:
			l.queues[i.side].put(a, h.Met.Aligned)
		case h.Met.Aligned:
			nothing := a
			nothing.record.Data = []byte{recordFormat}
			l.queues[i.side].put(nothing, true)
		}
	}
	return nil
}
