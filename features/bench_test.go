package features_test

import (
	"testing"

	"tidings"
	"tidings/features"
)

// perDocument reports what one document costs.
func perDocument(b *testing.B, docs int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*docs), "ns/doc")
	b.ReportMetric(float64(b.N*docs)/b.Elapsed().Seconds(), "docs/s")
}

// frame is some documents as the stages hold them: one dictionary, the counts of
// each, and the slots of their terms.
type frame struct {
	titles, texts [][]byte
	dict          features.Dictionary
	counts        []features.TermCount
	ends          []int
	slots         []uint32
	df            []uint32
}

const frameDocuments = 256

// frames returns the first n Wikipedia items in frames.
func frames(b *testing.B, n int) []*frame {
	var out []*frame
	for i, it := range wikipedia(b, n) {
		if i%frameDocuments == 0 {
			out = append(out, &frame{})
		}
		f := out[len(out)-1]
		f.titles, f.texts = append(f.titles, []byte(it.Title)), append(f.texts, []byte(it.Text))
	}
	return out
}

func (f *frame) tokenize(tb testing.TB, t *features.Tokenizer) {
	f.dict.Reset()
	f.counts, f.ends = f.counts[:0], f.ends[:0]
	for i, text := range f.texts {
		var err error
		if f.counts, err = t.Append(f.counts, &f.dict, f.titles[i], text); err != nil {
			tb.Fatal(err)
		}
		f.ends = append(f.ends, len(f.counts))
	}
}

func (f *frame) count(df *features.DF) {
	f.slots = df.Resolve(f.slots, f.dict.Hashes())
	f.df = f.df[:0]
	for _, c := range f.counts {
		f.df = append(f.df, df.Observe(f.slots[c.Ref]))
	}
}

func (f *frame) vectors(v *features.Vectorizer, x *tidings.Vector, n uint64) {
	start := 0
	for _, end := range f.ends {
		n++
		v.Vector(x, &f.dict, f.counts[start:end], f.df[start:end], n)
		start = end
	}
}

func BenchmarkTokenize(b *testing.B) {
	all, t := frames(b, 20_000), features.NewTokenizer(features.Options{})
	one := &frame{}
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range all {
			one.titles, one.texts = f.titles, f.texts
			one.tokenize(b, t)
		}
	}
	perDocument(b, 20_000)
}

func BenchmarkDF(b *testing.B) {
	all, t := frames(b, 20_000), features.NewTokenizer(features.Options{})
	for _, f := range all {
		f.tokenize(b, t)
	}
	var df features.DF
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range all {
			f.count(&df)
		}
	}
	perDocument(b, 20_000)
}

func BenchmarkVector(b *testing.B) {
	all, t := frames(b, 20_000), features.NewTokenizer(features.Options{})
	var df features.DF
	for _, f := range all {
		f.tokenize(b, t)
		f.count(&df)
	}
	v, x := features.NewVectorizer(features.Options{}), tidings.Vector{}
	b.ReportAllocs()
	for b.Loop() {
		for i, f := range all {
			f.vectors(v, &x, uint64(i*frameDocuments))
		}
	}
	perDocument(b, 20_000)
}

func TestTheWholeWayAllocatesNothingTheSecondTime(t *testing.T) {
	f, tokenizer, v := &frame{}, features.NewTokenizer(features.Options{}), features.NewVectorizer(features.Options{})
	var df features.DF
	var x tidings.Vector
	for _, text := range []string{"The quick brown fox; can't jump 3.5 m", "Ещё один документ", ""} {
		f.titles, f.texts = append(f.titles, []byte("Title")), append(f.texts, []byte(text))
	}
	allocations := testing.AllocsPerRun(100, func() {
		f.tokenize(t, tokenizer)
		f.count(&df)
		f.vectors(v, &x, 0)
		f.df = df.Peek(f.df, &f.dict, f.counts)
	})
	if allocations != 0 {
		t.Errorf("%.0f allocations a frame", allocations)
	}
}
