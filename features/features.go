// Package features turns text into terms, terms into counts, and counts into
// the vector that a model reads.
//
//	Tokenizer   title and text      -> term counts (a Dictionary holds the terms)
//	DF          terms               -> in how many documents so far
//	Vectorizer  counts and their df -> a normalised TF-IDF vector
//
// The one rule to keep: the df values given to a Vectorizer count the document
// itself, and n counts it too, for documents that are learnt and for documents
// that are only asked about (DF.Peek). A model that was trained on one meaning
// of df and asked with another is wrong without any error.
//
// Everything here is a function of its input and of the state that the caller
// holds: no clock, no randomness, no shared variables. A Dictionary, Tokenizer,
// DF or Vectorizer belongs to one goroutine at a time; DF.Lookup and DF.Peek
// may run beside each other as long as nobody counts.
package features

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tidings/internal/near"
)

// Limits. A document beyond TermsMax is refused; a word beyond TermBytesMax is
// cut; a DF beyond DFTermsMax takes no further terms and counts what it drops,
// unless Options.DFTerms lets it forget rare ones.
const (
	TermsMax     = 1 << 16 // distinct terms of one document
	TermBytesMax = 64      // bytes of one word after lower-casing
	DFTermsMax   = 1 << 24 // distinct terms of one DF, 512 MiB of table
)

// DFTermsMin is the lowest Options.DFTerms.
const DFTermsMin = 1 << 16

// Bounds of Options.HashBits.
const (
	HashBitsMin     = 8
	HashBitsMax     = 30
	HashBitsDefault = 20
)

// Names of the tokenizers. Both lower-case. TokenizerProse takes seven times as
// long, training with it two to three times, and gains nothing in accuracy: Wikipedia's current
// events 80.2 % (TokenizerUnicode 80.1 %), the tests of R8 97.9 % (97.9 %) and of
// 20 Newsgroups 86.7 % (87.3 %), by cmd/train, the latter two over three orders.
const (
	TokenizerUnicode = "unicode" // Unicode words, of any script
	TokenizerProse   = "prose"   // English words, contractions split
)

// Tokenizers lists the names of the tokenizers, the default first.
func Tokenizers() []string { return []string{TokenizerUnicode, TokenizerProse} }

// TitlePrefix begins the term of a word of the title. No word begins with it,
// because no word begins with an ASCII character other than a letter, a digit
// or an underscore.
const TitlePrefix = '^'

// Options say how text becomes a vector. They belong to the plan that a
// pipeline is created with: a model is meaningless under other options than
// its own. The zero value is the default of each.
type Options struct {
	// Tokenizer names how text is split; "" means TokenizerUnicode, the faster
	// and no less accurate.
	Tokenizer string `json:"tokenizer,omitempty"`
	// HashBits is the logarithm of the number of features, in
	// [HashBitsMin, HashBitsMax]; 0 means HashBitsDefault.
	HashBits int `json:"hash_bits,omitempty"`
	// NoTitle leaves the words of the title as words only. By default each is
	// also a feature of its own.
	NoTitle bool `json:"no_title,omitempty"`
	// NGrams are the numbers of neighbouring words that make a term; the zero
	// value means words alone.
	NGrams NGrams `json:"ngrams,omitzero"`
	// CharNGrams is how many characters make a character n-gram, in
	// [CharNGramsMin, CharNGramsMax]; 0 means that there are none.
	CharNGrams int `json:"char_ngrams,omitempty"`
	// Stem takes words to their stems: in a language (its name or two-letter
	// code), in the one that a document is in (Auto), or not (Off, "").
	Stem string `json:"stem,omitempty"`
	// StopWords drops the function words of a language, Auto and Off as above.
	StopWords string `json:"stop_words,omitempty"`
	// StripHTML reads title and text as HTML and takes their text.
	StripHTML bool `json:"strip_html,omitempty"`
	// Normalise names the normal form of words; "" means NormaliseNFC.
	Normalise string `json:"normalise,omitempty"`
	// FoldNumbers makes one term of all numbers of a shape.
	FoldNumbers bool `json:"fold_numbers,omitempty"`
	// FoldURLs makes a term of the host of a web or mail address, the latter
	// with an @ before it, in the place of the address's words.
	FoldURLs bool `json:"fold_urls,omitempty"`
	// DFHalfLife lets df forget: a document counts half after so many documents or
	// after so much time; the zero value means never.
	DFHalfLife HalfLife `json:"df_half_life,omitzero"`
	// DFTerms bounds the memory of df over endless vocabularies: with so many terms,
	// in [DFTermsMin, DFTermsMax] and in all partitions together, rare ones are
	// forgotten to make room (DF.Error). Shards have their share of it, so the first
	// are full a little earlier. 0 means that DFTermsMax are kept by each partition
	// and no further ones taken.
	DFTerms int `json:"df_terms,omitempty"`
}

