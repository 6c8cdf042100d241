package eval_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// recoveredTerms is how many terms the df table of BenchmarkRecovery has.
const recoveredTerms = 1_000_000

// newTerms are documents of terms that occur nowhere else.
func newTerms(terms int) (documents [][]byte) {
	const each = 500
	var text strings.Builder
	for d := range terms / each {
		text.Reset()
		for i := range each {
			text.WriteString(" w" + strconv.FormatInt(int64(d*each+i), 36))
		}
		documents = append(documents, fmt.Appendf(nil, `{"id":"d%d","time":"","label":"","title":"","text":%q}`, d, text.String()))
	}
	return documents
}

// Properties: a pipeline that is stopped when a snapshot is due, or being
// stored, leaves one that stands where it stopped, for each piece of its state.
func TestACleanStopLeavesASnapshot(t *testing.T) {
	documents := newTerms(50_000)
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := pipeline.Plan{Pipeline: "stopped", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
			if err := pipeline.Create(t.Context(), b, p); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents, 4)
			runTo(t, b, p, uint64(len(documents)))
			last, err := b.LastSequence(t.Context(), p.Pipeline.LogStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			all, err := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: "stopped-snap"}}.List(t.Context())
			if err != nil || len(all) < 3 {
				t.Fatalf("snapshots %v, %v", all, err)
			}
			for part, of := range all {
				if of[0].At != last {
					t.Errorf("%s stands at %d, the log ends at %d", part, of[0].At, last)
				}
			}
		})
	}
}

// BenchmarkRecovery measures what it takes from opening a pipeline whose df has
// a million terms to its first new commit: the fence, the snapshot of the
// process before, and what came behind it. Stages on partitions, and as a chain.
func BenchmarkRecovery(b *testing.B) {
	documents := newTerms(recoveredTerms)
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprintf("terms=%d/partitions=%d", recoveredTerms, n), func(b *testing.B) {
			s := openDiskBroker(b)
			defer s.Close()
			p := pipeline.Plan{Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}}.WithDefaults()
			if err := pipeline.Create(b.Context(), s, p); err != nil {
				b.Fatal(err)
			}
			fill(b, s, p.Pipeline, documents, 4)
			runTo(b, s, p, uint64(len(documents)))
			for b.Loop() {
				add(b, s, p)
				runTo(b, s, p, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/recovery")
		})
	}
}

// add adds one document to the log.
func add(b testing.TB, s *broker.Broker, p pipeline.Plan) {
	b.Helper()
	log := p.Pipeline.LogStream().Name
	last, err := s.LastSequence(b.Context(), log)
	if err != nil {
		b.Fatal(err)
	}
	subject := p.Pipeline.LogSubject(pipeline.ArticleRecord, "test")
	if _, err := s.Put(b.Context(), log, subject, "", last, nil, fmt.Appendf(nil, `{"id":"n%d","title":"one more","text":"w1 w2 w3"}`, last)); err != nil {
		b.Fatal(err)
	}
}

// runTo runs a pipeline until the log is committed to its end, and leaves a
// snapshot each time so many documents have passed.
func runTo(b testing.TB, s *broker.Broker, p pipeline.Plan, snapshots uint64) {
	b.Helper()
	r, err := pipeline.NewRunner(s, p, "", "bench")
	if err != nil {
		b.Fatal(err)
	}
	r.Snapshots(snapshots)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	last, err := s.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		if err := r.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			b.Error(err)
			cancel()
		}
	})
	if t := follow(ctx, b, s, p, last, nil); t.To < last {
		b.Fatalf("it has come to %d of %d", t.To, last)
	}
	cancel()
}
