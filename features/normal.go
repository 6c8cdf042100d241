package features

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Names of normal forms. Canonically equal texts give equal terms under both.
//
// NormaliseNFC composes each word (Unicode Standard Annex 15), drops what cannot
// be seen inside it (soft hyphens, joiners, direction marks, variation
// selectors) and lower-cases it rune by rune. ASCII pays nothing for it.
//
// NormaliseNFKC also replaces compatibility forms before the text is split:
// full-width letters, half-width Katakana, ligatures, superscripts; and it folds
// what has no one-rune lower case: "ß" to "ss", the final "ς" to "σ". A text may
// grow elevenfold by it.
const (
	NormaliseNFC  = "nfc"
	NormaliseNFKC = "nfkc"
)

// NormalForms lists the names of the normal forms, the default first.
func NormalForms() []string { return []string{NormaliseNFC, NormaliseNFKC} }

// invisible tells whether a reader cannot see r: format characters (category
// Cf), variation selectors, and the grapheme joiner.
func invisible(r rune) bool {
	return r >= 0xad && (r == 0xad || r == 0x34f ||
		r >= 0x600 && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)))
}

// settled tells of the commonest letters that are not in ASCII that nothing has
// to be looked up for them: they are visible, stand alone, compose with nothing
// before them, and are composed themselves.
func settled(r rune) bool {
	switch {
	case r < 0x300:
		return r != 0xad
	case r < 0x1100:
		return 0x388 <= r && r <= 0x482 || 0x48a <= r && r <= 0x52f || // Greek, Cyrillic
			0x5d0 <= r && r <= 0x5ea || 0x621 <= r && r <= 0x64a // Hebrew, Arabic
	}
	return 0x3041 <= r && r <= 0x3096 || 0x30a1 <= r && r <= 0x30fa || // Kana
		0x4e00 <= r && r <= 0x9fff || 0xac00 <= r && r <= 0xd7a3 // Han, Hangul
}

// lowerRune is unicode.ToLower, without the search for the commonest letters.
func lowerRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return rune(lower[r])
	case r < 0x100:
		if 0xc0 <= r && r <= 0xde && r != 0xd7 {
			return r + 0x20
		}
		return r
	case 0x400 <= r && r < 0x460:
		switch {
		case r < 0x410:
			return r + 0x50
		case r < 0x430:
			return r + 0x20
		}
		return r
	case 0x3041 <= r && r <= 0x9fff || 0xac00 <= r && r <= 0xd7a3:
		return r
	}
	return unicode.ToLower(r)
}

// normalised returns word composed and without what is invisible: word itself
// where that changes nothing, else scratch memory.
func (t *Tokenizer) normalised(word []byte) []byte {
	clean := true
	for i := 0; i < len(word) && clean; {
		r, width := utf8.DecodeRune(word[i:])
		clean = !invisible(r)
		i += width
	}
	if !clean {
		t.visible = t.visible[:0]
		for i := 0; i < len(word); {
			r, width := utf8.DecodeRune(word[i:])
			if !invisible(r) {
				t.visible = append(t.visible, word[i:i+width]...)
			}
			i += width
		}
		word = t.visible
	}
	if norm.NFC.IsNormal(word) {
		return word
	}
	t.composed = norm.NFC.Append(t.composed[:0], word...)
	return t.composed
}

// fold leaves in t.word what a word's term is: normalised, lower-cased, cut to
// the whole runes of its first TermBytesMax bytes.
func (t *Tokenizer) fold(word []byte) { t.lower(t.normalised(word)) }

// lower leaves in t.word a normalised word lower-cased and cut.
func (t *Tokenizer) lower(word []byte) {
	t.size = 0
	for len(word) > 0 {
		r, width := utf8.DecodeRune(word)
		word = word[width:]
		r = lowerRune(r)
		if t.size+utf8.RuneLen(r) > TermBytesMax {
			return
		}
		t.size += utf8.EncodeRune(t.word[1+t.size:], r)
	}
}

// compatible appends text to dst in the form of NormaliseNFKC. Lower-casing is
// left to fold.
func compatible(dst, text []byte) []byte {
	start := len(dst)
	dst = norm.NFKC.Append(dst, text...)
	return foldSpecial(dst, start)
}

// foldSpecial replaces from start on "ß" and "ẞ" by "ss", "ς" by "σ". None
// grows, so it is done in place.
func foldSpecial(b []byte, start int) []byte {
	out := start
	for i := start; i < len(b); {
		if b[i] < utf8.RuneSelf {
			b[out] = b[i]
			out, i = out+1, i+1
			continue
		}
		r, width := utf8.DecodeRune(b[i:])
		switch r {
		case 'ß', 'ẞ':
			out += copy(b[out:], "ss")
		case 'ς':
			out += copy(b[out:], "σ")
		default:
			out += copy(b[out:], b[i:i+width])
		}
		i += width
	}
	return b[:out]
}
