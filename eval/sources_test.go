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
// those say that their times are made up. Windows of all of them, by source, and
// by label with hysteresis and fewer keys than there are labels, at 1, 2, 4 and 8
// partitions, each stage killed at each point of a unit's way:
//   - the windows, late documents and counts are the oracle's;
//   - every document went somewhere: In = Windowed + Late + Untimed + Future;
//   - what lies in the far future is counted and closes nothing.
func TestWindowsOfSeveralSourcesAreTheOraclesWhateverDies(t *testing.T) {
	for _, test := range []struct {
		options    topics.Options
		partitions []int
	}{
		{topics.Options{}, []int{4}},
		{topics.Options{By: topics.BySource, Lateness: 3 * time.Hour}, []int{1, 2}},
		{topics.Options{By: topics.ByLabel, KeysMax: 2, Popular: .5, PopularUntil: .3}, []int{1, 2, 4, 8}},
	} {
		o := test.options
		o.OutOfOrder = time.Hour
		for _, w := range []string{"tumbling:6h", "sliding:12h/6h", "session:3h", "count:20"} {
			d, err := topics.Parse(w)
			if err != nil {
				t.Fatal(err)
			}
			o.Windows = append(o.Windows, d)
		}
		for _, n := range test.partitions {
			t.Run(fmt.Sprintf("by=%s/partitions=%d", o.By, n), func(t *testing.T) { sources(t, o, n) })
		}
	}
}

// sources sets one killed run beside the oracle.
func sources(t *testing.T, o topics.Options, partitions int) {
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "several", partitions, guarantees.Commit)
	p.Topics = o
	p = p.WithDefaults()
	future := fillSources(t, b, p.Pipeline, evaltest.Documents(600))
	oracle, err := eval.NewOracle(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := oracle.Replay(t.Context(), b, p.Pipeline); err != nil {
		t.Fatal(err)
	}
	faults := killedEverywhere(partitions)
	got, want := evaltest.Run(t, b, p, faults...), oracle.Tally
	if n := struck(t, b, p); n != len(faults) {
		t.Errorf("%d of %d faults have struck", n, len(faults))
	}
	if got.Windows != want.Windows || got.WindowsDigest != want.WindowsDigest || got.Windows == 0 {
		t.Errorf("%d windows with digest %x, the oracle has %d with %x", got.Windows, got.WindowsDigest, want.Windows, want.WindowsDigest)
	}
	for i, c := range got.Counts {
		timed := o.Windows[i].String() != "count:20"
		if c != want.Counts[i] || c.In != c.Sum() || c.Dropped > 0 || c.Listed != c.Late {
			t.Errorf("counts %+v, the oracle has %+v", c, want.Counts[i])
		}
		if timed && (c.Future != future || c.Untimed == 0 || c.Late == 0) {
			t.Errorf("counts %+v, %d are from the future", c, future)
		}
		if o.KeysMax > 0 && c.Pooled == 0 {
			t.Errorf("counts %+v: no document was of a further key", c)
		}
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
