package cli

import "strings"

// nearest is the name that somebody meant who wrote word: the one with the
// fewest letters to change, or that word is the beginning of. It is "" when none
// is near.
func nearest(word string, names []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, name := range names {
		d := distance(word, name)
		if len(word) > 1 && strings.HasPrefix(name, word) {
			d = min(d, 1)
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

// nearestLetters bounds the words that are compared.
const nearestLetters = 64

// distance is how many letters to insert, delete, replace or swap with their
// neighbour make b of a (Damerau 1964, each letter touched once).
func distance(a, b string) int {
	if max(len(a), len(b)) > nearestLetters {
		return nearestLetters
	}
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
