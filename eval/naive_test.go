package eval_test

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// naive is the whole pipeline written down once more from the documentation of
// the packages features, model and topics, with maps keyed by text and without
// a thought for speed. It shares no function with them: what it computes
// otherwise is a mistake here, there, or in the documentation. A product in
// float64(...) is rounded before it is added, also where the processor could do
// both at once.
type naive struct {
	plan      pipeline.Plan
	df        map[string]uint64
	documents []naiveDocument
	model     naiveAROW
	days      map[int64]map[string]uint64 // predicted labels by day since 1970
	newest    int64                       // the highest of days
	refused   int
}

// naiveDocument is what a naive run says of a document that it accepted.
type naiveDocument struct {
	id, truth, label string
	text             [2]string // title and text
	df               []uint32
	probability      float64
	version          uint64
	untimed, late    bool
}

func newNaive(p pipeline.Plan) *naive {
	m := naiveAROW{r: p.Options.R, room: p.Options.CellsMax, number: map[string]int{}, cells: map[uint32]map[int]naiveCell{}, temperature: 1, beta: [3]float64{1, 1, 0}}
	if m.r == 0 {
		m.r = 0.7
	}
	if m.room == 0 {
		m.room = 1 << 25
	}
	return &naive{plan: p, df: map[string]uint64{}, model: m, days: map[int64]map[string]uint64{}, newest: math.MinInt64}
}

// add takes the next line: counts it, predicts it, then learns it.
func (n *naive) add(line []byte) {
	row, day, ok := naiveRow(line)
	if !ok {
		n.refused++
		return
	}
	d := naiveDocument{id: row["id"], truth: row["label"], text: [2]string{row["title"], row["text"]}, version: n.model.updates, df: []uint32{}}
	terms, count := n.terms(d.text)
	for _, t := range terms {
		n.df[t]++
		d.df = append(d.df, uint32(n.df[t]))
	}
	x := n.vector(terms, count)
	scores := n.model.scores(x)
	d.label, d.probability = n.model.best(scores)
	switch {
	case row["time"] == "":
		d.untimed = true
	case day < n.newest:
		d.late = true
	default:
		n.newest = day
		if n.days[day] == nil {
			n.days[day] = map[string]uint64{}
		}
		n.days[day][d.label]++
	}
	n.documents = append(n.documents, d)
	if d.truth != "" {
		n.model.learn(x, d.truth, scores)
	}
}

// ask predicts a text as if it were the next document, and forgets it.
func (n *naive) ask(text [2]string) (label string, probability float64) {
	terms, count := n.terms(text)
	for _, t := range terms {
		n.df[t]++
	}
	label, probability = n.model.best(n.model.scores(n.vector(terms, count)))
	for _, t := range terms {
		if n.df[t]--; n.df[t] == 0 {
			delete(n.df, t)
		}
	}
	return label, probability
}

