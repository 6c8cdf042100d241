package sample

import "sort"

// Offsets of the Zipf-Mandelbrot law: the weight of rank k is 1 / (k + offset).
// Words are steep; sentences are flatter, or the stream would repeat itself.
const (
	steep = 2
	flat  = 8
)

// swapsPerDay is the inverse share of a pool's ranks that change places in a
// day: one swap for so many items, at least one.
const swapsPerDay = 24

// inUsePermille is the share of a topic's words and sentences that are in use
// on a day; the others wait for their time.
const inUsePermille = 550

// pool draws items by Zipf rank. Which item holds which rank drifts, and with
// it which items are in use at all.
type pool struct {
	order []uint16 // order[rank] = item
	sum   []uint32 // sum[rank] = weights of the ranks in use up to this one
}

func newPool(items, inUse, offset int) pool {
	p := pool{order: make([]uint16, items), sum: make([]uint32, inUse)}
	for rank := range p.order {
		p.order[rank] = uint16(rank)
	}
	total := uint32(0)
	for rank := range p.sum {
		total += uint32(1 << 20 / (rank + offset))
		p.sum[rank] = total
	}
	return p
}

// draw returns an item.
func (p *pool) draw(r *random) int { return int(p.order[p.rank(r)]) }

// rank draws a rank.
func (p *pool) rank(r *random) int {
	x := r.below(p.sum[len(p.sum)-1])
	return sort.Search(len(p.sum), func(i int) bool { return p.sum[i] > x })
}

// drift lets some ranks change places, as a day passes.
func (p *pool) drift(r *random) {
	n := uint32(len(p.order))
	if n < 2 {
		return
	}
	for range 1 + n/swapsPerDay {
		i, j := r.below(n), r.below(n)
		p.order[i], p.order[j] = p.order[j], p.order[i]
	}
}
