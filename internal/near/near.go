// Package near finds the name that somebody meant who wrote another.
//
// Names are compared without regard to case, and bytes stand for letters: names
// of flags, files and stages are mostly ASCII. Words of more than 64 bytes are
// like nothing, so that the work is bounded whatever is asked.
package near

import (
	"fmt"
	"strings"
)

// lettersMax bounds the words that are compared.
const lettersMax = 64

// Name is the one of names that word most likely stands for: with the fewest
// letters to change, which count as one where word is its beginning, and as two
// where it is word's. The first of equals counts. It is "" when none is near.
func Name(word string, names []string) string {
	if len(word) > lettersMax {
		return ""
	}
	best, least := "", max(2, len(word)/3)+1
	for _, name := range names {
		d := Distance(word, name)
		switch {
		case len(word) > 1 && begins(name, word):
			d = min(d, 1)
		case len(name) > 2 && begins(word, name):
			d = min(d, 2)
		}
		if d < least {
			best, least = name, d
		}
	}
	if least >= len(word) {
		return "" // nothing of the word would stay
	}
	return best
}

func begins(word, beginning string) bool {
	return len(beginning) <= len(word) && strings.EqualFold(word[:len(beginning)], beginning)
}

// Question asks for the name that word may stand for, to be followed by a list
// of names: `did you mean "store"? `. It is "" when none is near.
func Question(word string, names []string) string {
	name := Name(word, names)
	if name == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q? ", name)
}

// Distance is how many letters to insert, delete, replace or swap with their
// neighbour make b of a (Damerau 1964, each letter touched once); 64 when
// either has more than 64 bytes.
func Distance(a, b string) int {
	if max(len(a), len(b)) > lettersMax {
		return lettersMax
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	var before, above []int // the rows of the two letters of a before
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := above[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
