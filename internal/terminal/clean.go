package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of what is shown of one foreign string.
const (
	foreignBytesMax = 8 << 10 // looked at
	foreignRunesMax = 1 << 10 // shown
	marksMax        = 2       // combining marks on one character
)

// nothingVisible stands for a foreign string that has no visible character.
const nothingVisible text = "(nothing visible)"

// text is fit to be written to a terminal: one line of valid UTF-8 without
// control characters, every rune of which moves the cursor as columns says.
// Literals of this package are text by nature, all else by clean.
type text string

// clean makes a foreign string fit to be shown. Escape sequences vanish as a
// whole, and so do control characters, invisible ones and those that change
// the direction of writing; white space of any kind becomes single spaces.
// What has no defined look, such as invalid UTF-8 or a private character,
// becomes U+FFFD. Emoji lose their joiners and selectors, about whose width
// terminals disagree. At most marksMax combining marks stay on a character,
// and one that has none to stand on gets a dotted circle.
func clean(s string) text {
	if len(s) > foreignBytesMax {
		s = s[:foreignBytesMax]
	}
	s = norm.NFC.String(strings.ToValidUTF8(withoutEscapes(s), "\uFFFD"))
	var b strings.Builder
	var c cleaner
	for _, r := range s {
		if c.runes >= foreignRunesMax {
			break
		}
		c.take(&b, r)
	}
	return text(b.String())
}

// visible is clean, and says so when nothing is left.
func visible(s string) text {
	if t := clean(s); t != "" {
		return t
	}
	return nothingVisible
}

// cleaner remembers what the next rune is judged by.
type cleaner struct {
	runes int
	marks int  // on the last character
	space bool // one is owed before the next visible rune
}

func (c *cleaner) take(b *strings.Builder, r rune) {
	switch {
	case unicode.IsSpace(r) || r == '\u2800': // a Braille pattern without dots
		c.space = c.runes > 0
		return
	case r == '\u200c' && c.runes > 0: // joins nothing: Persian and others are misread without it
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return
	case isMark(r):
		c.mark(b, r)
		return
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones of emoji
		return
	case !unicode.IsGraphic(r):
		r = utf8.RuneError
	}
	c.write(b, r)
	c.marks = 0
}

func (c *cleaner) mark(b *strings.Builder, r rune) {
	if c.runes == 0 || c.space {
		c.write(b, '◌')
		c.marks = 0
	}
	if c.marks < marksMax {
		c.marks++
		c.write(b, r)
	}
}

func (c *cleaner) write(b *strings.Builder, r rune) {
	if c.space {
		c.space = false
		b.WriteByte(' ')
		c.runes++
	}
	b.WriteRune(r)
	c.runes++
}

const escape = '\x1b'

// withoutEscapes takes out escape sequences as a whole (ECMA-48), so that
// their letters do not stay behind. Only the seven-bit forms are: those of
// eight bits cannot be told from UTF-8, and their introducers are control
// characters that go anyway.
func withoutEscapes(s string) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, string(rune(escape)))
		b.WriteString(before)
		if !found {
			break
		}
		s = after[sequenceLength(after):]
	}
	return b.String()
}

// sequenceLength is how much of s, which follows an escape character, belongs
// to its sequence.
func sequenceLength(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '[':
		n := 1
		for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
			n++
		}
		if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
			n++
		}
		return n
	case ']', 'P', 'X', '^', '_':
		return stringLength(s)
	}
	n := 0
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f {
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
		n++
	}
	return n
}

// stringLength is the length of a control string, which a bell or an escape
// sequence ends. One that nothing ends hides no text: only its opening goes.
func stringLength(s string) int {
	switch end := strings.IndexAny(s, "\a\x1b"); {
	case end < 0:
		return 1
	case s[end] == '\a':
		return end + 1
	case strings.HasPrefix(s[end+1:], `\`):
		return end + 2
	default:
		return end
	}
}
