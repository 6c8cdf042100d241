package features

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
)

// stemsKeptMax is how many stems a stemmer remembers, some 6 MB of the longest
// words; full, it forgets all. Texts use few words often, and a stem takes a
// microsecond to find.
const stemsKeptMax = 1 << 15

// stemmer takes words to their stems by the Snowball algorithms (Porter 2001).
// The stem of a word depends on the word and the language alone.
type stemmer struct {
	fixed string                       // the language, or Auto
	of    map[string]map[string]string // by language, by word
	kept  int
}

func newStemmer(language string) *stemmer {
	return &stemmer{fixed: language, of: map[string]map[string]string{}}
}

// stem returns the stem of a word, which the caller must not change; the word
// itself when the language is not known or the stem is no good.
func (s *stemmer) stem(told string, word []byte) []byte {
	language := s.fixed
	if language == Auto {
		language = told
	}
	if language == "" {
		return word
	}
	stems := s.of[language]
	if stem, ok := stems[string(word)]; ok {
		return append(word[:0], stem...)
	}
	if stems == nil || s.kept >= stemsKeptMax {
		if s.kept >= stemsKeptMax {
			clear(s.of)
			s.kept = 0
		}
		stems = map[string]string{}
		s.of[language] = stems
	}
	key := string(word)
	stem := stemOf(language, key)
	stems[key] = stem
	s.kept++
	return append(word[:0], stem...)
}

// stemOf asks the library. Where it panics, or leaves something that is no
// word any more, the word stays as it is.
func stemOf(language, word string) (stem string) {
	defer func() {
		if recover() != nil {
			stem = word
		}
	}()
	l := languageNamed(language)
	if l == nil {
		return word
	}
	env := snowballstem.NewEnv(unelided(language, straight(word)))
	l.stem(env)
	stem = env.Current()
	if len(stem) > len(word) || !utf8.ValidString(stem) || !hasWordRune(stem) || stem[0] == TitlePrefix {
		return word
	}
	return stem
}

// unelided takes off an article or pronoun that lost its vowel: of the French
// and Italian "l'anno" the stemmer wants "anno".
func unelided(language, word string) string {
	head, rest, elided := strings.Cut(word, "'")
	if !elided || !hasWordRune(rest) {
		return word
	}
	switch language + " " + head {
	case "french l", "french d", "french j", "french m", "french t", "french s", "french n", "french c", "french qu",
		"french jusqu", "french lorsqu", "french puisqu", "french quoiqu",
		"italian l", "italian d", "italian c", "italian s", "italian un", "italian all", "italian dall", "italian dell",
		"italian nell", "italian sull", "italian quest", "italian quell":
		return rest
	}
	return word
}
