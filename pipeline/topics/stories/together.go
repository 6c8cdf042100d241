package stories

import (
	"cmp"
	"slices"
)

// Told is a story of a period, with the proper names in some of its documents, a
// list each.
type Told struct {
	Story
	Here  uint64 // documents of the period
	Names [][]string
}

// Group is stories of a period that tell of one thing.
type Group struct {
	Names   []string // what people call it, the best first, at most namesOfGroup; never empty
	Here    uint64   // documents of the period
	Stories []int    // among those that were told, the one with most documents first
}

// Settings of Together, chosen like those of stories, and on what people remember
// of other months than a test asks for.
const (
	namesOfGroup = 3
	heardMin     = 0.3  // share of a story's documents, for its name
	togetherMin  = 0.05 // cosine of a story and those it is put together with
	ownMin       = 0.34 // share of the documents with a name's words in which these are a name by themselves
	wordless     = 0.3  // what a name is worth whose words are none of a story's
)

// Together puts stories of a period together that tell of one thing: a long event,
// such as a war, is told in several. These are stories in which the same proper
// name is heard, and which have words in common, too; a name alone would put
// together all that a president does. It goes on with the name that tells most
// documents until none is left that tells two stories. Groups come with most
// documents first, of equal ones the one whose first story was told first.
//
// Stories are compared by the terms that are told of them. It takes time by the
// number of stories times that of names, so it is for a few dozen of stories.
func Together(told []Told) []Group {
	order := make([]int, len(told)) // most documents first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(told[b].Here, told[a].Here) })
	r := newRoll(told)
	done := make([]bool, len(told))
	var groups []Group
	for {
		best, most := []int(nil), 0.0
		for _, n := range r.names {
			of := r.members(told, n, order, done)
			sum := 0.0
			for _, i := range of {
				sum += float64(float64(told[i].Here) * n.share[i])
			}
			if len(of) > 1 && sum > most {
				best, most = of, sum
			}
		}
		if best == nil {
			break
		}
		groups = append(groups, Group{Stories: best})
		for _, i := range best {
			done[i] = true
		}
	}
	for _, i := range order {
		if !done[i] {
			groups = append(groups, Group{Stories: []int{i}})
		}
	}
	for i := range groups {
		g := &groups[i]
		for _, k := range g.Stories {
			g.Here += told[k].Here
		}
		g.Names = r.call(told, g)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Here, a.Here), cmp.Compare(a.Stories[0], b.Stories[0]))
	})
	return groups
}
