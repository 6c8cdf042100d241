package eval

import (
	"tidings"
	"tidings/eval/metric"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Outcome is what came of one trial, beside what the oracle says. All but the
// last block is a function of log, plan, faults and seed.
type Outcome struct {
	Run        string `json:"run"` // its name in tables
	Guarantee  string `json:"guarantee"`
	Recovery   string `json:"recovery"`
	Order      string `json:"order"`
	Claim      string `json:"claim"` // the weakest guarantee of all stages
	Partitions string `json:"partitions"`

	Documents     uint64  `json:"documents"` // with a prediction
	Accuracy      float64 `json:"accuracy"`  // of first predictions
	MacroF1       float64 `json:"macro_f1"`  // likewise
	Test          Test    `json:"test"`
	Differ        uint64  `json:"labels_that_differ"`
	DifferPercent float64 `json:"labels_that_differ_percent"` // of the documents with a prediction
	DFError       float64 `json:"df_error_percent"`           // the sum over all terms of |df - the oracle's|, of the sum of the oracle's, at the log's end
	DFErrorMax    float64 `json:"df_error_max_percent"`       // that of the term with the largest |df - the oracle's| / the oracle's
	// Weights is nil where nobody has seen the model at the log's end.
	Weights *WeightsApart `json:"weights_apart,omitempty"`

	Lost     uint64 `json:"lost"`     // documents without a prediction
	Repeated uint64 `json:"repeated"` // predictions beyond a document's first
	Updates  struct {
		Replicas int    `json:"replicas"` // each learns every labelled document
		Expected uint64 `json:"expected"` // by all of them
		Applied  uint64 `json:"applied"`  // in the models as they were at the log's end
		Lost     uint64 `json:"lost"`
		Repeated uint64 `json:"repeated"`
		Unproven uint64 `json:"unproven"` // records whose updates do not lead from one version of the model to the next
	} `json:"updates"`
	Windows         uint64 `json:"windows"`          // of the oracle
	WindowsChanged  uint64 `json:"windows_changed"`  // whose popular topics are others than the oracle's
	WindowsRepeated uint64 `json:"windows_repeated"` // that came more than once

	// Where records were met as they arrived: how many units were met behind later
	// ones, and which partitions did not make of their order what that makes of it.
	Jumps int      `json:"met_behind_later_ones,omitempty"`
	Unmet []string `json:"unlike_their_order,omitempty"`

	SharesApart float64 `json:"topic_shares_apart_points"` // total variation of the topics' shares from the oracle's, mean of the windows that both closed

	Equal   bool     `json:"equal"` // to the oracle, to the bit
	Differs []string `json:"differs,omitempty"`
	Idle    []string `json:"faults_that_never_struck,omitempty"`

	struck []string // faults that did
	missed []string // those of Idle that do not strike by chance

	PredictionsDigest string `json:"predictions_digest"`
	DFDigest          string `json:"df_digest"`
	ModelDigest       string `json:"model_digest"`

	// What depends on the machine: the first is of the whole run, recovery from
	// faults included; latency is measured apart, where it was asked for.
	PerSecond  float64             `json:"documents_per_second"`
	RecoveryMS float64             `json:"recovery_ms"` // the longest time in which no prediction was committed, by the broker's clock
	Latency    *pipeline.LatencyMS `json:"latency_ms,omitempty"`
}

// Test is how good first predictions are of documents that nobody learnt,
// although their labels are known.
type Test struct {
	Documents uint64  `json:"documents"` // those with a prediction
	Accuracy  float64 `json:"accuracy"`
	MacroF1   float64 `json:"macro_f1"`
}

func newTest(c *metric.Confusion) Test {
	return Test{c.Documents(), c.Accuracy(), c.MacroF1()}
}

// newOutcome is what is known of a trial before it is run.
func (t *Truth) newOutcome(p pipeline.Plan) *Outcome {
	s := t.Tally.Summary(p)
	return &Outcome{
		Guarantee: p.Guarantee, Recovery: p.Recovery, Order: p.Order, Claim: s.Claim, Partitions: p.Partitions.String(),
		Windows: uint64(len(t.windows)),
	}
}

// Outcome is what the oracle's own line of a table says.
func (t *Truth) Outcome() *Outcome {
	s := t.Tally.Summary(pipeline.Plan{})
	o := &Outcome{
		Run: "oracle", Documents: s.Documents, Accuracy: s.Accuracy, MacroF1: s.MacroF1, Windows: uint64(len(t.windows)), Equal: true,
		PredictionsDigest: s.PredictionsDigest, DFDigest: s.DFDigest, ModelDigest: s.ModelDigest,
	}
	o.Test, o.Weights = newTest(&t.test), &WeightsApart{Replicas: 1}
	o.Updates.Replicas, o.Updates.Expected, o.Updates.Applied = 1, s.Updates, s.Updates
	return o
}

// observer compares what a pipeline commits with the truth, as it comes.
type observer struct {
	truth   *Truth
	o       *Outcome
	next    int              // of truth.documents
	last    tidings.Position // the furthest so far
	bits    bitsDigest
	windows map[windowName]bool
	test    metric.Confusion

	labelled, right uint64 // of first predictions

	committed int64   // when the last prediction was, in Unix nanoseconds; 0: none yet
	apart     float64 // sum over windows
	compared  int     // windows
}

func newObserver(t *Truth, o *Outcome) *observer {
	return &observer{truth: t, o: o, windows: map[windowName]bool{}}
}

func (w *observer) unit(u *pipeline.Unit) {
	for i := range u.Entries {
		w.entry(&u.Entries[i])
	}
	for _, windows := range u.Windows {
		for _, closed := range windows {
			w.window(closed)
		}
	}
}

// entry takes a document's first prediction; whatever comes later is counted.
func (w *observer) entry(e *pipeline.Entry) {
	if e.Kind != pipeline.DocumentEntry {
		return
	}
	if e.Committed > 0 {
		if w.committed > 0 && e.Committed > w.committed {
			w.o.RecoveryMS = max(w.o.RecoveryMS, float64(e.Committed-w.committed)/1e6)
		}
		w.committed = max(w.committed, e.Committed)
	}
	if e.Position.Compare(w.last) <= 0 {
		w.o.Repeated++
		return
	}
	w.last = e.Position
	w.bits.add(e)
	if e.Truth != "" {
		w.labelled++
		if e.Truth == e.Label {
			w.right++
		}
	}
	documents := w.truth.documents
	for w.next < len(documents) && documents[w.next].position.Compare(e.Position) < 0 {
		w.next++
		w.o.Lost++
	}
	w.o.Documents++
	if w.next == len(documents) || documents[w.next].position != e.Position {
		w.o.Differ++ // the oracle has not seen it
		return
	}
	if w.truth.names[documents[w.next].label] != e.Label {
		w.o.Differ++
	}
	if held := w.truth.names[documents[w.next].held]; held != "" {
		w.test.Add(held, e.Label)
	}
	w.next++
}

func (w *observer) window(closed topics.Window) {
	if closed.Provisional {
		return
	}
	name := windowName{closed.Definition, closed.Key, closed.Number}
	if w.windows[name] {
		w.o.WindowsRepeated++
		return
	}
	w.windows[name] = true
	if want, known := w.truth.windows[name]; !known || popular(closed) != want {
		w.o.WindowsChanged++
	}
	if theirs, known := w.truth.shares[name]; known {
		w.apart += variation(theirs, closed.Shares)
		w.compared++
	}
}

// end counts what never came.
func (w *observer) end() {
	w.o.Lost += uint64(len(w.truth.documents) - w.next)
	for name := range w.truth.windows {
		if !w.windows[name] {
			w.o.WindowsChanged++
		}
	}
	if w.compared > 0 {
		w.o.SharesApart = w.apart / float64(w.compared)
	}
	w.o.Test = newTest(&w.test)
	if w.o.Documents > 0 {
		w.o.DifferPercent = 100 * float64(w.o.Differ) / float64(w.o.Documents)
	}
}

// dfError compares the counts that df has come to with the oracle's.
func (t *Truth) dfError(df map[uint64]uint32) (percent, percentMax float64) {
	var off uint64
	for term, want := range t.df {
		d := distance(df[term], want)
		off += d
		percentMax = max(percentMax, 100*float64(d)/float64(max(want, 1)))
	}
	for term, n := range df {
		if t.df[term] == 0 {
			off += uint64(n)
			percentMax = max(percentMax, 100*float64(n))
		}
	}
	if t.counted == 0 {
		return 0, percentMax
	}
	return 100 * float64(off) / float64(t.counted), percentMax
}

func distance(a, b uint32) uint64 {
	return uint64(max(a, b) - min(a, b))
}

// equals fills in whether the outcome is the oracle's, and in what it is not.
func (o *Outcome) equals(t *Truth, tally *pipeline.Tally, bits uint64) {
	want := t.Tally
	for _, part := range []struct {
		name string
		same bool
	}{
		{"the documents", o.Lost == 0 && o.Repeated == 0 && tally.Documents == want.Documents},
		{"predictions", bits == t.bits && tally.PredictionsDigest() == want.PredictionsDigest()},
		{"df", tally.DFDigest == want.DFDigest},
		{"the model", tally.ModelDigest == want.ModelDigest},
		{"updates", o.Updates.Lost == 0 && o.Updates.Repeated == 0},
		{"alarms", tally.Alarms.Digest() == want.Alarms.Digest() && tally.Alarms.DriftDigest == want.Alarms.DriftDigest},
		{"windows", tally.WindowsDigest == want.WindowsDigest && tally.Windows == want.Windows},
	} {
		if !part.same {
			o.Differs = append(o.Differs, part.name)
		}
	}
	o.Equal = len(o.Differs) == 0
}

// is says whether the run claims a guarantee.
func (o *Outcome) is(guarantee string) bool { return o.Claim == guarantee }
