package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// many is a text of so many words, of which so many are different.
func many(words, different int) string {
	var text strings.Builder
	for i := range words {
		fmt.Fprintf(&text, "w%d ", i%different)
	}
	return text.String()
}

// Properties, of documents of 100,000 words among others, in windows that tell as
// many bursts and stories as they may:
//   - one of more different words than are taken is a dead letter, the others are
//     predicted, and the pipeline goes on;
//   - windows equal the oracle's, alone and divided, and tell what they tell of all
//     others: so many terms at most, none of which is long.
func TestMemoryOfDocumentsOf100000WordsIsBounded(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 40)
	documents = append(documents, line(t, "too many", "big", "", many(100_000, 100_000)))
	for i := range 4 {
		documents = append(documents, line(t, fmt.Sprint("many ", i), "big", "", many(100_000, features.TermsMax-1)))
	}
	documents = append(documents, lines(t, "wikipedia-current-events.jsonl.gz", 60)[40:]...)
	window, err := topics.Parse("count:11")
	if err != nil {
		t.Fatal(err)
	}
	b := evaltest.Broker(t)
	for _, n := range []int{1, 2} {
		name := pipeline.Name(fmt.Sprint("big", n))
		p := pipeline.Plan{
			Pipeline: name, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
			Topics: topics.Options{Windows: []topics.Definition{window}, EmitDocuments: 7, Bursts: topics.BurstsTopMax, Stories: topics.StoriesTopMax},
		}.WithDefaults()
		fill(t, b, name, documents, 1)
		bursts, told := 0, 0
		tally := run(t, b, p, func(u *pipeline.Unit) {
			for _, windows := range u.Windows {
				for _, w := range windows {
					bursts += len(w.Bursts)
					told += len(w.Stories)
					for _, s := range w.Stories {
						if len(s.Terms) > topics.StoryTermsMax {
							t.Errorf("a story of %d terms is told", len(s.Terms))
						}
					}
					for _, burst := range w.Bursts {
						if len(burst.Text) > 2*features.TermBytesMax+1 {
							t.Errorf("a burst of %d bytes is told", len(burst.Text))
						}
					}
					if len(w.Bursts) > topics.BurstsTopMax || len(w.Stories) > topics.StoriesTopMax {
						t.Errorf("%d bursts and %d stories are told", len(w.Bursts), len(w.Stories))
					}
				}
			}
		})
		truth := oracle(t, b, p, nil).Tally
		if tally.Documents != uint64(len(documents)-1) || tally.DeadLetters != 1 || tally.WindowsDigest != truth.WindowsDigest || tally.PredictionsDigest() != truth.PredictionsDigest() {
			t.Errorf("%d partitions: %d documents, %d dead letters, windows %016x; the oracle has %d, %d, %016x",
				n, tally.Documents, tally.DeadLetters, tally.WindowsDigest, truth.Documents, truth.DeadLetters, truth.WindowsDigest)
		}
		if bursts < topics.BurstsTopMax || told == 0 {
			t.Errorf("%d partitions: only %d bursts and %d stories are told: nothing is tested", n, bursts, told)
		}
	}
}
