package features_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
)

func TestOptionsMakeTermsOfWords(t *testing.T) {
	grams := func(low, high int) features.NGrams { return features.NGrams{Min: low, Max: high} }
	tests := map[string]struct {
		o           features.Options
		title, text string
		want        []string
	}{
		"n-grams":                      {features.Options{NGrams: grams(1, 2)}, "Cat food", "a b. c", []string{"cat 1", "^cat 1", "food 1", "^food 1", "cat food 1", "a 1", "b 1", "a b 1", "c 1"}},
		"n-grams and sentences":        {features.Options{NGrams: grams(2, 2)}, "", "3.14 is pi: U.S. law, e.g. that! now", []string{"3.14 is 1", "is pi 1", "law e.g 1"}},
		"n-grams alone":                {features.Options{NGrams: grams(2, 3), NoTitle: true}, "x y", "a b c d", []string{"x y 1", "a b 1", "b c 1", "a b c 1", "c d 1", "b c d 1"}},
		"n-grams, too few words":       {features.Options{NGrams: grams(2, 2)}, "", "alone", nil},
		"n-grams and pairs":            {features.Options{NGrams: grams(1, 2)}, "", "a 天气好 b c", []string{"a 1", "天气 1", "气好 1", "b 1", "c 1", "b c 1"}},
		"English stems":                {features.Options{Stem: "english"}, "", "Running runners ran; John's don’t", []string{"run 1", "runner 1", "ran 1", "john 1", "don't 1"}},
		"German stems":                 {features.Options{Stem: "de"}, "", "Häuser Hauses Straße STRASSE", []string{"haus 2", "strass 2"}},
		"Russian stems":                {features.Options{Stem: "ru"}, "", "Москва москвы московский", []string{"москв 2", "московск 1"}},
		"French elision":               {features.Options{Stem: "fr"}, "", "l'homme L’homme les hommes", []string{"homm 3", "le 1"}},
		"Italian elision":              {features.Options{Stem: "it"}, "", "dell'economia economia", []string{"econom 2"}},
		"stems do not touch numbers":   {features.Options{Stem: "en", FoldNumbers: true}, "", "1990s 1,000s 42", []string{"1990s 1", "1,000s 1", "00 1"}},
		"stop words":                   {features.Options{StopWords: "english"}, "The cat", "It's a cat. The cat's and 'I' don’t", []string{"cat 2", "^cat 1", "cat's 1"}},
		"stop words of another":        {features.Options{StopWords: "german"}, "", "the und der Hund", []string{"the 1", "hund 1"}},
		"stop words, then n-grams":     {features.Options{StopWords: "en", NGrams: grams(2, 2)}, "", "king of the hill", []string{"king hill 1"}},
		"told to be German":            {features.Options{Stem: "auto", StopWords: "auto"}, "", "Die Häuser in der Stadt sind nicht neu", []string{"haus 1", "stadt 1", "neu 1"}},
		"told to be nothing":           {features.Options{Stem: "auto", StopWords: "auto"}, "", "houses gardens trees", []string{"houses 1", "gardens 1", "trees 1"}},
		"markup":                       {features.Options{StripHTML: true}, "<b>Cat</b> &amp; dog", "<p>a&eacute;<script>x</script><p>b", []string{"cat 1", "^cat 1", "dog 1", "^dog 1", "aé 1", "b 1"}},
		"markup kept":                  {features.Options{}, "", "<p>b&amp;", []string{"p 1", "b 1", "amp 1"}},
		"compatibility forms":          {features.Options{Normalise: "nfkc"}, "ＡＢＣ", "１２３ ﬁne x² ｶﾞ ½ Straße ẞ ΣΑΣ σας", []string{"abc 1", "^abc 1", "123 1", "fine 1", "x2 1", "ガ 1", "1⁄2 1", "strasse 1", "ss 1", "σασ 2"}},
		"canonical forms":              {features.Options{Normalise: "nfc"}, "", "ＡＢＣ ﬁne Å\u0041\u030a\u212b", []string{"ａｂｃ 1", "ﬁne 1", "ååå 1"}},
		"markup, then compatible":      {features.Options{StripHTML: true, Normalise: "nfkc"}, "", "&#xFF21; ＜p＞", []string{"a 1", "p 1"}},
		"numbers":                      {features.Options{FoldNumbers: true}, "In 1987", "1987 2024 3.14 1,000,000 ٣٤ 007 b2b ½ 19th 10_000", []string{"in 1", "^in 1", "0000 3", "^0000 1", "0.00 1", "0,000,000 1", "00 1", "000 1", "b2b 1", "½ 1", "19th 1", "00_000 1"}},
		"addresses":                    {features.Options{FoldURLs: true}, "", "See https://WWW.Example.com:80/a/b?c=d#e, (www.example.com) or mail me@example.com.", []string{"see 1", "example.com 2", "or 1", "mail 1", "@example.com 1"}},
		"addresses in markup":          {features.Options{FoldURLs: true, StripHTML: true}, "", `<a href="http://x.org/y">at http://x.org</a>`, []string{"at 1", "x.org 1"}},
		"addresses, n-grams":           {features.Options{FoldURLs: true, NGrams: grams(2, 2)}, "", "a http://x.org/z b", []string{"a x.org 1", "x.org b 1"}},
		"no address":                   {features.Options{FoldURLs: true}, "", "a@b http:// www. @x.y x@ ://", []string{"a 1", "b 1", "http 1", "www 1", "x.y 1", "x 1"}},
		"addresses among Chinese":      {features.Options{FoldURLs: true}, "", "见http://a.cn/b天气", []string{"见 1", "a.cn 1", "天气 1"}},
		"users, ports, schemes":        {features.Options{FoldURLs: true}, "", "ftp://me:pw@h.org:21/x HTTP://[::1]/ mailto:a.b+c@d-e.org xhttp://y.org", []string{"h.org 1", "http 1", "1 1", "@d-e.org 1", "xhttp 1", "y.org 1"}},
		"prose, stems and stop words":  {features.Options{Tokenizer: "prose", Stem: "en", StopWords: "en"}, "", "I don't like running.", []string{"like 1", "run 1"}},
		"prose, addresses and numbers": {features.Options{Tokenizer: "prose", FoldURLs: true, FoldNumbers: true}, "", "Mail a@b.org, 42 times", []string{"mail 1", "@b.org 1", "00 1", "times 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := test.o.Check(); err != nil {
				t.Fatal(err)
			}
			if got := terms(t, test.o, test.title, test.text); !slices.Equal(got, test.want) {
				t.Errorf("%q / %q\n got %q\nwant %q", test.title, test.text, got, test.want)
			}
		})
	}
}

