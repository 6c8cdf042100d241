package features

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"

	"tidings"
	"tidings/internal/htmltext"
)

// TermCount says how often one term occurs in one document. Ref is a reference
// into the Dictionary of the document's frame, Count at least 1.
type TermCount struct{ Ref, Count uint32 }

// Tokenizer counts the terms of documents. By default they are the Unicode words (Unicode Standard
// Annex 29) that hold a letter or a number (categories L and N), normalised as
// NormaliseNFC says, then cut to the whole runes of their first TermBytesMax bytes. A
// segment that begins with an ASCII character other than a letter, a
// digit or an underscore is no word. Bytes that are not UTF-8 become U+FFFD.
// Scripts without spaces give pairs of characters.
//
// With TokenizerProse they are English words: the text composed (NFC), lower-cased,
// curly quotes made straight, then split by the prose library, "don't" into "do"
// and "n't". Where that would lose a letter, Unicode words take its place.
//
// The other Options change words on their way to terms, in this order: markup is
// stripped, compatibility forms are replaced, the text is split, addresses
// become hosts, stop words go, numbers become shapes, words become stems, and
// neighbours become n-grams. Character n-grams come last (chars.go).
//
// It keeps scratch memory and no state: what it says of a document depends on
// the document and the options alone.
type Tokenizer struct {
	options Options
	title   bool
	prose   *english               // nil: Unicode words
	word    [1 + TermBytesMax]byte // TitlePrefix, then the word at hand
	size    int                    // of the word at hand, without the prefix
	seen    []sighting             // by Ref; stamped with doc
	doc     uint32

	visible, composed []byte // scratch of normalised
	pair              [TermBytesMax]byte
	marked            [TermBytesMax + 4]byte // a word with its ends marked, for character n-grams
	plain             [2][]byte              // title and text as prepare leaves them
	markup            []byte                 // scratch of prepare
	refiner           *refiner               // nil: words are terms
	trace             *Trace                 // nil: nobody wants to know
	order             *order                 // nil: likewise; else ordered
	ordered           order
	ref, refWord      uint32 // of the term counted last; of the last that is none of a title
}

// sighting is where a term stands among the counts of document doc.
type sighting struct{ doc, place uint32 }

// NewTokenizer returns a tokenizer. Options that Check refuses work as the
// nearest that it does not.
func NewTokenizer(o Options) *Tokenizer {
	o = o.Canonical()
	t := &Tokenizer{options: o, title: !o.NoTitle}
	t.word[0] = TitlePrefix
	if o.Tokenizer == TokenizerProse {
		t.prose = new(english)
	}
	if o.refines() {
		t.refiner = newRefiner(o)
	}
	return t
}

// Append appends the terms of one document to dst, distinct and in the order
// of first appearance, the title before the text, and adds them to dict. A word
// of the title counts as a word and, unless the options say otherwise, also as
// a term of its own, TitlePrefix and the word, right behind it.
//
// A document of more than TermsMax distinct terms gives a *tidings.DocumentError
// of ReasonTooManyTerms; dst and dict are then as they were.
func (t *Tokenizer) Append(dst []TermCount, dict *Dictionary, title, text []byte) ([]TermCount, error) {
	t.doc++
	if t.doc == 0 { // 2^32 documents: old stamps would come alive again
		clear(t.seen)
		t.doc = 1
	}
	start, terms := len(dst), dict.Len()
	title, text = t.prepare(0, title), t.prepare(1, text)
	var ok bool
	if t.refiner != nil {
		dst, ok = t.refine(dst, start, dict, title, text)
	} else if dst, ok = t.words(dst, start, dict, title, t.title); ok {
		dst, ok = t.words(dst, start, dict, text, false)
	}
	if !ok {
		dict.truncate(terms)
		return dst[:start], tidings.Refuse(tidings.ReasonTooManyTerms,
			fmt.Sprintf("more than %d distinct terms in one document; split it", TermsMax))
	}
	if t.options.CharNGrams > 0 {
		dst = t.chars(dst, start, dict)
	}
	return dst, nil
}

// scratchBytesMax is how much of a plain text's memory is kept for the next
// document.
const scratchBytesMax = 4 << 20

