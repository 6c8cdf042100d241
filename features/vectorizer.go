package features

import (
	"math"

	"tidings"
)

// BiasValue is the value of the feature that every vector ends with, beside a
// norm of 1 of the others.
const BiasValue = 0.3

// Vectorizer makes TF-IDF vectors: (1 + log count) times
// (1 + log((1 + n) / (1 + df))), the features of a document scaled to a
// Euclidean norm of 1 (Salton and Buckley 1988; the smoothing is
// scikit-learn's). A term's feature is the low bits of its hash (Weinberger et
// al. 2009, without signs). It keeps scratch memory and no state.
type Vectorizer struct {
	mask  uint64
	bias  bool
	seen  []featureSlot // open addressing: where a feature stands in the vector
	epoch uint32        // slots of other epochs are empty
}

type featureSlot struct{ epoch, feature, place uint32 }

// NewVectorizer returns a vectorizer. Options that Check refuses work as the
// nearest that it does not.
func NewVectorizer(o Options) *Vectorizer {
	return &Vectorizer{mask: 1<<o.bits() - 1, bias: !o.NoBias}
}

// Bias returns the index of the bias feature, which no term has: the first
// beyond the hashed ones.
func (v *Vectorizer) Bias() uint32 { return uint32(v.mask + 1) }

// Feature returns the feature of a term.
func (v *Vectorizer) Feature(hash uint64) uint32 { return uint32(hash & v.mask) }

// Vector fills dst with the vector of one document. df[i] belongs to terms[i]
// and counts this document; n is the number of documents up to and including
// it. The entries stand in the order of the terms, terms on one feature are
// summed at the place of the first, and the bias feature stands last. No terms
// give an empty vector.
//
// Every value is finite and positive whatever the counts: a df of 0 is taken
// for 1, one above n for n. df must not be shorter than terms.
func (v *Vectorizer) Vector(dst *tidings.Vector, dict *Dictionary, terms []TermCount, df []uint32, n uint64) {
	dst.Reset()
	if len(terms) == 0 {
		return
	}
	v.prepare(len(terms))
	n = max(n, 1)
	logN := math.Log(float64(n) + 1)
	for i, term := range terms {
		d := min(max(uint64(df[i]), 1), n)
		value := tf(term.Count) * (1 + logN - log1p(d))
		feature := v.Feature(dict.Hash(term.Ref))
		if place, ok := v.place(feature, len(dst.Index)); ok {
			dst.Value[place] += value
			continue
		}
		dst.Index = append(dst.Index, feature)
		dst.Value = append(dst.Value, value)
	}
	normalise(dst.Value)
	if v.bias {
		dst.Index = append(dst.Index, v.Bias())
		dst.Value = append(dst.Value, BiasValue)
	}
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

// normalise scales values, none of them 0, to a Euclidean norm of 1.
func normalise(values []float64) {
	var squares float64
	for _, x := range values {
		squares += x * x
	}
	scale := 1 / math.Sqrt(squares)
	for i := range values {
		values[i] *= scale
	}
}

// logs holds log(i) of small integers; almost every count is one.
var logs = func() (table [4096]float64) {
	for i := 1; i < len(table); i++ {
		table[i] = math.Log(float64(i))
	}
	return
}()

// tf is the weight of a term that occurs count times. A count of 0 is taken
// for 1.
func tf(count uint32) float64 {
	if count < uint32(len(logs)) {
		return 1 + logs[count]
	}
	return 1 + math.Log(float64(count))
}

// log1p returns log(1 + d).
func log1p(d uint64) float64 {
	if d+1 < uint64(len(logs)) {
		return logs[d+1]
	}
	return math.Log(float64(d) + 1)
}
