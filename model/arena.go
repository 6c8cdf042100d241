package model

import "math/bits"

// arena hands out blocks of 1, 2, 4 ... groupLabels cells. It grows by chunks,
// so that growing never copies, and keeps returned blocks for the next of their
// size.
type arena struct {
	chunks [][]cell
	next   uint32 // first cell never handed out
	free   [classes][]uint32
}

const (
	chunkCells = 1 << 14
	chunkShift = 14
	classes    = 7 // blocks of 1 << 0 to 1 << 6 cells
)

// class returns the size class of a block of n cells, n at least 1.
func class(n int) int { return bits.Len(uint(n - 1)) }

// block returns the first n cells of the block at the offset.
func (a *arena) block(at uint32, n int) []cell {
	i := at & (chunkCells - 1)
	return a.chunks[at>>chunkShift][i : i+uint32(n)]
}

// take returns the offset of a block of 1 << class cells, whose content is
// whatever it last was. Blocks lie at multiples of their size, so none lies
// across two chunks.
func (a *arena) take(class int) uint32 {
	if free := a.free[class]; len(free) > 0 {
		at := free[len(free)-1]
		a.free[class] = free[:len(free)-1]
		return at
	}
	size := uint32(1) << class
	for a.next&(size-1) != 0 { // keep the cells skipped for smaller blocks
		small := bits.TrailingZeros32(a.next)
		a.free[small] = append(a.free[small], a.next)
		a.next += 1 << small
	}
	if int(a.next>>chunkShift) == len(a.chunks) {
		a.chunks = append(a.chunks, make([]cell, chunkCells))
	}
	at := a.next
	a.next += size
	return at
}

// give takes a block back.
func (a *arena) give(at uint32, class int) { a.free[class] = append(a.free[class], at) }

func (a *arena) bytes() int64 {
	n := int64(len(a.chunks)) * chunkCells * 8
	for _, free := range a.free {
		n += int64(cap(free)) * 4
	}
	return n
}
