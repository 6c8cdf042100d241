package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Kind is what happens to documents that a failure hits.
type Kind string

// The kinds of damage.
const (
	Loss       Kind = "loss"       // never met: what at-most-once does to them
	Repetition Kind = "repetition" // met twice, on the state that they changed: what at-least-once does
)

// Pattern is which documents a failure hits.
type Pattern string

// The patterns.
const (
	Even  Pattern = "even"  // any, independent of each other
	Burst Pattern = "burst" // one stretch of neighbours
	Class Pattern = "class" // of one label alone
)

// Damage says what goes wrong in a run.
type Damage struct {
	Kind    Kind
	Pattern Pattern
	Rate    float64 // share of the documents that are hit, in [0, 1]
	Seed    uint64
}

func (d Damage) String() string {
	return fmt.Sprintf("%s of %v %%, %s, seed %d", d.Kind, 100*d.Rate, d.Pattern, d.Seed)
}

// Schedule lists which documents a run meets, in order.
func (c *Corpus) Schedule(d Damage) (order []int32) {
	hit := c.hits(d)
	order = make([]int32, 0, len(hit)+int(d.Rate*float64(len(hit)))+1)
	for i := 0; i < len(hit); i++ {
		switch {
		case !hit[i]:
			order = append(order, int32(i))
		case d.Kind == Loss:
		case d.Pattern == Burst: // the stretch, then the stretch again
			from := len(order)
			for ; i < len(hit) && hit[i]; i++ {
				order = append(order, int32(i))
			}
			order = append(order, order[from:]...)
			i--
		default:
			order = append(order, int32(i), int32(i))
		}
	}
	return order
}

// hits draws the documents that are hit.
func (c *Corpus) hits(d Damage) []bool {
	n := len(c.documents)
	hit := make([]bool, n)
	random := rand.New(rand.NewPCG(d.Seed, 1))
	wanted := min(int(math.Round(d.Rate*float64(n))), n)
	if wanted == 0 {
		return hit
	}
	switch d.Pattern {
	case Burst:
		from := random.IntN(n - wanted + 1)
		for i := from; i < from+wanted; i++ {
			hit[i] = true
		}
	case Class:
		of := c.class(random, wanted)
		random.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		for _, i := range of[:min(wanted, len(of))] {
			hit[i] = true
		}
	default:
		for _, i := range random.Perm(n)[:wanted] {
			hit[i] = true
		}
	}
	return hit
}

// class lists the documents of one label that has enough of them, drawn from all
// that do; where none has, those of the most frequent one.
func (c *Corpus) class(random *rand.Rand, wanted int) []int {
	of := make([][]int, len(c.labels))
	for i := range c.documents {
		if l := c.documents[i].label; l != none {
			of[l] = append(of[l], i)
		}
	}
	var enough []int
	most := 0
	for l := range of {
		if len(of[l]) >= wanted {
			enough = append(enough, l)
		}
		if len(of[l]) > len(of[most]) {
			most = l
		}
	}
	if len(enough) == 0 {
		return slices.Clone(of[most])
	}
	return of[enough[random.IntN(len(enough))]]
}
