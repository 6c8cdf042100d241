package stories

import (
	"cmp"
	"slices"
)

// Told is a story of a period, with the proper names and the noun phrases in some
// of its documents, a list each. Phrases may be left out.
type Told struct {
	Story
	Here    uint64 // documents of the period
	Names   [][]string
	Phrases [][]string
}

// Group is stories of a period that tell of one thing.
type Group struct {
	Names   []string // what people call it: proper names, the best first, then a noun phrase; never empty
	Here    uint64   // documents of the period
	Stories []int    // among those that were told, the one with most documents first
}

// Settings of Together, chosen like those of stories, and on what people remember
// of other months than a test asks for.
const (
	namesOfGroup   = 3
	phrasesOfGroup = 1    // behind names
	phrasesAlone   = 2    // where there are no names
	heardMin       = 0.3  // share of a story's documents, for its name
	togetherMin    = 0.05 // cosine of a story and those it is put together with
	ownMin         = 0.34 // share of the documents with a name's words in which these are a name by themselves
	wordless       = 0.3  // what a name is worth whose words are none of a story's
)

// Together puts stories of a period together that tell of one thing: a long event,
// such as a war, is told in several. These are stories in which the same proper
// name is heard, and which have words in common, too; a name alone would put
// together all that a president does. It goes on with the name that tells most
// documents until none is left that tells two stories. Then those are put together
// that are called by the same name before all others, for nobody could tell them
// apart. Groups come with most documents first, of equal ones the one whose first
// story was told first.
//
// Stories are compared by the terms that are told of them. It takes time by the
// number of stories times that of names, so it is for a few dozen of stories.
func Together(told []Told) []Group {
	order := make([]int, len(told)) // most documents first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(told[b].Here, told[a].Here) })
	r := newRoll(told, func(t *Told) [][]string { return t.Names })
	phrases := newRoll(told, func(t *Told) [][]string { return t.Phrases })
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
		g.Names = r.call(told, g, namesOfGroup)
	}
	groups = r.merge(told, groups)
	for i := range groups {
		g := &groups[i]
		most := phrasesAlone
		if len(g.Names) > 0 {
			most = phrasesOfGroup
		}
		if g.Names = append(g.Names, phrases.call(told, g, most)...); len(g.Names) == 0 {
			g.Names = append(g.Names, told[g.Stories[0]].Name(nil))
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Here, a.Here), cmp.Compare(a.Stories[0], b.Stories[0]))
	})
	return groups
}

// merge puts groups together that are called by the same name first.
func (r *roll) merge(told []Told, groups []Group) []Group {
	var out []Group
	at := map[string]int{}
	for _, g := range groups {
		if len(g.Names) > 0 {
			if i, known := at[g.Names[0]]; known {
				out[i].Stories = append(out[i].Stories, g.Stories...)
				out[i].Here += g.Here
				continue
			}
			at[g.Names[0]] = len(out)
		}
		out = append(out, g)
	}
	for i := range out {
		g := &out[i]
		slices.SortStableFunc(g.Stories, func(a, b int) int { return cmp.Compare(told[b].Here, told[a].Here) })
		g.Names = r.call(told, g, namesOfGroup)
	}
	return out
}

// Called says what people call each of what is told, without looking for what tells
// of one thing: only what is called by the same name before all others is put
// together. Where there is no proper name it is a noun phrase, of words that are
// among the terms. What has neither comes last, else the order stays.
func Called(told []Told) []Group {
	r := newRoll(told, func(t *Told) [][]string { return t.Names })
	phrases := newRoll(told, func(t *Told) [][]string { return t.Phrases })
	groups := make([]Group, len(told))
	for i := range told {
		g := &groups[i]
		*g = Group{Here: told[i].Here, Stories: []int{i}}
		g.Names = r.call(told, g, namesOfGroup)
	}
	groups = r.merge(told, groups)
	for i := range groups {
		g := &groups[i]
		slices.Sort(g.Stories)
		if len(g.Names) > 0 {
			continue
		}
		weights := map[string]float64{}
		for _, t := range told[g.Stories[0]].Terms {
			weights[t.Text] = t.Weight
		}
		for _, phrase := range phrases.call(told, g, namesOfGroup) {
			if worth(phrase, weights) > 0 && len(g.Names) < phrasesAlone {
				g.Names = append(g.Names, phrase)
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(min(len(b.Names), 1), min(len(a.Names), 1)) })
	return groups
}
