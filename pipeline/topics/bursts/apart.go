package bursts

import (
	"slices"
	"strings"
)

// wordsMax is how many words neighbours are put together to.
const wordsMax = 5

// phrase is a burst, and its words.
type phrase struct {
	Burst
	hash  uint64 // of the term
	words []string
}

func (t *phrase) burst() Burst {
	b := t.Burst
	b.Text = strings.Join(t.words, " ")
	return b
}

// apart chooses the n best bursts that are of different documents, as far as that
// is known of what has a word in common:
//   - a word is left out that two thirds of its documents have in a pair that rose;
//   - two pairs with a common word have documents in common if together they have
//     more than the word: as many as they have too many, at least. Where that is
//     half of the rarer one's the lesser pair is left out; and where one ends with
//     the word that the other one begins with, their words are told together: "kim
//     jong" and "jong un".
//
// of says how many documents have each word.
func apart(ranked []phrase, of map[string]uint64, n int) (told []phrase) {
	most := map[string]uint64{} // documents, by word, of the pair that most of them have
	for _, b := range ranked {
		if first, second, pair := strings.Cut(b.Text, " "); pair {
			most[first], most[second] = max(most[first], b.Documents), max(most[second], b.Documents)
		}
	}
	for _, b := range ranked {
		if 3*most[b.Text] >= 2*b.Documents {
			continue
		}
		b.words = strings.Fields(b.Text)
		if i := slices.IndexFunc(told, func(t phrase) bool { return t.same(b, of) }); i >= 0 {
			told[i].extend(b.words)
			told = join(told, i, of)
		} else if len(told) < n {
			told = append(told, b)
		}
	}
	return told
}

// join puts what was told as two together, where the one at a place has come to
// overlap with it; the surer one stays.
func join(told []phrase, at int, of map[string]uint64) []phrase {
	for i := range told {
		first, second := min(i, at), max(i, at)
		if i == at || !told[first].same(told[second], of) {
			continue
		}
		if told[first].extend(told[second].words) {
			return slices.Delete(told, second, second+1)
		}
	}
	return told
}

// same says whether a phrase is of the documents of one that is told.
func (t *phrase) same(p phrase, of map[string]uint64) bool {
	if len(t.words) < 2 || len(p.words) < 2 {
		return false
	}
	for _, word := range p.words {
		if !slices.Contains(t.words, word) {
			continue
		}
		if sum := t.Documents + p.Documents; sum > of[word] && 2*(sum-of[word]) >= min(t.Documents, p.Documents) {
			return true
		}
	}
	return false
}

// extend puts words before or behind what is told, if they overlap there by one.
func (t *phrase) extend(words []string) bool {
	before, behind := words[:len(words)-1], words[1:]
	switch last := len(t.words) - 1; {
	case len(t.words)+len(behind) > wordsMax:
		return false
	case t.words[last] == words[0] && !slices.Contains(t.words, behind[0]):
		t.words = slices.Concat(t.words, behind)
	case t.words[0] == words[len(words)-1] && !slices.Contains(t.words, before[len(before)-1]):
		t.words = slices.Concat(before, t.words)
	default:
		return false
	}
	return true
}
