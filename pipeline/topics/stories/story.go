package stories

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"tidings"
)

// story is an open one.
type story struct {
	Story
	terms   []*posting // in the order in which they came
	norm    float64
	labels  []tally
	central []central // the most central first

	dot, like    float64 // scratch: with the document that is looked at
	newer, older *story  // by when they were heard of
}

// term is one of a document's.
type term struct {
	hash   uint64
	weight float64
	ref    uint32
}

// posting is a term of a story.
type posting struct {
	term
	story *story
	text  string
}

type tally struct {
	label     string
	documents uint64
}

// count counts a label, and chooses the story's.
func (b *story) count(label string) {
	if label == "" {
		return
	}
	i := slices.IndexFunc(b.labels, func(t tally) bool { return t.label == label })
	if i < 0 {
		if len(b.labels) == labelsOfStory {
			return
		}
		i = len(b.labels)
		b.labels = append(b.labels, tally{label: strings.Clone(label)})
	}
	b.labels[i].documents++
	b.choose()
}

// central is a document, and how like its story it was, faded.
type central struct {
	position tidings.Position
	like     float64
}

// centre puts the document that joins among the central ones, if it is one.
func (b *story) centre(p tidings.Position) {
	for i := range b.central {
		b.central[i].like *= olderCentral
	}
	at := 0
	for at < len(b.central) && b.central[at].like >= b.like {
		at++
	}
	if at < CentralMax {
		b.central = slices.Insert(b.central, at, central{p, b.like})
	}
	b.central = b.central[:min(len(b.central), CentralMax)]
}

// choose says which label the story has.
func (b *story) choose() {
	if len(b.labels) == 0 {
		return
	}
	best := slices.MinFunc(b.labels, func(x, y tally) int {
		return cmp.Or(cmp.Compare(y.documents, x.documents), strings.Compare(x.label, y.label))
	})
	b.Label = best.label
}

// told is the story as others see it.
func (b *story) told() Story {
	out := b.Story
	for _, c := range b.central {
		out.Central = append(out.Central, c.position)
	}
	ranked := slices.Clone(b.terms)
	slices.SortFunc(ranked, func(p, q *posting) int { return heavier(p.term, q.term) })
	for _, p := range ranked[:min(len(ranked), TermsTold)] {
		out.Terms = append(out.Terms, Term{p.text, p.weight})
	}
	return out
}

// heavier puts the heavier term first; of equal ones the hash decides, so that
// it is never the order in which they came.
func heavier(a, b term) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.hash, b.hash))
}

// weightiest keeps the n heaviest terms, in their order.
func weightiest(terms []term, n int) []term {
	if len(terms) <= n {
		return terms
	}
	ranked := slices.Clone(terms)
	slices.SortFunc(ranked, heavier)
	least := ranked[n-1]
	return slices.DeleteFunc(terms, func(t term) bool { return heavier(t, least) > 0 })
}

func norm(terms []term) float64 {
	var squares float64
	for _, t := range terms {
		squares += float64(t.weight * t.weight)
	}
	return math.Sqrt(squares)
}

// scale divides weights; by 0 they stay.
func scale(terms []term, by float64) {
	if by == 0 {
		return
	}
	for i := range terms {
		terms[i].weight /= by
	}
}