// Properties, each against the naive run of the same lines:
//   - the oracle accepts the same documents, and meets the same df values in
//     term order;
//   - it predicts the same label, with the same bits of probability, from the
//     same number of updates;
//   - its model ends with the same labels, cells and weights, and with the same
//     digest, in which the variances and the calibration are;
//   - its windows hold the same counts and shares;
//   - asked about a text afterwards, it says the same.
func TestTheOracleEqualsANaiveRun(t *testing.T) {
	news := func(t *testing.T, n int) [][]byte { return lines(t, "wikipedia-current-events.jsonl.gz", n) }
	reuters := func(t *testing.T, n int) [][]byte { return lines(t, "reuters-21578.jsonl.gz", n) }
	tests := map[string]struct {
		lines func(t *testing.T) [][]byte
		plan  pipeline.Plan
		check func(t *testing.T, n *naive) // that the case is what it says
	}{
		"news": {
			lines: func(t *testing.T) [][]byte { return news(t, 7000) },
			check: func(t *testing.T, n *naive) {
				atLeast(t, "documents", len(n.documents), 5000)
				atLeast(t, "days", len(n.days), 300)
			},
		},
		"newswire with titles and without labels": {
			lines: func(t *testing.T) [][]byte { return reuters(t, 1200) },
			check: func(t *testing.T, n *naive) { atLeast(t, "documents without label", count(n, isUnlabelled), 300) },
		},
		"no title, careful steps": {
			lines: func(t *testing.T) [][]byte { return reuters(t, 500) },
			plan:  pipeline.Plan{Features: features.Options{NoTitle: true}, Options: model.Options{R: 2.5}},
		},
		"words, pairs and triples of them, numbers folded": {
			lines: func(t *testing.T) [][]byte { return reuters(t, 300) },
			plan:  pipeline.Plan{Features: features.Options{NGrams: features.NGrams{Min: 1, Max: 3}, FoldNumbers: true}},
			check: func(t *testing.T, n *naive) {
				if n.df["the bank of"] == 0 || n.df["0.00"] == 0 || n.df["1987"] > 0 {
					t.Error("these are not the terms of the case")
				}
			},
		},
		"pairs of words alone, not of the title": {
			lines: func(t *testing.T) [][]byte { return reuters(t, 300) },
			plan:  pipeline.Plan{Features: features.Options{NGrams: features.NGrams{Min: 2, Max: 2}, NoTitle: true}},
		},
		"256 features for all terms": {
			lines: func(t *testing.T) [][]byte { return news(t, 1500) },
			plan:  pipeline.Plan{Features: features.Options{HashBits: 8}},
			check: func(t *testing.T, n *naive) {
				atLeast(t, "terms on 256 features", len(n.df), 5000)
				if len(n.model.cells) > 256 {
					t.Errorf("%d features", len(n.model.cells))
				}
			},
		},
		"more pairs than cells": {
			lines: func(t *testing.T) [][]byte { return news(t, 400) },
			plan:  pipeline.Plan{Options: model.Options{CellsMax: 3000}},
			check: func(t *testing.T, n *naive) { atLeast(t, "pairs dropped", int(n.model.dropped), 1000) },
		},
		"many scripts": {
			lines: func(t *testing.T) [][]byte { return slices.Concat(scripts(t), jumble(t, 1, 1200)) },
			check: func(t *testing.T, n *naive) {
				for _, term := range []string{"привет", "^москва", "über", "東京", "京都", "ไท", "straße", "can't", "3.14", "½", "^i", "a_b", strings.Repeat("ж", 32)} {
					if n.df[term] == 0 {
						t.Errorf("the term %q did not come", term)
					}
				}
			},
		},
		"labels that contradict each other": {
			lines: func(t *testing.T) [][]byte { return contradictions(t, 2, 800) },
			plan:  pipeline.Plan{Options: model.Options{R: 1e-9}},
		},
		"two labels tie": {lines: ties, check: checkTies},
		"more labels than a model takes": {
			lines: manyLabels,
			check: func(t *testing.T, n *naive) {
				if len(n.model.labels) != model.LabelsMax || n.model.updates >= uint64(len(n.documents)) {
					t.Errorf("%d labels, %d updates from %d documents", len(n.model.labels), n.model.updates, len(n.documents))
				}
			},
		},
		"no label ever": {
			lines: func(t *testing.T) [][]byte {
				return [][]byte{line(t, "1", "", "", "one two"), line(t, "2", "", "", "two")}
			},
			check: func(t *testing.T, n *naive) { atLeast(t, "documents without prediction", count(n, isUnpredicted), 2) },
		},
		"refused, late and untimed among others": {lines: refused, check: checkRefused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := evaltest.Broker(t)
			documents := test.lines(t)
			test.plan.Pipeline = "naive"
			p := test.plan.WithDefaults()
			n := newNaive(p)
			for _, d := range documents {
				n.add(d)
			}
			if test.check != nil {
				test.check(t, n)
			}
			fill(t, b, p.Pipeline, documents, 7)
			compareWithOracle(t, b, p, n)
		})
	}
}

// compareWithOracle runs the oracle over the log that the naive run saw.
func compareWithOracle(t *testing.T, b *broker.Broker, p pipeline.Plan, n *naive) {
	t.Helper()
	at, wrong := 0, 0
	var windows []topics.Window
	o := oracle(t, b, p, func(o *eval.Oracle) {
		o.Window = func(w topics.Window) { windows = append(windows, w) }
		o.Each = func(e *pipeline.Entry, df []uint32) {
			if at++; at > len(n.documents) || wrong == 5 {
				return
			}
			want := n.documents[at-1]
			got := naiveDocument{e.ID, e.Truth, e.Label, want.text, df, e.Probability, e.Version, want.untimed, want.late}
			if !reflect.DeepEqual(got, want) {
				wrong++
				t.Errorf("document %d:\n oracle %+v\n naive  %+v", at, got, want)
			}
		}
	})
	if at != len(n.documents) || int(o.Tally.DeadLetters) != n.refused {
		t.Errorf("the oracle accepts %d documents and refuses %d, naively %d and %d", at, o.Tally.DeadLetters, len(n.documents), n.refused)
	}
	if o.Tally.DFDigest != n.dfDigest() {
		t.Error("other df")
	}
	compareAnswers(t, o.Frozen(), n)
	compareModels(t, o.Model(), &n.model)
	compareWindows(t, windows, o.Tally.Counts, n)
}