// anyOptions makes options of the bits of a number: every combination has one.
func anyOptions(bits uint64) features.Options {
	choose := func(n uint64) uint64 {
		chosen := bits % n
		bits /= n
		return chosen
	}
	languages := append([]string{features.Off, features.Auto}, features.Languages()...)
	o := features.Options{
		StripHTML: choose(2) == 1, FoldNumbers: choose(2) == 1, FoldURLs: choose(2) == 1, NoTitle: choose(2) == 1,
		Normalise: features.NormalForms()[choose(2)], Tokenizer: features.Tokenizers()[choose(2)],
		Stem: languages[choose(uint64(len(languages)))], StopWords: languages[choose(uint64(len(languages)))],
	}
	o.NGrams.Min = 1 + int(choose(features.NGramsMax))
	o.NGrams.Max = o.NGrams.Min + int(choose(uint64(features.NGramsMax-o.NGrams.Min+1)))
	if chars := int(choose(2 * features.CharNGramsMax)); chars >= features.CharNGramsMin && chars <= features.CharNGramsMax && o.NGrams.Min == 1 {
		o.CharNGrams = chars
	}
	return o
}

// termBytesMax is the longest term: the prefix, an n-gram, its spaces.
const termBytesMax = 1 + features.NGramsMax*features.TermBytesMax + features.NGramsMax - 1

