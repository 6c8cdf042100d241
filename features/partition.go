package features

// Partition returns which of n df partitions owns a term. It depends on all
// bits of the hash, so that the terms of one partition still spread over
// features (the low bits) and over table slots (the high bits). n below 2
// means 0.
func Partition(hash uint64, n int) int {
	return partition(uint32(mix(hash)>>32), n)
}

// partition is that of x, a place among all terms.
func partition(x uint32, n int) int {
	if n < 2 {
		return 0
	}
	return int(uint64(x) * uint64(n) >> 32)
}
