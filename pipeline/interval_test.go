package pipeline_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/pipeline"
)

func TestAnIntervalIsATimeOrDocuments(t *testing.T) {
	tests := map[string]struct {
		want pipeline.Interval
		says string
	}{
		"":             {},
		"1s":           {want: pipeline.Interval{Time: time.Second}},
		"100ms":        {want: pipeline.Interval{Time: 100 * time.Millisecond}},
		" 5000docs ":   {want: pipeline.Interval{Documents: 5000}},
		"0s":           {says: "write a time"},
		"0docs":        {says: "write a time"},
		"often":        {says: "write a time (1s, 100ms) or a number of documents"},
		"1":            {says: "write a time"},
		"1ms":          {says: "10ms to 1h are possible"},
		"2h":           {says: "are possible"},
		"-1s":          {says: "are possible"},
		"-5docs":       {says: "documents are possible"},
		"99999999docs": {says: "documents are possible"},
	}
	for text, test := range tests {
		got, err := pipeline.ParseInterval(text)
		switch {
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%q: error %v, want one that says %q", text, err, test.says)
		case test.says == "" && (err != nil || got != test.want):
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Properties: what is read is written as the same again, and nothing that cannot be is
// read.
func FuzzParseInterval(f *testing.F) {
	for _, s := range []string{"1s", "100ms", "5000docs", "", "x", "1e9docs", "-1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := pipeline.ParseInterval(s)
		if err != nil || i == (pipeline.Interval{}) {
			return
		}
		if again, err := pipeline.ParseInterval(i.String()); err != nil || again != i || i.Check() != nil {
			t.Fatalf("%q is %v, and that is %v, %v", s, i, again, err)
		}
	})
}

// Properties: the interval is stored with the plan and belongs to it; a recovery that
// holds nothing back has none, and its plan is stored as it always was.
func TestAnIntervalBelongsToThePlan(t *testing.T) {
	held := pipeline.Plan{Recovery: guarantees.BySnapshot}.WithDefaults()
	if err := held.Check(); err != nil || held.SnapshotEvery.Time != pipeline.SnapshotEveryTime || !held.Holds() {
		t.Errorf("%+v, %v", held.SnapshotEvery, err)
	}
	other := held
	other.SnapshotEvery = pipeline.Interval{Documents: 100}
	if err := other.Differs(held); err == nil || !strings.Contains(err.Error(), `snapshot_every: stored "1s", asked for "100docs"`) {
		t.Errorf("another interval: %v", err)
	}
	for _, name := range guarantees.Recoveries("") {
		p := pipeline.Plan{Recovery: name}.WithDefaults()
		data, err := json.Marshal(p)
		if err != nil || strings.Contains(string(data), "snapshot_every") != p.Holds() {
			t.Errorf("%s: %s, %v", name, data, err)
		}
		p.SnapshotEvery = pipeline.Interval{Time: time.Second}
		if err := p.Check(); err == nil != p.Holds() {
			t.Errorf("%s with an interval: %v", name, err)
		}
	}
	mixed := pipeline.Plan{Partitions: pipeline.Partitions{Tokenize: 2, DF: 2, Classify: 2, Topics: 2}, Recovery: guarantees.BySnapshot}.WithDefaults()
	mixed.Stages = map[string]guarantees.Promise{pipeline.DFStage: {Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Commit}}
	if err := mixed.Check(); err == nil || !strings.Contains(err.Error(), "all stages or none") {
		t.Errorf("a stage that would go back alone: %v", err)
	}
}