// checkOptions verifies, for any options and any bytes at all:
//   - there are at most TermsMax terms, distinct, each counted, valid UTF-8, not
//     empty, at most termBytesMax long
//   - only terms of a title begin with the prefix, and each stands behind itself
//     without it
//   - a tokenizer that met other documents before says the same
//   - a trace tells of the same terms
func checkOptions(t interface {
	Fatalf(string, ...any)
	Helper()
}, o features.Options, used *features.Tokenizer, title, text string) {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	var dict features.Dictionary
	got, err := features.NewTokenizer(o).Append(nil, &dict, []byte(title), []byte(text))
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	seen, before := map[string]bool{}, ""
	for _, c := range got {
		term := string(dict.Text(c.Ref))
		bare, prefixed := strings.CutPrefix(term, string(features.TitlePrefix))
		if term == "" || bare == "" || seen[term] || c.Count == 0 || !utf8.ValidString(term) || len(term) > termBytesMax {
			t.Fatalf("%+v: %q / %q gives the term %q, count %d", o, title, text, term, c.Count)
		}
		if prefixed && (o.NoTitle || bare != before) {
			t.Fatalf("%+v: %q / %q gives %q behind %q", o, title, text, term, before)
		}
		seen[term], before = true, term
	}
	var twin features.Dictionary
	again, err := used.Append(nil, &twin, []byte(title), []byte(text))
	if err != nil || !slices.Equal(got, again) || !slices.Equal(dict.Hashes(), twin.Hashes()) {
		t.Fatalf("%+v: %q / %q: the second tokenizer differs, %v", o, title, text, err)
	}
	trace, err := used.Trace([]byte(title), []byte(text))
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	traced, brought := map[string]uint32{}, map[string]bool{}
	for _, step := range trace.Steps {
		for _, term := range step.Terms {
			traced[term]++
		}
		for _, gram := range step.Chars {
			brought[gram] = true
		}
	}
	for _, c := range got {
		term := string(dict.Text(c.Ref))
		if features.IsChars([]byte(term)) && !brought[term] || !features.IsChars([]byte(term)) && traced[term] != c.Count || len(traced)+len(brought) != len(got) {
			t.Fatalf("%+v: %q / %q: of %q the trace has %v and %v", o, title, text, term, traced, brought)
		}
	}
}

// oddities are what the options look at, and what may confuse them.
var oddities = append([]string{"http://", "https://", "www.", "WWW.x.org", "ftp://", "mailto:", "@", "a@b.org", "/x?y=1#z", "<p>", "</p>", "<", "&amp;", "&#0;", "<script>",
	"the", "and", "und", "die", "nicht", "и", "не", "running", "Häuser", "l'homme", "1987", "3.14", "٣", "天", "気", "タワー", "ー", "สวัส", "\u00ad", "ＡＢ", "ﬁ", "ﷺ", "ß", "ς"}, awkward...)

func TestOptionsHoldTheirPromisesTogether(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(oddities), 0, 30).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
	})
	rapid.Check(t, func(t *rapid.T) {
		o := anyOptions(rapid.Uint64().Draw(t, "options"))
		used := features.NewTokenizer(o)
		for range 3 {
			checkOptions(t, o, used, text.Draw(t, "title"), text.Draw(t, "text"))
		}
	})
}

func FuzzOptions(f *testing.F) {
	for i, seed := range oddities {
		f.Add(uint64(i)*7919, seed, seed+" "+oddities[(i*7)%len(oddities)])
	}
	f.Fuzz(func(t *testing.T, bits uint64, title, text string) {
		o := anyOptions(bits)
		used := features.NewTokenizer(o)
		_, _ = used.Append(nil, new(features.Dictionary), []byte(text), []byte("running the houses, die Häuser und l'homme"))
		checkOptions(t, o, used, title, text)
	})
}

