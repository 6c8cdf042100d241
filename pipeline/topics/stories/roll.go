package stories

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// roll has the names, or the noun phrases, that are heard in stories of a period.
type roll struct {
	names   []*heard             // in the order in which they came
	number  map[string]int       // of a name
	people  map[string]string    // the names of places, by what their people are called
	vectors []map[string]float64 // of stories: their terms, scaled to a norm of 1
	stories int
}

// heard is a name, and where it is heard.
type heard struct {
	name   string
	share  map[int]float64 // of each story's documents; to look up only
	in     []int           // the stories, ascending
	own    int             // documents in which it is a name
	within int             // documents in which its words are
	spread float64         // in how many stories, those where it is seldom counting less
}

// newRoll hears what is told of stories.
func newRoll(told []Told, of func(*Told) [][]string) *roll {
	r := &roll{number: map[string]int{}, people: map[string]string{}, stories: len(told)}
	for i := range told {
		for _, names := range of(&told[i]) {
			for k, name := range names {
				if len(name) >= nameMin && !slices.Contains(names[:k], name) {
					r.add(name).own++
				}
			}
		}
	}
	r.peoples()
	for i := range told {
		all := of(&told[i])
		for _, names := range all {
			r.hear(i, names, 1/float64(max(len(all), 2)))
		}
	}
	r.names = slices.DeleteFunc(r.names, func(n *heard) bool { return float64(n.own) < ownMin*float64(n.within) })
	for _, n := range r.names {
		for _, i := range n.in {
			n.spread += min(1, 2*n.share[i])
		}
	}
	for i := range told {
		r.vectors = append(r.vectors, unit(told[i].Terms))
	}
	return r
}

// nameMin is how many bytes a name has at least.
const nameMin = 3

func (r *roll) add(name string) *heard {
	i, known := r.number[name]
	if !known {
		i = len(r.names)
		r.number[name] = i
		r.names = append(r.names, &heard{name: name, share: map[int]float64{}})
	}
	return r.names[i]
}

// peoples finds out which words say who lives in a place that is named, too.
func (r *roll) peoples() {
	places := map[string][]string{} // by their beginning
	for _, n := range r.names {
		if len(n.name) >= rootMin && !strings.Contains(n.name, " ") {
			places[n.name[:rootMin]] = append(places[n.name[:rootMin]], n.name)
		}
	}
	for _, n := range r.names {
		for word := range strings.FieldsSeq(n.name) {
			if len(word) < rootMin {
				continue
			}
			longest := 0
			for _, place := range places[word[:rootMin]] {
				if root := livesIn(word, place); root > longest {
					longest, r.people[word] = root, place
				}
			}
		}
	}
}

// rootMin is how much of a place's name is in that of its people.
const rootMin = 4

// livesIn says how many bytes the name of a place and of its people begin with
// together, 0 where they are not these: Ukraine and Ukrainian.
func livesIn(people, place string) int {
	root := 0
	for root < min(len(people), len(place)) && people[root] == place[root] {
		root++
	}
	if root < rootMin {
		return 0
	}
	switch people[root:] {
	case "n", "an", "ian", "ean", "i", "ese", "ish", "ans", "ians", "is":
	default:
		return 0
	}
	switch place[root:] {
	case "", "e", "a", "ia", "y", "ey":
		return root
	}
	return 0
}

// hear counts a document of a story, for each name whose words are in it one
// after the other.
func (r *roll) hear(story int, names []string, share float64) {
	seen := map[int]bool{}
	for _, name := range names {
		words := strings.Fields(name)
		for from := range words {
			for to := from + 1; to <= len(words); to++ {
				part := strings.Join(words[from:to], " ")
				place, is := r.people[part]
				if is {
					part = place
				}
				i, known := r.number[part]
				if !known || seen[i] {
					continue
				}
				seen[i] = true
				n := r.names[i]
				n.within++
				if is {
					n.own++
				}
				if n.share[story] == 0 {
					n.in = append(n.in, story)
				}
				n.share[story] += share
			}
		}
	}
}

// members are the stories that a name puts together, out of those that are not
// done: the first in which it is heard, and each that is like those before it.
func (r *roll) members(told []Told, n *heard, order []int, done []bool) (of []int) {
	middle, squares := map[string]float64{}, 0.0
	for _, i := range order {
		if done[i] || n.share[i] < heardMin {
			continue
		}
		dot := 0.0
		for _, t := range told[i].Terms {
			dot += float64(r.vectors[i][t.Text] * middle[t.Text])
		}
		if len(of) > 0 && dot < togetherMin*math.Sqrt(squares) {
			continue
		}
		of = append(of, i)
		weight := float64(told[i].Here)
		squares += float64(2*weight*dot) + float64(weight*weight)
		for _, t := range told[i].Terms {
			middle[t.Text] += float64(weight * r.vectors[i][t.Text])
		}
	}
	return of
}

// call says what people call a group: the names that are heard in much of it, at
// most so many, those before others whose words weigh much in its stories and that
// are not heard in all of the period's. There can be none.
func (r *roll) call(told []Told, g *Group, most int) (names []string) {
	weights := make([]map[string]float64, len(g.Stories))
	for k, i := range g.Stories {
		weights[k] = map[string]float64{}
		for _, t := range told[i].Terms {
			weights[k][t.Text] = t.Weight / told[i].Terms[0].Weight
		}
	}
	type score struct {
		name  string
		worth float64
	}
	var scores []score
	for _, n := range r.names {
		part, sum := 0.0, 0.0
		for k, i := range g.Stories {
			if share := float64(float64(told[i].Here) * n.share[i]); share > 0 {
				part += share
				sum += float64(share * (wordless + worth(n.name, weights[k])))
			}
		}
		if part >= heardMin*float64(g.Here) && part > 0 {
			scores = append(scores, score{n.name, sum * math.Log(1+float64(r.stories)/n.spread)})
		}
	}
	slices.SortStableFunc(scores, func(a, b score) int { return cmp.Compare(b.worth, a.worth) })
	for _, s := range scores {
		if len(names) < most && !slices.ContainsFunc(names, func(name string) bool { return akin(name, s.name) }) {
			names = append(names, s.name)
		}
	}
	return names
}

// akin says whether two names have a word in common, or one and its people.
func akin(a, b string) bool {
	for x := range strings.FieldsSeq(a) {
		for y := range strings.FieldsSeq(b) {
			if x == y || livesIn(x, y) > 0 || livesIn(y, x) > 0 {
				return true
			}
		}
	}
	return false
}

// unit is terms by their text, scaled to a norm of 1.
func unit(terms []Term) map[string]float64 {
	squares := 0.0
	for _, t := range terms {
		squares += float64(t.Weight * t.Weight)
	}
	vector := make(map[string]float64, len(terms))
	for _, t := range terms {
		if squares > 0 {
			vector[t.Text] = t.Weight / math.Sqrt(squares)
		}
	}
	return vector
}
