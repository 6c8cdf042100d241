package features_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
)

// counted returns a dictionary of distinct terms and their counts.
func counted(counts ...uint32) (*features.Dictionary, []features.TermCount) {
	var dict features.Dictionary
	var terms []features.TermCount
	for i, c := range counts {
		terms = append(terms, features.TermCount{Ref: dict.Add([]byte{'a', byte(i), byte(i >> 8)}), Count: c})
	}
	return &dict, terms
}

func TestVectorIsNormalisedTFIDFInTermOrder(t *testing.T) {
	dict, terms := counted(1, 3, 5000)
	v := features.NewVectorizer(features.Options{})
	var x tidings.Vector
	v.Vector(&x, dict, terms, []uint32{10, 1, 9000}, 9999)
	want := []float64{
		math.Log(1000),
		(1 + math.Log(3)) * math.Log(10000),
		(1 + math.Log(5000)) * math.Log(10000.0/9000),
	}
	norm := math.Sqrt(want[0]*want[0] + want[1]*want[1] + want[2]*want[2])
	for i := range want {
		if x.Index[i] != v.Feature(dict.Hash(terms[i].Ref)) {
			t.Errorf("entry %d is feature %d, want %d", i, x.Index[i], v.Feature(dict.Hash(terms[i].Ref)))
		}
		if math.Abs(x.Value[i]-want[i]/norm) > 1e-12 {
			t.Errorf("entry %d is %g, want %g", i, x.Value[i], want[i]/norm)
		}
	}
}

func TestVectorSumsTermsOnOneFeatureAtThePlaceOfTheFirst(t *testing.T) {
	v := features.NewVectorizer(features.Options{HashBits: features.HashBitsMin})
	counts := make([]uint32, 600) // more terms than the 256 features
	for i := range counts {
		counts[i] = 1
	}
	dict, terms := counted(counts...)
	df := slices.Repeat([]uint32{1}, len(terms))
	var x tidings.Vector
	v.Vector(&x, dict, terms, df, 9)
	var order []uint32
	sums := map[uint32]float64{}
	for _, c := range terms {
		f := v.Feature(dict.Hash(c.Ref))
		if sums[f] == 0 {
			order = append(order, f)
		}
		sums[f]++
	}
	if !slices.Equal(x.Index, order) {
		t.Fatal("features do not stand in the order of their first terms")
	}
	for i, f := range x.Index {
		if ratio := x.Value[i] / x.Value[0]; math.Abs(ratio-sums[f]/sums[x.Index[0]]) > 1e-12 {
			t.Errorf("feature %d has %g times the first's value, want %g", f, ratio, sums[f]/sums[x.Index[0]])
		}
	}
}

func TestVectorOfNoTermsIsEmpty(t *testing.T) {
	x := tidings.Vector{Index: []uint32{1}, Value: []float64{1}}
	features.NewVectorizer(features.Options{}).Vector(&x, &features.Dictionary{}, nil, nil, 3)
	if len(x.Index) != 0 || len(x.Value) != 0 {
		t.Errorf("got %v", x)
	}
}

func TestVectorOfTheFirstDocumentIsNotZero(t *testing.T) {
	dict, terms := counted(1, 1)
	var x tidings.Vector
	features.NewVectorizer(features.Options{}).Vector(&x, dict, terms, []uint32{1, 1}, 1)
	if len(x.Value) != 2 || math.Abs(x.Value[0]-math.Sqrt(.5)) > 1e-12 {
		t.Errorf("got %v", x)
	}
}

// TestVectorIsHarmlessWhateverTheCounts verifies for any counts, df values and
// n, sensible or not: finite values of at least 0, no feature twice, a norm of 1
// or 0, and the same again from the same vectorizer.
func TestVectorIsHarmlessWhateverTheCounts(t *testing.T) {
	extreme := rapid.OneOf(rapid.Uint32Range(0, 10), rapid.Uint32(), rapid.Just(^uint32(0)))
	v := features.NewVectorizer(features.Options{HashBits: 9})
	rapid.Check(t, func(t *rapid.T) {
		dict, terms := counted(rapid.SliceOfN(extreme, 1, 700).Draw(t, "counts")...)
		var df []uint32
		for range terms {
			df = append(df, extreme.Draw(t, "df"))
		}
		n := rapid.OneOf(rapid.Uint64Range(0, 10), rapid.Uint64(), rapid.Just(^uint64(0))).Draw(t, "n")
		var x, again tidings.Vector
		v.Vector(&x, dict, terms, df, n)
		v.Vector(&again, dict, terms, df, n)
		seen, squares := map[uint32]bool{}, 0.0
		for i, f := range x.Index {
			if seen[f] || f >= 1<<9 {
				t.Fatalf("feature %d is there twice, or out of range", f)
			}
			seen[f] = true
			if !(x.Value[i] >= 0) || math.IsInf(x.Value[i], 0) {
				t.Fatalf("feature %d has the value %g", f, x.Value[i])
			}
			squares += x.Value[i] * x.Value[i]
		}
		if squares != 0 && math.Abs(squares-1) > 1e-9 {
			t.Fatalf("the squares sum to %g", squares)
		}
		if !slices.Equal(x.Index, again.Index) || !slices.Equal(x.Value, again.Value) {
			t.Fatal("the second time the vector differs")
		}
	})
}
