package features_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
)

func TestCharacterNGramsAreTakenOfWords(t *testing.T) {
	four := features.Options{CharNGrams: 4, NoTitle: true}
	for name, test := range map[string]struct {
		o           features.Options
		title, text string
		want        []string // behind the words
	}{
		"both ends are marked":          {four, "", "rates", []string{"~_rat", "~rate", "~ates", "~tes_"}},
		"a short word is one as whole":  {four, "", "of a", []string{"~_of_", "~_a_"}},
		"it fits exactly":               {four, "", "the", []string{"~_the", "~the_"}},
		"characters, not bytes":         {four, "", "Цены", []string{"~_цен", "~цены", "~ены_"}},
		"a word's pairs of characters":  {four, "", "天气好", []string{"~_天气_", "~_气好_"}},
		"two words share one":           {four, "", "rate rates", []string{"~_rat", "~rate", "~ate_", "~ates", "~tes_"}},
		"a word of the title":           {features.Options{CharNGrams: 4}, "Rate", "", []string{"~_rat", "~rate", "~ate_"}},
		"stems stand for their words":   {features.Options{CharNGrams: 4, Stem: "english"}, "", "running", []string{"~_run", "~run_"}},
		"stop words have none":          {features.Options{CharNGrams: 4, StopWords: "english"}, "", "the rate", []string{"~_rat", "~rate", "~ate_"}},
		"n-grams of words have none":    {features.Options{CharNGrams: 4, NGrams: features.NGrams{Min: 1, Max: 2}}, "", "of it", []string{"~_of_", "~_it_"}},
		"two characters":                {features.Options{CharNGrams: 2}, "", "ab", []string{"~_a", "~ab", "~b_"}},
		"a longest word":                {features.Options{CharNGrams: 8}, "", strings.Repeat("ab", 50), []string{"~_abababa", "~abababab", "~babababa", "~bababab_"}},
		"characters of four bytes each": {features.Options{CharNGrams: 3}, "", "𐍈𐍉𐍂", []string{"~_𐍈𐍉", "~𐍈𐍉𐍂", "~𐍉𐍂_"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.o.Check(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, term := range terms(t, test.o, test.title, test.text) {
				if term, chars := cutCount(term); chars {
					got = append(got, term)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q / %q\n got %q\nwant %q", test.title, test.text, got, test.want)
			}
		})
	}
}

// cutCount takes the count from a term as terms has it, and tells whether it is
// a character n-gram.
func cutCount(term string) (string, bool) {
	term = term[:strings.LastIndexByte(term, ' ')]
	return term, features.IsChars([]byte(term))
}

// Properties, for any options and texts:
//   - words are those of the same options without character n-grams, and stand
//     before all of these
//   - each n-gram is counted as often as the words that hold it, has the number
//     of characters asked for unless its word is too short, and is valid UTF-8
//   - there are at most CharTermsMax
func TestCharacterNGramsLeaveWordsAlone(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(oddities), 0, 40).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
	})
	rapid.Check(t, func(t *rapid.T) {
		o := anyOptions(rapid.Uint64().Draw(t, "options"))
		o.NGrams.Min = 1
		without := o
		without.CharNGrams = 0
		if o.CharNGrams == 0 {
			o.CharNGrams = 4
		}
		title, body := []byte(text.Draw(t, "title")), []byte(text.Draw(t, "text"))
		var dict, plain features.Dictionary
		got, err := features.NewTokenizer(o).Append(nil, &dict, title, body)
		words, errPlain := features.NewTokenizer(without).Append(nil, &plain, title, body)
		if err != nil || errPlain != nil {
			t.Fatal(err, errPlain)
		}
		if len(got) < len(words) || !slices.Equal(got[:len(words)], words) || len(got)-len(words) > features.CharTermsMax {
			t.Fatalf("%d terms, %d without character n-grams", len(got), len(words))
		}
		for _, w := range words {
			if features.IsChars(plain.Text(w.Ref)) {
				t.Fatalf("%q is a word", plain.Text(w.Ref))
			}
		}
		for _, c := range got[len(words):] {
			gram := string(dict.Text(c.Ref))
			bare, chars := strings.CutPrefix(gram, string(features.CharPrefix))
			n := utf8.RuneCountInString(bare)
			whole := strings.HasPrefix(bare, "_") && strings.HasSuffix(bare, "_")
			if !chars || !utf8.ValidString(gram) || n > o.CharNGrams || n < o.CharNGrams && !whole {
				t.Fatalf("%q is a term of %d characters", gram, o.CharNGrams)
			}
			want := uint32(0)
			for _, w := range words {
				word := string(plain.Text(w.Ref))
				if word[0] != features.TitlePrefix && !strings.Contains(word, " ") {
					want += w.Count * uint32(occurrences("_"+word+"_", bare))
				}
			}
			if c.Count > want {
				t.Fatalf("%q is counted %d times, the words hold it %d times", gram, c.Count, want)
			}
			if len(got)-len(words) < features.CharTermsMax && n == o.CharNGrams && c.Count != want {
				t.Fatalf("%q is counted %d times, want %d", gram, c.Count, want)
			}
		}
	})
}

