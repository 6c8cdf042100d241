package topics

import (
	"encoding/binary"
	"hash"
	"hash/fnv"
)

// digest hashes one thing so that the sums of many can be compared: FNV-1a
// (Fowler, Noll, Vo), then the finalizer of SplitMix64 (Steele, Lea and Flood
// 2014), without which sums of similar hashes would collide too easily.
type digest struct{ hash.Hash64 }

func newDigest(definition string, number int64) digest {
	h := digest{fnv.New64a()}
	h.text(definition)
	h.number(uint64(number))
	return h
}

func (h digest) number(n uint64) {
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, n)) // a hash does not fail
}

// text writes the length first, so that "ab", "c" and "a", "bc" differ.
func (h digest) text(s string) {
	h.number(uint64(len(s)))
	_, _ = h.Write([]byte(s))
}

func (h digest) sum() uint64 { return mix(h.Sum64()) }

// mix is the finalizer of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
