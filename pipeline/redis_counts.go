package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state"
)

// CountsCachedMax is how many counts a worker holds in memory of a partition
// whose counts live outside of it, but for those of one unit and of what is not
// durable yet.
const CountsCachedMax = 1 << 18

// Limits of what is held back until a barrier is complete, of one partition.
const (
	// heldTogether is how many counts make a change of their own; below that, what
	// units change between two barriers goes to the Redis as one.
	heldTogether = 1 << 15
	// HeldCountsMax is how many counts are held back at most. Beyond it all go back
	// to the last complete barrier, and go on in smaller steps.
	HeldCountsMax = 1 << 23
)

// redisCounts are the counts of a df partition that live in a Redis. What a unit needs
// is fetched before it is stepped, in one round trip, and what it changed is
// moved there when the unit is durable, on a goroutine of its own: so what is
// there is never ahead of the stream, and a unit that is done again meets the
// counts that it met before, wherever it is cut then.
//
// Under the recovery snapshot durable is not enough, for all may go back to the last
// complete barrier, and the Redis cannot: so what units change is held back here
// until the barrier behind them is complete. Nobody waits for the Redis to
// report a barrier: state there is what it has, and the inputs behind that read again.
//
// Nobody else moves them, as long as nobody else has opened them. So a count
// that is in memory is right, and what is not there was not changed since the
// last move.
type redisCounts struct {
	counts *state.Counts
	found  bool        // the Redis has counts that can be gone on with
	place  state.Place // behind the last unit that was settled

	cells   []cell
	room    int               // of cells: with more some are forgotten
	index   map[uint64]uint32 // by hash: which cell
	number  uint64            // of the change that is being made, from 1
	changed []uint32          // cells that it changed
	misses  []uint64
	missed  []uint32
	lost    bool // a count was asked for that nobody has fetched

	base    *features.DF // what a version has put in the place of all counts
	baseAt  uint64       // by which change
	instead *features.DF // the change that is being made begins with it

	holds    bool          // until barriers are complete
	complete atomic.Uint64 // the log sequence of the last that is
	risen    chan struct{} // it is another one
	held     atomic.Int64  // counts that are settled and not moved

	applied atomic.Uint64 // the last change that is moved
	queue   chan settled
	running sync.WaitGroup
	cancel  context.CancelFunc
	mu      sync.Mutex
	failed  error
}

// cell is a count in memory.
type cell struct {
	hash    uint64
	count   uint32
	touched uint64 // by which change last
}

// settled is what the writer does next: a change when it is durable, or a copy.
type settled struct {
	wait   func(ctx context.Context) error // nil: it is
	number uint64
	change state.Change
	to     uint64     // a log sequence that has to be complete first
	done   chan error // not nil: no change, but to tell that all before are moved
	copy   bool       // and the counts copied
}

func newRedisCounts(c *state.Counts) *redisCounts {
	return &redisCounts{counts: c, room: CountsCachedMax, index: map[uint64]uint32{}, number: 1, queue: make(chan settled, broker.InFlightMax), risen: make(chan struct{}, 1)}
}

// fetch makes sure that the counts of all terms are in memory.
func (o *redisCounts) fetch(ctx context.Context, hashes []uint64) error {
	if o.base != nil && o.applied.Load() >= o.baseAt {
		o.base = nil
	}
	if len(o.cells) > o.room {
		o.evict()
	}
	o.misses = o.misses[:0]
	for _, hash := range hashes {
		if _, ok := o.index[hash]; !ok && o.base == nil {
			o.misses = append(o.misses, hash)
		}
	}
	o.missed = append(o.missed[:0], make([]uint32, len(o.misses))...)
	if err := o.counts.Read(ctx, o.misses, o.missed); err != nil {
		return fenced(err)
	}
	for i, hash := range o.misses {
		o.put(hash, o.missed[i])
	}
	return nil
}

// fetchTimeout is how long a text that is asked for when the work is over waits
// for its counts.
const fetchTimeout = 2 * time.Second

// fetching fetches the counts of a text from tables that live outside. After the
// first failure it does not try again: a Redis that is gone holds up one text.
func fetching(tables []counter) func(hashes []uint64) error {
	of, failed := make([][]uint64, len(tables)), error(nil)
	return func(hashes []uint64) error {
		for p := range of {
			of[p] = of[p][:0]
		}
		for _, hash := range hashes {
			p := features.Partition(hash, len(tables))
			of[p] = append(of[p], hash)
		}
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		for p, table := range tables {
			if o, ok := table.(*redisCounts); ok && failed == nil {
				failed = o.fetch(ctx, of[p])
			}
		}
		return failed
	}
}

