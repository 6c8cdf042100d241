package features_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
)

// terms returns what a tokenizer says of a document, as "term count".
func terms(t interface {
	Helper()
	Fatal(...any)
}, o features.Options, title, text string) []string {
	t.Helper()
	var dict features.Dictionary
	counts, err := features.NewTokenizer(o).Append(nil, &dict, []byte(title), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range counts {
		out = append(out, fmt.Sprintf("%s %d", dict.Text(c.Ref), c.Count))
	}
	return out
}

func TestTokenizerFindsWordsOfAnyScript(t *testing.T) {
	tests := map[string]struct {
		title, text string
		want        []string
	}{
		"nothing":                   {"", "", nil},
		"no word":                   {"", " -- ... !? __ ^ ' \t\r\n", nil},
		"counts, lower-cased":       {"", "The cat and the CAT.", []string{"the 2", "cat 2", "and 1"}},
		"one letter":                {"", "a b a", []string{"a 2", "b 1"}},
		"inside a word":             {"", "Can't, 3.14 1,000 a.m. snake_case x:y 3:1", []string{"can't 1", "3.14 1", "1,000 1", "a.m 1", "snake_case 1", "x:y 1", "3 1", "1 1"}},
		"mixed kinds do not join":   {"", "1.a a,b 1'2 _1 a1.b", []string{"1 1", "a 2", "b 2", "1'2 1", "_1 1", "a1 1"}},
		"Russian":                   {"", "Кошка и КОШКА", []string{"кошка 2", "и 1"}},
		"Chinese":                   {"", "天气好。天", []string{"天气 1", "气好 1", "天 1"}},
		"Japanese":                  {"", "東京タワーへ、Goで", []string{"東京 1", "京タ 1", "タワ 1", "ワー 1", "ーへ 1", "go 1", "で 1"}},
		"Japanese iteration":        {"", "人々", []string{"人々 1"}},
		"Korean":                    {"", "한국어 문장", []string{"한국어 1", "문장 1"}},
		"Korean in pieces":          {"", "\u1112\u1161\u11ab국어", []string{"한국어 1"}},
		"Thai":                      {"", "สวัสดี", []string{"สวั 1", "วัส 1", "สดี 1"}},
		"voicing marks":             {"", "カ\u3099キ ｶﾞｷ", []string{"ガキ 1", "ｶﾞｷ 1"}},
		"what nobody sees":          {"", "co\u00adop \ufeffbom \u202eabc\u202c می\u200cخواهم a\ufe0f", []string{"coop 1", "bom 1", "abc 1", "میخواهم 1", "a 1"}},
		"Hebrew":                    {"", `צה"ל`, []string{`צה"ל 1`}},
		"Greek final sigma":         {"", "ΣΑΣ", []string{"σασ 1"}},
		"an accent that combines":   {"", "Cafe\u0301 x", []string{"café 1", "x 1"}},
		"a curly apostrophe":        {"", "don’t", []string{"don’t 1"}},
		"lower-casing that shrinks": {"", "İSTANBUL \u2126", []string{"istanbul 1", "ω 1"}},
		"lower-casing that grows":   {"", "ȺȾ", []string{"ⱥⱦ 1"}},
		"not UTF-8":                 {"", "ab\xffcd \xe4\xb8", []string{"ab 1", "cd 1"}},
		"a mark after punctuation":  {"", "^\u200d\u2139 x", []string{"x 1"}},
		"a title":                   {"Cat food", "The cat", []string{"cat 2", "^cat 1", "food 1", "^food 1", "the 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := terms(t, features.Options{}, test.title, test.text)
			if !slices.Equal(got, test.want) {
				t.Errorf("%q / %q\n got %q\nwant %q", test.title, test.text, got, test.want)
			}
		})
	}
}

func TestTokenizerLeavesTitleTermsOutWhenTold(t *testing.T) {
	got := terms(t, features.Options{NoTitle: true}, "Cat food", "The cat")
	if want := []string{"cat 2", "food 1", "the 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTokenizerCutsLongWordsAtARune(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"ASCII, just fits": {strings.Repeat("a", 64), strings.Repeat("a", 64)},
		"ASCII":            {strings.Repeat("A", 1000) + "b", strings.Repeat("a", 64)},
		"Russian":          {strings.Repeat("Я", 1000), strings.Repeat("я", 32)},
		"does not fill up": {"a" + strings.Repeat("я", 1000), "a" + strings.Repeat("я", 31)},
	} {
		if got := terms(t, features.Options{}, "", test.text); !slices.Equal(got, []string{test.want + " 1"}) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// reference says in the plainest way what the terms of a text are.
func reference(text string) (out []string) {
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
	isMark := func(r rune) bool { return unicode.IsMark(r) || strings.ContainsRune("\uff9e\uff9f", r) }
	unseen := func(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == '\u034f' }
	spaceless := func(r rune) bool {
		scripts := []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}
		return strings.ContainsRune("ーｰ", r) || unicode.In(r, unicode.L, unicode.Nl) && unicode.In(r, scripts...)
	}
	var run []string
	endRun := func() {
		if len(run) == 1 {
			out = append(out, run[0])
		}
		for i := 1; i < len(run); i++ {
			out = append(out, run[i-1]+run[i])
		}
		run = nil
	}
	for it := words.FromString(text); it.Next(); {
		segment := it.Value()
		first := rune(segment[0])
		if first < utf8.RuneSelf && first != '_' && !isWord(first) || !strings.ContainsFunc(segment, isWord) {
			endRun()
			continue
		}
		plain := norm.NFC.String(strings.Map(func(r rune) rune {
			if unseen(r) {
				return -1
			}
			return r
		}, segment))
		if !strings.ContainsFunc(segment, func(r rune) bool { return !spaceless(r) && !isMark(r) && !unseen(r) }) {
			start := len(run)
			for _, r := range plain {
				if !isMark(r) || len(run) == start && start == 0 {
					run = append(run, "")
				}
				if last := &run[len(run)-1]; len(*last)+utf8.RuneLen(r) <= features.TermBytesMax/2 {
					*last += string(r)
				}
			}
			continue
		}
		endRun()
		word := ""
		for _, r := range plain {
			r = unicode.ToLower(r)
			if len(word)+utf8.RuneLen(r) > features.TermBytesMax {
				break
			}
			word += string(r)
		}
		out = append(out, word)
	}
	endRun()
	return out
}

// checkDocument verifies, for any bytes at all:
//   - the words are those of the reference, in order of first appearance, counted
//   - a title's words count as words, and again under the prefix
//   - each term is valid UTF-8, not empty, and short enough
//   - no word begins with the prefix
//   - a second tokenizer, used before, says the same
func checkDocument(t interface {
	Fatalf(string, ...any)
	Helper()
}, title, text string) {
	t.Helper()
	var want []string
	counts := map[string]uint32{}
	see := func(term string) {
		if counts[term]++; counts[term] == 1 {
			want = append(want, term)
		}
	}
	for _, word := range reference(title) {
		see(word)
		see(string(features.TitlePrefix) + word)
	}
	for _, word := range reference(text) {
		if word[0] == features.TitlePrefix {
			t.Fatalf("the word %q of %q begins with the prefix of titles", word, text)
		}
		see(word)
	}
	used := features.NewTokenizer(features.Options{})
	var dict features.Dictionary
	if _, err := used.Append(nil, &dict, []byte("another"), []byte("document before")); err != nil {
		t.Fatalf("%v", err)
	}
	got, err := used.Append(make([]features.TermCount, 3), &dict, []byte(title), []byte(text))
	if err != nil {
		t.Fatalf("%q / %q: %v", title, text, err)
	}
	got = got[3:]
	if len(got) != len(want) {
		t.Fatalf("%q / %q: %d terms, want %q", title, text, len(got), want)
	}
	for i, c := range got {
		term := string(dict.Text(c.Ref))
		if term != want[i] || c.Count != counts[term] {
			t.Fatalf("%q / %q: term %d is %q %d, want %q %d", title, text, i, term, c.Count, want[i], counts[want[i]])
		}
		if term == "" || len(term) > 1+features.TermBytesMax || !utf8.ValidString(term) {
			t.Fatalf("%q / %q gives the term %q", title, text, term)
		}
	}
}

func TestTokenizerShortWayEqualsTheLongWay(t *testing.T) {
	pieces := []string{"a", "B", "z9", "0", "_", ".", ":", "'", ",", ";", "\"", " ", "  ", "\n", "\r", "^", "-",
		"é", "\u0301", "\u200d", "\u2139", "я", "中", "א", "カ", "🇩", "🇪", "\u00ad", "\u2019", "İ", "Ⱥ", "\xff", "\xe4", "\x80", "☂"}
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		checkDocument(t, text.Draw(t, "title"), text.Draw(t, "text"))
	})
	ascii := rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0, Hi: 127, Stride: 1}}, LatinOffset: 1}), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		checkDocument(t, ascii.Draw(t, "title"), ascii.Draw(t, "text"))
	})
}

