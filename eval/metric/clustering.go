package metric

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Clustering compares two ways of grouping the same things: a reference, and one
// that is judged. The zero value has none.
type Clustering struct {
	joint            map[[2]int]int // things by (reference group, judged group)
	reference, other map[int]int    // sizes of groups
	n                int
}

// Add counts one thing.
func (c *Clustering) Add(reference, judged int) {
	if c.joint == nil {
		c.joint, c.reference, c.other = map[[2]int]int{}, map[int]int{}, map[int]int{}
	}
	c.joint[[2]int{reference, judged}]++
	c.reference[reference]++
	c.other[judged]++
	c.n++
}

// Things returns how many were counted.
func (c *Clustering) Things() int { return c.n }

// PairF1 is the F1 of the pairs of things that stand in one group: precision is
// the share of judged pairs that the reference has too, recall the share of the
// reference's pairs that are judged so (Manning, Raghavan and Schütze 2008,
// section 16.3). It is 0 where nothing is grouped, and does not flatter who
// leaves everything alone, as purity and mutual information do.
func (c *Clustering) PairF1() float64 {
	pairs := func(sizes map[int]int) (sum int) {
		for _, n := range sizes {
			sum += n * (n - 1) / 2
		}
		return sum
	}
	both := 0
	for _, n := range c.joint {
		both += n * (n - 1) / 2
	}
	if both == 0 {
		return 0
	}
	return 2 * float64(both) / float64(pairs(c.reference)+pairs(c.other))
}

// AdjustedMutualInformation is the mutual information of the two groupings above
// what chance gives groups of these sizes, as a share of what is possible: 1 for
// equal ones, about 0 for unrelated ones (Vinh, Epps and Bailey 2010, section 3,
// with the arithmetic mean of the entropies). Without grouping on both sides it
// is 1, for they are equal then.
func (c *Clustering) AdjustedMutualInformation() float64 {
	if c.n == 0 {
		return 0
	}
	if len(c.reference) == 1 && len(c.other) == 1 || len(c.reference) == c.n && len(c.other) == c.n {
		return 1
	}
	mutual, expected := c.mutual(), c.expected()
	mean := (entropy(c.reference, c.n) + entropy(c.other, c.n)) / 2
	above := mean - expected
	if math.Abs(above) < 1e-15 {
		return 0
	}
	return (mutual - expected) / above
}

func (c *Clustering) mutual() (sum float64) {
	n := float64(c.n)
	for _, pair := range slices.SortedFunc(maps.Keys(c.joint), func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }) {
		both := float64(c.joint[pair])
		sum += both / n * math.Log(n*both/(float64(c.reference[pair[0]])*float64(c.other[pair[1]])))
	}
	return sum
}

func entropy(sizes map[int]int, n int) (sum float64) {
	for _, s := range sizesOf(sizes) {
		share := float64(s.size) / float64(n)
		sum -= float64(s.groups) * share * math.Log(share)
	}
	return sum
}

// sizeCount is how many groups have a size.
type sizeCount struct{ size, groups int }

func sizesOf(sizes map[int]int) []sizeCount {
	groups := map[int]int{}
	for _, n := range sizes {
		groups[n]++
	}
	all := make([]sizeCount, 0, len(groups))
	for _, n := range slices.Sorted(maps.Keys(groups)) {
		all = append(all, sizeCount{n, groups[n]})
	}
	return all
}

// expected is the mutual information that chance gives, by the hypergeometric
// distribution of each cell. Groups of equal sizes have equal cells, so that it
// takes the number of different sizes squared.
func (c *Clustering) expected() (sum float64) {
	factorial := make([]float64, c.n+1) // logarithms
	for i := 2; i <= c.n; i++ {
		factorial[i] = factorial[i-1] + math.Log(float64(i))
	}
	n := float64(c.n)
	others := sizesOf(c.other)
	for _, a := range sizesOf(c.reference) {
		for _, b := range others {
			cell := 0.0
			for k := max(1, a.size+b.size-c.n); k <= min(a.size, b.size); k++ {
				gain := float64(k) / n * math.Log(n*float64(k)/(float64(a.size)*float64(b.size)))
				log := factorial[a.size] + factorial[b.size] + factorial[c.n-a.size] + factorial[c.n-b.size] -
					factorial[c.n] - factorial[k] - factorial[a.size-k] - factorial[b.size-k] - factorial[c.n-a.size-b.size+k]
				cell += gain * math.Exp(log)
			}
			sum += float64(a.groups) * float64(b.groups) * cell
		}
	}
	return sum
}
