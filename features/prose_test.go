package features_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jdkato/prose/v2"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tidings/features"
)

var english = features.Options{Tokenizer: features.TokenizerProse}

func TestProseFindsEnglishWords(t *testing.T) {
	long := strings.Repeat("x", 40)
	tests := map[string]struct {
		title, text string
		want        []string
	}{
		"nothing":                      {"", "", nil},
		"no word":                      {"", " -- ... !? __ ^ ' \t\r\n :) ☂", nil},
		"a contraction and a comma":    {"", "I don't, really.", []string{"i 1", "do 1", "n't 1", "really 1"}},
		"contractions":                 {"", "It's we'll they're I'm (can't)!", []string{"it 1", "'s 1", "we 1", "'ll 1", "they 1", "'re 1", "i 1", "'m 1", "ca 1", "n't 1"}},
		"curly apostrophes":            {"", "Don’t — ‘quote’ “double”", []string{"do 1", "n't 1", "quote 1", "double 1"}},
		"names with an apostrophe":     {"", "O'Malley O'Malley's 'sblood", []string{"o'malley 2", "'s 1", "sblood 1"}},
		"counts":                       {"", "The cat and\nthe CAT.", []string{"the 2", "cat 2", "and 1"}},
		"abbreviations":                {"", "U.S. $100 3.14 1,000", []string{"u.s. 1", "100 1", "3.14 1", "1,000 1"}},
		"hyphens":                      {"", "state-of-the-art", []string{"state-of-the-art 1"}},
		"a title":                      {"Isn't it", "it", []string{"is 1", "^is 1", "n't 1", "^n't 1", "it 2", "^it 1"}},
		"no word begins with ^":        {"", "^cat ^^ *cat 'cat", []string{"cat 3"}},
		"composed":                     {"", "Cafe\u0301 CAFÉ", []string{"café 2"}},
		"not UTF-8 before 's":          {"", "\xff's a\xffb", []string{"'s 1", "a 1", "b 1"}},
		"lower-casing changes lengths": {"", "İ's ȺȾ's Ω's", []string{"i 1", "'s 3", "ⱥⱦ 1", "ω 1"}},
		"controls":                     {"", "a\x00b\x7fc\u0085d", []string{"a 1", "b 1", "c 1", "d 1"}},
		"too long to be one term":      {"", long + "/" + long + "y", []string{long + " 1", long + "y 1"}},
		"not English":                  {"", "Кошка и КОШКА", []string{"кошка 2", "и 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := terms(t, english, test.title, test.text); !slices.Equal(got, test.want) {
				t.Errorf("%q / %q\n got %q\nwant %q", test.title, test.text, got, test.want)
			}
		})
	}
}

func TestProseCutsLongWordsAtARune(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{strings.Repeat("A", 1000), strings.Repeat("a", 64)},
		{strings.Repeat("Я", 1000), strings.Repeat("я", 32)},
		{"a" + strings.Repeat("я", 1000), "a" + strings.Repeat("я", 31)},
		{strings.Repeat("a", 64), strings.Repeat("a", 64)},
	} {
		if got := terms(t, english, "", test.text); !slices.Equal(got, []string{test.want + " 1"}) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// normal returns a text composed and lower-cased.
func normal(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, " "))
	return norm.NFC.String(strings.Map(unicode.ToLower, text))
}

// letters returns the letters and numbers of a text, in order.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text)
}

// checkEnglish verifies, for any bytes at all:
//   - no letter is lost, none is invented, all are in order
//   - each word is valid UTF-8 without spaces and controls, has a letter or
//     number, and does not begin with the prefix of titles
//   - the terms are these words, cut at a rune, counted in order of appearance;
//     of a title, each again under the prefix
//   - a tokenizer that was used before says the same
func checkEnglish(t interface {
	Fatalf(string, ...any)
	Helper()
}, used *features.Tokenizer, text string) {
	t.Helper()
	words := features.EnglishWords([]byte(text))
	if got, want := letters(strings.Join(words, " ")), letters(normal(text)); got != want {
		t.Fatalf("%q gives %q: letters %q, want %q", text, words, got, want)
	}
	var want []string
	counts := map[string]uint32{}
	see := func(term string) {
		if counts[term]++; counts[term] == 1 {
			want = append(want, term)
		}
	}
	for _, word := range words {
		if word[0] == features.TitlePrefix || !utf8.ValidString(word) || letters(word) == "" ||
			strings.ContainsFunc(word, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			t.Fatalf("%q gives the word %q", text, word)
		}
		if len(word) > features.TermBytesMax {
			word = strings.ToValidUTF8(word[:features.TermBytesMax], "")
		}
		see(word)
		see(string(features.TitlePrefix) + word)
	}
	for _, tokenizer := range []*features.Tokenizer{used, features.NewTokenizer(english)} {
		var dict features.Dictionary
		got, err := tokenizer.Append(nil, &dict, []byte(text), nil)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d terms, want %q", text, len(got), want)
		}
		for i, c := range got {
			if term := string(dict.Text(c.Ref)); term != want[i] || c.Count != counts[term] {
				t.Fatalf("%q: term %d is %q %d, want %q %d", text, i, term, c.Count, want[i], counts[want[i]])
			}
		}
	}
}

