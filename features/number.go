package features

import (
	"unicode"
	"unicode/utf8"
)

// foldNumber returns the shape of a number: each digit 0, what stands between
// them as it is, so that 1987 and 2024 are 0000, and 3.14 is 0.00. A word with
// anything but digits and separators is no number. It works in place: no digit
// is shorter than 0.
func foldNumber(word []byte) (shape []byte, number bool) {
	digits := false
	for i := 0; i < len(word); {
		r, width := utf8.DecodeRune(word[i:])
		i += width
		switch {
		case unicode.IsDigit(r):
			digits = true
		case r == '.' || r == ',' || r == '\'' || r == ':' || r == ';' || r == '_' || r == '’' || r == '٫' || r == '٬':
		default:
			return word, false
		}
	}
	if !digits {
		return word, false
	}
	out := 0
	for i := 0; i < len(word); {
		r, width := utf8.DecodeRune(word[i:])
		if unicode.IsDigit(r) {
			word[out] = '0'
			out++
		} else {
			out += copy(word[out:], word[i:i+width])
		}
		i += width
	}
	return word[:out], true
}
