package stories

import (
	"testing"

	"tidings"
	"tidings/features"
)

// Documents of half a year, tokenized beforehand.
func BenchmarkObserve(b *testing.B) {
	tokenizer := features.NewTokenizer(features.Options{})
	var dict features.Dictionary
	var all []Document
	articles(b, "2016-07-01", "2017-01-01", func(a article) {
		terms, err := tokenizer.Append(nil, &dict, []byte(a.Title), []byte(a.Text))
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, Document{Position: tidings.Position{Sequence: uint64(len(all) + 1)}, Time: a.Time.UnixNano(), Label: a.Label, Dict: &dict, Terms: terms})
	})
	b.ReportAllocs()
	s := New(Options{})
	for i := 0; b.Loop(); i++ {
		s.Observe(all[i%len(all)])
	}
	b.ReportMetric(float64(s.Open()), "stories")
}
