package sample

import (
	"math/bits"
	"math/rand/v2"
)

// random is the one source of chance of a Generator. Only Uint64 of the PCG is
// used, which its authors (O'Neill 2014) and Go's library fix for good; what
// is made of it is integer arithmetic, so that every machine agrees.
type random struct{ pcg rand.PCG }

func (r *random) seed(seed uint64) { r.pcg.Seed(seed, 0x7469_6469_6e67_7321) }

// below returns a number in [0, n); the bias for n far under 2^32 does not
// matter here.
func (r *random) below(n uint32) uint32 {
	hi, _ := bits.Mul64(r.pcg.Uint64(), uint64(n))
	return uint32(hi)
}

// between returns a number in [low, high].
func (r *random) between(low, high uint32) uint32 { return low + r.below(high-low+1) }

// permille is true in p of a thousand cases.
func (r *random) permille(p uint32) bool { return r.below(1000) < p }

// exponential returns a draw from the exponential distribution of mean 1, with
// 16 binary places. It compares uniform numbers only (von Neumann 1951,
// "Various techniques used in connection with random digits"), since
// logarithms may differ in their last bit between processors.
func (r *random) exponential() uint64 {
	for whole := uint64(0); ; whole++ {
		first := r.pcg.Uint64()
		run := 1
		for last := first; ; run++ {
			next := r.pcg.Uint64()
			if next >= last {
				break
			}
			last = next
		}
		if run%2 == 1 {
			return whole<<16 | first>>48
		}
	}
}

// mix scrambles a number (the finisher of SplitMix64, Steele et al. 2014). It
// gives a name to a rank without keeping a table of names.
func mix(x uint64) uint64 {
	x += 0x9e37_79b9_7f4a_7c15
	x = (x ^ x>>30) * 0xbf58_476d_1ce4_e5b9
	x = (x ^ x>>27) * 0x94d0_49bb_1331_11eb
	return x ^ x>>31
}
