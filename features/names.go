package features

import (
	"strings"

	"github.com/jdkato/prose/v2"
	"golang.org/x/text/unicode/norm"
)

// Limits of a Namer: what is read of a text, and words of one name.
const (
	namedBytesMax = 2 << 10
	nameWordsMax  = 6
)

// Namer finds proper names in English text: "Hurricane Harvey". Its tagger is
// made once, takes about 100 ms to make and is slow (a millisecond a text), so it
// is for a few texts that people look at, not for a stream.
type Namer struct{ model *prose.Model }

// NewNamer makes one.
func NewNamer() (*Namer, error) {
	d, err := prose.NewDocument("", prose.WithExtraction(false), prose.WithSegmentation(false))
	if err != nil {
		return nil, err
	}
	return &Namer{d.Model}, nil
}

// Names are the proper names of the beginning of a text, in its order: runs of
// words that are tagged as such, without a verb's or an article's. A text that
// the library cannot take has none.
func (n *Namer) Names(text string) (names []string) {
	defer func() {
		if recover() != nil { // the library panics on some text
			names = nil
		}
	}()
	text = norm.NFC.String(strings.ToValidUTF8(text[:min(len(text), namedBytesMax)], " "))
	d, err := prose.NewDocument(text, prose.WithExtraction(false), prose.WithSegmentation(false), prose.UsingModel(n.model))
	if err != nil {
		return nil
	}
	var run []string
	end := func() {
		if len(run) > 0 && len(run) <= nameWordsMax {
			names = append(names, strings.Join(run, " "))
		}
		run = run[:0]
	}
	for _, token := range d.Tokens() {
		if token.Tag != "NNP" && token.Tag != "NNPS" {
			end()
			continue
		}
		run = append(run, token.Text)
	}
	end()
	return names
}
