package bursts

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/features"
)

// reader reads texts as a pipeline does.
type reader struct {
	tokenizer  *features.Tokenizer
	background *Background
	dict       features.Dictionary
	terms      Terms
}

func newReader() *reader {
	return &reader{tokenizer: features.NewTokenizer(features.Options{}), background: NewBackground()}
}

func (r *reader) read(tb interface{ Fatal(...any) }, text string) *Terms {
	r.dict.Reset()
	_, order, err := r.tokenizer.AppendOrdered(nil, nil, &r.dict, nil, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	r.background.Read(&r.terms, &r.dict, order)
	return &r.terms
}

// naive is the same, written down once more with maps keyed by text, for streams
// in which nothing is forgotten.
type naive struct {
	df     map[string]float64
	n      float64
	common map[string]bool
	counts map[string]*naiveCount
}

type naiveCount struct{ documents, before, of float64 }

func (v *naive) add(text string, windowed bool) {
	if n := v.n + 1; n == 128 || n == 256 {
		v.common = map[string]bool{}
		for term, df := range v.df {
			v.common[term] = df > .1*v.n
		}
	}
	seen, last := map[string]bool{}, ""
	meet := func(term string) float64 {
		before := v.df[term]
		if !seen[term] {
			seen[term] = true
			v.df[term]++
		}
		return before
	}
	useful := map[string]bool{}
	take := func(term string, before float64) {
		if v.counts[term] == nil {
			v.counts[term] = &naiveCount{before: before, of: v.n}
		}
		v.counts[term].documents++
	}
	for word := range strings.FieldsSeq(text) {
		if word == "." || len(word) < 2 || strings.Trim(word, "0123456789") == "" {
			last = ""
			continue
		}
		if !seen[word] {
			before := meet(word)
			if useful[word] = !v.common[word]; useful[word] && windowed {
				take(word, before)
			}
		}
		if !useful[word] {
			last = ""
			continue
		}
		if pair := last + " " + word; last != "" && !seen[pair] {
			if before := meet(pair); windowed {
				take(pair, before)
			}
		}
		last = word
	}
	v.n++
}

// top is all bursts, by the textbook: observed times the logarithm of observed
// by expected, over the four cells, twice.
func (v *naive) top(documents float64) (all []Burst) {
	for text, c := range v.counts {
		if c.documents < 3 || c.of == 0 || c.documents < 2*documents*c.before/c.of {
			continue
		}
		cells := [2][2]float64{{c.documents, documents - c.documents}, {c.before, c.of - c.before}}
		sum := 0.0
		for i, row := range cells {
			for j, observed := range row {
				expected := (row[0] + row[1]) * (cells[0][j] + cells[1][j]) / (documents + c.of)
				if observed > 0 {
					sum += cells[i][j] * math.Log(observed/expected)
				}
			}
		}
		if 2*sum >= 10.83 {
			all = append(all, Burst{text, uint64(c.documents), documents * c.before / c.of, 2 * sum})
		}
	}
	slices.SortFunc(all, func(a, b Burst) int {
		return cmp.Or(cmp.Compare(round(b.Score), round(a.Score)), cmp.Compare(b.Documents, a.Documents), strings.Compare(a.Text, b.Text))
	})
	return all
}

func round(f float64) float64 { return math.Round(f*1e6) / 1e6 }

// Properties, over streams of documents with and without words that rise:
//   - documents, expectation and score are those of a naive run by the textbook;
//   - words are left out for pairs only, and what is told is in order;
//   - a window that is saved and restored tells the same, and is saved as equal
//     bytes; so does a background.
func TestBurstsAreThoseOfANaiveRun(t *testing.T) {
	vocabulary := strings.Fields("the of to in storm hurricane harvey texas gaza strip bank rates 2017 19 x virus . .")
	rapid.Check(t, func(t *rapid.T) {
		r, v, w := newReader(), &naive{df: map[string]float64{}, counts: map[string]*naiveCount{}}, new(Window)
		word := rapid.SampledFrom(vocabulary)
		early := rapid.SampledFrom(vocabulary[:rapid.IntRange(4, len(vocabulary)).Draw(t, "early")])
		before, within := rapid.IntRange(0, 150).Draw(t, "before"), rapid.IntRange(1, 60).Draw(t, "within")
		for i := range before + within {
			from := early
			if i >= before {
				from = word
			}
			text := strings.Join(rapid.SliceOfN(from, 0, 12).Draw(t, "text"), " ")
			terms := r.read(t, text)
			v.add(text, i >= before)
			if i >= before {
				w.Add(terms)
			}
			if rapid.IntRange(0, 30).Draw(t, "save") == 0 {
				w, r.background = again(t, w), loaded(t, r.background)
			}
		}
		want := v.top(float64(within))
		got := map[string]Burst{}
		told := w.Top(uint64(within), 1000)
		for i, b := range told {
			got[b.Text] = b
			if i > 0 && b.Score > told[i-1].Score {
				t.Errorf("%v stands behind %v", b, told[i-1])
			}
		}
		for _, b := range want {
			g, ok := got[b.Text]
			if !ok && partOf(b, want) {
				continue
			}
			if !ok || g.Documents != b.Documents || round(g.Expected) != round(b.Expected) || round(g.Score) != round(b.Score) {
				t.Fatalf("told %+v (%v), want %+v", g, ok, b)
			}
			delete(got, b.Text)
		}
		if len(got) > 0 {
			t.Fatalf("told too: %v", got)
		}
	})
}

// partOf says whether a pair has two thirds of the word's documents.
func partOf(word Burst, all []Burst) bool {
	return slices.ContainsFunc(all, func(b Burst) bool {
		first, second, pair := strings.Cut(b.Text, " ")
		return pair && (first == word.Text || second == word.Text) && 3*b.Documents >= 2*word.Documents
	})
}

func again(t *rapid.T, w *Window) *Window {
	saved := w.Append(nil)
	back := new(Window)
	rest, err := back.Restore(append(bytes.Clone(saved), "rest"...))
	if err != nil || string(rest) != "rest" || !bytes.Equal(back.Append(nil), saved) {
		t.Fatalf("a window is not what was saved: %v, rest %q", err, rest)
	}
	return back
}

func loaded(t *rapid.T, b *Background) *Background {
	var saved, twice bytes.Buffer
	if err := b.Save(&saved); err != nil {
		t.Fatal(err)
	}
	back, err := Load(bytes.NewReader(saved.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Save(&twice); err != nil || !bytes.Equal(saved.Bytes(), twice.Bytes()) {
		t.Fatalf("a background is not what was saved: %v", err)
	}
	return back
}

// Two windows that are merged have counted what one would have, but for the
// background, which is that in which a term is rarer; in either direction alike.
func TestMergedWindowsCountAsOne(t *testing.T) {
	build := func() (a, b, all *Window, r *reader) {
		r = newReader()
		a, b, all = new(Window), new(Window), new(Window)
		for i := range 300 {
			if i <= 200 {
				r.read(t, fmt.Sprintf("document %d of many words", i))
			} else {
				terms := r.read(t, fmt.Sprintf("hurricane harvey hits house %d", i))
				all.Add(terms)
				if i%2 == 0 {
					a.Add(terms)
				} else {
					b.Add(terms)
				}
			}
		}
		return a, b, all, r
	}
	a, b, all, _ := build()
	c, d, _, _ := build()
	a.Merge(b)
	d.Merge(c)
	if !bytes.Equal(a.Append(nil), d.Append(nil)) {
		t.Error("it depends on which is merged into which")
	}
	if got, want := a.Top(99, 5), all.Top(99, 5); !reflect.DeepEqual(got, want) || len(want) == 0 {
		t.Errorf("merged %+v, as one %+v", got, want)
	}
}

// A term that has enough documents only when two windows are merged is saved and
// read back like any other, and told from the next document on that has it.
func TestATermThatIsFrequentByAMergerAlone(t *testing.T) {
	r, a, b := newReader(), new(Window), new(Window)
	for i := range 200 {
		r.read(t, fmt.Sprintf("document %d of many words", i))
	}
	for i := range SupportMin - 1 {
		a.Add(r.read(t, fmt.Sprintf("hurricane %d", i)))
		b.Add(r.read(t, fmt.Sprintf("a hurricane %d", i)))
	}
	a.Merge(b)
	saved := a.Append(nil)
	back := new(Window)
	if rest, err := back.Restore(saved); err != nil || len(rest) > 0 || !bytes.Equal(back.Append(nil), saved) {
		t.Fatalf("a merged window cannot be read back: %v, %d bytes left", err, len(rest))
	}
	next := r.read(t, "the hurricane")
	for name, w := range map[string]*Window{"as it was": a, "read back": back} {
		w.Add(next)
		if got := w.Top(2*SupportMin-1, 5); len(got) != 1 || got[0].Text != "hurricane" || got[0].Documents != 2*SupportMin-1 {
			t.Errorf("%s it tells %+v", name, got)
		}
	}
}

func TestWhatIsNoWordIsLeftOut(t *testing.T) {
	tests := map[string]bool{
		"harvey": true, "covid": true, "b2": true, "2b": true, "\u6771\u4eac": true, "\u00e9t\u00e9": true, "na\u00efve": true, "\u0430\u0431": true, "u.s": true,
		"a": false, "2017": false, "2,000": false, "\u6771": false, "\u00e9": false, "1.5": false, "_": false, "__": false, "\u0661\u0662": false, "": false,
		"a\u0301": true, // two characters of Unicode; composed (NFC) text has one
	}
	for text, want := range tests {
		if got := isWord([]byte(text)); got != want {
			t.Errorf("isWord(%q) is %v", text, got)
		}
	}
}

// Nothing grows without end, and nothing fails: documents of nothing, of one
// word many times, of more words than are read, and an endless vocabulary.
func TestMemoryOfBurstsIsBounded(t *testing.T) {
	r, w := newReader(), new(Window)
	w.Add(r.read(t, ""))
	w.Add(r.read(t, strings.Repeat("buffalo ", 100_000)))
	var long strings.Builder
	for i := range features.TermsMax - 1 {
		fmt.Fprintf(&long, "w%d ", i)
	}
	w.Add(r.read(t, long.String()))
	if n := len(r.terms.items); n != ItemsMax {
		t.Errorf("%d terms of a long document, want %d", n, ItemsMax)
	}
	if got := w.Top(3, 10); len(got) > 0 {
		t.Errorf("a window of three documents that have nothing before them tells %v", got)
	}
	size := func() int { return 32*cap(w.entries) + 8*cap(w.index) + cap(w.texts) + 4*cap(w.frequent) }
	text := make([]byte, 0, 1<<10)
	for i := range 40_000 {
		text = text[:0]
		for j := range 25 {
			text = fmt.Appendf(text, "n%d ", 25*i+j)
		}
		if i%100 == 0 {
			text = append(text, " hurricane harvey"...)
		}
		w.Add(r.read(t, string(text)))
	}
	if len(w.entries) > TermsMax || w.Forgotten() == 0 || size() > 4<<20 {
		t.Errorf("%d terms in %d bytes, %d forgotten", len(w.entries), size(), w.Forgotten())
	}
	if r.background.all > 2*HalfLife*unit || r.background.Dropped() == 0 {
		t.Errorf("a background of %d documents, %d dropped", r.background.all/unit, r.background.Dropped())
	}
	if again := new(Window); len(w.Append(nil)) > BytesMax {
		t.Error("it is saved as more bytes than there can be")
	} else if _, err := again.Restore(w.Append(nil)); err != nil || !bytes.Equal(again.Append(nil), w.Append(nil)) {
		t.Errorf("it cannot be restored: %v", err)
	}
}

// A document counts half after HalfLife others, and what a set has no room for
// takes over the lowest count there.
func TestBackgroundForgets(t *testing.T) {
	b := NewBackground()
	for i := range 2*HalfLife - 1 {
		b.Read(new(Terms), new(features.Dictionary), nil)
		if i == HalfLife-2 && b.all != (HalfLife-1)*unit {
			t.Errorf("%d documents count as %d", i+1, b.all/unit)
		}
	}
	if want := uint32((HalfLife-1)*unit/2 + HalfLife*unit); b.all != want {
		t.Errorf("all count as %d, want %d", b.all, want)
	}
	for i := range uint64(setTerms) {
		b.meet(i)
		b.meet(i)
	}
	b.meet(3)
	for i, want := range []uint32{2 * unit, 3 * unit, 3 * unit} {
		if got, _ := b.meet([]uint64{99, 99, 3}[i]); got != want || b.evicted != 1 {
			t.Errorf("%d: %d in the background, want %d; %d made room", i, got, want, b.evicted)
		}
	}
}

func TestLoadRefusesWhatIsDamaged(t *testing.T) {
	r, w := newReader(), new(Window)
	for range 5 {
		w.Add(r.read(t, "hurricane harvey hits texas"))
	}
	var saved bytes.Buffer
	if err := r.background.Save(&saved); err != nil {
		t.Fatal(err)
	}
	b := saved.Bytes()
	for _, i := range []int{0, 7, 8, 15, 16, 20, 1000, len(b) - 9, len(b) - 1} {
		changed := bytes.Clone(b)
		changed[i] ^= 0x10
		if _, err := Load(bytes.NewReader(changed)); err == nil {
			t.Errorf("byte %d changed: no error", i)
		}
		if _, err := Load(bytes.NewReader(b[:i])); err == nil {
			t.Errorf("cut after %d bytes: no error", i)
		}
	}
	window := w.Append(nil)
	for i := range window {
		if _, err := new(Window).Restore(window[:i]); err == nil {
			t.Errorf("a window cut after %d bytes: no error", i)
		}
	}
}

// Whatever the bytes, restoring them ends with an error or with a window that is
// within its limits, works, and is saved as it was read.
func FuzzRestoreWindow(f *testing.F) {
	r, w := newReader(), new(Window)
	for range 5 {
		w.Add(r.read(f, "hurricane harvey hits texas"))
	}
	f.Add(w.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := new(Window)
		rest, err := w.Restore(b)
		if err != nil {
			return
		}
		again := new(Window)
		if left, err := again.Restore(w.Append(nil)); err != nil || len(left) > 0 || len(rest) > len(b) || len(w.entries) > TermsMax {
			t.Fatalf("saved again: %v, %d bytes left", err, len(left))
		}
		w.Top(10, 10)
		w.Merge(again)
		w.Add(newReader().read(t, "hurricane harvey"))
	})
}
