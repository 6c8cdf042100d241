package ledger

import (
	"context"
	"iter"

	"github.com/cespare/xxhash/v2"

	"tidings"
)

// AheadMax is how many updates of one ledger are held while their like is
// looked for in the other. A stretch longer than that which one of them lacks
// is still counted right where positions compare; by ids it may be told as both
// lost and unexpected.
const AheadMax = 1 << 16

// seenMax is how many updates that both have are remembered, to tell one that
// comes again from one that nobody expected.
const seenMax = 1 << 18

// The ways in which a ledger differs from the one that it is compared with.
const (
	Lost       = "lost"       // the other has it, or has it more often
	Repeated   = "repeated"   // it is there more often than in the other
	Reordered  = "reordered"  // it comes behind one that it comes before in the other
	Unexpected = "unexpected" // the other does not have it
)

// Difference is what a ledger lost, repeated, reordered, or has of its own.
type Difference struct {
	Replica, Against int    // of A and of B
	Updates          uint64 // of A
	Expected         uint64 // of B
	ByPosition       bool   // else by document id and label
	Lost             uint64
	Repeated         uint64
	Reordered        uint64
	Unexpected       uint64
	First            []Change // the first of each kind, as they were met
}

// Equal says whether there is no difference.
func (d *Difference) Equal() bool {
	return d.Lost+d.Repeated+d.Reordered+d.Unexpected == 0
}

// Change is one difference.
type Change struct {
	Kind     string `json:"kind"`
	Position string `json:"position"`
	ID       string `json:"id"`
	Label    string `json:"label"`
}

// Diff compares a ledger of A with one of B, of which at most shown differences
// of each kind are listed. Positions are compared where both are of the same
// log; otherwise they mean nothing, and document ids with their labels are.
func Diff(ctx context.Context, a Source, replica int, b Source, against, shown int) (Difference, error) {
	d := &differ{
		Difference: Difference{Replica: replica, Against: against, ByPosition: a.Log() != "" && a.Log() == b.Log()},
		shown:      shown, seen: newSeen(),
	}
	d.a.waiting, d.b.waiting = map[key][]uint64{}, map[key][]uint64{}
	nextA, stopA := iter.Pull2(a.Updates(ctx, replica))
	defer stopA()
	nextB, stopB := iter.Pull2(b.Updates(ctx, against))
	defer stopB()
	d.a.pull, d.b.pull = nextA, nextB
	for !d.a.ended || !d.b.ended {
		if err := d.step(); err != nil {
			return d.Difference, err
		}
	}
	for len(d.a.queue) > 0 {
		d.expireA()
	}
	for len(d.b.queue) > 0 {
		d.expireB()
	}
	return d.Difference, nil
}

// key names an update in both ledgers.
type key [2]uint64

// queued is an update that waits for its like.
type queued struct {
	Update
	key   key
	index uint64
	found bool
}

// end is one of the two ledgers while it is read.
type end struct {
	pull    func() (Update, error, bool)
	ended   bool
	taken   uint64
	front   tidings.Position // the furthest position so far
	queue   []*queued        // unmatched, oldest first, and some that were matched meanwhile
	waiting map[key][]uint64 // numbers of those that are unmatched, oldest first
	base    uint64           // number of the first in queue, counting all that ever waited
	open    int              // unmatched in queue
}

type differ struct {
	Difference
	a, b    end
	shown   int
	counts  map[string]int
	seen    *seen
	highest uint64 // of the indices in B that were matched, plus 1
}

