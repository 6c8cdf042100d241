package features

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// small makes a df with a limit below those that people may choose.
func small(o Options, limit int) *DF {
	t := NewDF(o)
	t.bounded = newBounded(limit)
	return t
}

// text gives documents of an endless vocabulary: some words often (Zipf), others
// once.
type text struct {
	*rand.Rand
	*rand.Zipf
}

func newText(seed uint64) text {
	r := rand.New(rand.NewPCG(seed, 1))
	return text{r, rand.NewZipf(r, 1.2, 4, 200_000)}
}

// document appends the distinct terms of one.
func (t text) document(terms []uint64, n int) []uint64 {
	terms = terms[:0]
	for range n {
		term := mix(t.Zipf.Uint64() + 1)
		if t.IntN(4) == 0 {
			term = t.Rand.Uint64()
		}
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// Properties, for any documents, limit, half-life and number of partitions:
//   - a df is never above that without a limit, and below by at most Error
//   - the floor of a shard is at most twice its observations by its room
//   - no more terms are kept than the limit says
//   - partitions say what the whole says, their digests add up, and joined they
//     are the whole, byte for byte
//   - neither frames nor copies show
func TestABoundedDF(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{}
		if rapid.Bool().Draw(t, "decays") {
			o.DFHalfLife = HalfLife{Documents: rapid.Uint64Range(HalfLifeDocumentsMin, 1000).Draw(t, "half-life")}
		}
		limit := rapid.IntRange(1<<12, 1<<14).Draw(t, "limit")
		n := rapid.SampledFrom([]int{1, 2, 3, 4, 7, 11}).Draw(t, "partitions")
		words := newText(rapid.Uint64().Draw(t, "seed"))
		whole, exact, parts := small(o, limit), NewDF(o), make([]*DF, n)
		for i := range parts {
			parts[i] = small(o, limit)
		}
		observed := make([]int, len(whole.bounded.shards))
		seen := map[uint64]bool{}
		var terms []uint64
		for i := range rapid.IntRange(1, 400).Draw(t, "documents") {
			for _, df := range append(parts, whole, exact) {
				df.Tick(NoTime)
			}
			terms = words.document(terms, 30)
			slots, exacts := whole.Resolve(nil, terms), exact.Resolve(nil, terms)
			for k, term := range terms {
				seen[term] = true
				observed[whole.bounded.division.shard(term)]++
				got, want := whole.Observe(slots[k]), exact.Observe(exacts[k])
				if got > want || want-got > whole.Error() {
					t.Fatalf("document %d: df %d, without a limit %d, error %d", i, got, want, whole.Error())
				}
				part := parts[Partition(term, n)]
				if other := part.Observe(part.Resolve(nil, []uint64{term})[0]); other != got {
					t.Fatalf("document %d: df %d in a partition of %d, %d in the whole", i, other, n, got)
				}
			}
			if i%100 == 50 {
				clone := whole.Clone()
				whole.Observe(whole.Resolve(nil, []uint64{1})[0])
				whole = clone
			}
		}
		for term := range seen {
			if got, want := whole.Lookup(term), exact.Lookup(term); got > want || want-got > whole.Error() {
				t.Fatalf("df %d, without a limit %d, error %d", got, want, whole.Error())
			}
		}
		for i := range whole.bounded.shards {
			s := &whole.bounded.shards[i]
			if s.used > s.room || !whole.met.clock.runs() && int(s.floor)*s.room > 2*observed[i] {
				t.Fatalf("shard %d: %d terms in room for %d, floor %d after %d observations", i, s.used, s.room, s.floor, observed[i])
			}
		}
		if whole.Len() > limit || whole.Limit() != limit {
			t.Fatalf("%d terms, the limit is %d", whole.Len(), limit)
		}
		joined, err := JoinDF(parts)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		if joined.Save(&a) != nil || whole.Save(&b) != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("%d partitions joined are not the whole", n)
		}
		digest, dropped := uint64(0), uint64(0)
		for i, part := range parts {
			digest, dropped = digest+part.Digest(), dropped+part.Dropped()
			if again := whole.Part(i, n); again.Digest() != part.Digest() || again.Len() != part.Len() || again.Error() != part.Error() {
				t.Fatal("a part of the whole is not the partition")
			}
		}
		if digest != whole.Digest() || dropped != whole.Dropped() {
			t.Fatalf("partitions: digest %x, dropped %d; whole: %x, %d", digest, dropped, whole.Digest(), whole.Dropped())
		}
	})
}

