package features

import (
	"math"
	"slices"
	"sync"
)

// bounded holds the counts of a limited number of terms. The terms are divided
// into shards that know nothing of each other, each with room for its share of
// the limit; where a shard is full it forgets its rarest terms.
type bounded struct {
	limit    int
	shards   []shard
	division *division
	pending  []uint64 // what the slots stand for that the caller has: no term has one before it is observed
	scratch  []uint32
	kept     []dfSlot
}

// shard counts as Lossy Counting does (Manku and Motwani 2002, section 4.2):
// each term has a count from when it came and what it may be short of, which is
// the shard's floor at that time; terms for which both together are at or below
// a new floor are forgotten. The floor rises when the shard is full, to the
// median, and not with the length of the stream: as in Misra and Gries (1982),
// with the median in place of the lowest (Anderson et al. 2017).
//
// So a count is at most the true one, and the true one at most the count and
// the floor, that of a term that is not there at most the floor. After M
// observations in a shard for k terms the floor is at most 2M/k: each rise by 1
// takes 1 from what at least k/2 terms have above the floor, and each
// observation adds 1.
type shard struct {
	table     // without terms of count 0
	room  int // terms
	floor uint32
}

func newBounded(limit int) *bounded {
	b := &bounded{limit: limit, division: divisions()}
	b.shards = make([]shard, len(b.division.begins))
	for i := range b.shards {
		b.shards[i].room = b.division.room(i, limit)
	}
	return b
}

// resolve notes which terms the caller's slots stand for.
func (b *bounded) resolve(slots []uint32, hashes []uint64) []uint32 {
	b.pending = append(b.pending[:0], hashes...)
	for i := range hashes {
		slots = append(slots, uint32(i)|weighed)
	}
	return slots
}

// in is the shard of a term.
func (b *bounded) in(hash uint64) *shard { return &b.shards[b.division.shard(hash)] }

// take finds the term's slot, or makes one. forgotten is how many terms had to
// go for it.
func (b *bounded) take(hash uint64) (s *dfSlot, forgotten int) {
	in := b.in(hash)
	if s = in.find(hash); s != nil {
		return s, 0
	}
	if in.used >= in.room {
		forgotten = b.forget(in)
	}
	if (in.used+1)*4 > len(in.slots)*3 {
		in.rebuild(max(2*len(in.slots), 16))
	}
	return in.put(dfSlot{hash: hash, mark: 1 + in.floor}), forgotten
}

// forget raises the floor of a full shard to the median of what its terms may
// have, and forgets those that are not above.
func (b *bounded) forget(in *shard) int {
	b.scratch = b.scratch[:0]
	for _, s := range in.slots {
		if s.mark != 0 {
			b.scratch = append(b.scratch, s.most())
		}
	}
	slices.Sort(b.scratch)
	in.floor = min(b.scratch[len(b.scratch)/2], floorMax)
	before := in.used
	b.keep(in, func(s dfSlot) bool { return s.most() > in.floor })
	return before - in.used
}

// floorMax is the highest floor: a mark is one more.
const floorMax = math.MaxUint32 - 1

// most is the most that the true count may be.
func (s dfSlot) most() uint32 { return sum(s.count, s.mark-1) }

// keep leaves only the terms that are wanted, where they have to be then.
func (b *bounded) keep(in *shard, wanted func(s dfSlot) bool) {
	b.kept = b.kept[:0]
	for _, s := range in.slots {
		if s.mark != 0 && wanted(s) {
			b.kept = append(b.kept, s)
		}
	}
	clear(in.slots)
	in.used = 0
	for _, s := range b.kept {
		in.put(s)
	}
}

// age halves all counts and floors so many times, the latter rounded up, so that
// they bound what they did. A term of count 0 is at most its floor: it goes.
func (b *bounded) age(ended uint64) {
	for i := range b.shards {
		in := &b.shards[i]
		in.floor = halvedUp(in.floor, ended)
		if in.table.age(ended); in.count() < in.used {
			b.keep(in, func(s dfSlot) bool { return s.count > 0 })
		}
	}
}

func (b *bounded) terms() (n int) {
	for i := range b.shards {
		n += b.shards[i].used
	}
	return n
}

func (b *bounded) bytes() (n int64) {
	for i := range b.shards {
		n += b.shards[i].bytes()
	}
	return n
}

// floor is the highest of any shard.
func (b *bounded) floor() (floor uint32) {
	for i := range b.shards {
		floor = max(floor, b.shards[i].floor)
	}
	return floor
}

func (b *bounded) digest(place uint64) (sum uint64) {
	for i := range b.shards {
		sum += b.shards[i].digest(place)
		if floor := b.shards[i].floor; floor > 0 {
			sum += mix(uint64(i)<<32 | uint64(floor))
		}
	}
	return sum
}

func (b *bounded) clone() *bounded {
	if b == nil {
		return nil
	}
	c := &bounded{limit: b.limit, division: b.division, shards: slices.Clone(b.shards), pending: slices.Clone(b.pending)}
	for i := range c.shards {
		c.shards[i].slots = slices.Clone(c.shards[i].slots)
	}
	return c
}

// DFPartitionsMax is up to how many partitions df may be divided into.
const DFPartitionsMax = 64

// division divides terms so that each partition, of however many up to
// DFPartitionsMax, has whole shards: a new one begins where a partition of any
// number of them does. These are the fractions of a Farey sequence, 1,260 of
// them, and none is nearer to the next than 1/(64*63).
type division struct {
	begins []uint32              // of the upper half of mix(hash), ascending
	first  [divisionCells]uint16 // the shard that the cell begins in; at most one begins within
}

const divisionCells = 4096

var divisions = sync.OnceValue(func() *division {
	d := &division{}
	for n := uint64(1); n <= DFPartitionsMax; n++ {
		for i := range n {
			d.begins = append(d.begins, uint32((i<<32+n-1)/n)) // the first x with x * n >> 32 == i
		}
	}
	slices.Sort(d.begins)
	d.begins = slices.Compact(d.begins)
	for cell := range d.first {
		at, found := slices.BinarySearch(d.begins, uint32(cell)<<20)
		if !found {
			at--
		}
		d.first[cell] = uint16(at)
	}
	return d
})

// shard is where a term belongs.
func (d *division) shard(hash uint64) int {
	x := uint32(mix(hash) >> 32)
	i := int(d.first[x>>20])
	if i+1 < len(d.begins) && x >= d.begins[i+1] {
		i++
	}
	return i
}

// room is the shard's share of a limit of all terms.
func (d *division) room(i, limit int) int {
	end := uint64(1) << 32
	if i+1 < len(d.begins) {
		end = uint64(d.begins[i+1])
	}
	return int((end - uint64(d.begins[i])) * uint64(limit) >> 32)
}
