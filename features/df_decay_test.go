package features_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings/features"
)

// timed is a document of which only time and terms matter.
type timed struct {
	time  int64
	terms []uint64
}

// drawDocuments draws documents whose times stand still, run, leap, go back and
// are missing.
func drawDocuments(t *rapid.T, n int) []timed {
	out, now := make([]timed, 0, n), rapid.SampledFrom([]int64{0, -1e18, 1.6e18}).Draw(t, "start")
	steps := []time.Duration{0, time.Second, time.Hour, 24 * time.Hour, 1000 * time.Hour, -time.Hour, 80 * 365 * 24 * time.Hour}
	for range n {
		now += int64(rapid.SampledFrom(steps).Draw(t, "step"))
		d := timed{time: now}
		if rapid.IntRange(0, 4).Draw(t, "untimed") == 0 {
			d.time = features.NoTime
		}
		for _, k := range rapid.SliceOfNDistinct(rapid.Uint64Range(0, 40), 0, 6, rapid.ID).Draw(t, "terms") {
			d.terms = append(d.terms, k*0x9e3779b97f4a7c15)
		}
		out = append(out, d)
	}
	return out
}

var halfLives = []features.HalfLife{{Documents: 100}, {Documents: 137}, {Documents: 5_000_000}, {Time: time.Minute}, {Time: 90 * 24 * time.Hour}, {Time: features.HalfLifeTimeMax}}

// ages are how many half-lives old each document is when the last one comes.
func ages(h features.HalfLife, docs []timed) []float64 {
	at, first, last, seen := make([]float64, len(docs)), int64(0), int64(0), false
	for i, d := range docs {
		if h.Documents > 0 {
			at[i] = float64(i) / float64(h.Documents)
			continue
		}
		if d.time != features.NoTime && !seen {
			first, last, seen = d.time, d.time, true
		}
		if d.time != features.NoTime {
			last = max(last, d.time)
		}
		at[i] = float64(uint64(last)-uint64(first)) / float64(h.Time)
	}
	for i := range at {
		at[i] = at[len(at)-1] - at[i]
	}
	return at
}

// Properties, for any documents, half-life and number of partitions:
//   - a df is the sum of 2^-age of the documents that have the term, within what
//     DF promises, and so is n of all documents; no df is above n
//   - partitions have the df of the whole, their digests add up to its digest, and
//     joined they are the whole, byte for byte; parted again they are what they were
//   - a table that was saved and loaded on the way goes on as if nothing had been
//   - neither frames nor a table rebuilt on the way show
//   - Peek and Next say what the next document is told
func TestADecayingDF(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := features.Options{DFHalfLife: rapid.SampledFrom(halfLives).Draw(t, "half-life")}
		docs := drawDocuments(t, rapid.IntRange(1, 300).Draw(t, "documents"))
		n := rapid.IntRange(1, 9).Draw(t, "partitions")
		whole, met := features.NewDF(o), features.NewDocuments(o)
		parts := make([]*features.DF, n)
		for i := range parts {
			parts[i] = features.NewDF(o)
		}
		for i, d := range docs {
			d.time = untimed(i == len(docs)-1, d.time)
			told := whole.Clone().Next
			next := met.Next()
			whole.Tick(d.time)
			met.Add(d.time)
			if d.time == features.NoTime && met.N() != next {
				t.Fatalf("document %d: n is %d, and was to be %d", i, met.N(), next)
			}
			for _, part := range parts {
				part.Tick(d.time)
			}
			for k, slot := range whole.Resolve(nil, d.terms) {
				term := d.terms[k]
				df := whole.Observe(slot)
				if d.time == features.NoTime && df != told(term) {
					t.Fatalf("document %d: df %d, and was to be %d", i, df, told(term))
				}
				part := parts[features.Partition(term, n)]
				if got := part.Observe(part.Resolve(nil, append(make([]uint64, 0, 2000), term))[0]); got != df {
					t.Fatalf("document %d: df %d in a partition, %d in the whole", i, got, df)
				}
				if uint64(df) > met.N() || df < 256 {
					t.Fatalf("document %d: df %d of n %d", i, df, met.N())
				}
			}
			if i%50 == 17 {
				if whole = reload(t, whole); !whole.Fits(o) {
					t.Fatal("what was loaded has other options")
				}
				var b bytes.Buffer
				b.Write(met.Append(nil))
				again := features.NewDocuments(o)
				if err := again.Resume(&b, met.Count()); err != nil || again != met || whole.Documents(0) != met {
					t.Fatalf("documents %+v were loaded as %+v (%v)", met, again, err)
				}
			}
		}
		checkExact(t, o, docs, whole, &met)
		checkParts(t, whole, parts)
	})
}

func untimed(is bool, time int64) int64 {
	if is {
		return features.NoTime
	}
	return time
}

