package cli

import (
	"fmt"
	"strconv"
	"strings"

	"tidings/features"
)

// TextFlags say how text becomes terms. They are a part of what is learnt, and
// belong to a pipeline from its creation on.
type TextFlags struct {
	Tokenizer  string   `name:"tokenizer" default:"${tokenizer}" complete:"${tokenizers}" help:"How text is split into words: ${tokenizers}."`
	NGrams     string   `name:"ngrams" default:"1-1" placeholder:"MIN-MAX" help:"How many neighbouring words make a term, up to 3: 1-2 is words and pairs of words. Default: ${default}, words alone."`
	CharNGrams string   `name:"char-ngrams" placeholder:"N" complete:"off,3,4,5" help:"Also make terms of N neighbouring characters of each word, 2 to 8; off: none. Default: off, and 4 with --model accurate."`
	Stem       string   `name:"stem" default:"off" placeholder:"LANG" complete:"auto,off" help:"Take words to their stems: of a language (german or de), auto (each document's own, told from its words), or off. Default: ${default}."`
	StopWords  string   `name:"stop-words" default:"off" placeholder:"LANG" complete:"auto,off" help:"Drop a language's function words: a language, auto or off, as --stem. Default: ${default}."`
	StripHTML  bool     `name:"strip-html" help:"Read titles and texts as HTML, and take their text."`
	Normalise  string   `name:"normalise" default:"nfc" placeholder:"FORM" complete:"nfc,nfkc" help:"Unicode's normal form of words: nfc, or nfkc, which takes full-width letters, ligatures and ß for what they stand for. Default: ${default}."`
	Fold       []string `name:"fold" placeholder:"WHAT" complete:"numbers,urls" help:"Make one term of what differs: numbers of one shape (1987 is 0000), urls of one host. Both: --fold numbers,urls."`
	HashBits   int      `name:"hash-bits" default:"${hashbits}" placeholder:"N" help:"Terms are hashed to 2^N features. Default: ${default}."`
	HalfLife   string   `name:"df-half-life" default:"off" placeholder:"50000docs|90d" help:"Let document frequencies forget: a document counts half after so many further ones (50000docs) or after so much event time (36h, 90d). Default: ${default}."`
	DFTerms    int      `name:"df-terms" placeholder:"N" help:"Keep at most N terms in the table of document frequencies, from 65536 on, and forget rare ones to make room: for vocabularies without end. Default: 16777216 a partition, and then no new ones."`
}

// Features are the options that the flags set.
func (f *TextFlags) Features() (features.Options, error) {
	o := features.Options{
		Tokenizer: f.Tokenizer, HashBits: f.HashBits, Stem: f.Stem, StopWords: f.StopWords,
		StripHTML: f.StripHTML, Normalise: f.Normalise, DFTerms: f.DFTerms,
	}
	var err error
	if o.DFHalfLife, err = features.ParseHalfLife(f.HalfLife); err != nil {
		return o, &UsageError{fmt.Errorf("--df-half-life: %w", err)}
	}
	if f.NGrams != "" {
		if o.NGrams, err = features.ParseNGrams(f.NGrams); err != nil {
			return o, &UsageError{fmt.Errorf("--ngrams: %w", err)}
		}
	}
	if o.CharNGrams, err = parseCharNGrams(f.CharNGrams); err != nil {
		return o, &UsageError{err}
	}
	for _, what := range f.Fold {
		switch strings.TrimSpace(what) {
		case "numbers":
			o.FoldNumbers = true
		case "urls":
			o.FoldURLs = true
		default:
			return o, &UsageError{fmt.Errorf("--fold %q is not known; write numbers, urls, or numbers,urls", what)}
		}
	}
	return o.Canonical(), nil
}

func parseCharNGrams(s string) (int, error) {
	if s == "" || s == features.Off {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < features.CharNGramsMin || n > features.CharNGramsMax {
		return 0, fmt.Errorf("--char-ngrams %q is no number of characters; write %d to %d, or off", s, features.CharNGramsMin, features.CharNGramsMax)
	}
	return n, nil
}
