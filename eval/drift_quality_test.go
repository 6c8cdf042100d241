package eval_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/model/drift"
	"tidings/pipeline"
)

// Spring 2020, as it was set before any detector was run over it: an alarm
// counts as having found it from the middle of February to the middle of June.
func inSpring2020(t time.Time) bool {
	return !t.Before(time.Date(2020, 2, 15, 0, 0, 0, 0, time.UTC)) && t.Before(time.Date(2020, 6, 15, 0, 0, 0, 0, time.UTC))
}

// watched gives documents to an oracle that stops learning before the document
// for which freeze holds (nil: never), and returns its alarms by detector.
func watched(tb testing.TB, documents [][]byte, order []int, freeze func(e *pipeline.Entry, n int) bool) (map[string][]pipeline.Alarm, *spring) {
	tb.Helper()
	p := pipeline.Plan{}.WithDefaults()
	o, err := eval.NewOracle(p)
	if err != nil {
		tb.Fatal(err)
	}
	all := map[string][]pipeline.Alarm{}
	n := 0
	s := &spring{}
	o.Each = func(e *pipeline.Entry, _ []uint32) {
		s.add(e)
		if n++; freeze != nil && freeze(e, n) {
			o.Freeze()
		}
	}
	o.Message = func(u *pipeline.Unit) {
		for _, a := range u.AllAlarms() {
			all[a.Detector] = append(all[a.Detector], a)
		}
	}
	for i := range documents {
		at := i
		if order != nil {
			at = order[i]
		}
		if err := o.Add(broker.Record{Subject: p.Pipeline.LogSubject(pipeline.ArticleRecord, "test"), Sequence: uint64(i + 1), Data: documents[at]}); err != nil {
			tb.Fatal(err)
		}
	}
	return all, s
}

// spring is the error in spring 2020 and in the year before.
type spring struct {
	then, before struct{ wrong, of int }
}

func (s *spring) add(e *pipeline.Entry) {
	at := &s.then
	if t := time.Unix(0, e.Time).UTC(); !inSpring2020(t) {
		if at = &s.before; !inSpring2020(t.AddDate(0, 12, 0)) && !inSpring2020(t.AddDate(0, 8, 0)) && !inSpring2020(t.AddDate(0, 4, 0)) {
			return
		}
	}
	at.of++
	if e.Label != e.Truth {
		at.wrong++
	}
}

func (s *spring) errors() (before, then float64) {
	return float64(s.before.wrong) / float64(max(s.before.of, 1)), float64(s.then.wrong) / float64(max(s.then.of, 1))
}

func found(alarms []pipeline.Alarm) bool {
	for _, a := range alarms {
		if inSpring2020(a.Time) {
			return true
		}
	}
	return false
}

// Properties, on the Wikipedia stream in its order, with the detectors at their
// defaults, none of which was chosen by looking at 2020:
//   - the detector of terms finds spring 2020, without labels, and is otherwise
//     nearly silent (at most 5 alarms in 13 years);
//   - the detectors of errors find it where they watch a model that stopped
//     learning at the end of 2019;
//   - they do not where the model goes on learning, for its error is lower then
//     than in the year before;
//   - the baseline, which alarms as often or more, does not find it.
func TestDriftQualitySpring2020IsFound(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 0)
	const alarmsMax = 5
	learning, online := watched(t, documents, nil, nil)
	frozen, stopped := watched(t, documents, nil, func(e *pipeline.Entry, _ int) bool { return time.Unix(0, e.Time).UTC().Year() >= 2020 })
	for name, run := range map[string]map[string][]pipeline.Alarm{"learning on": learning, "frozen": frozen} {
		for _, detector := range drift.Names() {
			for _, a := range run[detector] {
				t.Logf("%s: %v, %.4f above %.4f", name, a, a.Statistic, a.Threshold)
			}
		}
	}
	for _, test := range []struct {
		of, detector string
		alarms       []pipeline.Alarm
		want         bool
	}{
		{"words", drift.Terms, learning[drift.Terms], true},
		{"a frozen model", drift.ADWIN, frozen[drift.ADWIN], true},
		{"a frozen model", drift.PageHinkley, frozen[drift.PageHinkley], true},
		{"a model that learns on", drift.ADWIN, learning[drift.ADWIN], false},
		{"a model that learns on", drift.PageHinkley, learning[drift.PageHinkley], false},
		{"numbers alone", drift.Every, learning[drift.Every], false},
	} {
		if found(test.alarms) != test.want {
			t.Errorf("%s watching %s finds spring 2020: %v, want %v; alarms %v", test.detector, test.of, !test.want, test.want, test.alarms)
		}
		if len(test.alarms) > alarmsMax && test.detector != drift.Every {
			t.Errorf("%s watching %s alarms %d times in 13 years, want at most %d", test.detector, test.of, len(test.alarms), alarmsMax)
		}
	}
	if n := len(learning[drift.Every]); n < len(learning[drift.Terms]) {
		t.Errorf("the baseline alarms %d times, less often than terms", n)
	}
	before, then := online.errors()
	_, thenFrozen := stopped.errors()
	t.Logf("error in spring 2020 %.4f, in the year before %.4f; of the frozen model then %.4f", then, before, thenFrozen)
	if then >= before || thenFrozen <= before {
		t.Error("the error of a model that learns on should have fallen, that of a frozen one risen")
	}
}

// Property: on the Wikipedia stream shuffled, where nothing changes, each
// detector with the same settings alarms less than once in 20,000 documents,
// over several orders, whether the model learns on or stopped after as many
// documents as there are before 2020.
func TestDriftQualityShuffledStreamsAreQuiet(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 0)
	const before2020, oneIn = 42_814, 20_000
	alarms, seen := map[string]int{}, 0
	for seed := uint64(1); seed <= 3; seed++ {
		order := rand.New(rand.NewPCG(seed, 2020)).Perm(len(documents))
		for _, freeze := range []func(*pipeline.Entry, int) bool{nil, func(_ *pipeline.Entry, n int) bool { return n > before2020 }} {
			all, _ := watched(t, documents, order, freeze)
			seen += len(documents)
			for detector, of := range all {
				alarms[detector] += len(of)
			}
		}
	}
	for _, detector := range []string{drift.ADWIN, drift.PageHinkley, drift.Terms} {
		t.Logf("%s: %d false alarms in %d documents", detector, alarms[detector], seen)
		if alarms[detector]*oneIn >= seen {
			t.Errorf("%s: %d false alarms in %d documents are one in %d or more", detector, alarms[detector], seen, oneIn)
		}
	}
}