// A stream that stays below the limit gets the bits of a df without one.
func TestALimitThatIsNotReachedChangesNothing(t *testing.T) {
	plain, bounded := NewDF(Options{}), NewDF(Options{DFTerms: DFTermsMin})
	words, terms := newText(7), []uint64(nil)
	for range 3000 {
		terms = words.document(terms, 20)
		a, b := plain.Resolve(nil, terms), bounded.Resolve(nil, terms)
		for k := range terms {
			if plain.Observe(a[k]) != bounded.Observe(b[k]) {
				t.Fatal("df differs")
			}
		}
	}
	if plain.Digest() != bounded.Digest() || plain.Len() != bounded.Len() || bounded.Error() != 0 || bounded.Dropped() != 0 {
		t.Errorf("digests %x and %x, %d and %d terms, error %d, %d dropped", plain.Digest(), bounded.Digest(), plain.Len(), bounded.Len(), bounded.Error(), bounded.Dropped())
	}
}

// Two million words that never come again, among them some that do: memory is
// flat, the common ones keep their df exactly, and a saved table goes on.
func TestMemoryIsFlatOverAnEndlessVocabulary(t *testing.T) {
	df := NewDF(Options{DFTerms: DFTermsMin})
	random := rand.New(rand.NewPCG(5, 6))
	slots, terms, flat := []uint32(nil), make([]uint64, 100), int64(0)
	const documents = 20_000
	for i := range documents {
		for k := range terms {
			terms[k] = random.Uint64()
		}
		terms[0], terms[1] = 1, uint64(i%50)+10
		slots = df.Resolve(slots, terms)
		for _, slot := range slots {
			df.Observe(slot)
		}
		if i == documents/4 {
			flat = df.Bytes()
		}
		if i == documents/2 {
			var file bytes.Buffer
			if err := df.Save(&file); err != nil {
				t.Fatal(err)
			}
			digest := df.Digest()
			var err error
			if df, err = LoadDF(&file); err != nil || df.Digest() != digest || !df.Fits(Options{DFTerms: DFTermsMin}) {
				t.Fatalf("what was loaded differs (%v)", err)
			}
		}
	}
	if df.Bytes() > flat || flat > 48*DFTermsMin || df.Len() > DFTermsMin {
		t.Errorf("%d bytes, %d after a quarter, %d terms", df.Bytes(), flat, df.Len())
	}
	if df.Lookup(1) != documents || df.Lookup(17) != documents/50 {
		t.Errorf("common terms have df %d and %d", df.Lookup(1), df.Lookup(17))
	}
	if bound := uint32(2 * documents * 100 / DFTermsMin); df.Error() == 0 || df.Error() > bound {
		t.Errorf("df may be off by %d, expected up to about %d", df.Error(), bound)
	}
	t.Logf("%d bytes, %d terms, error %d, %d forgotten", df.Bytes(), df.Len(), df.Error(), df.Dropped())
}

// Every number of partitions has whole shards, and the shards' rooms add up to
// the limit.
func TestShardsAreDividedByNoPartition(t *testing.T) {
	d := divisions()
	random := rand.New(rand.NewPCG(8, 9))
	for range 100_000 {
		hash := random.Uint64()
		i := d.shard(hash)
		x := uint32(mix(hash) >> 32)
		if x < d.begins[i] || i+1 < len(d.begins) && x >= d.begins[i+1] {
			t.Fatalf("%x is in shard %d", x, i)
		}
		for n := 1; n <= DFPartitionsMax; n++ {
			if Partition(hash, n) != partition(d.begins[i], n) {
				t.Fatalf("shard %d is divided by %d partitions", i, n)
			}
		}
	}
	for _, limit := range []int{DFTermsMin, 1_000_000, DFTermsMax} {
		all := 0
		for i := range d.begins {
			room := d.room(i, limit)
			if all += room; room < 16 {
				t.Errorf("limit %d: shard %d has room for %d", limit, i, room)
			}
		}
		if all > limit || all < limit-len(d.begins) {
			t.Errorf("limit %d: the shards have room for %d", limit, all)
		}
	}
}

// BenchmarkDFForgets compares the ways of counting on text whose vocabulary
// never ends: a quarter of the words come once.
func BenchmarkDFForgets(b *testing.B) {
	const documents = 20_000
	words := newText(1)
	all := make([][]uint64, documents)
	for i := range all {
		all[i] = words.document(nil, 25)
	}
	for _, o := range []Options{{}, {DFTerms: DFTermsMin}, {DFTerms: 1 << 20}, {DFHalfLife: HalfLife{Documents: 5000}}, {DFHalfLife: HalfLife{Documents: 5000}, DFTerms: DFTermsMin}} {
		b.Run(fmt.Sprintf("half-life=%v/terms=%d", o.DFHalfLife, o.DFTerms), func(b *testing.B) {
			df, slots := NewDF(o), []uint32(nil)
			b.ReportAllocs()
			for b.Loop() {
				df = NewDF(o)
				for _, terms := range all {
					df.Tick(NoTime)
					slots = df.Resolve(slots, terms)
					for _, slot := range slots {
						df.Observe(slot)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*documents), "ns/doc")
			b.ReportMetric(float64(df.Bytes())/1e6, "MB")
			b.ReportMetric(float64(df.Error())/float64(o.DFUnit()), "df-error")
		})
	}
}
