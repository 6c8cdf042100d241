package stories

import (
	"strings"
	"unicode"
)

// wordsOfNoName are how many of a story's terms stand for a name where there is
// none.
const wordsOfNoName = 3

// Name chooses what people call the story, out of the proper names in some of
// its documents, a list each: the one that most of them have, times what its
// words weigh among the story's terms, words that are none of them counting
// against it; of equal ones the first. Where none has a word of the story's it
// is the weightiest terms.
func (s Story) Name(documents [][]string) string {
	weight := make(map[string]float64, len(s.Terms))
	for _, t := range s.Terms {
		weight[t.Text] = t.Weight
	}
	heard := map[string]int{} // in how many documents
	var names []string
	for _, of := range documents {
		seen := map[string]bool{}
		for _, name := range of {
			if !seen[name] {
				seen[name] = true
				heard[name]++
				names = append(names, name)
			}
		}
	}
	best, most := "", 0.0
	for _, name := range names {
		if score := float64(heard[name]) * worth(name, weight); score > most {
			best, most = name, score
		}
	}
	if best != "" {
		return best
	}
	var terms []string
	for _, t := range s.Terms[:min(len(s.Terms), wordsOfNoName)] {
		terms = append(terms, t.Text)
	}
	return strings.Join(terms, ", ")
}

// worth is what a name's words weigh, as far as they are the story's.
func worth(name string, weight map[string]float64) (sum float64) {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	known := 0
	for _, word := range words {
		if w, ok := weight[word]; ok {
			sum += w
			known++
		}
	}
	return sum * float64(known) / float64(max(len(words), 1))
}
