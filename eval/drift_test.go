package eval_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/model/drift"
	"tidings/pipeline"
)

// Properties of alarms, of detectors so nervous that they alarm often, at 1, 2
// and 4 partitions, with workers killed before and behind their snapshots:
//   - each comes out once, with its position, time and every bit of its
//     statistic, as the oracle says;
//   - what the detectors remember in the end is what the oracle's do;
//   - each detector has alarmed, so that there was something to compare.
func TestAlarmsAreTheOraclesWhateverHappens(t *testing.T) {
	documents := mislabelled(lines(t, "wikipedia-current-events.jsonl.gz", 1800), 1000)
	put := func(t *testing.T, b *broker.Broker, name pipeline.Name) { fill(t, b, name, documents, 16) }
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			alarmsAsTheOracles(t, len(documents), put, n, "adwin:0.3", "page-hinkley:4", "every:500")
		})
	}
}

// Property: labels that come later are outcomes as well, at their own positions.
func TestLateLabelsAlarmAtTheirOwnPositions(t *testing.T) {
	documents := evaltest.Documents(1500)
	put := func(t *testing.T, b *broker.Broker, name pipeline.Name) {
		evaltest.FillLate(t, b, name, documents, 8, 100)
	}
	for _, a := range alarmsAsTheOracles(t, len(documents), put, 2, "page-hinkley:2", "every:500") {
		if a.kind == pipeline.LabelEntry {
			return
		}
	}
	t.Error("no late label alarmed")
}

// The same of the detector that needs thousands of documents.
func TestAlarmsOfWordsSharedData(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 45_400)
	documents = append(documents[:7600], documents[44_000:]...) // other words
	put := func(t *testing.T, b *broker.Broker, name pipeline.Name) { fill(t, b, name, documents, 16) }
	for _, n := range []int{1, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			alarmsAsTheOracles(t, len(documents), put, n, "terms:2", "every:500")
		})
	}
}

// mislabelled gives some hundred documents the labels of others.
func mislabelled(documents [][]byte, from int) [][]byte {
	for i := from; i < from+600; i++ {
		documents[i] = bytes.Replace(documents[i], []byte("Armed conflicts and attacks"), []byte("Sports"), 1)
		documents[i] = bytes.Replace(documents[i], []byte("Politics and elections"), []byte("Arts and culture"), 1)
	}
	return documents
}

// located is an alarm and what stands at its position.
type located struct {
	pipeline.Alarm
	kind pipeline.Kind
}

func alarmsOf(u *pipeline.Unit) (all []located) {
	for i := range u.Entries {
		for _, a := range u.Entries[i].AllAlarms() {
			all = append(all, located{a, u.Entries[i].Kind})
		}
	}
	return all
}

// alarmsAsTheOracles runs over a log with so many documents, kills workers, and
// returns the alarms.
func alarmsAsTheOracles(t *testing.T, documents int, put func(*testing.T, *broker.Broker, pipeline.Name), partitions int, detectors ...drift.Spec) []located {
	t.Helper()
	b := evaltest.Broker(t)
	n := partitions
	p := pipeline.Plan{
		Pipeline: "watched", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
		Drift: drift.Options{Detectors: detectors},
	}.WithDefaults()
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	put(t, b, p.Pipeline)
	var want, got []located
	truth := oracle(t, b, p, func(o *eval.Oracle) {
		o.Message = func(u *pipeline.Unit) { want = append(want, alarmsOf(u)...) }
	})
	for _, c := range truth.Tally.Alarms.Counts(p.Drift) {
		if c.Alarms == 0 {
			t.Fatalf("%s never alarmed: nothing is compared", c.Detector)
		}
	}
	tally := killed(ctx, t, b, p, uint64(documents), func(u *pipeline.Unit) { got = append(got, alarmsOf(u)...) })
	if !slices.Equal(got, want) {
		t.Errorf("%d alarms, the oracle has %d:\n got %v\nwant %v", len(got), len(want), got, want)
	}
	is, should := &tally.Alarms, &truth.Tally.Alarms
	if is.Digest() != should.Digest() || is.DriftDigest != should.DriftDigest || is.DriftDigest == 0 {
		t.Errorf("digests %x of alarms, %x of detectors; the oracle's %x, %x", is.Digest(), is.DriftDigest, should.Digest(), should.DriftDigest)
	}
	if s := tally.Summary(p); s.Drift[len(s.Drift)-1].Alarms != uint64(documents/500) {
		t.Errorf("the baseline of %d documents: %+v", documents, s.Drift)
	}
	return got
}

// killed runs a pipeline whose workers make snapshots and are killed now and
// then.
func killed(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, documents uint64, each func(u *pipeline.Unit)) *pipeline.Tally {
	t.Helper()
	var plan []guarantees.Fault
	for _, at := range []uint64{documents / 3, documents * 4 / 5} {
		plan = append(plan, guarantees.Fault{Kind: guarantees.Kill, Partition: -1, At: at}, guarantees.Fault{Kind: guarantees.Kill, Partition: -1, At: at + 300, Point: guarantees.Saved})
	}
	return runSaving(ctx, t, b, p, 700, plan, each)
}