// occurrences counts where one string stands in another, overlapping.
func occurrences(in, of string) (n int) {
	for i := 0; i+len(of) <= len(in); i++ {
		if in[i:i+len(of)] == of {
			n++
		}
	}
	return n
}

func TestCharacterNGramsOfALongTextAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&text, "w%x ", i*2654435761)
	}
	var dict features.Dictionary
	got, err := features.NewTokenizer(features.Options{CharNGrams: 4}).Append(nil, &dict, nil, []byte(text.String()))
	if err != nil || len(got) != 60_000+features.CharTermsMax {
		t.Errorf("%d terms, %v", len(got), err)
	}
}

// Properties: each view has the norm 1, the words' is what it is without the
// other, and a document without words has neither.
func TestVectorsHaveTwoViews(t *testing.T) {
	o := features.Options{CharNGrams: 4}
	vector := func(o features.Options, text string) (x tidings.Vector) {
		var dict features.Dictionary
		terms, err := features.NewTokenizer(o).Append(nil, &dict, []byte("Rates"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		df := make([]uint32, len(terms))
		for i := range df {
			df[i] = uint32(1 + i%3)
		}
		features.NewVectorizer(o).Vector(&x, &dict, terms, df, 9)
		return x
	}
	with, without := vector(o, "banks raise rates"), vector(features.Options{}, "banks raise rates")
	words := len(with.Index) - with.Chars
	if with.Chars == 0 || !slices.Equal(with.Index[:words], without.Index) || !slices.Equal(with.Value[:words], without.Value) || without.Chars != 0 {
		t.Errorf("%+v, without character n-grams %+v", with, without)
	}
	for name, values := range map[string][]float64{"words": with.Value[:words], "characters": with.Value[words:]} {
		squares := 0.0
		for _, v := range values {
			squares += v * v
		}
		if math.Abs(squares-1) > 1e-12 {
			t.Errorf("%s have the norm %g", name, math.Sqrt(squares))
		}
	}
	var empty features.Dictionary
	x := tidings.Vector{Chars: 7}
	features.NewVectorizer(o).Vector(&x, &empty, nil, nil, 1)
	if len(x.Index) != 0 || x.Chars != 0 {
		t.Errorf("no terms give %+v", x)
	}
}

func TestATraceShowsCharacterNGramsWhereTheyCameFrom(t *testing.T) {
	trace, err := features.NewTokenizer(features.Options{CharNGrams: 4}).Trace([]byte("Rate"), []byte("rates rate"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"~_rat", "~rate", "~ate_"}, {"~ates", "~tes_"}, nil}
	for i, step := range trace.Steps {
		if !slices.Equal(step.Chars, want[i]) {
			t.Errorf("%s brings %q, want %q", step.Word, step.Chars, want[i])
		}
	}
}

func TestCharacterNGramsAreChecked(t *testing.T) {
	for _, o := range []features.Options{{CharNGrams: 1}, {CharNGrams: 9}, {CharNGrams: -4}, {CharNGrams: 4, NGrams: features.NGrams{Min: 2, Max: 2}}} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), "char-ngrams") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	o := features.Options{CharNGrams: 4}
	if got := o.Changes(); !slices.Equal(got, []string{"char-ngrams 4"}) || o.Check() != nil {
		t.Errorf("changes %q, %v", got, o.Check())
	}
}
