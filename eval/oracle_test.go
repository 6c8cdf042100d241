package eval_test

import (
	"fmt"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Properties:
//   - predictions, their probabilities' bits, df and model digests, and windows
//     with their bursts and stories are the oracle's, at 1, 2, 4 and 8 partitions;
//   - but for the positions that stories name, they do not depend on how documents
//     are packed into messages.
func TestAPipelineEqualsTheOracle(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 6000)
	b := evaltest.Broker(t)
	var want, all string
	for _, pack := range []int{1, 256} {
		want = ""
		for _, n := range []int{1, 2, 4, 8} {
			name := pipeline.Name(fmt.Sprintf("p%d-%d", n, pack))
			p := pipeline.Plan{Pipeline: name, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}, Topics: topics.Options{Bursts: 5, Stories: 5}}.WithDefaults()
			fill(t, b, name, documents, pack)
			began := time.Now()
			tally := run(t, b, p, nil)
			t.Logf("%s: %d documents, %.0f/s, accuracy %.4f", name, tally.Documents, float64(tally.Documents)/time.Since(began).Seconds(), tally.Confusion.Accuracy())
			s := tally.Summary(p)
			got := fmt.Sprintln(s.Documents, s.PredictionsDigest, s.DFDigest, s.ModelDigest, s.Windows, s.Accuracy, s.Lost, s.Duplicates)
			if all == "" {
				all = got
			}
			if got != all {
				t.Errorf("%s, packed otherwise:\n got %s\nwant %s", name, got, all)
			}
			got += fmt.Sprintln(tally.WindowsDigest) // stories name documents by their positions
			if want == "" {
				truth := oracle(t, b, p, nil).Tally
				o := truth.Summary(p)
				want = fmt.Sprintln(o.Documents, o.PredictionsDigest, o.DFDigest, o.ModelDigest, o.Windows, o.Accuracy, o.Lost, o.Duplicates) + fmt.Sprintln(truth.WindowsDigest)
				t.Logf("oracle: %s", want)
			}
			if got != want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, want)
			}
		}
	}
}
