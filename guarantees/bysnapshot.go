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
type bySnapshot struct{ commit }

// fence is the kind of record with which a partition is taken.
func (c *Committer) fence() Kind {
	if c.partition.Promise.Holds() {
		return Rewound
	}
	return Fence
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
	c.history.Cursor = c.attempt.Complete
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
