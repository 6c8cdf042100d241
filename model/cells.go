package model

import (
	"math"
	"math/bits"
)

// cells keeps two numbers for each (label, feature) pair that was ever touched,
// and nothing for the others. Labels come in groups of groupLabels; in each
// group a feature has a row: a bit mask of the labels that it has cells for,
// and those cells in label order in one block. So a score visits touched cells
// only, and memory follows them.
type cells struct {
	groups []group
	blocks arena
	fresh  cell // what a new cell holds
	count  int
	max    int
	drops  uint64
}

// cell is a weight and its variance in AROW, z and n in FTRL.
type cell struct{ a, b float32 }

const groupLabels = 64

// row stands in its group's table; a mask of 0 marks an empty place.
type row struct {
	mask    uint64
	feature uint32
	at      uint32 // of its block in the arena
}

// group finds rows by feature: open addressing, at most half full.
type group struct {
	rows  []row
	used  int
	shift uint // 32 - log2(len(rows))
}

const groupRowsMin = 1 << 8

// find returns the row of a feature, or nil. The pointer is valid until the
// next row is added.
func (g *group) find(feature uint32) *row {
	mask := uint32(len(g.rows) - 1)
	for i := spread(feature) >> g.shift; ; i++ {
		r := &g.rows[i&mask]
		if r.mask == 0 {
			return nil
		}
		if r.feature == feature {
			return r
		}
	}
}

// spread takes the regularity out of feature numbers (Knuth's multiplicative
// hashing).
func spread(feature uint32) uint32 { return feature * 2654435769 }

// place returns the row of a feature, or the empty place where it belongs.
func (g *group) place(feature uint32) *row {
	if g.used*2 >= len(g.rows) {
		g.grow()
	}
	mask := uint32(len(g.rows) - 1)
	i := spread(feature) >> g.shift
	for g.rows[i&mask].mask != 0 && g.rows[i&mask].feature != feature {
		i++
	}
	return &g.rows[i&mask]
}

func (g *group) grow() {
	old := g.rows
	size := max(groupRowsMin, 2*len(old))
	g.rows = make([]row, size)
	g.shift = 32 - uint(bits.TrailingZeros(uint(size)))
	mask := uint32(size - 1)
	for _, r := range old {
		if r.mask == 0 {
			continue
		}
		i := spread(r.feature) >> g.shift
		for g.rows[i&mask].mask != 0 {
			i++
		}
		g.rows[i&mask] = r
	}
}

// cover sees that there is a group for each of n labels.
func (c *cells) cover(n int) {
	for len(c.groups)*groupLabels < n {
		c.groups = append(c.groups, group{})
		c.groups[len(c.groups)-1].grow()
	}
}

// of returns the cells of a row, in label order.
func (c *cells) of(r *row) []cell { return c.blocks.block(r.at, bits.OnesCount64(r.mask)) }

// at returns the cell of a label in a row's cells.
func rank(mask uint64, label uint) int { return bits.OnesCount64(mask & (1<<label - 1)) }

// widen returns the row of a feature with fresh cells for the labels in want
// that it had none for. When that would be more than max cells it adds none of
// them and counts them as dropped; the row may then be nil.
func (c *cells) widen(g *group, feature uint32, want uint64) *row {
	r := g.find(feature)
	var had uint64
	if r != nil {
		had = r.mask
	}
	n := bits.OnesCount64(want &^ had)
	if n == 0 {
		return r
	}
	if c.count+n > c.max {
		c.drops += uint64(n)
		return r
	}
	if r == nil {
		r = g.place(feature)
		g.used++
		r.feature = feature
	}
	c.count += n
	r.mask = had | want
	c.spreadOut(r, had)
	return r
}

// spreadOut makes the block of a row, whose mask was had, fit its mask.
func (c *cells) spreadOut(r *row, had uint64) {
	before, after := bits.OnesCount64(had), bits.OnesCount64(r.mask)
	var from []cell
	if before > 0 {
		from = c.blocks.block(r.at, before)
	}
	at, moved := r.at, before == 0 || class(before) != class(after)
	if moved {
		at = c.blocks.take(class(after))
	}
	to := c.blocks.block(at, after)
	// From the highest label down, so that a block can spread in place.
	k, j := after, before
	for m := r.mask; m != 0; {
		bit := uint64(1) << (63 - bits.LeadingZeros64(m))
		m &^= bit
		k--
		if had&bit != 0 {
			j--
			to[k] = from[j]
		} else {
			to[k] = c.fresh
		}
	}
	if moved && before > 0 {
		c.blocks.give(r.at, class(before))
	}
	r.at = at
}

// digest returns the order-free sum over all cells.
func (c *cells) digest(l *labels) uint64 {
	var sum uint64
	for gi := range c.groups {
		for i := range c.groups[gi].rows {
			r := &c.groups[gi].rows[i]
			if r.mask == 0 {
				continue
			}
			of := c.of(r)
			for k, m := 0, r.mask; m != 0; k, m = k+1, m&(m-1) {
				label := gi*groupLabels + bits.TrailingZeros64(m)
				sum += cellHash(l.hashes[label], r.feature, of[k])
			}
		}
	}
	return sum
}

func cellHash(label uint64, feature uint32, c cell) uint64 {
	values := uint64(math.Float32bits(c.a))<<32 | uint64(math.Float32bits(c.b))
	return mix(mix(label^mix(uint64(feature)+1)) ^ values)
}

// bytes returns the memory of rows and blocks.
func (c *cells) bytes() int64 {
	n := c.blocks.bytes()
	for i := range c.groups {
		n += int64(len(c.groups[i].rows)) * 16
	}
	return n
}

// mix spreads every bit of x over all 64 (the finalizer of MurmurHash3,
// Appleby 2011).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