func reload(t *rapid.T, df *features.DF) *features.DF {
	var file bytes.Buffer
	if err := df.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, err := features.LoadDF(&file)
	if err != nil || file.Len() > 0 {
		t.Fatalf("%d bytes are left, %v", file.Len(), err)
	}
	return loaded
}

// checkExact compares with sums of powers.
func checkExact(t *rapid.T, o features.Options, docs []timed, df *features.DF, met *features.Documents) {
	docs[len(docs)-1].time = features.NoTime
	exact, all := map[uint64]float64{}, 0.0
	for i, age := range ages(o.DFHalfLife, docs) {
		all += math.Exp2(-age)
		for _, term := range docs[i].terms {
			exact[term] += math.Exp2(-age)
		}
	}
	exact[1] = 0 // never came
	for term, want := range exact {
		if got := float64(df.Lookup(term)) / 256; got > want*1.005+1./512 || got < want*.999-1./128 {
			t.Fatalf("df %v, want %v", got, want)
		}
	}
	if got := float64(met.N()) / 256; got > all*1.005+1./512 || got < all*.999-1./128 {
		t.Fatalf("n %v, want %v", got, all)
	}
}

// checkParts compares partitions with the whole.
func checkParts(t *rapid.T, whole *features.DF, parts []*features.DF) {
	digest, joined := uint64(0), bytes.Buffer{}
	for _, part := range parts {
		digest += part.Digest()
	}
	if digest != whole.Digest() {
		t.Fatalf("the partitions' digests add up to %x, the whole has %x", digest, whole.Digest())
	}
	again, err := features.JoinDF(parts)
	if err == nil {
		err = again.Save(&joined)
	}
	if err != nil || !bytes.Equal(joined.Bytes(), bytesOf(t, whole)) {
		t.Fatalf("joined, the partitions are not the whole (%v)", err)
	}
	dropped := uint64(0)
	for i, part := range parts {
		cut := whole.Part(i, len(parts))
		dropped += cut.Dropped()
		if cut.Digest() != part.Digest() || cut.Len() != part.Len() {
			t.Fatal("a part of the whole is not the partition")
		}
	}
	if dropped != whole.Dropped() {
		t.Fatalf("the parts dropped %d, the whole %d", dropped, whole.Dropped())
	}
	if len(parts) > 1 {
		ticked := parts[0].Clone()
		ticked.Tick(features.NoTime)
		if _, err := features.JoinDF(append([]*features.DF{ticked}, parts[1:]...)); err == nil {
			t.Fatal("partitions at different places were joined")
		}
	}
}

func bytesOf(t *rapid.T, df *features.DF) []byte {
	var file bytes.Buffer
	if err := df.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A clock of event time stands at the latest time: what is late, or has no time,
// neither turns it back nor moves it.
func TestEventTimeNeverTurnsBack(t *testing.T) {
	day := int64(24 * time.Hour)
	df := features.NewDF(features.Options{DFHalfLife: features.HalfLife{Time: 24 * time.Hour}})
	for i, step := range []struct {
		time int64
		want float64
	}{
		{features.NoTime, 1}, {features.NoTime, 2}, // before any time nothing decays
		{5 * day, 3}, {4 * day, 4}, {features.NoTime, 5}, {5 * day, 6},
		{6 * day, 4}, {2 * day, 5}, {6 * day, 6}, {9 * day, 1.75}, {math.MaxInt64, 1}, {math.MinInt64 + 1, 2},
	} {
		df.Tick(step.time)
		if got := float64(df.Observe(df.Resolve(nil, []uint64{7})[0])) / 256; math.Abs(got-step.want) > .02 {
			t.Errorf("document %d: df %v, want %v", i, got, step.want)
		}
	}
}

// What nobody says any more is forgotten wholly, and its memory used again.
func TestADecayingDFForgetsTermsWholly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	df, most := features.NewDF(features.Options{DFHalfLife: features.HalfLife{Documents: 1000}}), 0
	for i := range 60_000 {
		df.Tick(features.NoTime)
		for _, slot := range df.Resolve(nil, []uint64{random.Uint64(), 1, random.Uint64()}) {
			df.Observe(slot)
		}
		if i > 20_000 && i%1000 == 0 {
			most = max(most, df.Len())
		}
	}
	// 8 half-lives take 1 document below 1/256; each document brings two terms.
	if most > 2*10_000+1 || df.Bytes() > 1<<20 || df.Dropped() > 0 {
		t.Errorf("%d terms, %d bytes, %d dropped", most, df.Bytes(), df.Dropped())
	}
}