// prepare makes the text plain that is to be split; piece is 0 for the title,
// 1 for the text. What it returns is good until the next call for that piece.
func (t *Tokenizer) prepare(piece int, text []byte) []byte {
	if cap(t.plain[piece]) > scratchBytesMax {
		t.plain[piece] = nil
	}
	strip := t.options.StripHTML && bytes.ContainsAny(text, "<&")
	if strip {
		t.markup = htmltext.Text(t.markup[:0], text)
		text = t.markup
	}
	if t.options.Normalise == NormaliseNFKC {
		t.plain[piece] = compatible(t.plain[piece][:0], text)
		return t.plain[piece]
	}
	if strip {
		t.plain[piece], t.markup = t.markup, t.plain[piece]
		return t.plain[piece]
	}
	return text
}

// words counts the words of one piece of text; false means too many terms.
func (t *Tokenizer) words(dst []TermCount, start int, dict *Dictionary, text []byte, title bool) ([]TermCount, bool) {
	if t.prose != nil {
		return t.english(dst, start, dict, text, title)
	}
	for len(text) > 0 {
		n, kind := t.next(text)
		switch kind {
		case aWord:
			dst = t.count(dst, start, dict, t.word[1:1+t.size])
			t.order.word(t.ref)
			if title {
				dst = t.count(dst, start, dict, t.word[:1+t.size])
			}
		case aRun:
			dst, n = t.run(dst, start, dict, text, title)
		case nothing:
			t.order.between(text[:n])
		}
		text = text[n:]
		if len(dst)-start > TermsMax {
			return dst, false
		}
	}
	t.order.gap()
	return dst, true
}

// run counts the pairs of the characters that text begins with, and returns how
// long their run is.
func (t *Tokenizer) run(dst []TermCount, start int, dict *Dictionary, text []byte, title bool) ([]TermCount, int) {
	n, _ := t.pairs(text, func(pair []byte) bool {
		t.size = copy(t.word[1:], pair)
		dst = t.counts(dst, start, dict, title)
		return len(dst)-start <= TermsMax
	})
	return dst, n
}

// english counts the English words of one piece of text; false means too many
// terms.
func (t *Tokenizer) english(dst []TermCount, start int, dict *Dictionary, text []byte, title bool) ([]TermCount, bool) {
	ok := t.prose.words(text, func(word []byte) bool {
		t.size = copy(t.word[1:], cut(word))
		dst = t.count(dst, start, dict, t.word[1:1+t.size])
		t.order.word(t.ref)
		if title {
			dst = t.count(dst, start, dict, t.word[:1+t.size])
		}
		return len(dst)-start <= TermsMax
	})
	t.order.gap()
	return dst, ok
}

// cut returns the whole runes of a word's first TermBytesMax bytes.
func cut(word []byte) []byte {
	if len(word) <= TermBytesMax {
		return word
	}
	size := TermBytesMax
	for size > 0 && !utf8.RuneStart(word[size]) {
		size--
	}
	return word[:size]
}

// counts counts the pair of characters in t.word, and again under the prefix in a title.
func (t *Tokenizer) counts(dst []TermCount, start int, dict *Dictionary, title bool) []TermCount {
	dst = t.count(dst, start, dict, t.word[1:1+t.size])
	t.order.alone(t.ref)
	if title {
		dst = t.count(dst, start, dict, t.word[:1+t.size])
	}
	return dst
}

// count adds one occurrence of a term to the document that began at start.
func (t *Tokenizer) count(dst []TermCount, start int, dict *Dictionary, term []byte) []TermCount {
	return t.add(dst, start, dict, term, 1)
}

// add adds so many occurrences.
func (t *Tokenizer) add(dst []TermCount, start int, dict *Dictionary, term []byte, times uint32) []TermCount {
	ref := dict.Add(term)
	t.ref = ref
	if int(ref) >= len(t.seen) {
		t.seen = append(t.seen, make([]sighting, int(ref)+1-len(t.seen))...)
	}
	s := &t.seen[ref]
	if s.doc == t.doc {
		dst[start+int(s.place)].Count += times
		return dst
	}
	*s = sighting{doc: t.doc, place: uint32(len(dst) - start)}
	return append(dst, TermCount{Ref: ref, Count: times})
}

