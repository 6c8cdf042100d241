package features

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Properties: the short ways for common letters say what the tables of Unicode
// say, for every rune there is.
func TestCommonLettersAreWhatUnicodeSaysOfThem(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got, want := lowerRune(r), unicode.ToLower(r); got != want {
			t.Fatalf("%U lower-cased is %U, want %U", r, got, want)
		}
		if got, want := spaceless(r), (unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)) && unicode.In(r, spacelessScripts...) || r == 'ー' || r == 'ｰ'; got != want {
			t.Errorf("%U has no spaces: %v, want %v", r, got, want)
		}
		if !settled(r) {
			continue
		}
		s := string(r)
		if invisible(r) || attached(r) || !norm.NFC.IsNormalString(s) || !norm.NFC.PropertiesString(s).BoundaryBefore() {
			t.Errorf("%U is not settled", r)
		}
	}
}
