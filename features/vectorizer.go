package features

import (
	"math"

	"tidings"
)

// Vectorizer makes TF-IDF vectors: (1 + log count) times log((1 + n) / df), the
// features of a document scaled to a Euclidean norm of 1 (Salton and Buckley
// 1988; the one in the numerator keeps the first documents above 0). A term's
// feature is the low bits of its hash (Weinberger et al. 2009, without signs).
// There is no bias feature: the models have offsets of their own. It keeps
// scratch memory and no state.
type Vectorizer struct {
	mask  uint64
	chars bool          // documents may have character n-grams
	one   uint64        // a document, in the unit of df
	seen  []featureSlot // open addressing: where a feature stands in the vector
	epoch uint32        // slots of other epochs are empty
}

type featureSlot struct{ epoch, feature, place uint32 }

// NewVectorizer returns a vectorizer. Options that Check refuses work as the
// nearest that it does not.
func NewVectorizer(o Options) *Vectorizer {
	return &Vectorizer{mask: 1<<o.bits() - 1, chars: o.CharNGrams > 0, one: o.DFUnit()}
}

// Feature returns the feature of a term.
func (v *Vectorizer) Feature(hash uint64) uint32 { return uint32(hash & v.mask) }

// Vector fills dst with the vector of one document. df[i] belongs to terms[i]
// and counts this document; n is the number of documents up to and including
// it; both are in the unit of df (Options.DFUnit), of which a document has u, 1
// unless df decays. The entries stand in the order of the terms, and terms on one feature are
// summed at the place of the first. No terms give an empty vector. To the bit, a
// term's value is (1 + log count) * (log(u + n) - log df), and each entry is
// multiplied by 1 / sqrt(the sum of their squares in order). Character n-grams,
// which are the last terms, make a view of their own in the same way.
//
// Every value is finite and at least 0 whatever the counts: a df below a
// document is taken for one, one above n for n, a count of 0 for 1. df must not be shorter than
// terms.
func (v *Vectorizer) Vector(dst *tidings.Vector, dict *Dictionary, terms []TermCount, df []uint32, n uint64) {
	dst.Reset()
	n = max(n, v.one)
	words := len(terms)
	if v.chars {
		words = charsFrom(dict, terms)
	}
	v.view(dst, dict, terms[:words], df, n)
	if words < len(terms) {
		before := len(dst.Index)
		v.view(dst, dict, terms[words:], df[words:], n)
		dst.Chars = len(dst.Index) - before
	}
}

// view appends one view of a document.
func (v *Vectorizer) view(dst *tidings.Vector, dict *Dictionary, terms []TermCount, df []uint32, n uint64) {
	if len(terms) == 0 {
		return
	}
	v.prepare(len(terms))
	logN := log(n + v.one)
	first := len(dst.Index)
	for i, term := range terms {
		value := float64((1 + log(uint64(term.Count))) * v.idf(df[i], n, logN))
		feature := v.Feature(dict.Hash(term.Ref))
		if place, ok := v.place(feature, len(dst.Index)); ok {
			dst.Value[place] += value
			continue
		}
		dst.Index = append(dst.Index, feature)
		dst.Value = append(dst.Value, value)
	}
	normalise(dst.Value[first:])
}

// Whole is a df or n in documents, rounded.
func (v *Vectorizer) Whole(df uint64) uint64 { return (df + v.one/2) / v.one }

// IDF returns the inverse document frequency of a term that df of n documents
// have: log((1 + n) / df), with df and n in the unit of df and brought into range
// as in Vector.
func (v *Vectorizer) IDF(df uint32, n uint64) float64 {
	n = max(n, v.one)
	return v.idf(df, n, log(n+v.one))
}

func (v *Vectorizer) idf(df uint32, n uint64, logN float64) float64 {
	return max(logN-log(min(max(uint64(df), v.one), n)), 0)
}

// prepare empties the slots and sees that there are twice as many as terms.
func (v *Vectorizer) prepare(terms int) {
	if len(v.seen) < 2*terms {
		size := 256
		for size < 2*terms {
			size *= 2
		}
		v.seen, v.epoch = make([]featureSlot, size), 0
	}
	v.epoch++
	if v.epoch == 0 {
		clear(v.seen)
		v.epoch = 1
	}
}

// place returns where the feature stands; when it is new it notes next.
func (v *Vectorizer) place(feature uint32, next int) (int, bool) {
	mask := uint32(len(v.seen) - 1)
	for i := feature; ; i++ {
		s := &v.seen[i&mask]
		if s.epoch != v.epoch {
			*s = featureSlot{epoch: v.epoch, feature: feature, place: uint32(next)}
			return 0, false
		}
		if s.feature == feature {
			return int(s.place), true
		}
	}
}

// normalise scales values to a Euclidean norm of 1; all 0 they stay so.
func normalise(values []float64) {
	var squares float64
	for _, x := range values {
		squares += float64(x * x)
	}
	if squares == 0 {
		return
	}
	scale := 1 / math.Sqrt(squares)
	for i := range values {
		values[i] *= scale
	}
}

// logs holds the logarithms of small integers, with 0 for that of 0: almost
// every count is one.
var logs = func() (table [4096]float64) {
	for i := 1; i < len(table); i++ {
		table[i] = math.Log(float64(i))
	}
	return
}()

func log(count uint64) float64 {
	if count < uint64(len(logs)) {
		return logs[count]
	}
	return math.Log(float64(count))
}