// kind is what a segment of text is.
type kind uint8

const (
	nothing kind = iota
	aWord        // in t.word
	aRun         // one or more characters of a script without spaces
)

// next takes the first segment of text, which is not empty. It returns the
// segment's length and, when the segment is a word, leaves that in t.word. Text
// in ASCII takes a short way that finds the same words.
func (t *Tokenizer) next(text []byte) (n int, kind kind) {
	class := classes[text[0]]
	if class == 0 || class&wordy == 0 {
		// A mark that follows would belong to this segment, so only a
		// neighbour in ASCII lets the segment end here.
		if class != beyond && (len(text) == 1 || text[1] < utf8.RuneSelf) {
			return 1, nothing
		}
		return t.segment(text)
	}
	return t.ascii(text)
}

// ascii takes a segment that begins with an ASCII letter, digit or underscore,
// and leaves it to segment as soon as something else than ASCII has a say.
func (t *Tokenizer) ascii(text []byte) (n int, kind kind) {
	size, i := 0, 0
	var last, all uint8
	for i < len(text) {
		c := text[i]
		class := classes[c]
		if class&wordy == 0 {
			if class == beyond {
				return t.segment(text)
			}
			// "can't", "3.14": a mid character joins two of a kind. Its class
			// holds the kinds that it joins, shifted.
			joins := class >> midShift & last
			if joins == 0 || i+1 == len(text) {
				break
			}
			next := classes[text[i+1]]
			if next == beyond {
				return t.segment(text)
			}
			if next&joins == 0 {
				break
			}
		} else {
			last = class
			all |= class
		}
		if size < TermBytesMax {
			t.word[1+size] = lower[c]
			size++
		}
		i++
	}
	t.size = size
	if all&(letter|digit) == 0 {
		return i, nothing
	}
	return i, aWord
}

// segment is the long way: any script, as Unicode defines it.
func (t *Tokenizer) segment(text []byte) (n int, kind kind) {
	n, _, _ = words.SplitFunc(text, true)
	if n <= 0 || n > len(text) {
		n = 1 // no promise of another package is worth an endless loop
	}
	if text[0] < utf8.RuneSelf && classes[text[0]]&wordy == 0 {
		return n, nothing
	}
	run, clean := true, true
	for i := 0; i < n && (kind == nothing || run || clean); {
		r, width := utf8.DecodeRune(text[i:n])
		i += width
		clean = clean && settled(r)
		switch {
		case spaceless(r):
			kind = aWord
		case r >= 0x300 && !settled(r) && (attached(r) || invisible(r)):
			if isWordRune(r) {
				kind = aWord
			}
		default:
			run = run && r == 0xad
			if kind == nothing && isWordRune(r) {
				kind = aWord
			}
		}
	}
	switch {
	case kind == nothing:
		return n, nothing
	case run:
		return n, aRun
	case clean:
		t.lower(text[:n])
	default:
		t.fold(text[:n])
	}
	return n, aWord
}

// Classes of bytes. The middle of a word is marked by the kinds it joins:
// ". '" join letters and digits, ":" letters, ", ;" digits (rules WB6, WB7,
// WB11 and WB12 of the annex, for ASCII).
const (
	letter uint8 = 1 << iota
	digit
	underscore
	beyond // not ASCII
	midLetter
	midDigit

	wordy    = letter | digit | underscore
	midShift = 4 // from midLetter to letter, from midDigit to digit
)

var classes, lower = func() (class [256]uint8, low [256]byte) {
	for i := range 256 {
		c := byte(i)
		low[i] = c
		switch {
		case 'A' <= c && c <= 'Z':
			class[i], low[i] = letter, c+'a'-'A'
		case 'a' <= c && c <= 'z':
			class[i] = letter
		case '0' <= c && c <= '9':
			class[i] = digit
		case c == '_':
			class[i] = underscore
		case c == '.' || c == '\'':
			class[i] = midLetter | midDigit
		case c == ':':
			class[i] = midLetter
		case c == ',' || c == ';':
			class[i] = midDigit
		case c >= utf8.RuneSelf:
			class[i] = beyond
		}
	}
	return
}()