// awkward is what the library, or a wrapper of it, may stumble over.
var awkward = []string{"a", "B", "z9", "0", "_", ".", ":", "'", "’", ",", ";", `"`, "“", " ", "\n", "^", "-", "$", "(", ")", "[", "]",
	"n't", "'s", "'LL", "'re", "'m", "&rsquo;", ":p", "8D", "o_O", "u.s.", "é", "\u0301", "\u0345", "\u034f", "\u200d", "\u2139", "\u0085",
	"я", "中", "İ", "Ⱥ", "\u2126", "\u212a", "\ufffd", "\xff", "\xe4", "\x80", "\x00", "☂", "ǅ", "½", "ﬁ", "\u1e9e", "각", "\u1100\u1161"}

func TestProseLosesNoLetter(t *testing.T) {
	used := features.NewTokenizer(english)
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(awkward), 0, 30).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) { checkEnglish(t, used, text.Draw(t, "text")) })
	rapid.Check(t, func(t *rapid.T) { checkEnglish(t, used, rapid.String().Draw(t, "text")) })
}

func FuzzProse(f *testing.F) {
	for _, seed := range append(awkward, "I don't, really.", "\xff's", "İ's", "x\u0301'll.", "((o'malley's))", "a.b.c.'s") {
		f.Add(seed)
	}
	used := features.NewTokenizer(english)
	f.Fuzz(func(t *testing.T, text string) { checkEnglish(t, used, text) })
}

func TestProseLosesNoLetterOfRealText(t *testing.T) {
	used := features.NewTokenizer(english)
	for _, it := range wikipedia(t, 5000) {
		checkEnglish(t, used, it.Title)
		checkEnglish(t, used, it.Text)
	}
}

// The library is asked about a stretch only when it has punctuation: of others
// it must say what is assumed.
func TestProseLibraryLeavesLettersAndNumbersWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[\pL\pN]{1,20}`).Draw(t, "text")
		doc, err := prose.NewDocument(text, prose.WithTagging(false), prose.WithExtraction(false), prose.WithSegmentation(false))
		if err != nil {
			t.Fatal(err)
		}
		if tokens := doc.Tokens(); len(tokens) != 1 || tokens[0].Text != text {
			t.Fatalf("%q gives %v", text, tokens)
		}
	})
}

// Properties: a long hostile document loses no letter, and takes
// time that grows with its length, not with its square: a sixteenth of the text
// takes a 64th of the time or more, 100 ms for the collector's work aside.
func TestProseTimeGrowsWithTheTextAlone(t *testing.T) {
	const size = 1 << 18
	for name, piece := range map[string]string{
		"one word":                 "a",
		"one word, not ASCII":      "Ⱥ",
		"not UTF-8":                "\xff",
		"marks":                    "e\u0301\u0301",
		"marks alone":              "\u0301",
		"open":                     "(",
		"closing":                  "a)",
		"apostrophes":              "'",
		"contractions":             "n't's",
		"quotes":                   "“a’",
		"letters apart":            "a ",
		"stretches as long as go":  strings.Repeat("(", 127) + "n't" + strings.Repeat(")", 125) + " ",
		"mixed, as long as go":     strings.Repeat("(a)", 85) + " ",
		"prefixes behind a letter": "a" + strings.Repeat("($", 80) + "'s)" + " ",
		"emoticons":                strings.Repeat(":p)(8d;", 36) + " ",
		"closing as long as go":    "a" + strings.Repeat(")", 255) + " ",
		"stretches too long":       strings.Repeat("(", 200) + "n't" + strings.Repeat(")", 200) + " ",
		"abbreviations":            strings.Repeat("a.", 128) + " ",
		"nearly abbreviations":     strings.Repeat("a.", 127) + "!) ",
	} {
		t.Run(name, func(t *testing.T) {
			whole := bytes.Repeat([]byte(piece), size/len(piece))
			took := func(text []byte) time.Duration {
				best := time.Hour
				for range 2 {
					began := processorTime(t)
					words := features.EnglishWords(text)
					best = min(best, processorTime(t)-began)
					if letters(strings.Join(words, "")) != letters(normal(string(text))) {
						t.Fatal("letters are lost")
					}
				}
				return best
			}
			short, long := took(whole[:len(whole)/16]), took(whole)
			t.Logf("%v of %d KiB, %v of a sixteenth", long, size>>10, short)
			if long > 64*short+100*time.Millisecond {
				t.Errorf("%v, but a sixteenth of it takes %v", long, short)
			}
		})
	}
}

func BenchmarkTokenizeProse(b *testing.B) {
	all, t := frames(b, 5_000), features.NewTokenizer(english)
	one := &frame{}
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range all {
			one.titles, one.texts = f.titles, f.texts
			one.tokenize(b, t)
		}
	}
	perDocument(b, 5_000)
}
