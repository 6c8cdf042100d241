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