func TestHalfLives(t *testing.T) {
	for text, want := range map[string]features.HalfLife{
		"":          {},
		"off":       {},
		"50000docs": {Documents: 50_000},
		"1e4docs":   {Documents: 10_000},
		"90d":       {Time: 90 * 24 * time.Hour},
		"1.5d":      {Time: 36 * time.Hour},
		"2w":        {Time: 14 * 24 * time.Hour},
		"36h":       {Time: 36 * time.Hour},
		"1h30m":     {Time: 90 * time.Minute},
	} {
		got, err := features.ParseHalfLife(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
		if again, err := features.ParseHalfLife(got.String()); again != got || err != nil {
			t.Errorf("%q is written %q, and that is %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"0", "0docs", "-5docs", "50000", "docs", "d", "1.5docs", "99docs", "5000001docs", "1s", "59s", "36501d", "1e300d", "1e300docs", "NaNd", "Infd", "NaNdocs", "-90d", "90 d", "90D", "0d", "1ns", "offdocs", "\x00d"} {
		if got, err := features.ParseHalfLife(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	if err := (features.HalfLife{Documents: 500, Time: time.Hour}).Check(); err == nil {
		t.Error("two half-lives at once passed")
	}
}

func TestIDFOfADecayingDFStaysFinite(t *testing.T) {
	o := features.Options{DFHalfLife: features.HalfLife{Documents: 100}}
	v := features.NewVectorizer(o)
	for _, df := range []uint32{0, 1, 255, 256, 257, 5000, math.MaxUint32} {
		for _, n := range []uint64{0, 1, 256, 257, 1 << 20, math.MaxUint64 >> 1} {
			if idf := v.IDF(df, n); !(idf >= 0) || math.IsInf(idf, 0) {
				t.Errorf("the idf of %d of %d is %v", df, n, idf)
			}
		}
	}
	plain := features.NewVectorizer(features.Options{})
	if a, b := v.IDF(3*256, 100*256), plain.IDF(3, 100); math.Abs(a-b) > 1e-12 {
		t.Errorf("idf %v in 256ths, %v in documents", a, b)
	}
	if o.DFUnit() != 256 || (features.Options{}).DFUnit() != 1 {
		t.Error("a document is not what it should be")
	}
}

func TestLoadDFRefusesDamageWhereItForgets(t *testing.T) {
	o := features.Options{DFHalfLife: features.HalfLife{Time: time.Hour}, DFTerms: features.DFTermsMin}
	df, random := features.NewDF(o), rand.New(rand.NewPCG(3, 4))
	for i := range 120 {
		df.Tick(int64(i) * 6e11)
		for _, slot := range df.Resolve(nil, []uint64{random.Uint64N(4), 5}) {
			df.Observe(slot)
		}
	}
	good := saved(t, df)
	for n := range good {
		if _, err := features.LoadDF(bytes.NewReader(good[:n])); err == nil {
			t.Fatalf("the first %d bytes were enough", n)
		}
		for _, flip := range []byte{1, 0x80} {
			bad := slices.Clone(good)
			bad[n] ^= flip
			if loaded, err := features.LoadDF(bytes.NewReader(bad)); err == nil {
				t.Fatalf("a flipped bit in byte %d was not noticed: %d terms", n, loaded.Len())
			}
		}
	}
}

// A half-life that is read is one that may be, and is written so that it is read
// again.
func FuzzParseHalfLife(f *testing.F) {
	for _, text := range []string{"", "off", "50000docs", "90d", "1.5d", "36h", "1h30m", "1e9w", "-1d", "0x1p9docs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := features.ParseHalfLife(text)
		if err != nil {
			return
		}
		again, err := features.ParseHalfLife(h.String())
		if err != nil || again != h || h.Check() != nil {
			t.Errorf("%q is %+v, written %q, and that is %+v (%v, %v)", text, h, h, again, err, h.Check())
		}
	})
}

func TestOptionsOfDF(t *testing.T) {
	o := features.Options{DFHalfLife: features.HalfLife{Time: 90 * 24 * time.Hour}, DFTerms: 100_000}
	if err := o.Check(); err != nil || o != o.Canonical() || !o.DFForgets() || (features.Options{}).DFForgets() {
		t.Errorf("%v", err)
	}
	if got := o.Changes(); !slices.Equal(got, []string{"df-half-life 90d", "df-terms 100000"}) {
		t.Errorf("changes %q", got)
	}
	data, err := json.Marshal(o)
	if want := `{"df_half_life":"90d","df_terms":100000}`; err != nil || string(data) != want {
		t.Errorf("%s, %v; want %s", data, err, want)
	}
	var again features.Options
	if err := json.Unmarshal(data, &again); err != nil || again != o {
		t.Errorf("read back as %+v, %v", again, err)
	}
	for _, bad := range []features.Options{
		{DFHalfLife: features.HalfLife{Documents: 3}}, {DFHalfLife: features.HalfLife{Time: -time.Hour}}, {DFTerms: 100}, {DFTerms: -1}, {DFTerms: features.DFTermsMax + 1},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v passed", bad)
		}
		features.NewDF(bad).Resolve(nil, []uint64{1}) // and does no harm
	}
	if err := json.Unmarshal([]byte(`{"df_half_life":"90 days"}`), &again); err == nil {
		t.Error("90 days passed")
	}
}