func FuzzTokenizer(f *testing.F) {
	for _, seed := range []string{"", "a.b", "1,2.3 can't", "naïve \u200d\u2139", "\xff\xfe", "カ_カ", "x'\u0301y", "天a'"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, title, text string) { checkDocument(t, title, text) })
}

func TestTokenizerAgreesWithTheReferenceOnRealText(t *testing.T) {
	for _, it := range wikipedia(t, 2000) {
		checkDocument(t, it.Title, it.Text)
	}
}

func TestTokenizerRefusesADocumentOfTooManyTermsAndLeavesNoTrace(t *testing.T) {
	var fits, beyond strings.Builder
	for i := range features.TermsMax {
		fmt.Fprintf(&fits, "w%d ", i)
	}
	fmt.Fprintf(&beyond, "%s more", fits.String())
	tokenizer := features.NewTokenizer(features.Options{})
	var dict, twin features.Dictionary
	before, err := tokenizer.Append(nil, &dict, nil, []byte("one document before, w7"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := tokenizer.Append(before, &dict, nil, []byte(beyond.String()))
	var refused *tidings.DocumentError
	if !errors.As(err, &refused) || refused.Reason != tidings.ReasonTooManyTerms {
		t.Fatalf("%d terms gave %v", features.TermsMax+1, err)
	}
	if len(after) != len(before) || dict.Len() != len(before) {
		t.Errorf("the refused document left %d counts and %d terms", len(after)-len(before), dict.Len()-len(before))
	}
	full, err := tokenizer.Append(after, &dict, nil, []byte(fits.String()))
	if err != nil || len(full)-len(after) != features.TermsMax {
		t.Fatalf("%d terms gave %d counts, %v", features.TermsMax, len(full)-len(after), err)
	}
	for _, text := range []string{"one document before, w7", fits.String()} {
		if _, err := tokenizer.Append(nil, &twin, nil, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(dict.Hashes(), twin.Hashes()) {
		t.Error("the dictionary differs from one that never met the refused document")
	}
	for ref := range uint32(twin.Len()) {
		if string(dict.Text(ref)) != string(twin.Text(ref)) {
			t.Fatalf("term %d is %q, want %q", ref, dict.Text(ref), twin.Text(ref))
		}
	}
}

func TestOptionsCheckTellsAllProblems(t *testing.T) {
	if err := (features.Options{}).Check(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	if err := (features.Options{Tokenizer: "unicode", HashBits: 8, NoTitle: true}).Check(); err != nil {
		t.Error(err)
	}
	err := (features.Options{Tokenizer: "unicod", HashBits: 31}).Check()
	if err == nil || !strings.Contains(err.Error(), `"unicod"`) || !strings.Contains(err.Error(), "31") {
		t.Errorf("got %v, want both problems", err)
	}
}
