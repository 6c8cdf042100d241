// Package state is where a pipeline's state and its snapshots live outside of
// the process and of the broker: in a Redis, which it alone speaks to, or in
// files.
//
//	Redis    a connection that waits where there is no answer, and says so
//	Counts   the df counts of a partition, in a hash
//	Blobs    snapshots in a Redis
//	Files    snapshots in a directory
//	Inspect  what a Redis says of itself
//
// The rule to keep: what is here follows what is committed, and is never ahead
// of it. Counts are moved from one place in the log to the next, whole, by who
// has opened them last; whoever finds them at another place than it left them
// opens them again.
//
// Redis forgets when its settings let it; one that may is refused.
package state
