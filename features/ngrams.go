package features

import (
	"fmt"
	"strconv"
	"strings"
)

// NGramsMax is the longest n-gram there is.
const NGramsMax = 3

// NGrams says of how many neighbouring words a term is made: of Min to Max. The
// zero value means 1 to 1.
//
// The words of an n-gram are joined by a space. They are neighbours after stop
// words have gone, in the title or in the text, never of both. What ends a
// sentence or clause (one of .!?;: that is not inside a word) parts them, which
// is worth a tenth of a point on 20 Newsgroups; TokenizerProse does not tell, so
// there nothing does. A term of a script without spaces is a pair already: it is
// in no n-gram and parts those beside it.
type NGrams struct{ Min, Max int }

// ParseNGrams reads "1-2", or "2" for "2-2".
func ParseNGrams(s string) (NGrams, error) {
	low, high, ranged := strings.Cut(s, "-")
	if !ranged {
		high = low
	}
	a, errA := strconv.Atoi(low)
	b, errB := strconv.Atoi(high)
	g := NGrams{a, b}
	if errA != nil || errB != nil || a < 1 || b < a || b > NGramsMax {
		return NGrams{}, fmt.Errorf("n-grams %q are not MIN-MAX with 1 <= MIN <= MAX <= %d; write 1-2 for words and pairs of words", s, NGramsMax)
	}
	return g, nil
}

// String is the form that ParseNGrams reads.
func (g NGrams) String() string {
	g = g.filled()
	return strconv.Itoa(g.Min) + "-" + strconv.Itoa(g.Max)
}

// MarshalText writes what String says.
func (g NGrams) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what ParseNGrams does.
func (g *NGrams) UnmarshalText(text []byte) (err error) {
	*g, err = ParseNGrams(string(text))
	return err
}

// filled puts the default in the place of the zero value, and brings what is out
// of range into it.
func (g NGrams) filled() NGrams {
	low := min(max(g.Min, 1), NGramsMax)
	return NGrams{low, min(max(g.Max, low), NGramsMax)}
}