func compareAnswers(t *testing.T, f *pipeline.Frozen, n *naive) {
	t.Helper()
	wrong := 0
	for i := 0; i < len(n.documents); i += 1 + len(n.documents)/300 {
		text := n.documents[i].text
		for _, text := range [][2]string{text, {text[1], "anew"}} {
			label, probability, err := f.Predict(text[0], text[1])
			if wantLabel, want := n.ask(text); err != nil || label != wantLabel || probability != want {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("asked again, the oracle says %d times what the naive run does not", wrong)
	}
}

func compareModels(t *testing.T, m model.Model, n *naiveAROW) {
	t.Helper()
	if !slices.Equal(m.Labels(), n.labels) || m.Updates() != n.updates || m.Cells() != n.count || m.Dropped() != n.dropped {
		t.Errorf("%d labels, %d updates, %d cells, %d dropped; naively %d, %d, %d, %d",
			len(m.Labels()), m.Updates(), m.Cells(), m.Dropped(), len(n.labels), n.updates, n.count, n.dropped)
	}
	var weights []float64
	wrong := 0
	for feature, row := range n.cells {
		for i, c := range row {
			weights = m.Contributions(tidings.Vector{Index: []uint32{feature}, Value: []float64{1}}, n.labels[i], weights)
			if math.Float64bits(weights[0]) != math.Float64bits(float64(c.weight)) {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d weights differ", wrong, n.count)
	}
	if m.Digest() != n.digest() {
		t.Errorf("digest %016x, naively %016x (%d weights differ: if none does, variances or the calibration do)", m.Digest(), n.digest(), wrong)
	}
}

// compareWindows counts the days and the thousands at the end, all at once.
func compareWindows(t *testing.T, got []topics.Window, counts []topics.Counts, n *naive) {
	t.Helper()
	var want []topics.Window
	for _, day := range slices.Sorted(maps.Keys(n.days)) {
		w := topics.Window{Definition: "tumbling:24h", Number: day, Start: time.Unix(day*86400, 0).UTC(), End: time.Unix(day*86400+86400, 0).UTC()}
		want = append(want, naiveShares(w, n.days[day]))
	}
	for first := 0; first < len(n.documents); first += 1000 {
		thousand := n.documents[first:min(first+1000, len(n.documents))]
		labels := map[string]uint64{}
		for _, d := range thousand {
			labels[d.label]++
		}
		w := topics.Window{Definition: "count:1000", Number: int64(first / 1000), First: uint64(first + 1), Last: uint64(first + len(thousand))}
		want = append(want, naiveShares(w, labels))
	}
	slices.SortStableFunc(got, func(a, b topics.Window) int { return -strings.Compare(a.Definition, b.Definition) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("windows:\n oracle %+v\n naive  %+v", got, want)
	}
	all, late, untimed := uint64(len(n.documents)), uint64(count(n, func(d naiveDocument) bool { return d.late })), uint64(count(n, func(d naiveDocument) bool { return d.untimed }))
	wantCounts := []topics.Counts{
		{Definition: "tumbling:24h", In: all, Windowed: all - late - untimed, Late: late, Listed: late, Untimed: untimed},
		{Definition: "count:1000", In: all, Windowed: all},
	}
	if !reflect.DeepEqual(counts, wantCounts) {
		t.Errorf("counts %+v, naively %+v", counts, wantCounts)
	}
}

func naiveShares(w topics.Window, labels map[string]uint64) topics.Window {
	for _, documents := range labels {
		w.Documents += documents
	}
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		share := float64(labels[label]) / float64(w.Documents)
		w.Shares = append(w.Shares, topics.Share{Label: label, Documents: labels[label], Share: share, Popular: share > 0.1 && label != ""})
	}
	slices.SortStableFunc(w.Shares, func(a, b topics.Share) int { return int(b.Documents) - int(a.Documents) })
	return w
}

func atLeast(t *testing.T, what string, got, want int) {
	t.Helper()
	if got < want {
		t.Errorf("%d %s; the case wants at least %d", got, what, want)
	}
}

func count(n *naive, is func(naiveDocument) bool) (all int) {
	for _, d := range n.documents {
		if is(d) {
			all++
		}
	}
	return all
}

func isUnlabelled(d naiveDocument) bool  { return d.truth == "" }
func isUnpredicted(d naiveDocument) bool { return d.label == "" }
