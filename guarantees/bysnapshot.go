package guarantees

import (
	"context"
	"fmt"
)

// bySnapshot reaches exactly-once by snapshots that all partitions take at the
// same places of the log: units are written as under commit, and nothing of
// them is released before the barrier behind them is complete. Whoever takes a
// partition again begins behind the last complete barrier, and so do all others
// (Committer.Open); what was written behind it stays in the streams, and is
// passed over by whoever reads them, for a record tells its attempt.
//
// The recovery unaligned is the same, for a partition does not know what its
// state has met when it is saved: whoever reads for it did not wait at the
// barrier (Carbone et al., "State Management in Apache Flink", VLDB 2017, section
// 3.3: without alignment exactly-once becomes at-least-once).
type bySnapshot struct{ commit }

// fence is the record with which a partition is taken. One that begins an attempt
// tells of log sequences, whatever the cursor counts.
func (c *Committer) fence() Header {
	if c.partition.Promise.Holds() {
		return Header{Kind: Rewound, From: c.attempt.Complete + 1, To: c.attempt.Complete}
	}
	return Header{Kind: Fence, From: c.history.Cursor + 1, To: c.history.Cursor}
}

// worked is the last attempt in which something was done where this is the last
// record: one that begins an attempt alone can be followed by another of the same,
// should whoever wrote it be gone.
func (h Header) worked() uint64 {
	if h.Kind == Rewound {
		return h.Attempt - 1
	}
	return h.Attempt
}

// join takes part in the present attempt, or begins one, where there are any.
func (c *Committer) join(ctx context.Context) (err error) {
	if !c.partition.Promise.Holds() {
		return nil
	}
	if c.attempt, err = c.partition.Barriers.join(ctx, c.attempt.Number); err != nil {
		return fmt.Errorf("%s cannot be taken: %w", c.partition.Name, err)
	}
	c.history.Cursor = c.attempt.Complete * max(c.partition.Lanes, 1)
	return nil
}

// Attempt is the attempt that the partition was taken in.
func (c *Committer) Attempt() *Attempt { return &c.attempt }

// Report tells that the partition's records up to a barrier are stored, which
// Wait has told, and that its state there is saved. It may be called beside the
// other methods.
func (c *Committer) Report(ctx context.Context, at uint64) error {
	return c.partition.Barriers.Report(ctx, c.partition.Name, c.attempt.Number, at)
}
