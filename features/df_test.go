package features_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"

	"tidings/features"
)

// observe counts documents, given as terms separated by spaces.
func observe(t testing.TB, df *features.DF, docs ...string) {
	t.Helper()
	tokenizer := features.NewTokenizer(features.Options{})
	for _, doc := range docs {
		var dict features.Dictionary
		counts, err := tokenizer.Append(nil, &dict, nil, []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		slots := df.Resolve(nil, dict.Hashes())
		for _, c := range counts {
			df.Observe(slots[c.Ref])
		}
	}
}

func term(text string) uint64 { return xxhash.Sum64String(text) }

func TestDFCountsDocumentsNotOccurrences(t *testing.T) {
	tests := map[string]struct {
		docs []string
		term string
		want uint32
	}{
		"unseen":         {[]string{"a"}, "b", 0},
		"no document":    {nil, "a", 0},
		"twice in one":   {[]string{"a a"}, "a", 1},
		"once in each":   {[]string{"a", "b a"}, "a", 2},
		"empty document": {[]string{""}, "a", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var df features.DF
			observe(t, &df, test.docs...)
			if got := df.Lookup(term(test.term)); got != test.want {
				t.Errorf("the df of %q is %d, want %d", test.term, got, test.want)
			}
		})
	}
}

func TestDFDoesNotCountWhatWasOnlyResolved(t *testing.T) {
	var df, twin features.DF
	observe(t, &df, "a b")
	observe(t, &twin, "a b")
	df.Resolve(nil, []uint64{term("c"), term("d")})
	if df.Len() != 2 || df.Digest() != twin.Digest() || df.Lookup(term("c")) != 0 {
		t.Errorf("%d terms, digest %x; want 2, %x", df.Len(), df.Digest(), twin.Digest())
	}
	if !bytes.Equal(saved(t, &df), saved(t, &twin)) {
		t.Error("the saved bytes differ")
	}
	for _, df := range []*features.DF{&df, &twin} {
		df.Observe(df.Resolve(nil, []uint64{term("e"), term("f")})[0])
	}
	if df.Len() != 3 || twin.Len() != 3 || df.Digest() != twin.Digest() {
		t.Errorf("after a third term: %d and %d terms", df.Len(), twin.Len())
	}
}

// TestDFAgainstAMap verifies, for any frames of documents:
//   - Observe returns the df including the document, Lookup the same
//   - Len and Digest are those of the map, in whatever order terms came
//   - the digests of partitions add up to the digest of the whole
//   - a table saved and loaded goes on as if nothing had been
//   - Peek says what Observe then says
func TestDFAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "partitions")
		whole, parts := &features.DF{}, make([]features.DF, n)
		want := map[uint64]uint32{}
		for range rapid.IntRange(0, 6).Draw(t, "frames") {
			hashes := rapid.SliceOfN(rapid.Uint64Range(0, 3000), 0, 900).Draw(t, "hashes")
			for i, h := range hashes {
				hashes[i] = h * 0x9e3779b97f4a7c15
			}
			slots := whole.Resolve(nil, hashes)
			for i, h := range hashes {
				want[h]++
				if got := whole.Observe(slots[i]); got != want[h] || whole.Lookup(h) != want[h] {
					t.Fatalf("df of %x is %d, Lookup %d, want %d", h, got, whole.Lookup(h), want[h])
				}
				part := &parts[features.Partition(h, n)]
				part.Observe(part.Resolve(nil, []uint64{h, h + 1})[0])
			}
			var file bytes.Buffer
			if err := whole.Save(&file); err != nil {
				t.Fatal(err)
			}
			file.WriteString("what follows")
			loaded, err := features.LoadDF(&file)
			if err != nil {
				t.Fatal(err)
			}
			if file.String() != "what follows" {
				t.Fatalf("LoadDF left %q", file.String())
			}
			if loaded.Digest() != whole.Digest() || loaded.Len() != whole.Len() {
				t.Fatal("what was loaded differs from what was saved")
			}
			whole = loaded
		}
		var sum uint64
		for i := range parts {
			sum += parts[i].Digest()
		}
		if whole.Len() != len(want) || sum != whole.Digest() {
			t.Fatalf("%d terms, want %d; partitions sum to %x, the whole is %x", whole.Len(), len(want), sum, whole.Digest())
		}
	})
}

func TestDFPeekSaysWhatObserveWouldSay(t *testing.T) {
	var df features.DF
	observe(t, &df, "a b", "a c")
	before := saved(t, &df)
	var dict features.Dictionary
	counts, err := features.NewTokenizer(features.Options{}).Append(nil, &dict, nil, []byte("d c a a"))
	if err != nil {
		t.Fatal(err)
	}
	peeked := df.Peek(nil, &dict, counts)
	if !bytes.Equal(before, saved(t, &df)) {
		t.Error("Peek changed the counts")
	}
	slots := df.Resolve(nil, dict.Hashes())
	for i, c := range counts {
		if got := df.Observe(slots[c.Ref]); got != peeked[i] {
			t.Errorf("%q: Peek said %d, Observe %d", dict.Text(c.Ref), peeked[i], got)
		}
	}
}

