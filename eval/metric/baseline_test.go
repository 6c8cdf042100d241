package metric

import (
	"strconv"
	"testing"
	"tidings/datasets/datasetstest"

	"pgregory.net/rapid"
)

// Before every label, the majority is what recounting says, and the last label
// is the last one.
func TestBaselinesPredictBeforeTheyLearn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOf(rapid.SampledFrom([]string{"", "a", "b", "c"})).Draw(t, "labels")
		var m Majority
		var r RepeatLast
		var learnt []string
		var majorityRight, lastRight uint64
		for _, truth := range labels {
			majority, last := recount(learnt)
			if m.Predict() != majority || r.Predict() != last {
				t.Fatalf("after %q: %q and %q, want %q and %q", learnt, m.Predict(), r.Predict(), majority, last)
			}
			m.Learn(truth)
			r.Learn(truth)
			if truth == "" {
				continue
			}
			learnt = append(learnt, truth)
			if majority == truth {
				majorityRight++
			}
			if last == truth {
				lastRight++
			}
		}
		n := uint64(len(learnt))
		if m.Documents() != n || r.Documents() != n || m.Right() != majorityRight || r.Right() != lastRight {
			t.Fatalf("majority %d of %d, want %d of %d; last %d of %d, want %d", m.Right(), m.Documents(), majorityRight, n, r.Right(), r.Documents(), lastRight)
		}
		if n > 0 && m.Accuracy() != float64(majorityRight)/float64(n) {
			t.Fatalf("accuracy %v", m.Accuracy())
		}
	})
}

func recount(learnt []string) (majority, last string) {
	most := 0
	for _, label := range []string{"a", "b", "c"} {
		n := 0
		for _, l := range learnt {
			if l == label {
				n++
			}
		}
		if n > most {
			majority, most = label, n
		}
	}
	if len(learnt) > 0 {
		last = learnt[len(learnt)-1]
	}
	return majority, last
}

func TestMajorityIsBounded(t *testing.T) {
	var m Majority
	for i := range LabelsMaxDefault {
		m.Learn(strconv.Itoa(i))
	}
	for range 3 {
		m.Learn("one too many")
	}
	if m.Predict() != "0" || len(m.counts) != LabelsMaxDefault || m.Documents() != LabelsMaxDefault+3 {
		t.Errorf("predicts %q, counts %d labels", m.Predict(), len(m.counts))
	}
}

// On the Wikipedia stream .193 of the labels repeat the one before, and the
// running majority is right for .175.
func TestBaselinesOnWikipedia(t *testing.T) {
	var m Majority
	var r RepeatLast
	for _, d := range datasetstest.Read[struct{ Label string }](t, "wikipedia-current-events.jsonl.gz", 0) {
		m.Learn(d.Label)
		r.Learn(d.Label)
	}
	t.Logf("%d documents: majority %.4f, repeat last %.4f", m.Documents(), m.Accuracy(), r.Accuracy())
	near(t, "majority", m.Accuracy(), .175, .0005)
	near(t, "repeat last", r.Accuracy(), .193, .0005)
	if m.Documents() != 59_914 {
		t.Errorf("%d labels", m.Documents())
	}
}
