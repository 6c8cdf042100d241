package eval

import (
	"context"

	"tidings/internal/broker"
)

// DF tells how often each term was counted up to a log sequence.
func (t Trial) DF(ctx context.Context, b *broker.Broker, last uint64) (map[uint64]uint32, error) {
	return t.counts(ctx, b, last)
}

// Counted is the sum of the oracle's df at the end.
func (t *Truth) Counted() uint64 { return t.counted }