// Canonical returns the same options with defaults as zero values and languages
// by name, so that equal options are equal as values. Tokenizer and HashBits
// stay as they are written.
func (o Options) Canonical() Options {
	if o.NGrams.filled() == (NGrams{1, 1}) {
		o.NGrams = NGrams{}
	}
	o.Stem, o.StopWords = canonicalLanguage(o.Stem), canonicalLanguage(o.StopWords)
	if o.Normalise = strings.ToLower(o.Normalise); o.Normalise == NormaliseNFC {
		o.Normalise = ""
	}
	return o
}

// refines tells whether words are not yet terms.
func (o Options) refines() bool {
	return o.NGrams != NGrams{} || o.Stem != "" || o.StopWords != "" || o.FoldNumbers || o.FoldURLs
}

// DFForgets says whether a df may fall: by age, or to make room.
func (o Options) DFForgets() bool { return o.DFHalfLife != HalfLife{} || o.DFTerms > 0 }

// Changes lists the options of text that are not at their defaults, as flags
// would set them: "ngrams 1-2", "stem auto".
func (o Options) Changes() []string {
	o = o.Canonical()
	var all []string
	for _, c := range []struct {
		text    string
		changed bool
	}{
		{"ngrams " + o.NGrams.String(), o.NGrams != NGrams{}}, {fmt.Sprintf("char-ngrams %d", o.CharNGrams), o.CharNGrams != 0}, {"stem " + o.Stem, o.Stem != ""},
		{"stop-words " + o.StopWords, o.StopWords != ""}, {"strip-html", o.StripHTML},
		{"normalise " + o.Normalise, o.Normalise != ""}, {"fold numbers", o.FoldNumbers}, {"fold urls", o.FoldURLs},
		{"df-half-life " + o.DFHalfLife.String(), o.DFHalfLife != HalfLife{}}, {fmt.Sprintf("df-terms %d", o.DFTerms), o.DFTerms != 0},
	} {
		if c.changed {
			all = append(all, c.text)
		}
	}
	return all
}

// Check tells all that is wrong with the options, or nil.
func (o Options) Check() error {
	var problems []error
	if o.Tokenizer != "" && !slices.Contains(Tokenizers(), o.Tokenizer) {
		problems = append(problems, fmt.Errorf("tokenizer %q is not known; %sthere are %s", o.Tokenizer, near.Question(o.Tokenizer, Tokenizers()), strings.Join(Tokenizers(), " and ")))
	}
	if o.HashBits != 0 && (o.HashBits < HashBitsMin || o.HashBits > HashBitsMax) {
		problems = append(problems, fmt.Errorf("hash-bits %d is out of range; choose %d to %d, or 0 for %d",
			o.HashBits, HashBitsMin, HashBitsMax, HashBitsDefault))
	}
	if g := o.NGrams; g != (NGrams{}) && g != g.filled() {
		problems = append(problems, fmt.Errorf("ngrams %d-%d are out of range; MIN-MAX has 1 <= MIN <= MAX <= %d", g.Min, g.Max, NGramsMax))
	}
	if form := strings.ToLower(o.Normalise); form != "" && !slices.Contains(NormalForms(), form) {
		problems = append(problems, fmt.Errorf("normalise %q is not known; %sthere are %s and %s",
			o.Normalise, near.Question(form, NormalForms()), NormaliseNFC, NormaliseNFKC))
	}
	problems = append(problems, checkLanguage("stem", o.Stem), checkLanguage("stop-words", o.StopWords))
	problems = append(problems, checkCharNGrams(o.CharNGrams, o.NGrams), o.DFHalfLife.Check(), checkDFTerms(o.DFTerms))
	return errors.Join(problems...)
}

func checkDFTerms(n int) error {
	if n != 0 && (n < DFTermsMin || n > DFTermsMax) {
		return fmt.Errorf("df-terms %d is out of range; choose %d to %d, or 0 to forget none", n, DFTermsMin, DFTermsMax)
	}
	return nil
}

// bits returns HashBits with the default filled in and out-of-range values
// brought into range, so that unchecked options cannot do harm.
func (o Options) bits() uint {
	if o.HashBits == 0 {
		return HashBitsDefault
	}
	return uint(min(max(o.HashBits, HashBitsMin), HashBitsMax))
}

// mix spreads every bit of x over all 64 (the finalizer of MurmurHash3,
// Appleby 2011). It is a bijection.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