// fenced makes a worker that has lost its counts one that has lost its partition.
func fenced(err error) error {
	if errors.Is(err, state.ErrFenced) {
		return fmt.Errorf("%w: %w", guarantees.ErrFenced, err)
	}
	return err
}

func (o *redisCounts) put(hash uint64, count uint32) uint32 {
	i := uint32(len(o.cells))
	o.cells = append(o.cells, cell{hash: hash, count: count})
	o.index[hash] = i
	return i
}

// evict forgets the counts that the Redis has as well.
func (o *redisCounts) evict() {
	applied := o.applied.Load()
	kept := o.cells[:0]
	clear(o.index)
	for _, c := range o.cells {
		if c.touched > applied {
			o.index[c.hash] = uint32(len(kept))
			kept = append(kept, c)
		}
	}
	o.cells = kept
	o.room = max(CountsCachedMax, 2*len(kept))
}

// Resolve is as features.DF's.
func (o *redisCounts) Resolve(slots []uint32, hashes []uint64) []uint32 {
	slots = slots[:0]
	for _, hash := range hashes {
		i, ok := o.index[hash]
		if !ok {
			count := uint32(0)
			if o.base != nil {
				count = o.base.Lookup(hash)
			} else {
				o.lost = true
			}
			i = o.put(hash, count)
		}
		slots = append(slots, i)
	}
	return slots
}

// Observe is as features.DF's.
func (o *redisCounts) Observe(slot uint32) uint32 {
	c := &o.cells[slot]
	if c.count == 0 {
		if o.place.Terms >= features.DFTermsMax {
			o.place.Dropped++
			return 1
		}
		o.place.Terms++
	}
	if c.touched != o.number {
		c.touched = o.number
		o.changed = append(o.changed, slot)
	}
	o.place.Digest -= features.TermDigest(c.hash, c.count)
	if c.count < ^uint32(0) {
		c.count++
	}
	o.place.Digest += features.TermDigest(c.hash, c.count)
	return c.count
}

// Tick is as features.DF's; these counts forget nothing.
func (o *redisCounts) Tick(int64) {}

// Next is as features.DF's, for a term that has been fetched.
func (o *redisCounts) Next(hash uint64) uint32 {
	return o.cells[o.Resolve(nil, []uint64{hash})[0]].count + 1
}

// Digest and Dropped are as features.DF's.
func (o *redisCounts) Digest() uint64  { return o.place.Digest }
func (o *redisCounts) Dropped() uint64 { return o.place.Dropped }

// take replaces all counts.
func (o *redisCounts) take(by *features.DF) {
	o.cells, o.changed = o.cells[:0], o.changed[:0]
	clear(o.index)
	o.base, o.baseAt, o.instead = by, o.number, by
	o.place.Terms, o.place.Digest, o.place.Dropped = uint64(by.Len()), by.Digest(), by.Dropped()
}

// begin makes the counts those of a table behind a log sequence, if they are not.
func (o *redisCounts) begin(ctx context.Context, table *features.DF, at uint64) error {
	place := state.Place{Cursor: at, Terms: uint64(table.Len()), Digest: table.Digest(), Dropped: table.Dropped()}
	if was := o.place; o.found && was.Cursor == at && was.Terms == place.Terms && was.Digest == place.Digest && was.Dropped == place.Dropped {
		return nil
	}
	if err := o.counts.Move(ctx, state.Change{To: place, Instead: counted(table)}); err != nil {
		return fenced(err)
	}
	o.found, o.place = true, place
	return nil
}

func counted(table *features.DF) *state.Counted {
	return &state.Counted{Terms: uint64(table.Len()), All: table.Terms()}
}

// errHeld reports that more is held back than there is room for.
var errHeld = errors.New("more df counts are held back than there is room for")

// settle hands over what a unit has changed, to be moved when wait returns, and
// the barrier behind it is complete where that is waited for.
func (o *redisCounts) settle(ctx context.Context, u *Unit, documents uint64, wait func(context.Context) error) error {
	if o.lost {
		return errors.New("df: a count was not fetched before it was needed; this is a mistake in the program, nothing of the unit is counted")
	}
	if u.Trigger == "" {
		o.place.Cursor = u.To
	}
	o.place.Documents = documents
	if o.holds && !u.Barrier && u.To > o.complete.Load() && len(o.changed) < heldTogether {
		return nil
	}
	if o.held.Add(int64(len(o.changed))) > HeldCountsMax && o.holds {
		return errHeld
	}
	m := settled{wait: wait, to: u.To, number: o.number, change: state.Change{
		To: o.place, Terms: make([]uint64, len(o.changed)), Counts: make([]uint32, len(o.changed)),
	}}
	for i, slot := range o.changed {
		m.change.Terms[i], m.change.Counts[i] = o.cells[slot].hash, o.cells[slot].count
	}
	if o.instead != nil {
		m.change.Instead = counted(o.instead)
	}
	o.number, o.changed, o.instead = o.number+1, o.changed[:0], nil
	return o.hand(ctx, m)
}

