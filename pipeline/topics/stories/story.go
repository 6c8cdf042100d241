package stories

import (
	"cmp"
	"slices"
	"strings"

	"tidings"
)

// story is an open one. What its terms weigh is a number in the index times
// scale, so that all of them lose weight at once.
type story struct {
	Story
	terms   []link // in the order in which they came, but for those that were cut
	scale   float64
	squares float64 // sum of the squares of weights
	labels  []tally
	central []central // the most central first

	newer, older uint32 // by when they were heard of
}

type tally struct {
	label     string
	documents uint64
}

// reset makes it a new story, in the same memory.
func (b *story) reset(id uint64) {
	*b = story{Story: Story{ID: id}, terms: b.terms[:0], scale: 1, labels: b.labels[:0], central: b.central[:0]}
}

// count counts a label, and chooses the story's.
func (b *story) count(labels *names, label string) {
	if label == "" {
		return
	}
	i := slices.IndexFunc(b.labels, func(t tally) bool { return t.label == label })
	if i < 0 {
		if len(b.labels) == labelsOfStory {
			return
		}
		i = len(b.labels)
		b.labels = append(b.labels, tally{label: labels.keep(label)})
	}
	b.labels[i].documents++
	b.choose()
}

// choose says which label the story has.
func (b *story) choose() {
	if len(b.labels) == 0 {
		return
	}
	best := &b.labels[0]
	for i := range b.labels {
		if t := &b.labels[i]; t.documents > best.documents || t.documents == best.documents && t.label < best.label {
			best = t
		}
	}
	b.Label = best.label
}

// names keeps labels, each once.
type names struct{ kept map[string]string }

// namesMax is how many labels are kept once; further ones are kept by each story.
const namesMax = 1 << 12

func (n *names) keep(name string) string {
	if kept, known := n.kept[name]; known {
		return kept
	}
	name = strings.Clone(name)
	if n.kept == nil {
		n.kept = map[string]string{}
	}
	if len(n.kept) < namesMax {
		n.kept[name] = name
	}
	return name
}

// central is a document, and how like its story it was, faded.
type central struct {
	position tidings.Position
	like     float64
}

// centre puts the document that joins among the central ones, if it is one.
func (b *story) centre(p tidings.Position, like float64) {
	for i := range b.central {
		b.central[i].like *= olderCentral
	}
	at := 0
	for at < len(b.central) && b.central[at].like >= like {
		at++
	}
	if at == CentralMax {
		return
	}
	if len(b.central) < CentralMax {
		b.central = append(b.central, central{})
	}
	copy(b.central[at+1:], b.central[at:])
	b.central[at] = central{p, like}
}

// cut takes a story's lightest terms away where it has too many, and begins its
// scale anew.
func (s *State) cut(b *story) {
	var least weighed
	if len(b.terms) > termsOfStory {
		s.ranked = s.ranked[:0]
		for _, l := range b.terms {
			s.ranked = append(s.ranked, weighed{hash: s.index.terms[l.term].hash, weight: s.posting(l).weight})
		}
		least = nth(s.ranked, termsOfStory-1)
	}
	kept := b.terms[:0]
	b.squares = 0
	for _, l := range b.terms {
		p := s.posting(l)
		if len(s.ranked) > 0 && heavier(least, weighed{hash: s.index.terms[l.term].hash, weight: p.weight}) {
			s.forget(l)
			continue
		}
		p.weight *= b.scale
		p.link = uint32(len(kept))
		b.squares += float64(p.weight * p.weight)
		kept = append(kept, l)
	}
	b.terms, b.scale, s.ranked = kept, 1, s.ranked[:0]
}

// told is the story as others see it.
func (s *State) told(slot uint32) Story {
	b := &s.stories.at[slot]
	out := b.Story
	out.Central, out.Terms = make([]tidings.Position, 0, len(b.central)), make([]Term, 0, min(len(b.terms), TermsTold))
	for _, c := range b.central {
		out.Central = append(out.Central, c.position)
	}
	for _, t := range s.heaviest(b) {
		out.Terms = append(out.Terms, Term{string(s.index.texts[t.term]), t.weight * b.scale})
	}
	return out
}

// heaviest are the terms of a story that are told, the heaviest first, weighed in
// its unit. They are valid until the next call of anything.
func (s *State) heaviest(b *story) []weighed {
	all := s.ranked[:0]
	for _, l := range b.terms {
		all = append(all, weighed{hash: s.index.terms[l.term].hash, weight: s.posting(l).weight, term: l.term})
	}
	s.ranked = all[:0]
	if len(all) > TermsTold {
		nth(all, TermsTold-1)
		all = all[:TermsTold]
	}
	slices.SortFunc(all, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.hash, b.hash))
	})
	return all
}
