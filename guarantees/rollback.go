package guarantees

// rollback reaches at-least-once, too: as kept, but the state goes back to what
// is acknowledged. Outputs come twice, what the unit counted is counted once.
type rollback struct{ acknowledged }

func (rollback) applied(h *History, u Unit) int {
	if h.settled(u) {
		return 1
	}
	return 0
}
