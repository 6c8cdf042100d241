package pipeline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/model"
)

// class is a chain without a broker: it learns messages of a log.
type class struct {
	t        testing.TB
	tokenize *Tokenize
	df       *DF
	classify *Classify
	tally    *Tally
	sequence uint64
	unit     Unit
}

func newClass(t testing.TB, w LabelWait) *class {
	t.Helper()
	plan := Plan{LabelWait: w}.WithDefaults()
	l, err := NewLearner(plan)
	if err != nil {
		t.Fatal(err)
	}
	all := func(uint64) bool { return true }
	return &class{t: t, tokenize: NewTokenize(features.Options{}, all), df: NewDF(plan, []int{0}), classify: NewClassify(l, 1, all), tally: NewTally()}
}

// hears takes a message of the log, and returns what became of it.
func (c *class) hears(kind string, lines ...string) []Entry {
	c.t.Helper()
	u := &c.unit
	u.Reset()
	c.sequence++
	u.AddLog(broker.Record{Sequence: c.sequence, Subject: "p.log." + kind + ".s", Data: []byte(strings.Join(lines, "\n"))})
	for _, s := range []Stage{c.tokenize, c.df, c.classify} {
		if err := s.Step(u); err != nil {
			c.t.Fatal(err)
		}
	}
	c.tally.Add(u)
	return u.Entries
}

func (c *class) fates(lines ...string) string {
	c.t.Helper()
	var fates []string
	for _, e := range c.hears(LabelRecord, lines...) {
		if e.Kind == DeadLetter {
			fates = append(fates, string(e.Reason))
			continue
		}
		fates = append(fates, e.Fate.String())
	}
	return strings.Join(fates, " ")
}

// Properties:
//   - the first label of a document is learnt, another one corrects it, the same
//     one is not learnt again, in whatever form it is written; case tells labels
//     apart;
//   - of several documents with an id the newest is meant, but where a position
//     names one;
//   - what is no label is a dead letter, and the lines beside it are learnt.
func TestFatesOfLateLabels(t *testing.T) {
	c := newClass(t, LabelWait{Documents: 2})
	c.hears(ArticleRecord, `{"id":"a","text":"one"}`, `{"id":"b","label":"x","text":"two"}`)
	for _, step := range []struct{ lines, want string }{
		{`{"id":"a","label":"é"}`, "learnt"},
		{`{"id":"a","label":" e\u0301 "}`, "repeated"},
		{`{"id":"a","label":"É"}`, "corrected"},
		{`{"id":"b","label":"x"}`, "repeated"},
		{`{"id":"b","label":"y"}` + "\n" + `{"id":"b","label":"x"}`, "corrected corrected"},
		{`{"id":"c","label":"x"}`, "unknown"},
		{`{"id":"a","label":"x","position":"1/1"}`, "unknown"},
		{`{"id":"a"}` + "\n" + `{"id":"a","label":"z","position":"1/0"}` + "\n\n" + "x", "no_label corrected not_json"},
		{"", "not_json"},
	} {
		if got := c.fates(step.lines); got != step.want {
			t.Errorf("%s: %s, want %s", step.lines, got, step.want)
		}
	}
	c.hears(ArticleRecord, `{"id":"a","text":"three"}`)
	if e := c.hears(LabelRecord, `{"id":"a","label":"x"}`)[0]; e.Fate != LabelLearnt || e.Target.Sequence != c.sequence-1 {
		t.Errorf("the newest: %v at %v", e.Fate, e.Target)
	}
	if got := c.fates(`{"id":"a","label":"q","position":"1/0"}`, `{"id":"b","label":"q"}`); got != "too_late corrected" {
		t.Errorf("the older one: %s", got)
	}
	if c.tally.Labelled != 3 || c.tally.Late.Came != 12 {
		t.Errorf("%d documents were scored, %+v", c.tally.Labelled, c.tally.Late)
	}
	off := newClass(t, LabelWait{Off: true})
	off.hears(ArticleRecord, `{"id":"a","text":"one"}`)
	if got := off.fates(`{"id":"a","label":"x"}`); got != "too_late" {
		t.Errorf("where nothing is kept: %s", got)
	}
}