func (o *redisCounts) hand(ctx context.Context, m settled) error {
	select {
	case o.queue <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins to move what is settled. failed is called when that cannot go on.
func (o *redisCounts) start(ctx context.Context, failed func()) {
	ctx, o.cancel = context.WithCancel(ctx)
	o.running.Go(func() {
		if err := o.move(ctx); err != nil && ctx.Err() == nil {
			o.mu.Lock()
			o.failed = fenced(err)
			o.mu.Unlock()
			failed()
		}
	})
}

// move moves what is settled, in order. What is held back waits here, so that the
// queue is free for others.
func (o *redisCounts) move(ctx context.Context) error {
	var held []settled
	for {
		var flushed chan error
		select {
		case m := <-o.queue:
			if m.done != nil && !m.copy {
				flushed = m.done
			} else {
				held = append(held, m)
			}
		case <-o.risen:
		case <-ctx.Done():
			return nil
		}
		for len(held) > 0 && (!o.holds || held[0].to <= o.complete.Load()) {
			if stop, err := o.moveOne(ctx, held[0]); stop || err != nil {
				return err
			}
			held[0] = settled{} // lets go of it
			held = held[1:]
		}
		if flushed != nil {
			flushed <- nil
		}
	}
}

// moveOne moves one change, or copies. stop: it cannot be, and the committer tells
// why.
func (o *redisCounts) moveOne(ctx context.Context, m settled) (stop bool, err error) {
	if m.copy {
		m.done <- o.counts.Copy(ctx)
		return false, nil
	}
	if m.wait != nil && m.wait(ctx) != nil {
		return true, nil
	}
	if err := o.counts.Move(ctx, m.change); err != nil {
		return true, err
	}
	o.applied.Store(m.number)
	o.held.Add(-int64(len(m.change.Terms)))
	return false, nil
}

// release tells that a barrier is complete: what was settled up to there is
// moved. Any goroutine may call it.
func (o *redisCounts) release(complete uint64) {
	if complete <= o.complete.Load() {
		return
	}
	o.complete.Store(complete)
	select {
	case o.risen <- struct{}{}:
	default:
	}
}

// flushTimeout is how long a worker that is stopped waits for that: what is not
// moved then is counted again by whoever comes next.
const flushTimeout = 2 * time.Second

// flush waits until all that is settled and not held back is moved, and says
// whether it is.
func (o *redisCounts) flush(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	done := make(chan error, 1)
	if o.hand(ctx, settled{done: done}) != nil {
		return false
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// stopAll ends moving; what is settled and not moved yet is moved by whoever comes
// next.
func stopAll(all []*redisCounts) {
	for _, o := range all {
		o.cancel()
	}
	for _, o := range all {
		o.running.Wait()
	}
}

// failure is why moving has ended, nil if it has not.
func (o *redisCounts) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// copy copies the counts as they are behind what was settled so far, when that is
// moved, and returns what reads the copy.
func (o *redisCounts) copy(ctx context.Context) (read func() (*features.DF, error), err error) {
	place, done := o.place, make(chan error, 1)
	if err := o.hand(ctx, settled{done: done, copy: true, to: place.Cursor}); err != nil {
		return nil, err
	}
	return func() (*features.DF, error) {
		select {
		case err := <-done:
			if err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		all := make(map[uint64]uint32, place.Terms)
		if err := o.counts.Copied(ctx, func(hash uint64, count uint32) { all[hash] = count }); err != nil {
			return nil, err
		}
		table := features.CountedDF(len(all), func(yield func(uint64, uint32) bool) {
			for hash, count := range all { // their order leaves no trace
				if !yield(hash, count) {
					return
				}
			}
		}, place.Dropped)
		if table.Digest() != place.Digest || uint64(table.Len()) != place.Terms {
			return nil, fmt.Errorf("the counts that were copied are not those that were moved: %w", state.ErrDamaged)
		}
		return table, nil
	}, nil
}