// step reads one update, of the ledger that is behind.
func (d *differ) step() error {
	onB := d.a.ended || !d.b.ended && d.behind()
	e := &d.a
	if onB {
		e = &d.b
	}
	u, err, ok := e.pull()
	if err != nil {
		return err
	}
	if !ok {
		e.ended = true
		return nil
	}
	q := &queued{Update: u, key: d.key(u), index: e.taken}
	e.taken++
	if u.Position.Compare(e.front) > 0 {
		e.front = u.Position
	}
	if onB {
		d.Expected++
		if i, ok := d.a.match(q.key); ok {
			d.matched(d.a.queue[i], q.index)
		} else {
			d.b.wait(q)
		}
	} else {
		d.Updates++
		if i, ok := d.b.match(q.key); ok {
			d.matched(q, d.b.queue[i].index)
		} else {
			d.a.wait(q)
		}
	}
	for d.a.open > AheadMax {
		d.expireA()
	}
	for d.b.open > AheadMax {
		d.expireB()
	}
	d.a.trim()
	d.b.trim()
	return nil
}

// behind says whether B is to be read next.
func (d *differ) behind() bool {
	if d.ByPosition {
		return d.a.front.Compare(d.b.front) > 0
	}
	return d.a.open > 0 && d.b.open < AheadMax || d.b.taken < d.a.taken
}

func (d *differ) key(u Update) key {
	if d.ByPosition {
		return key{u.Position.Sequence, uint64(u.Position.Line)}
	}
	return key{xxhash.Sum64String(u.ID), xxhash.Sum64String(u.Label)}
}

// matched pairs an update of A with the one of B at an index.
func (d *differ) matched(a *queued, at uint64) {
	d.seen.add(a.key)
	if at+1 < d.highest {
		d.Reordered++
		d.change(Reordered, a.Update)
		return
	}
	d.highest = at + 1
}

func (d *differ) expireA() {
	q := d.a.pop()
	switch {
	case q.found:
	case d.seen.has(q.key):
		d.Repeated++
		d.change(Repeated, q.Update)
	default:
		d.Unexpected++
		d.change(Unexpected, q.Update)
	}
}

func (d *differ) expireB() {
	if q := d.b.pop(); !q.found {
		d.Lost++
		d.change(Lost, q.Update)
	}
}

func (d *differ) change(kind string, u Update) {
	if d.counts == nil {
		d.counts = map[string]int{}
	}
	if d.counts[kind]++; d.counts[kind] <= d.shown {
		d.First = append(d.First, Change{kind, u.Position.String(), u.ID, u.Label})
	}
}

func (e *end) wait(q *queued) {
	e.waiting[q.key] = append(e.waiting[q.key], e.base+uint64(len(e.queue)))
	e.queue = append(e.queue, q)
	e.open++
}

// match takes the oldest that waits under a key, and says where in the queue it
// is.
func (e *end) match(k key) (int, bool) {
	at := e.waiting[k]
	if len(at) == 0 {
		return 0, false
	}
	i := int(at[0] - e.base)
	e.drop(k)
	e.queue[i].found = true
	e.open--
	return i, true
}

// drop forgets the oldest that waits under a key.
func (e *end) drop(k key) {
	if at := e.waiting[k]; len(at) > 1 {
		e.waiting[k] = at[1:]
		return
	}
	delete(e.waiting, k)
}

// pop takes the oldest of the queue.
func (e *end) pop() *queued {
	q := e.queue[0]
	e.queue[0] = nil
	e.queue = e.queue[1:]
	e.base++
	if !q.found {
		e.open--
		e.drop(q.key)
	}
	return q
}

// trim drops those at the beginning that found their like.
func (e *end) trim() {
	for len(e.queue) > 0 && e.queue[0].found {
		e.pop()
	}
}

// seen remembers the keys that came last.
type seen struct {
	ring  []key
	at    int
	times map[key]int
}

func newSeen() *seen { return &seen{times: map[key]int{}} }

func (s *seen) add(k key) {
	if len(s.ring) < seenMax {
		s.ring = append(s.ring, k)
	} else {
		old := s.ring[s.at]
		if s.times[old]--; s.times[old] == 0 {
			delete(s.times, old)
		}
		s.ring[s.at] = k
		s.at = (s.at + 1) % seenMax
	}
	s.times[k]++
}

func (s *seen) has(k key) bool { return s.times[k] > 0 }
