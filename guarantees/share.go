package guarantees

import (
	"cmp"
	"slices"
	"strings"
)

// Member is a process that is willing to run partitions.
type Member struct {
	ID      string   // its own, unlike any other's
	Name    string   // for people
	Willing []string // stages ("df") and single partitions ("classify/0")
}

// runs says whether the member is willing to run a partition.
func (m *Member) runs(partition string) bool {
	return slices.Contains(m.Willing, partition) || slices.Contains(m.Willing, stageOf(partition))
}

func stageOf(partition string) string {
	stage, _, _ := strings.Cut(partition, "/")
	return stage
}

// Share says which member runs which of the partitions, by member id: a
// function of what everybody sees, so that nobody has to decide for the others.
//
//   - Each partition has one owner, as long as a member is willing.
//   - Who is willing to run all has as many as the others, or one more or less;
//     in general nobody could hand one to a willing member that has two fewer.
//   - owners, who has what now, change no more than that takes.
//   - Where there is a choice, partitions of one stage stay together: those that
//     have the same state keep it once then. Where a stage has to be divided, it
//     is rather one whose partitions are listed earlier.
func Share(members []Member, partitions []string, owners map[string]string) map[string]string {
	s := newShares(members, len(partitions))
	var free []string
	for _, p := range partitions {
		if m := s.find(owners[p]); m != nil && m.runs(p) {
			m.add(p)
		} else {
			free = append(free, p)
		}
	}
	for _, p := range free {
		if m := s.taker(p); m != nil {
			m.add(p)
			m.fresh[p] = true
		}
	}
	for s.level() {
	}
	out := make(map[string]string, len(partitions))
	for _, m := range s.members {
		for _, p := range m.has {
			out[p] = m.ID
		}
	}
	return out
}

// shares are what members have while it is being divided.
type shares struct {
	members []*holding
	fair    int // the most that a member has when all have the same
}

// holding is what one member has.
type holding struct {
	Member
	has     []string
	byStage map[string]int
	fresh   map[string]bool // of has: it was free
}

func newShares(members []Member, partitions int) *shares {
	s := &shares{}
	for _, m := range members {
		s.members = append(s.members, &holding{Member: m, byStage: map[string]int{}, fresh: map[string]bool{}})
	}
	slices.SortFunc(s.members, func(a, b *holding) int { return cmp.Compare(a.ID, b.ID) })
	if n := len(members); n > 0 {
		s.fair = (partitions + n - 1) / n
	}
	return s
}

func (s *shares) find(id string) *holding {
	for _, m := range s.members {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (h *holding) add(p string) {
	h.has = append(h.has, p)
	h.byStage[stageOf(p)]++
}

func (h *holding) drop(p string) {
	h.has = slices.Delete(h.has, slices.Index(h.has, p), slices.Index(h.has, p)+1)
	h.byStage[stageOf(p)]--
	delete(h.fresh, p)
}

// taker is who gets a free partition: of those that have not their fair share
// yet the one with most of the stage, then the one with the fewest.
func (s *shares) taker(p string) (best *holding) {
	stage := stageOf(p)
	for _, m := range s.members {
		if m.runs(p) && (best == nil || s.before(m, best, stage)) {
			best = m
		}
	}
	return best
}

func (s *shares) before(a, b *holding, stage string) bool {
	if aHasRoom, bHasRoom := len(a.has) < s.fair, len(b.has) < s.fair; aHasRoom != bHasRoom {
		return aHasRoom
	} else if aHasRoom && a.byStage[stage] != b.byStage[stage] {
		return a.byStage[stage] > b.byStage[stage]
	}
	return len(a.has) < len(b.has)
}

// level moves one partition from a member to one that has two fewer, from who
// has most to who has fewest. It says whether there was one to move.
func (s *shares) level() bool {
	var from, to *holding
	var what string
	for _, a := range s.members {
		for _, b := range s.members {
			if len(a.has) < len(b.has)+2 || from != nil && !wider(a, b, from, to) {
				continue
			}
			p := a.spare(b, len(a.has)-s.fair)
			if p == "" || from != nil && len(a.has) == len(from.has) && len(b.has) == len(to.has) && (from.fresh[what] || !a.fresh[p]) {
				continue // as good as the one that was found before
			}
			from, to, what = a, b, p
		}
	}
	if from == nil {
		return false
	}
	fresh := from.fresh[what]
	from.drop(what)
	to.add(what)
	if fresh {
		to.fresh[what] = true
	}
	return true
}

// wider says whether a and b are no nearer to each other than the pair found
// so far: who has most gives first, to who has fewest.
func wider(a, b, from, to *holding) bool {
	return cmp.Or(cmp.Compare(len(a.has), len(from.has)), cmp.Compare(len(to.has), len(b.has))) >= 0
}

// spare is what a member had best hand to another: something that was free
// before something it runs, then what joins most of its stage there, then the
// largest stage that can go as a whole, as so many have to go.
func (h *holding) spare(to *holding, excess int) (best string) {
	for _, p := range h.has {
		if to.runs(p) && (best == "" || h.looser(p, best, to, excess)) {
			best = p
		}
	}
	return best
}

func (h *holding) looser(p, q string, to *holding, excess int) bool {
	if h.fresh[p] != h.fresh[q] {
		return h.fresh[p]
	}
	a, b := stageOf(p), stageOf(q)
	if to.byStage[a] != to.byStage[b] {
		return to.byStage[a] > to.byStage[b]
	}
	whole := func(stage string) int {
		if n := h.byStage[stage]; n <= excess {
			return n
		}
		return 0
	}
	return whole(a) > whole(b)
}
