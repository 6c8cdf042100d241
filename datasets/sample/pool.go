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

// pool draws items by Zipf rank. Which item holds which rank drifts.
type pool struct {
	order []uint16 // order[rank] = item
	sum   []uint32 // sum[rank] = weights of the ranks up to and including it
}

func newPool(items, offset int) pool {
	p := pool{order: make([]uint16, items), sum: make([]uint32, items)}
	total := uint32(0)
	for rank := range p.order {
		p.order[rank] = uint16(rank)
		total += uint32(1 << 20 / (rank + offset))
		p.sum[rank] = total
	}
	return p
}

// draw returns an item.
func (p *pool) draw(r *random) int {
	if len(p.order) < 2 {
		return 0
	}
	x := r.below(p.sum[len(p.sum)-1])
	return int(p.order[sort.Search(len(p.sum), func(i int) bool { return p.sum[i] > x })])
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