// Properties: of options that keep all words, no letter is lost: those of the
// text, composed and lower-cased, stand in the words in order. Pairs of
// characters say some of them twice.
func TestNoLetterIsLost(t *testing.T) {
	pieces := []string{"a", "Be", "z9", "0", "_", ".", ":", "'", ",", " ", "\n", "é", "e\u0301", "\u00ad", "ß", "я", "Ж", "漢", "字", "カ", "ー", "カ\u3099", "ไ", "ทย", "한", "א", "İ", "½", "&", "@", "/"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
		for _, o := range []features.Options{{}, {NGrams: features.NGrams{Min: 1, Max: 2}}, {NGrams: features.NGrams{Min: 1, Max: 3}, Normalise: "nfkc"}} {
			trace, err := features.NewTokenizer(o).Trace(nil, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			var words strings.Builder
			for _, step := range trace.Steps {
				words.WriteString(step.Word)
				if !slices.Contains(step.Terms, step.Word) {
					t.Fatalf("%q: the word %q is no term", text, step.Word)
				}
			}
			want := norm.NFC.String(text)
			if o.Normalise == "nfkc" {
				want = strings.NewReplacer("ß", "ss").Replace(norm.NFKC.String(text))
			}
			left := []rune(words.String())
			for _, r := range want {
				if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
					continue
				}
				at := slices.Index(left, unicode.ToLower(r))
				if at < 0 {
					t.Fatalf("%+v: %q gives %q: the letter %q is lost", o, text, words.String(), r)
				}
				left = left[at+1:]
			}
		}
	})
}

// Properties: documents that look the same have the same terms: composed or
// not, with soft hyphens, joiners or direction marks inside words or without;
// under NormaliseNFKC also full-width.
func TestDocumentsThatLookTheSameHaveTheSameTerms(t *testing.T) {
	pieces := []string{"a", "Be", "z9", "é", "Å", "ậ", "й", "Ё", "ガ", "プ", "한", "각", "漢", "1", "Σ", "ü", " ", " ", ". "}
	hidden := []string{"", "", "\u00ad", "\u200d", "\u2060", "\ufeff", "\u202c", "\ufe0f"}
	rapid.Check(t, func(t *rapid.T) {
		var plain, dressed strings.Builder
		for _, piece := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 20).Draw(t, "pieces") {
			plain.WriteString(piece)
			if rapid.Bool().Draw(t, "decompose") {
				piece = norm.NFD.String(piece)
			}
			dressed.WriteString(piece)
			if !strings.HasSuffix(piece, " ") {
				dressed.WriteString(rapid.SampledFrom(hidden).Draw(t, "hidden"))
			}
		}
		for _, o := range []features.Options{{}, {Stem: "auto", NGrams: features.NGrams{Min: 1, Max: 2}}, {Normalise: "nfkc", FoldURLs: true}, {Tokenizer: "prose"}} {
			if a, b := terms(t, o, "", plain.String()), terms(t, o, "", dressed.String()); !slices.Equal(a, b) {
				t.Fatalf("%+v:\n%q gives %q\n%q gives %q", o, plain.String(), a, dressed.String(), b)
			}
		}
		wide := strings.Map(func(r rune) rune {
			if 'a' <= unicode.ToLower(r) && unicode.ToLower(r) <= 'z' || '0' <= r && r <= '9' {
				return r + 0xfee0
			}
			return r
		}, plain.String())
		o := features.Options{Normalise: "nfkc"}
		if a, b := terms(t, o, "", plain.String()), terms(t, o, "", wide); !slices.Equal(a, b) {
			t.Fatalf("%q gives %q, full-width %q", plain.String(), a, b)
		}
	})
}

func TestNGramsAreRefusedBeyondTheLimitOfTerms(t *testing.T) {
	var text strings.Builder
	for i := range features.TermsMax/2 + 10 {
		fmt.Fprintf(&text, "w%d ", i)
	}
	o := features.Options{NGrams: features.NGrams{Min: 1, Max: 2}}
	tokenizer := features.NewTokenizer(o)
	var dict features.Dictionary
	_, err := tokenizer.Append(nil, &dict, nil, []byte(text.String()))
	if refused := (*tidings.DocumentError)(nil); !asRefusal(err, &refused) || refused.Reason != tidings.ReasonTooManyTerms || dict.Len() != 0 {
		t.Fatalf("%v, %d terms left", err, dict.Len())
	}
	if got := terms(t, o, "", "a b"); !slices.Equal(got, []string{"a 1", "b 1", "a b 1"}) {
		t.Errorf("afterwards %q", got)
	}
}

