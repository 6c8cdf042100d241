package guarantees

import "context"

// claim reaches at-most-once: a unit is claimed before the state meets it. A
// claim that is not followed by its done record is never tried again: the new
// owner writes a hole in its place.
type claim struct{}

func (claim) scans() bool { return true }

func (claim) opened(ctx context.Context, c *Committer) error {
	if c.history.claimed == (Range{}) {
		return nil
	}
	return c.append(ctx, Header{Kind: Hole, From: c.history.claimed.From, To: c.history.claimed.To}, nil)
}

func (claim) begin(ctx context.Context, c *Committer, u Unit) error {
	return c.append(ctx, Header{Kind: Claimed, From: u.From, To: u.To}, nil)
}

func (claim) done(context.Context, *Committer) error { return nil }
func (claim) rest(context.Context, *Committer) error { return nil }
func (claim) open(h *History, u Unit) bool           { return u.To > h.Cursor }
func (claim) applied(h *History, u Unit) int         { return min(h.times(u), 1) }