// raced says whether the race detector slows everything down.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Properties, of a feed that gives each document a label of its own, with it or
// later: as many as there may be are learnt, each further one is counted, and
// documents go on being predicted and learnt.
func TestAFeedOfEndlessLabelsIsRefused(t *testing.T) {
	labels := 100_000
	if raced() {
		labels = 15_000
	}
	c := newClass(t, LabelWait{})
	var documents, late []string
	unlearnt := 0
	flush := func() {
		c.hears(ArticleRecord, documents...)
		for _, e := range c.hears(LabelRecord, late...) {
			if e.Fate == LabelTooMany {
				unlearnt++
			}
		}
		documents, late = documents[:0], late[:0]
	}
	for i := range labels / 2 {
		documents = append(documents, fmt.Sprintf(`{"id":"d%d","label":"early%d","text":"w%d"}`, i, i, i), fmt.Sprintf(`{"id":"e%d","text":"w%d"}`, i, i))
		late = append(late, fmt.Sprintf(`{"id":"e%d","label":"late%d"}`, i, i))
		if len(late) == 100 {
			flush()
		}
	}
	m := c.classify.learner.Model()
	if len(m.Labels()) != model.LabelsMax || m.Updates() != model.LabelsMax {
		t.Errorf("%d labels were learnt in %d updates, %d are possible", len(m.Labels()), m.Updates(), model.LabelsMax)
	}
	if got := c.tally.Late; int(got.TooMany) != unlearnt || int(got.TooMany+got.Learnt) != labels/2 {
		t.Errorf("of late labels %+v", got)
	}
	if c.classify.learner.unlearnt != uint64(labels-model.LabelsMax) {
		t.Errorf("%d labels are counted as too many", c.classify.learner.unlearnt)
	}
	if got := c.fates(fmt.Sprintf(`{"id":"e%d","label":"early7"}`, labels/2-1)); got != "learnt" {
		t.Errorf("a label that is known: %s", got)
	}
}

// Properties: a snapshot of a program that kept no documents is read still;
// labels of its documents are of unknown ones, and what comes then is kept.
func TestASnapshotOfBeforeIsRead(t *testing.T) {
	c := newClass(t, LabelWait{})
	c.hears(ArticleRecord, `{"id":"a","label":"x","text":"one"}`, `{"id":"b","label":"y","text":"two"}`)
	l := c.classify.learner
	var before bytes.Buffer
	b := binary.LittleEndian.AppendUint64(nil, l.documents.Count())
	b = binary.LittleEndian.AppendUint64(b, l.chain)
	before.Write(binary.LittleEndian.AppendUint64(b, l.unlearnt))
	if err := l.model.Save(&before); err != nil {
		t.Fatal(err)
	}
	again := newClass(t, LabelWait{})
	if err := again.classify.learner.load(&before); err != nil {
		t.Fatal(err)
	}
	if got := again.classify.learner; got.Version() != l.Version() || got.model.Digest() != l.model.Digest() || got.Accepted() != 2 {
		t.Errorf("%+v, want %+v", got, l)
	}
	again.hears(ArticleRecord, `{"id":"c","text":"three"}`)
	if got := again.fates(`{"id":"a","label":"y"}`, `{"id":"c","label":"y"}`); got != "unknown learnt" {
		t.Errorf("what becomes of labels: %s", got)
	}
}

// Properties: predictions of documents without a label are remembered up to a
// limit, and given out once.
func TestUnscoredPredictionsAreRemembered(t *testing.T) {
	var s unscored
	at := func(i int) tidings.Position { return tidings.Position{Sequence: uint64(i/7 + 1), Line: uint32(i % 7)} }
	const n = unscoredMax + 5000
	for i := range n {
		s.add(at(i), fmt.Sprint(i%10), float64(i%10)/10)
	}
	if _, _, found := s.take(at(4999)); found {
		t.Error("one beyond the limit is remembered")
	}
	for _, i := range []int{5000, 77_777, n - 1} {
		if label, p, found := s.take(at(i)); !found || label != fmt.Sprint(i%10) || p != float64(i%10)/10 {
			t.Errorf("document %d: %s, %g, %t", i, label, p, found)
		}
		if _, _, found := s.take(at(i)); found {
			t.Errorf("document %d is scored twice", i)
		}
	}
	if _, _, found := s.take(tidings.Position{}); found {
		t.Error("no position has a prediction")
	}
}
