package features

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jdkato/prose/v2"
	"golang.org/x/text/unicode/norm"
)

// Limits of a Namer: what is read of a text, and words of one name or phrase.
const (
	namedBytesMax  = 2 << 10
	nameWordsMax   = 6
	phraseWordsMax = 3
)

// Namer finds what English text names: proper names ("Hurricane Harvey") and noun
// phrases ("presidential election"). Its tagger is made once, takes about 100 ms
// to make and is slow (a millisecond a text), so it is for a few texts that people
// look at, not for a stream.
type Namer struct{ model *prose.Model }

// Named is what a text names, in its order.
type Named struct {
	Names   []string // proper names, without titles such as "President", and no days and months
	Phrases []string // nouns with the adjectives and nouns before them, in lower case but for abbreviations
}

// NewNamer makes one.
func NewNamer() (*Namer, error) {
	d, err := prose.NewDocument("", prose.WithExtraction(false), prose.WithSegmentation(false))
	if err != nil {
		return nil, err
	}
	return &Namer{d.Model}, nil
}

// Names are the proper names of the beginning of a text: runs of words that are
// tagged as such, without a verb's or an article's. A text that the library cannot
// take has none.
func (n *Namer) Names(text string) []string { return n.Read(text).Names }

// Read is Names, and the noun phrases beside.
func (n *Namer) Read(text string) (named Named) {
	defer func() {
		if recover() != nil { // the library panics on some text
			named = Named{}
		}
	}()
	text = norm.NFC.String(strings.ToValidUTF8(text[:min(len(text), namedBytesMax)], " "))
	d, err := prose.NewDocument(text, prose.WithExtraction(false), prose.WithSegmentation(false), prose.UsingModel(n.model))
	if err != nil {
		return Named{}
	}
	var name, phrase []string
	nouns := 0 // of the phrase
	for _, token := range append(d.Tokens(), prose.Token{}) {
		switch token.Tag {
		case "NNP", "NNPS":
			name = append(name, token.Text)
		default:
			named.Names = appendNames(named.Names, name)
			name = name[:0]
		}
		switch noun := token.Tag == "NN" || token.Tag == "NNS"; {
		case noun || token.Tag == "JJ" && nouns == 0:
			phrase = append(phrase, uncapital(token.Text))
			if noun {
				nouns++
			}
		default:
			if nouns > 0 {
				named.Phrases = append(named.Phrases, strings.Join(phrase[max(0, len(phrase)-phraseWordsMax):], " "))
			}
			phrase, nouns = phrase[:0], 0
			if token.Tag == "JJ" {
				phrase = append(phrase, uncapital(token.Text))
			}
		}
	}
	return named
}

// uncapital is a word in lower case, if it has no capital but its first letter.
func uncapital(word string) string {
	_, first := utf8.DecodeRuneInString(word)
	if strings.ContainsFunc(word[first:], unicode.IsUpper) {
		return word
	}
	return strings.ToLower(word)
}

// appendNames takes the names out of a run of words: a title stands between them,
// as in "French President François Hollande".
func appendNames(names, run []string) []string {
	for from := 0; from < len(run); {
		to := from
		for to < len(run) && !isTitle(run, to) {
			to++
		}
		name := run[from:to]
		if n := len(name); n > 0 && n <= nameWordsMax && !(n == 1 && isDate(name[0])) {
			names = append(names, strings.Join(name, " "))
		}
		from = to + 1
	}
	return names
}

// isTitle says whether a word of a run says what somebody is, not who.
func isTitle(run []string, at int) bool {
	switch run[at] {
	case "President", "Minister", "Chancellor", "Governor", "Senator", "Mayor", "Secretary", "Mr.", "Mrs.", "Ms.", "Dr.":
		return true
	case "Prime", "Vice", "Foreign", "Interior", "Defence", "Defense", "Finance":
		return at+1 < len(run) && isTitle(run, at+1)
	}
	return false
}

// isDate says whether a word is a day's or a month's name and nothing else.
func isDate(word string) bool {
	switch strings.TrimSuffix(word, ".") {
	case "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December":
		return true
	}
	return false
}
