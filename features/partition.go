package features

// Partition returns which of n df partitions owns a term. It depends on all
// bits of the hash, so that the terms of one partition still spread over
// features (the low bits) and over table slots (the high bits). n below 2
// means 0.
func Partition(hash uint64, n int) int {
	if n < 2 {
		return 0
	}
	return int(mix(hash) >> 32 * uint64(n) >> 32)
}
