package guarantees

import "context"

// commit reaches exactly-once: the record of a unit holds its outputs and its
// range and is the commit. What has a record is done, what has none is not,
// and there is nothing in between.
type commit struct{}

func (commit) scans() bool                                   { return false }
func (commit) opened(context.Context, *Committer) error      { return nil }
func (commit) begin(context.Context, *Committer, Unit) error { return nil }
func (commit) done(context.Context, *Committer) error        { return nil }
func (commit) rest(context.Context, *Committer) error        { return nil }
func (commit) open(h *History, u Unit) bool                  { return u.To > h.Cursor }

func (commit) applied(h *History, u Unit) int {
	if u.To <= h.Cursor {
		return 1
	}
	return 0
}
