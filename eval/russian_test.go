package eval_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The Russian text of the table of options is synthetic: words are made of
// syllables and inflected with the endings of real paradigms, between real
// function words. Each label has words of its own, which half of the documents
// of other labels use now and then. So it shows what inflection does to
// features, and not how well real Russian news is classified.

const (
	russianLabels  = 8
	russianOwn     = 120  // stems of a label
	russianCommon  = 3000 // stems of all
	russianSamples = "и в не на с что по как к из за от до при для"
)

// paradigms are the endings of nouns, adjectives and verbs.
var paradigms = [][]string{
	strings.Fields("а ы е у ой ам ами ах"),
	strings.Fields("ов а у ом е ы ам ами ах"),
	strings.Fields("ия ии ию ией иям иями иях"),
	strings.Fields("ый ого ому ым ом ая ой ую ое ые ых ыми"),
	strings.Fields("ать ает ают ал ала али ающий ано"),
	strings.Fields("ить ит ят ил ила или ящий ено"),
}

// lexeme is a word in all its forms.
type lexeme struct {
	stem    string
	endings []string
}

func (l lexeme) form(r *rand.Rand) string { return l.stem + l.endings[r.IntN(len(l.endings))] }

// lexemes makes words of two to four syllables.
func lexemes(r *rand.Rand, n int) []lexeme {
	consonants, vowels := []rune("бвгдзклмнпрстфхчш"), []rune("аеиоу")
	all := make([]lexeme, n)
	for i := range all {
		var stem strings.Builder
		for range 1 + r.IntN(3) {
			stem.WriteRune(consonants[r.IntN(len(consonants))])
			stem.WriteRune(vowels[r.IntN(len(vowels))])
			if r.IntN(3) == 0 {
				stem.WriteRune(consonants[r.IntN(len(consonants))])
			}
		}
		stem.WriteRune(consonants[r.IntN(len(consonants))])
		all[i] = lexeme{stem.String(), paradigms[r.IntN(len(paradigms))]}
	}
	return all
}

// russian makes documents as JSON lines.
func russian(seed uint64, documents int) [][]byte {
	r := rand.New(rand.NewPCG(seed, 7))
	common, function := lexemes(r, russianCommon), strings.Fields(russianSamples)
	own := make([][]lexeme, russianLabels)
	for i := range own {
		own[i] = lexemes(r, russianOwn)
	}
	often := rand.NewZipf(r, 1.3, 8, russianCommon-1)
	word := func(label int) string {
		switch n := r.IntN(100); {
		case n < 25:
			return function[r.IntN(len(function))]
		case n < 40:
			return own[label][r.IntN(russianOwn)].form(r)
		case n < 48:
			return own[r.IntN(russianLabels)][r.IntN(russianOwn)].form(r)
		}
		return common[often.Uint64()].form(r)
	}
	names := strings.Fields("политика экономика спорт культура наука общество происшествия мир")
	out := make([][]byte, 0, documents)
	for i := range documents {
		label := r.IntN(russianLabels)
		text := func(n int) string {
			words := make([]string, n)
			for k := range words {
				words[k] = word(label)
			}
			return strings.Join(words, " ") + "."
		}
		line, _ := json.Marshal(map[string]any{"id": fmt.Sprint("ru", i), "time": "", "label": names[label], "title": text(4 + r.IntN(4)), "text": text(15 + r.IntN(25))})
		out = append(out, line)
	}
	return out
}

// Stems are worth something on inflected text: else the table would say nothing
// of them.
func TestStemsHelpWhereWordsAreInflected(t *testing.T) {
	c := corpus{language: "ru", train: russian(1, 2500)}
	plain, stemmed := c.result(t, setting{}), c.result(t, setting{language: settings()[5].language})
	t.Logf("accuracy %.4f, with stems %.4f", plain.all, stemmed.all)
	if stemmed.all < plain.all+.01 || plain.all < .3 || plain.all > .95 {
		t.Errorf("accuracy %.4f, with stems %.4f", plain.all, stemmed.all)
	}
}
