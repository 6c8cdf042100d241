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
	t.Run("default", func(t *testing.T) { allocatesNothing(t, features.Options{}) })
	t.Run("characters", func(t *testing.T) { allocatesNothing(t, features.Options{CharNGrams: 4}) })
}

func allocatesNothing(t *testing.T, o features.Options) {
	f, tokenizer, v := &frame{}, features.NewTokenizer(o), features.NewVectorizer(o)
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

// BenchmarkOptions compares what the options of text cost: MB/s of the same
// Wikipedia items.
func BenchmarkOptions(b *testing.B) {
	const documents = 10_000
	all := frames(b, documents)
	bytes := 0
	for _, f := range all {
		for i := range f.texts {
			bytes += len(f.titles[i]) + len(f.texts[i])
		}
	}
	for _, test := range []struct {
		name string
		o    features.Options
	}{
		{"default", features.Options{}},
		{"prose", features.Options{Tokenizer: features.TokenizerProse}},
		{"ngrams=1-2", features.Options{NGrams: features.NGrams{Min: 1, Max: 2}}},
		{"char-ngrams=4", features.Options{CharNGrams: 4}},
		{"ngrams=1-3", features.Options{NGrams: features.NGrams{Min: 1, Max: 3}}},
		{"stem=english", features.Options{Stem: "english"}},
		{"stem=auto", features.Options{Stem: features.Auto}},
		{"stop-words=english", features.Options{StopWords: "english"}},
		{"stop-words=auto", features.Options{StopWords: features.Auto}},
		{"strip-html", features.Options{StripHTML: true}},
		{"normalise=nfkc", features.Options{Normalise: features.NormaliseNFKC}},
		{"fold=numbers", features.Options{FoldNumbers: true}},
		{"fold=urls", features.Options{FoldURLs: true}},
	} {
		b.Run(test.name, func(b *testing.B) {
			t, one := features.NewTokenizer(test.o), &frame{}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range all {
					one.titles, one.texts = f.titles, f.texts
					one.tokenize(b, t)
				}
			}
			perDocument(b, documents)
		})
	}
}

// BenchmarkScripts is the default on text that is not English.
func BenchmarkScripts(b *testing.B) {
	for name, text := range map[string]string{"russian": sentences["russian"], "german": sentences["german"], "chinese": "今天天气很好，我们去公园散步，晚上看电影。", "decomposed": "cafe\u0301 re\u0301sume\u0301 nai\u0308ve "} {
		b.Run(name, func(b *testing.B) {
			one, t := &frame{}, features.NewTokenizer(features.Options{})
			for range frameDocuments {
				one.titles, one.texts = append(one.titles, nil), append(one.texts, []byte(text))
			}
			b.SetBytes(int64(len(text) * frameDocuments))
			b.ReportAllocs()
			for b.Loop() {
				one.tokenize(b, t)
			}
			perDocument(b, frameDocuments)
		})
	}
}
