package guarantees

import "context"

// recovery is one way to keep a promise: what stands in a partition's stream
// around its units, and what a new owner makes of it. It has no state of its
// own; whatever it decides it decides from the history and writes as records.
type recovery interface {
	// scans says whether a new owner has to read the whole stream, and not
	// its last record alone.
	scans() bool
	// opened is called when the fence stands, to settle what the owner before
	// left open.
	opened(ctx context.Context, c *Committer) error
	// applied is how often a unit has to be stepped to rebuild the state.
	applied(h *History, u Unit) int
	// open says whether the unit has to be done, or done again.
	open(h *History, u Unit) bool
	// begin is called before the state meets the unit.
	begin(ctx context.Context, c *Committer, u Unit) error
	// done is called when the unit's record is handed over.
	done(ctx context.Context, c *Committer) error
	// rest is called when no input waits, and in the end.
	rest(ctx context.Context, c *Committer) error
}

func (p Promise) recovery() recovery {
	switch p.OrDefault().Recovery {
	case Claim:
		return claim{}
	case Kept:
		return kept{}
	case Rollback:
		return rollback{}
	case Replay:
		return replay{}
	case BySnapshot, Unaligned:
		return bySnapshot{}
	}
	return commit{}
}
