package features

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Character n-grams know something of words never seen: their stems, endings
// and compounds, in any language. They are a view of their own beside the words
// (tidings.Vector), taken of each distinct word of a document, marked at both
// ends: of "rates", with four characters, _rat, rate, ates and tes_. A word too
// short for one is one as a whole. What is a word is told by all other options:
// stop words have none, stems are taken for their words; words of the title
// count as words, and n-grams of words have none.
//
// Their terms begin with CharPrefix, so none equals a word's. They stand behind
// all others, in the order of the words; one counts as often as the words that
// hold it.

// CharPrefix begins the term of a character n-gram, as TitlePrefix that of a
// word of the title.
const CharPrefix = '~'

// charMark is the character that stands for the end of a word.
const charMark = '_'

// Limits of character n-grams.
const (
	CharNGramsMin = 2
	CharNGramsMax = 8
	// CharTermsMax is how many distinct ones a document has at most: those of
	// its first words. It bounds the time that a long document takes, and the
	// records in which terms travel as text. Twice as many gain nothing: they
	// lost .001 while learning the training part of 20 Newsgroups.
	CharTermsMax = 1 << 9
)

// IsChars tells whether a term is a character n-gram.
func IsChars(term []byte) bool { return len(term) > 0 && term[0] == CharPrefix }

func checkCharNGrams(n int, grams NGrams) error {
	switch {
	case n == 0:
		return nil
	case n < CharNGramsMin || n > CharNGramsMax:
		return fmt.Errorf("char-ngrams %d is out of range; choose %d to %d, or 0 for none", n, CharNGramsMin, CharNGramsMax)
	case grams.Min > 1:
		return fmt.Errorf("char-ngrams are taken of words, and ngrams %v leaves none; choose ngrams 1-%d", grams, grams.Max)
	}
	return nil
}

// chars counts the character n-grams of the words counted since start.
func (t *Tokenizer) chars(dst []TermCount, start int, dict *Dictionary) []TermCount {
	words := len(dst)
	most := words + min(CharTermsMax, TermsMax-(words-start))
	for i := start; i < words && len(dst) < most; i++ {
		word := dict.Text(dst[i].Ref)
		if word[0] == TitlePrefix || t.options.NGrams.Max > 1 && slices.Contains(word, ' ') {
			continue
		}
		first := len(dst)
		dst = t.charsOf(dst, start, dict, word, dst[i].Count, most)
		if t.trace != nil {
			t.trace.chars(word, dict, dst[first:])
		}
	}
	return dst
}

// charsOf counts the character n-grams of one word, up to so many terms.
func (t *Tokenizer) charsOf(dst []TermCount, start int, dict *Dictionary, word []byte, times uint32, most int) []TermCount {
	// The word stands behind one free byte, in which the prefix of the first
	// n-gram goes; that of the next one takes the place of the last byte of what
	// is before it, which nobody needs any more.
	b := &t.marked
	b[1] = charMark
	size := 2 + copy(b[2:], word)
	b[size] = charMark
	size++
	from, to := 1, 1
	for n := 0; n < t.options.CharNGrams && to < size; n++ {
		to += width(b[to])
	}
	for {
		b[from-1] = CharPrefix
		dst = t.add(dst, start, dict, b[from-1:to], times)
		if to >= size || len(dst) >= most {
			return dst
		}
		from += width(b[from])
		to += width(b[to])
	}
}

// width is how many bytes the character has that begins with this one.
func width(first byte) int {
	switch {
	case first < utf8.RuneSelf:
		return 1
	case first < 0xe0:
		return 2
	case first < 0xf0:
		return 3
	}
	return 4
}

// charsFrom is where the character n-grams of a document begin.
func charsFrom(dict *Dictionary, terms []TermCount) int {
	from, _ := slices.BinarySearchFunc(terms, true, func(t TermCount, _ bool) int {
		if IsChars(dict.Text(t.Ref)) {
			return 0
		}
		return -1
	})
	return from
}
