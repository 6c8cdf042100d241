// Package metric measures how well predictions agree with the labels that
// people gave, how far their probabilities can be believed, and how long they
// took.
//
// The one rule to keep: score the first prediction of a document, the one made
// before it was learnt, and score it once. A metric cannot tell a prediction
// made again from a new one.
//
// # Basics
//
// What is counted is counted as integers, and divided only when somebody asks.
// So a metric does not depend on the order of what was added, Merge gives
// exactly what adding both streams to one metric would have given, and the
// numbers of a run divided among partitions are equal to the bit to those of
// one that was not. A metric of nothing is 0, not NaN, so that it can be
// written as JSON; ask how much was counted before believing it.
//
// # Caveats
//
// Windowed, Majority and RepeatLast are about an order and have no Merge. When
// a Confusion meets more labels than it may tell apart, which ones count as
// Other depends on the order; its accuracy does not.
//
// Whoever makes a metric owns it; none is safe for concurrent use. The zero
// value of every type here works.
package metric

// ratio is a / b, and 0 where nothing was counted.
func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
