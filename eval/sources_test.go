package eval_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// A log of three sources: one is behind, one is idle now and then, one ends in
// the middle; some documents have no time, some lie in the far future, and some of
// those say that their times are made up. At 1, 2, 4 and 8 partitions, killed at
// each point of a unit's way:
//   - the windows and counts are the oracle's;
//   - every document went somewhere: In = Windowed + Late + Untimed + Future;
//   - what lies in the far future is counted and closes nothing.
func TestWindowsOfSeveralSourcesAreTheOraclesWhateverDies(t *testing.T) {
	hour, err := topics.Parse("tumbling:6h")
	if err != nil {
		t.Fatal(err)
	}
	documents := evaltest.Documents(600)
	for _, partitions := range []int{1, 2, 4, 8} {
		t.Run(fmt.Sprintf("partitions=%d", partitions), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "several", partitions, guarantees.Commit)
			p.Topics = topics.Options{Windows: []topics.Definition{hour}, OutOfOrder: time.Hour}
			p = p.WithDefaults()
			future := fillSources(t, b, p.Pipeline, documents)
			oracle, err := eval.NewOracle(p)
			if err != nil {
				t.Fatal(err)
			}
			if err := oracle.Replay(t.Context(), b, p.Pipeline); err != nil {
				t.Fatal(err)
			}
			faults := killedEverywhere(partitions)
			got := evaltest.Run(t, b, p, faults...)
			if n := struck(t, b, p); n != len(faults) {
				t.Errorf("%d of %d faults have struck", n, len(faults))
			}
			want := oracle.Tally
			if got.Windows != want.Windows || got.WindowsDigest != want.WindowsDigest || got.Windows == 0 {
				t.Errorf("%d windows with digest %x, the oracle has %d with %x", got.Windows, got.WindowsDigest, want.Windows, want.WindowsDigest)
			}
			c := got.Counts[0]
			if o := want.Counts[0]; c != o || c.In != c.Sum() || c.Future != future || c.Untimed == 0 || c.Late == 0 || c.Dropped > 0 {
				t.Errorf("counts %+v, the oracle has %+v, %d from the future", c, o, future)
			}
		})
	}
}

// killedEverywhere kills each stage's first partition at each point of a unit's
// way, in this order, one after the other.
func killedEverywhere(partitions int) (all []guarantees.Fault) {
	stages := pipeline.Stages()
	if partitions == 1 {
		stages = []string{pipeline.ClassifyStage}
	}
	for i, stage := range stages {
		for j, point := range []guarantees.Point{guarantees.Taken, guarantees.Begun, guarantees.Stepped, guarantees.Stored, guarantees.Settled, guarantees.Opened, guarantees.Restored} {
			f := guarantees.Fault{Kind: guarantees.Kill, Stage: stage, Point: point, At: uint64(20 + 60*j + 10*i)}
			if point == guarantees.Opened || point == guarantees.Restored {
				f.At = 2 // of a worker that was killed before
			}
			all = append(all, f)
		}
	}
	return all
}

// fillSources puts documents into the log and says how many lie too far ahead.
func fillSources(t *testing.T, b *broker.Broker, name pipeline.Name, documents [][]byte) (future uint64) {
	t.Helper()
	if err := b.CreateStream(t.Context(), name.LogStream()); err != nil {
		t.Fatal(err)
	}
	a := b.Appender(name.LogStream().Name, 0)
	defer a.Close()
	put := func(kind, source string, h broker.Header, data []byte) {
		if err := a.Append(name.LogSubject(kind, source), h, data); err != nil {
			t.Fatal(err)
		}
	}
	strange := func(id, at string) []byte {
		return fmt.Appendf(nil, `{"id":%q,"time":%q,"label":"sport","text":"from elsewhere"}`, id, at)
	}
	ahead := time.Now().Add(100 * 24 * time.Hour).UTC().Format(time.RFC3339)
	// "b" brings what comes 40 documents before what "a" brings.
	behind := 40
	for i := 0; i < len(documents); i += 4 {
		put(pipeline.ArticleRecord, "a", nil, bytes.Join(documents[i:i+4], []byte{'\n'}))
		if from := i - behind; from >= 0 && i%12 == 0 {
			put(pipeline.ArticleRecord, "b", nil, bytes.ReplaceAll(documents[from], []byte(`"id":"d`), []byte(`"id":"b`)))
		}
		switch {
		case i%120 == 60:
			put(pipeline.ControlRecord, "b", nil, []byte(pipeline.IdleMark))
		case i%100 == 40:
			put(pipeline.ArticleRecord, "b", nil, strange(fmt.Sprint("far", i), ahead))
			future++
		case i%100 == 80:
			put(pipeline.ArticleRecord, "c", nil, fmt.Appendf(nil, `{"id":"u%d","text":"no time"}`, i))
		case i == 300:
			put(pipeline.ControlRecord, "c", nil, []byte(pipeline.EndMark))
		}
	}
	put(pipeline.ControlRecord, "a", nil, []byte(pipeline.EndMark))
	put(pipeline.ControlRecord, "b", nil, []byte(pipeline.IdleMark))
	// Times that are made up may lie anywhere.
	put(pipeline.ArticleRecord, "synthetic", broker.Header{pipeline.HeaderTimes: {pipeline.TimesMadeUp}}, strange("made-up", ahead))
	put(pipeline.ControlRecord, "synthetic", nil, []byte(pipeline.EndMark))
	if err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return future
}
