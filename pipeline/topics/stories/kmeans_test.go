package stories

import (
	"math"
	"math/rand/v2"
	"slices"

	"tidings/features"
)

// batch is the documents of one, as a batch clusterer sees them: all at once, and
// told how many clusters there are.
type batch struct {
	number map[uint64]int // of a term
	df     []int
	terms  [][]int // by document
	counts [][]float64
	topics []int
}

func newBatch() *batch { return &batch{number: map[uint64]int{}} }

func (b *batch) add(topic int, dict *features.Dictionary, terms []features.TermCount) {
	var numbers []int
	var counts []float64
	for _, t := range terms {
		hash := dict.Hash(t.Ref)
		n, known := b.number[hash]
		if !known {
			n = len(b.df)
			b.number[hash] = n
			b.df = append(b.df, 0)
		}
		b.df[n]++
		numbers = append(numbers, n)
		counts = append(counts, 1+math.Log(float64(t.Count)))
	}
	b.terms, b.counts, b.topics = append(b.terms, numbers), append(b.counts, counts), append(b.topics, topic)
}

// cluster is spherical k-means (Dhillon and Modha 2001, section 3) on TF-IDF: it
// begins with k documents by the seed, and ends when no document moves, or after
// 20 rounds.
func (b *batch) cluster(k int, seed uint64) (of []int) {
	vectors := make([][]float64, len(b.terms))
	for i, terms := range b.terms {
		squares := 0.0
		for j, t := range terms {
			w := b.counts[i][j] * math.Log(float64(len(b.terms)+1)/float64(b.df[t]))
			vectors[i] = append(vectors[i], w)
			squares += w * w
		}
		for j := range vectors[i] {
			vectors[i][j] /= max(math.Sqrt(squares), 1e-9)
		}
	}
	centres := make([][]float64, k)
	for c, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(vectors))[:k] {
		centres[c] = make([]float64, len(b.df))
		for j, t := range b.terms[i] {
			centres[c][t] = vectors[i][j]
		}
	}
	of = make([]int, len(vectors))
	for range 20 {
		before := slices.Clone(of)
		for i, terms := range b.terms {
			best := -1.0
			for c, centre := range centres {
				dot := 0.0
				for j, t := range terms {
					dot += vectors[i][j] * centre[t]
				}
				if dot > best {
					of[i], best = c, dot
				}
			}
		}
		if slices.Equal(before, of) {
			break
		}
		for c, centre := range centres {
			if !slices.Contains(of, c) {
				continue // an empty one stays
			}
			clear(centre)
			squares := 0.0
			for i := range of {
				for j, t := range b.terms[i] {
					if of[i] == c {
						centre[t] += vectors[i][j]
					}
				}
			}
			for _, w := range centre {
				squares += w * w
			}
			for t := range centre {
				centre[t] /= max(math.Sqrt(squares), 1e-9)
			}
		}
	}
	return of
}
