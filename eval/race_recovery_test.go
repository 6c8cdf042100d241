package eval_test

import (
	"context"
	"testing"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// racing is a pipeline whose records are met as they arrive, and which takes
// aligned snapshots.
func racing(t *testing.T, b *broker.Broker, name pipeline.Name, every int) pipeline.Plan {
	t.Helper()
	p := evaltest.Plan(t, name, 2, guarantees.BySnapshot)
	p.Order, p.SnapshotEvery = guarantees.Arrival, pipeline.Interval{Documents: every}
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// meetAgain holds each partition to the order that it wrote down.
func meetAgain(t *testing.T, b *broker.Broker, p pipeline.Plan) {
	t.Helper()
	for _, stage := range []string{pipeline.DFStage, pipeline.ClassifyStage} {
		for i := range p.Partitions.Of(stage) {
			if units, _, err := pipeline.MeetAgain(t.Context(), b, p, stage, i); err != nil || units == 0 {
				t.Errorf("%d units of %s/%d: %v", units, stage, i, err)
			}
		}
	}
}

// Properties, of records that are met as they arrive, with aligned snapshots: where
// the newest ones are damaged those before are gone back to; what counts of the
// stream says what was met since; nothing is lost, nothing comes twice, and all is
// what its order makes of it.
func TestADamagedSnapshotOfWhatRacesIsPassedOverUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 900)
	b := evaltest.Broker(t)
	p := racing(t, b, "damaged", 100)
	for _, stretch := range [][][]byte{documents[:300], documents[300:600]} {
		fill(t, b, p.Pipeline, stretch, 1)
		work(t, b, p, 0)
	}
	spoil(t, b, p, func(_ string, data []byte) []byte { return data[:len(data)/2] })
	fill(t, b, p.Pipeline, documents[600:], 1)
	s := work(t, b, p, 0).Summary(p)
	if s.Documents != uint64(len(documents)) || s.Lost+s.Duplicates > 0 {
		t.Errorf("%d documents, %d lost, %d twice", s.Documents, s.Lost, s.Duplicates)
	}
	meetAgain(t, b, p)
}

// Properties, likewise, of two processes that come and go, one of which puts the
// barriers: nothing is lost, nothing comes twice, and all is what its order makes of
// it.
func TestWhatRacesIsHandedOverUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 900)
	b := evaltest.Broker(t)
	p := racing(t, b, "shared", 100)
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	fill(t, b, p.Pipeline, documents[:300], 1)
	first := share(ctx, t, b, p, "first")
	first.told(ctx, t, "runs ")
	second := share(ctx, t, b, p, "second")
	second.told(ctx, t, "handed over")
	fill(t, b, p.Pipeline, documents[300:], 1)
	first.stop()
	if err := <-first.ended; err != nil {
		t.Errorf("the first ended with %v", err)
	}
	second.told(ctx, t, "from host-first, which handed over")
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	s := follow(ctx, t, b, p, last, nil).Summary(p)
	second.stop()
	if err := <-second.ended; err != nil {
		t.Errorf("the second ended with %v", err)
	}
	if s.Documents != uint64(len(documents)) || s.Lost+s.Duplicates > 0 {
		t.Errorf("%d documents, %d lost, %d twice", s.Documents, s.Lost, s.Duplicates)
	}
	meetAgain(t, b, p)
}
