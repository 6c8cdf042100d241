package guarantees

import "context"

// kept reaches at-least-once: a unit is done, then acknowledged. One that was
// not acknowledged is done again, on top of the state that it has changed: what
// it counted is counted twice, and its outputs come twice.
type kept struct{ acknowledged }

func (kept) applied(h *History, u Unit) int { return h.times(u) }

// ackEvery is how many units are acknowledged at once under load. Otherwise
// they are when there is nothing else to do.
const ackEvery = 8

// acknowledged is what kept and rollback have in common.
type acknowledged struct{}

func (acknowledged) scans() bool                                   { return true }
func (acknowledged) opened(context.Context, *Committer) error      { return nil }
func (acknowledged) begin(context.Context, *Committer, Unit) error { return nil }
func (acknowledged) open(h *History, u Unit) bool                  { return !h.settled(u) }

func (a acknowledged) done(ctx context.Context, c *Committer) error {
	if c.unacked < ackEvery {
		return nil
	}
	return a.rest(ctx, c)
}

func (acknowledged) rest(ctx context.Context, c *Committer) error {
	if c.unacked == 0 {
		return nil
	}
	return c.append(ctx, Header{Kind: Ack, From: c.next, To: c.next - 1}, nil)
}
