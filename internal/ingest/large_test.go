package ingest_test

import (
	"strings"
	"testing"

	"tidings"
	"tidings/datasets"
	"tidings/features"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// Properties, of documents up to the limits, some of which are much larger in
// the log than they are, among small ones:
//   - whatever the door lets in the pipeline takes, however it is packed: no
//     document is refused because of those it was packed with.
func TestWhatEntersIsTaken(t *testing.T) {
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	fill := []string{"a", "\"", "\n", "\x01", "é", "\u2028"}
	for name, pack := range map[string]int{"one": 1, "some": 7, "many": 0} {
		var rows []datasets.Row
		for i := range 24 {
			r := document(i)
			if random.IntN(6) == 0 {
				unit := fill[random.IntN(len(fill))]
				r.Document.Text = "word " + strings.Repeat(unit, (tidings.TextBytesMax-5)/len(unit))
			}
			rows = append(rows, r)
		}
		o := ingest.Options{Pipeline: "large", Source: name, Pack: pack, Clock: clock{now: noon}}
		counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
		if err != nil || counts.Documents != uint64(len(rows)) {
			t.Fatalf("%s: %d rows are counted as %+v (%v)", name, len(rows), counts, err)
		}
		taken := 0
		tokenize := pipeline.NewTokenize(features.Options{}, func(uint64) bool { return true })
		for _, r := range brokertest.Records(t, b, o.Pipeline.LogStream().Name) {
			if r.Subject != o.Pipeline.LogSubject(pipeline.ArticleRecord, name) {
				continue
			}
			var u pipeline.Unit
			u.AddLog(r)
			if err := tokenize.Step(&u); err != nil {
				t.Fatal(err)
			}
			for _, e := range u.Entries {
				if e.Kind == pipeline.DocumentEntry {
					taken++
				} else {
					t.Errorf("%s: %s is refused: %s, in a message of %d documents and %d bytes", name, e.ID, e.Reason, len(u.Entries), len(r.Data))
				}
			}
		}
		if taken != len(rows) {
			t.Errorf("%s: %d of %d documents are taken", name, taken, len(rows))
		}
	}
}
