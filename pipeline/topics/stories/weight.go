package stories

import "math"

// weighed is one of a document's terms.
type weighed struct {
	hash   uint64
	weight float64
	ref    uint32
	term   uint32 // of the index, or none
}

// heavier says which of two terms comes first; of equal ones the hash decides, so
// that it is never the order in which they came.
func heavier(a, b weighed) bool {
	return a.weight > b.weight || a.weight == b.weight && a.hash < b.hash
}

// ranks are the heaviest terms of a document, the heaviest first.
type ranks [termsOfDocument]rank

type rank struct {
	weight float32
	at     uint32 // in the document
	hash   uint64
}

// keep puts a term among the n that are there, if it belongs there, and returns
// how many there are then.
func (k *ranks) keep(n int, r rank) int {
	at := n
	for at > 0 && (r.weight > k[at-1].weight || r.weight == k[at-1].weight && r.hash < k[at-1].hash) {
		at--
	}
	if at == len(k) {
		return n
	}
	n = min(n+1, len(k))
	copy(k[at+1:n], k[at:])
	k[at] = r
	return n
}

// nth is the term that n others are heavier than. It changes the order of terms.
func nth(terms []weighed, n int) weighed {
	for len(terms) > 1 {
		pivot := terms[len(terms)/2]
		i, j := 0, len(terms)-1
		for i <= j {
			for heavier(terms[i], pivot) {
				i++
			}
			for heavier(pivot, terms[j]) {
				j--
			}
			if i <= j {
				terms[i], terms[j] = terms[j], terms[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			terms = terms[:j+1]
		case n >= i:
			terms, n = terms[i:], n-i
		default:
			return pivot
		}
	}
	return terms[0]
}

// Logarithms and powers of a term's weight would cost more than all else, so they
// are read from tables: a quotient is known by its power of two and the first
// ratioBits bits behind, which is within 2 % of it.
const (
	ratioBits   = 5
	ratioPowers = 32
	fadeSteps   = 64 // of a table of e^-x, for each 1
	fadeMax     = 16 // beyond: 0
	countsTable = 64
)

var rarities = func() (table [ratioPowers << ratioBits]float32) {
	for i := range table {
		ratio := math.Ldexp(1+(float64(i&(1<<ratioBits-1))+.5)/(1<<ratioBits), i>>ratioBits)
		table[i] = float32(math.Pow(math.Log(ratio), rarity))
	}
	return
}()

var counts = func() (table [countsTable]float32) {
	for i := range table {
		table[i] = float32(1 + math.Log(float64(max(i, 1))))
	}
	return
}()

var fades = func() (table [fadeMax * fadeSteps]float64) {
	for i := range table {
		table[i] = math.Exp(-(float64(i) + .5) / fadeSteps)
	}
	return
}()

// rarityOf is what a term weighs that df of n documents have, both in
// frequencyUnit: the inverse df, to a power.
func rarityOf(n, df uint32) float32 {
	ratio := max(float64(n+frequencyUnit)/float64(max(df, 1)), 1)
	at := math.Float64bits(ratio)>>(52-ratioBits) - 1023<<ratioBits
	return rarities[min(at, uint64(len(rarities)-1))]
}

// often is how many times as much a term counts that occurs so often.
func often(count uint32) float32 { return counts[min(count, countsTable-1)] }

// faded is e^-x.
func faded(x float64) float64 {
	if x >= fadeMax {
		return 0
	}
	return fades[int(x*fadeSteps)]
}
