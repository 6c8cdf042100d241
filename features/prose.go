package features

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/jdkato/prose/v2"
	"golang.org/x/text/unicode/norm"
)

// stretchBytesMax bounds what the prose library is given at once: its time
// grows with the square of a stretch, and English has no longer words.
const stretchBytesMax = 256

// Punctuation that the library takes off a stretch, one by one.
const (
	opening = `$("[`
	closing = `.,:;!?"')]`
)

// english splits text into English words. It stands between the prose library
// and the documents, because that library panics on some text and drops words
// from other ("don't," loses its "n't,"). What it promises instead:
//
//   - It never panics.
//   - No letter is lost: the letters and numbers of the normalised text are
//     those of the words, in order. Where the library does not manage that,
//     nor with the closing punctuation taken off, the stretch between two
//     spaces falls back to Unicode words.
//   - Time and memory grow with the length of the text, no faster.
type english struct {
	composed, text []byte // scratch: the text composed, and normalised
}

// words calls yield with each word of text, in order, until yield says no. The
// slices that yield gets are good until it returns.
func (e *english) words(text []byte, yield func(word []byte) bool) bool {
	e.normalise(text)
	for rest := e.text; len(rest) > 0; {
		if rest[0] == ' ' {
			rest = rest[1:]
			continue
		}
		end := bytes.IndexByte(rest, ' ')
		if end < 0 {
			end = len(rest)
		}
		if !stretch(rest[:end], yield) {
			return false
		}
		rest = rest[end:]
	}
	return true
}

// normalise leaves in e.text the text lower-cased rune by rune and composed (NFC,
// before and after), with straight quotes, and one space for each rune that ends a word: spaces,
// controls, U+FFFD and bytes that are not UTF-8. What is invisible goes.
func (e *english) normalise(text []byte) {
	e.composed = norm.NFC.Append(e.composed[:0], text...)
	e.text = e.text[:0]
	for rest := e.composed; len(rest) > 0; {
		if c := rest[0]; c < utf8.RuneSelf {
			rest = rest[1:]
			if c <= ' ' || c == 0x7f {
				c = ' '
			}
			e.text = append(e.text, lower[c])
			continue
		}
		r, width := utf8.DecodeRune(rest)
		rest = rest[width:]
		switch {
		case invisible(r):
			continue
		case r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r):
			r = ' '
		case r == '‘' || r == '’':
			r = '\''
		case r == '“' || r == '”':
			r = '"'
		}
		e.text = utf8.AppendRune(e.text, unicode.ToLower(r))
	}
	if !norm.NFC.IsNormal(e.text) { // an "i" that was "İ" takes accents
		e.composed = norm.NFC.Append(e.composed[:0], e.text...)
		e.composed, e.text = e.text, e.composed
	}
}

// stretch yields the words of text without spaces.
func stretch(text []byte, yield func(word []byte) bool) bool {
	if plain(text) {
		if len(text) > TermBytesMax {
			return unicodeWords(text, yield)
		}
		return yield(text) // prose splits at punctuation alone
	}
	if len(text) > stretchBytesMax {
		return unicodeWords(text, yield)
	}
	// Of what closes a stretch the first may belong to a word: "u.s.". For the
	// rest the library takes the square of the time.
	text = bytes.TrimLeft(text, opening)
	bare := bytes.TrimRight(text, closing)
	tokens, ok := split(text[:min(len(bare)+1, len(text))])
	if !ok && len(bare) < len(text) {
		// It looks for a contraction before it looks at what closes the
		// stretch, and then drops both.
		tokens, ok = split(bare)
	}
	if !ok {
		return unicodeWords(text, yield)
	}
	for _, token := range tokens {
		if word := trim([]byte(token.Text)); len(word) > 0 && !yield(word) {
			return false
		}
	}
	return true
}

// plain tells whether text is letters and numbers alone.
func plain(text []byte) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if classes[c]&(letter|digit) == 0 {
				return false
			}
			i++
			continue
		}
		r, width := utf8.DecodeRune(text[i:])
		if !isWordRune(r) {
			return false
		}
		i += width
	}
	return true
}

// split asks the prose library; false means that it panicked, lost or moved a
// letter, or made a word that would have to be cut. No model is loaded: without
// tags, entities and sentences it needs none.
func split(text []byte) (tokens []prose.Token, ok bool) {
	defer func() {
		if recover() != nil {
			tokens, ok = nil, false
		}
	}()
	doc, err := prose.NewDocument(string(text),
		prose.WithTagging(false), prose.WithExtraction(false), prose.WithSegmentation(false))
	if err != nil {
		return nil, false
	}
	tokens = doc.Tokens()
	return tokens, keepsAll(tokens, text)
}

// keepsAll tells whether the tokens hold the letters and numbers of text, in
// order and nothing but them, and each fits a term.
func keepsAll(tokens []prose.Token, text []byte) bool {
	for _, token := range tokens {
		if len(token.Text) > TermBytesMax {
			return false
		}
		for _, r := range token.Text {
			if !isWordRune(r) {
				continue
			}
			var next rune
			if next, text = nextWordRune(text); next != r {
				return false
			}
		}
	}
	left, _ := nextWordRune(text)
	return left < 0
}

// nextWordRune returns the first letter or number of text and what follows it;
// -1 when there is none.
func nextWordRune(text []byte) (r rune, rest []byte) {
	for len(text) > 0 {
		r, width := utf8.DecodeRune(text)
		text = text[width:]
		if isWordRune(r) {
			return r, text
		}
	}
	return -1, nil
}

// unicodeWords is what a stretch falls back to. A word longer than a term is
// yielded whole, for the caller to cut.
func unicodeWords(text []byte, yield func(word []byte) bool) bool {
	for len(text) > 0 {
		n, _, _ := words.SplitFunc(text, true)
		if n <= 0 || n > len(text) {
			n = 1 // no promise of another package is worth an endless loop
		}
		if word := trim(text[:n]); len(word) > 0 && !yield(word) {
			return false
		}
		text = text[n:]
	}
	return true
}

// trim takes off what stands before a word, so that none begins with
// TitlePrefix, and leaves nothing of a token without letter or number. The
// contractions keep their apostrophe: "'s" is no "s".
func trim(token []byte) []byte {
	switch string(token) {
	case "'s", "'m", "'re", "'ll":
		return token
	}
	word := bytes.TrimLeftFunc(token, func(r rune) bool { return !isWordRune(r) && r != '_' })
	if !bytes.ContainsFunc(word, isWordRune) {
		return nil
	}
	return word
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
