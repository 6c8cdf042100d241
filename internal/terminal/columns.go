package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// ellipsis ends what was cut.
const ellipsis text = "…"

// columns is how many columns the text takes.
func (t text) columns() int {
	n := 0
	for _, r := range t {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is the width of a rune: 2 for wide ones (Unicode Standard Annex
// 11), 0 for those that stand on another one, 1 otherwise, also for the
// ambiguous ones.
func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case isMark(r) || r == '\u200c':
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// isMark tells whether a rune stands on the one before and takes no column:
// combining marks, and the vowels and finals of decomposed Korean syllables.
func isMark(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r >= 0x1160 && r <= 0x11FF || r >= 0xD7B0 && r <= 0xD7FB
}

// cut shortens the text to that many columns, with an ellipsis in the last one
// where something is missing.
func (t text) cut(columns int) text {
	if t.columns() <= columns {
		return t
	}
	if columns < 1 {
		return ""
	}
	head := t[:t.fitting(columns-1)]
	return text(strings.TrimRight(string(head), " ")) + ellipsis
}

// fitting is how many bytes of the text fit into that many columns, marks
// included that stand on what fits.
func (t text) fitting(columns int) int {
	n := 0
	for i, r := range t {
		n += runeColumns(r)
		if n > columns {
			return i
		}
	}
	return len(t)
}

// left fills the text up with spaces on its right, or cuts it.
func (t text) left(columns int) text {
	t = t.cut(columns)
	return t + spaces(columns-t.columns())
}

// right fills the text up with spaces on its left, or cuts it.
func (t text) right(columns int) text {
	t = t.cut(columns)
	return spaces(columns-t.columns()) + t
}

func spaces(n int) text { return repeat(" ", n) }

func repeat(t text, n int) text { return text(strings.Repeat(string(t), max(n, 0))) }

// firstRune is the first character with the marks on it.
func (t text) firstRune() text {
	_, size := utf8.DecodeRuneInString(string(t))
	for size < len(t) {
		r, n := utf8.DecodeRuneInString(string(t[size:]))
		if runeColumns(r) > 0 {
			break
		}
		size += n
	}
	return t[:size]
}

// wrap breaks the text at spaces into lines of at most that many columns.
// Words longer than a line are cut into pieces.
func (t text) wrap(columns int) []text {
	var lines []text
	var line text
	for word := range strings.FieldsSeq(string(t)) {
		w := text(word)
		if line != "" && line.columns()+1+w.columns() <= columns {
			line += " " + w
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for w.columns() > columns {
			n := max(w.fitting(columns), len(w.firstRune()))
			lines, w = append(lines, w[:n]), w[n:]
		}
		line = w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