func asRefusal(err error, to **tidings.DocumentError) bool {
	refused, ok := err.(*tidings.DocumentError)
	*to = refused
	return ok
}

// Properties: hostile documents take time that grows with their length, not
// with its square: a sixteenth of the text takes a 64th of the time or more, 100
// ms for the collector's work aside.
func TestOptionsTimeGrowsWithTheTextAlone(t *testing.T) {
	const size = 1 << 18
	all := features.Options{StripHTML: true, Normalise: "nfkc", FoldURLs: true, FoldNumbers: true, Stem: "auto", StopWords: "auto", NGrams: features.NGrams{Min: 1, Max: 3}}
	for name, piece := range map[string]string{
		"schemes": "http://", "schemes apart": "http:// ", "www": "www.", "at": "@", "mail without host": "a@", "mail": "a@b.c ", "dots": "a.", "a host with no end": "x",
		"marks": "\u0301", "hidden": "\u00ad", "one long Chinese word": "天", "one long Katakana word": "カ", "Katakana with marks": "カ\u3099", "long ligatures": "ﷺ",
		"open tags": "<p ", "ends of entities": "&", "digits": "1", "apostrophes": "l'",
	} {
		t.Run(name, func(t *testing.T) {
			text := "http://" + strings.Repeat(piece, size/len(piece))
			took := func(text string) time.Duration {
				best := time.Hour
				for range 2 {
					tokenizer := features.NewTokenizer(all)
					began := processorTime(t)
					if _, err := tokenizer.Append(nil, new(features.Dictionary), nil, []byte(text)); err != nil {
						t.Fatal(err)
					}
					best = min(best, processorTime(t)-began)
				}
				return best
			}
			short, long := took(text[:len(text)/16]), took(text)
			if long > 64*short+100*time.Millisecond {
				t.Errorf("%v, but a sixteenth of it takes %v", long, short)
			}
		})
	}
}

func TestOptionsTellNearestNames(t *testing.T) {
	for want, o := range map[string]features.Options{
		`did you mean "german"?`:  {Stem: "germam"},
		`did you mean "russian"?`: {StopWords: "rusian"},
		`did you mean "auto"?`:    {Stem: "atuo"},
		`did you mean "nfkc"?`:    {Normalise: "nfkcc"},
		"ngrams 3-2":              {NGrams: features.NGrams{Min: 3, Max: 2}},
		"ngrams 1-9":              {NGrams: features.NGrams{Min: 1, Max: 9}},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v does not say %q", o, err, want)
		}
	}
}

// Properties: options that mean the same are the same when canonical, the
// defaults are the zero value and store nothing, and what is stored is read.
func TestOptionsAreStoredInOneForm(t *testing.T) {
	spelt := features.Options{Stem: "OFF", StopWords: "off", Normalise: "NFC", NGrams: features.NGrams{Min: 1, Max: 1}}
	if got := spelt.Canonical(); got != (features.Options{}) || len(spelt.Changes()) > 0 {
		t.Errorf("the defaults are %+v, changes %q", got, spelt.Changes())
	}
	if stored, err := json.Marshal(spelt.Canonical()); err != nil || string(stored) != "{}" {
		t.Errorf("the defaults are stored as %s, %v", stored, err)
	}
	if a, b := (features.Options{Stem: "de"}).Canonical(), (features.Options{Stem: "German"}).Canonical(); a != b {
		t.Errorf("%+v is not %+v", a, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		o := anyOptions(rapid.Uint64().Draw(t, "options")).Canonical()
		stored, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var read features.Options
		if err := json.Unmarshal(stored, &read); err != nil || !reflect.DeepEqual(read, o) || read.Canonical() != read {
			t.Fatalf("%s is read as %+v, %v", stored, read, err)
		}
	})
	for _, bad := range []string{"", "1-", "-2", "0-1", "2-1", "1-4", "a", "1-2-3"} {
		if g, err := features.ParseNGrams(bad); err == nil {
			t.Errorf("%q is read as %v", bad, g)
		}
	}
}
