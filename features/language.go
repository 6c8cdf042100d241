package features

import (
	"fmt"
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	porter2 "github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"

	"tidings/internal/near"
)

// What Options.Stem and Options.StopWords take beside the name of a language.
const (
	Auto = "auto" // the language of each document is told from its words
	Off  = "off"
)

// language is one that has stems and stop words.
type language struct {
	name, code string // English name, ISO 639-1
	stem       func(*snowballstem.Env) bool
	words      string // its function words, see stop_words.go
	alone      bool   // no other of them is written in its script
}

var languages = [...]language{
	{"danish", "da", danish.Stem, danishWords, false},
	{"dutch", "nl", dutch.Stem, dutchWords, false},
	{"english", "en", porter2.Stem, englishWords, false},
	{"finnish", "fi", finnish.Stem, finnishWords, false},
	{"french", "fr", french.Stem, frenchWords, false},
	{"german", "de", german.Stem, germanWords, false},
	{"hungarian", "hu", hungarian.Stem, hungarianWords, false},
	{"italian", "it", italian.Stem, italianWords, false},
	{"norwegian", "no", norwegian.Stem, norwegianWords, false},
	{"portuguese", "pt", portuguese.Stem, portugueseWords, false},
	{"romanian", "ro", romanian.Stem, romanianWords, false},
	{"russian", "ru", russian.Stem, russianWords, true},
	{"spanish", "es", spanish.Stem, spanishWords, false},
	{"swedish", "sv", swedish.Stem, swedishWords, false},
	{"turkish", "tr", turkish.Stem, turkishWords, false},
}

// Languages lists the names of the languages that have stems and stop words,
// sorted.
func Languages() []string {
	names := make([]string, 0, len(languages))
	for i := range languages {
		names = append(names, languages[i].name)
	}
	return names
}

// languageNamed returns the language of a name, nil when there is none.
func languageNamed(name string) *language {
	for i := range languages {
		if languages[i].name == name {
			return &languages[i]
		}
	}
	return nil
}

// canonicalLanguage takes a name or a code to the name, and Off to "". What is
// not known it leaves.
func canonicalLanguage(s string) string {
	s = strings.ToLower(s)
	if s == Off {
		return ""
	}
	for i := range languages {
		if languages[i].code == s {
			return languages[i].name
		}
	}
	return s
}

// checkLanguage tells what is wrong with the value of an option, or nil.
func checkLanguage(option, value string) error {
	name := canonicalLanguage(value)
	if name == "" || name == Auto || languageNamed(name) != nil {
		return nil
	}
	return fmt.Errorf("%s %q is no language known here; %sthere are %s, their two-letter codes, %s and %s",
		option, value, near.Question(name, append(Languages(), Auto, Off)), strings.Join(Languages(), ", "), Auto, Off)
}

// Evidence that a language needs.
const (
	toldWordsMax = 1000 // words of a document that are heard
	toldHitsMin  = 2    // function words of the language among them; 1 if the script says the rest
	toldShareMin = 20   // one in so many words at least
)

// teller tells the language of a text by its function words (Grefenstette 1995,
// Comparing two language identification schemes): the language of most of them,
// if it has enough, and more than any other. The script tells itself by them.
type teller struct {
	spoken map[string]uint32 // by word, the languages that have it
	hits   [len(languages)]int
	heard  int
}

func newTeller() teller {
	t := teller{spoken: map[string]uint32{}}
	for i := range languages {
		for word := range strings.FieldsSeq(languages[i].words) {
			t.spoken[word] |= 1 << i
		}
	}
	return t
}

func (t *teller) reset() { t.hits, t.heard = [len(languages)]int{}, 0 }

// hear takes the next word; false means that it has heard enough.
func (t *teller) hear(word []byte) bool {
	t.heard++
	of := t.spoken[string(word)]
	if of == 0 {
		if at := apostrophe(word); at > 0 { // "it's", "l'homme"
			of = t.spoken[string(word[:at])]
		}
	}
	for i := 0; of != 0; of, i = of>>1, i+1 {
		t.hits[i] += int(of & 1)
	}
	return t.heard < toldWordsMax
}

// tell returns the name of the language, "" when it cannot be told.
func (t *teller) tell() string {
	best, second := 0, -1
	for i := 1; i < len(t.hits); i++ {
		switch {
		case t.hits[i] > t.hits[best]:
			best, second = i, best
		case second < 0 || t.hits[i] > t.hits[second]:
			second = i
		}
	}
	least := toldHitsMin
	if languages[best].alone {
		least = 1
	}
	if hits := t.hits[best]; hits < least || hits*toldShareMin < t.heard || hits == t.hits[second] {
		return ""
	}
	return languages[best].name
}
