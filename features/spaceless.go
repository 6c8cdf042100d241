package features

import (
	"unicode"
	"unicode/utf8"
)

// Some scripts put no space between words, and Unicode's rules, which know no
// dictionary, find single characters in them. Neighbouring characters say more:
// a run of them becomes its overlapping pairs, 天气好 the terms 天气 and 气好
// (Nie, Gao, Zhang and Zhou 2000, On the use of words and n-grams for Chinese
// information retrieval). A character that stands alone is a term.

// spacelessScripts are the scripts without spaces. Hangul has spaces.
var spacelessScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// spaceless tells whether r is a character of a script without spaces. The long
// vowel sign belongs to two of them.
func spaceless(r rune) bool {
	switch {
	case r < 0xe00 || 0xac00 <= r && r <= 0xd7a3:
		return false
	case 0x3041 <= r && r <= 0x3096 || 0x30a1 <= r && r <= 0x30fa || 0x4e00 <= r && r <= 0x9fff:
		return true
	}
	return r == 'ー' || r == 'ｰ' ||
		(unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)) && unicode.In(r, spacelessScripts...)
}

// attached tells whether r belongs to the character before it: accents, vowel
// signs, the half-width voicing marks.
func attached(r rune) bool {
	return r >= 0x300 && (unicode.IsMark(r) || r == '\uff9e' || r == '\uff9f')
}

// characterBytesMax cuts a character with its marks, so that a pair fits a term.
const characterBytesMax = TermBytesMax / 2

// pairs yields the terms of the run of characters that text begins with; n is
// the length of the run. It stops, with false, when yield says no.
func (t *Tokenizer) pairs(text []byte, yield func(term []byte) bool) (n int, ok bool) {
	buf := t.pair[:] // the last character and the one at hand
	last, size, count := 0, 0, 0
	for n < len(text) {
		width, kind := t.next(text[n:])
		if kind != aRun {
			break
		}
		for rest := t.normalised(text[n : n+width]); len(rest) > 0; {
			r, wide := utf8.DecodeRune(rest)
			rest = rest[wide:]
			if !attached(r) || count == 0 {
				if count >= 2 && !yield(buf[:last+size]) {
					return n, false
				}
				copy(buf, buf[last:last+size])
				last, size = size, 0
				count++
			}
			if size+utf8.RuneLen(r) <= characterBytesMax {
				size += utf8.EncodeRune(buf[last+size:], r)
			}
		}
		n += width
	}
	return n, yield(buf[:last+size])
}