func TestDFDigestTellsCountsApart(t *testing.T) {
	digests := map[uint64]string{}
	for _, docs := range []string{"", "a", "a|a", "b", "a b", "a b|a", "a b|b", "a b|a b"} {
		var df features.DF
		observe(t, &df, strings.Split(docs, "|")...)
		if other, ok := digests[df.Digest()]; ok {
			t.Errorf("%q and %q have one digest", docs, other)
		}
		digests[df.Digest()] = docs
	}
}

func saved(t testing.TB, df *features.DF) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := df.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestDFSavesEqualCountsAsEqualBytes(t *testing.T) {
	var a, b features.DF
	observe(t, &a, "x y z", "y z", "z")
	observe(t, &b, "z", "z y", "z y x")
	b.Resolve(nil, make([]uint64, 100_000)) // another size of table
	if !bytes.Equal(saved(t, &a), saved(t, &b)) {
		t.Error("equal counts, different bytes")
	}
}

func TestLoadDFRefusesDamage(t *testing.T) {
	var df features.DF
	observe(t, &df, "a b c", "a b")
	good := saved(t, &df)
	for n := range good {
		if _, err := features.LoadDF(bytes.NewReader(good[:n])); !errors.Is(err, features.ErrDamaged) {
			t.Fatalf("the first %d bytes gave %v", n, err)
		}
		bad := bytes.Clone(good)
		bad[n] ^= 0x10
		if loaded, err := features.LoadDF(bytes.NewReader(bad)); err == nil {
			t.Fatalf("a flipped bit in byte %d was not noticed: %d terms", n, loaded.Len())
		}
	}
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge[12:], features.DFTermsMax) // claims 192 MiB
	allocated := testing.AllocsPerRun(1, func() {
		if _, err := features.LoadDF(bytes.NewReader(huge)); !errors.Is(err, features.ErrDamaged) {
			t.Errorf("a claim of %d terms gave %v", features.DFTermsMax, err)
		}
	})
	if allocated > 100 {
		t.Errorf("%.0f allocations", allocated)
	}
	broken := errors.New("the disk is gone")
	if _, err := features.LoadDF(io.MultiReader(bytes.NewReader(good[:20]), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a failing reader gave %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAClonedDFGoesItsOwnWay(t *testing.T) {
	var df features.DF
	for round := range 3 {
		clone := df.Clone()
		before := saved(t, &df)
		if !bytes.Equal(saved(t, clone), before) || clone.Digest() != df.Digest() {
			t.Fatal("the clone differs")
		}
		var more []string
		for i := range 900 * round {
			more = append(more, fmt.Sprintf("a b%d c%d", i, i%7))
		}
		observe(t, clone, more...)
		if !bytes.Equal(saved(t, &df), before) {
			t.Fatal("what the clone counts changes the other")
		}
		z := fmt.Sprintf("z%d", round)
		observe(t, &df, append(more, z)...)
		if df.Lookup(term(z)) == 0 || clone.Lookup(term(z)) != 0 {
			t.Fatal("the clone counts what the other does")
		}
	}
}

func FuzzLoadDF(f *testing.F) {
	var df features.DF
	f.Add(saved(f, &df))
	observe(f, &df, "a b c", "a b")
	f.Add(saved(f, &df))
	forgets := features.NewDF(features.Options{DFTerms: features.DFTermsMin, DFHalfLife: features.HalfLife{Time: time.Hour}})
	forgets.Tick(3600e9)
	observe(f, forgets, "a b c", "a b")
	f.Add(saved(f, forgets))
	f.Fuzz(func(t *testing.T, file []byte) {
		df, err := features.LoadDF(bytes.NewReader(file))
		if err != nil {
			return
		}
		if again := saved(t, df); !bytes.Equal(again, file[:len(again)]) {
			t.Errorf("%x was read, %x written", file, again)
		}
	})
}

func TestDFHoldsManyTerms(t *testing.T) {
	var df features.DF
	var hashes []uint64
	for i := range 300_000 {
		hashes = append(hashes, term(fmt.Sprint(i)))
	}
	var slots []uint32
	for i := 0; i < len(hashes); i += 1000 {
		slots = df.Resolve(slots, hashes[i:i+1000])
		for _, slot := range slots {
			df.Observe(slot)
		}
	}
	if df.Len() != len(hashes) || df.Dropped() != 0 {
		t.Errorf("%d terms, %d dropped; want %d, 0", df.Len(), df.Dropped(), len(hashes))
	}
	if perTerm := float64(df.Bytes()) / float64(df.Len()); perTerm > 64 {
		t.Errorf("%.0f bytes a term", perTerm)
	}
}
