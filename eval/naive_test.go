package eval_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"

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

// naiveRow reads a line and tells whether it is a document that is accepted.
func naiveRow(line []byte) (row map[string]string, day int64, ok bool) {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil || !json.Valid(line) || !utf8.Valid(line) {
		return nil, 0, false
	}
	row = map[string]string{}
	for _, name := range []string{"id", "label", "time", "title", "text"} {
		switch v := members[name].(type) {
		case nil:
		case string:
			row[name] = v
		case json.Number:
			row[name] = v.String()
			if name != "id" && name != "label" {
				return nil, 0, false
			}
		default:
			return nil, 0, false
		}
	}
	if labels, _ := members["labels"].([]any); row["label"] == "" && len(labels) > 0 {
		row["label"] = labels[0].(string)
	}
	if row["time"] != "" {
		t, err := time.Parse(time.RFC3339, row["time"])
		if len(row["time"]) == len(time.DateOnly) {
			t, err = time.Parse(time.DateOnly, row["time"])
		}
		if err != nil {
			return nil, 0, false
		}
		day = int64(math.Floor(float64(t.Unix()) / 86400))
	}
	return row, day, row["id"] != "" && len(row["label"]) <= 256 && strings.TrimSpace(row["title"]+row["text"]) != ""
}

// terms lists the distinct terms in order of first appearance, and how often
// each one occurs.
func (n *naive) terms(text [2]string) (order []string, count map[string]int) {
	var all []string
	for _, t := range n.grams(naiveWords(text[0])) {
		all = append(all, t)
		if !n.plan.Features.NoTitle && !strings.Contains(t, " ") {
			all = append(all, "^"+t)
		}
	}
	all = append(all, n.grams(naiveWords(text[1]))...)
	count = map[string]int{}
	for _, t := range all {
		if count[t]++; count[t] == 1 {
			order = append(order, t)
		}
	}
	return order, count
}

// grams makes terms of the words of a text that puts spaces between them: behind
// each word the longer n-grams that end with it, of one sentence.
func (n *naive) grams(words []string) (all []string) {
	g := n.plan.Features.NGrams
	if end := slices.Index(words, naiveEnd); end >= 0 {
		return append(n.grams(words[:end]), n.grams(words[end+1:])...)
	}
	for i, w := range words {
		if n.plan.Features.FoldNumbers && !strings.ContainsFunc(w, unicode.IsLetter) {
			words[i] = regexp.MustCompile(`\d`).ReplaceAllString(w, "0")
		}
		for length := max(g.Min, 1); length <= max(g.Max, 1) && length <= i+1; length++ {
			all = append(all, strings.Join(words[i+1-length:i+1], " "))
		}
	}
	return all
}

// naiveEnd stands among the words where a sentence or clause ends.
const naiveEnd = "."

// naiveWords lists the words of a text: composed, without what nobody sees, in
// lower case, with naiveEnd. A run of characters of scripts without spaces gives its pairs.
func naiveWords(text string) (all []string) {
	var run []string
	for segments := words.FromString(text); ; {
		more := segments.Next()
		w := ""
		if more {
			w = segments.Value()
		}
		if more && naiveRun(w) {
			run = append(run, naiveCharacters(norm.NFC.String(naiveSeen(w)))...)
			continue
		}
		if len(run) == 1 {
			all = append(all, run[0])
		}
		for i := 1; i < len(run); i++ {
			all = append(all, run[i-1]+run[i])
		}
		run = nil
		if !more {
			return all
		}
		if strings.ContainsRune(".!?;:", rune(w[0])) {
			all = append(all, naiveEnd)
		}
		if c := w[0]; c < utf8.RuneSelf && c != '_' && !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c)) {
			continue
		}
		if !strings.ContainsFunc(w, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N) }) {
			continue
		}
		w = strings.ToLower(norm.NFC.String(naiveSeen(w)))
		for len(w) > 64 {
			_, size := utf8.DecodeLastRuneInString(w)
			w = w[:len(w)-size]
		}
		all = append(all, w)
	}
}

// naiveSeen leaves out format characters, variation selectors, and the joiner
// of graphemes.
func naiveSeen(w string) (seen string) {
	for _, r := range w {
		if !unicode.In(r, unicode.Cf, unicode.Variation_Selector) && r != '\u034f' {
			seen += string(r)
		}
	}
	return seen
}

var (
	naiveVoicing   = regexp.MustCompile("^[\uff9e\uff9f]$")
	naiveSpaceless = regexp.MustCompile(`^[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ーｰ]$`)
)

// naiveRun tells whether a segment is of scripts without spaces alone.
func naiveRun(w string) bool {
	w = naiveSeen(w)
	some := false
	for _, r := range w {
		c := string(r)
		switch {
		case naiveVoicing.MatchString(c):
			some = true
		case unicode.Is(unicode.M, r):
		case naiveSpaceless.MatchString(c) && (unicode.Is(unicode.L, r) || unicode.Is(unicode.Nl, r)):
			some = true
		default:
			return false
		}
	}
	return some
}

// naiveCharacters splits a segment at its characters; marks stay with theirs.
func naiveCharacters(w string) (all []string) {
	for _, r := range w {
		mark := unicode.Is(unicode.M, r) || naiveVoicing.MatchString(string(r))
		if !mark || len(all) == 0 {
			all = append(all, "")
		}
		if at := &all[len(all)-1]; len(*at)+len(string(r)) <= 32 {
			*at += string(r)
		}
	}
	return all
}

// naiveEntry is one feature of a vector.
type naiveEntry struct {
	feature uint32
	value   float64
}

// vector is that of a document which df counts already and documents does not.
func (n *naive) vector(terms []string, count map[string]int) (x []naiveEntry) {
	hashBits := n.plan.Features.HashBits
	if hashBits == 0 {
		hashBits = 20
	}
	sums := map[uint32]float64{}
	for _, t := range terms {
		tf := 1 + math.Log(float64(count[t]))
		idf := math.Log(1+float64(len(n.documents)+1)) - math.Log(float64(n.df[t]))
		feature := uint32(xxhash.Sum64String(t) % (1 << hashBits))
		if sums[feature] == 0 {
			x = append(x, naiveEntry{feature: feature})
		}
		sums[feature] += float64(tf * idf)
	}
	squares := 0.0
	for _, e := range x {
		squares += float64(sums[e.feature] * sums[e.feature])
	}
	for i := range x {
		x[i].value = sums[x[i].feature] * (1 / math.Sqrt(squares))
	}
	return x
}

// naiveAROW has a number for each label in order of first appearance, and a
// cell for each (feature, label) that was ever updated.
type naiveAROW struct {
	r           float64
	room        int // for cells
	labels      []string
	byName      []int // numbers in the order of the labels' names
	number      map[string]int
	cells       map[uint32]map[int]naiveCell
	count       int
	dropped     uint64
	updates     uint64
	temperature float64 // logarithm of the factor
	beta        [3]float64
}

type naiveCell struct{ weight, variance float32 }

func (m *naiveAROW) scores(x []naiveEntry) []float64 {
	scores := slices.Repeat([]float64{-1}, len(m.labels))
	for _, e := range x {
		for label, c := range m.cells[e.feature] {
			scores[label] += float64(e.value * float64(c.weight))
		}
	}
	return scores
}

func (m *naiveAROW) best(scores []float64) (label string, probability float64) {
	highest, shares := math.Inf(-1), m.believed(scores)
	for _, i := range m.byName {
		if scores[i] > highest {
			highest, label, probability = scores[i], m.labels[i], shares[i]
		}
	}
	return label, probability
}

// shares is a softmax over the bent margins times the factor.
func (m *naiveAROW) shares(scores []float64) []float64 {
	if len(scores) == 0 {
		return nil
	}
	shares, sum, factor, highest := make([]float64, len(scores)), 0.0, math.Exp(m.temperature), bent(slices.Max(scores))
	for _, i := range m.byName {
		shares[i] = math.Exp(factor * (bent(scores[i]) - highest))
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// leader is the label that is ahead of all others, -1 when none is.
func (m *naiveAROW) leader(scores []float64) int {
	if len(scores) < 2 {
		return -1
	}
	first := slices.Index(scores, slices.Max(scores))
	if slices.Contains(scores[first+1:], scores[first]) {
		return -1
	}
	return first
}

// believed are the shares, the leader's made the probability of being right.
func (m *naiveAROW) believed(scores []float64) []float64 {
	shares, leader := m.shares(scores), m.leader(scores)
	if leader < 0 {
		return shares
	}
	p, _ := m.right(shares[leader])
	others := slices.Delete(slices.Clone(shares), leader, leader+1)
	rival := slices.Max(others)
	factor := 1 + (shares[leader]-rival)/(shares[leader]+rival)/8
	rest := 0.0
	for _, i := range m.byName {
		if i != leader {
			rest += shares[i]
		}
	}
	for i := range shares {
		switch {
		case i == leader:
			shares[i] = p
		case rest > 1e-300:
			shares[i] *= (1 - p) / rest
		default:
			shares[i] = (1 - p) / float64(len(shares)-1)
		}
	}
	others = slices.Delete(slices.Clone(shares), leader, leader+1)
	least := slices.Max(others) * factor
	if least <= p {
		return shares
	}
	shares[leader] = least
	sum := 0.0
	for _, i := range m.byName {
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// right is the probability that a leader with that share is right, and what its
// log odds are made of.
func (m *naiveAROW) right(share float64) (float64, [3]float64) {
	share = max(1e-6, min(1-1e-6, share))
	of := [3]float64{math.Log(share), -math.Log(1 - share), 1}
	odds := float64(m.beta[0]*of[0]) + float64(m.beta[1]*of[1]) + m.beta[2]
	return 1 / (1 + math.Exp(-odds)), of
}

func bent(margin float64) float64 {
	if margin > 0 {
		return 1 / (1/margin + 1/0.5)
	}
	return margin
}

func (m *naiveAROW) learn(x []naiveEntry, label string, scores []float64) {
	truth, known := m.number[label]
	if !known && len(m.labels) == 4096 {
		return
	}
	m.updates++
	if known {
		m.calibrate(scores, truth)
	} else {
		truth = len(m.labels)
		m.number[label] = truth
		m.labels = append(m.labels, label)
		at, _ := slices.BinarySearchFunc(m.byName, label, func(i int, name string) int { return strings.Compare(m.labels[i], name) })
		m.byName = slices.Insert(m.byName, at, truth)
		scores = append(scores, -1)
	}
	var losers []int
	alphaY, beta := map[int]float64{}, map[int]float64{}
	for i := range m.labels {
		y := -1.0
		if i == truth {
			y = 1
		}
		if loss := 1 - float64(y*scores[i]); loss > 0 {
			losers = append(losers, i)
			beta[i] = 1 / (m.variance(x, i) + m.r)
			alphaY[i] = y * loss * beta[i]
		}
	}
	m.extend(x, losers)
	for _, i := range losers {
		m.update(x, i, alphaY[i], beta[i])
	}
}

// calibrate learns the temperature, and how often a leader is right, from scores
// made before their document was learnt.
func (m *naiveAROW) calibrate(scores []float64, truth int) {
	shares, expected := m.shares(scores), 0.0
	if leader := m.leader(scores); leader >= 0 {
		p, of := m.right(shares[leader])
		if leader == truth {
			p--
		}
		for i := range of {
			m.beta[i] -= float64(0.01 * p * of[i])
		}
		m.beta = [3]float64{max(0.01, min(5, m.beta[0])), max(0.01, min(5, m.beta[1])), max(-5, min(5, m.beta[2]))}
	}
	for _, i := range m.byName {
		expected += float64(shares[i] * bent(scores[i]))
	}
	gradient := math.Exp(m.temperature) * (expected - bent(scores[truth]))
	m.temperature -= float64(0.01 * max(-10, min(10, gradient)))
	m.temperature = max(-5, min(5, m.temperature))
}

// variance is that of the document under a label: v.
func (m *naiveAROW) variance(x []naiveEntry, label int) (sum float64) {
	for _, e := range x {
		variance := 1.0
		if c, ok := m.cells[e.feature][label]; ok {
			variance = float64(c.variance)
		}
		sum += float64(e.value * e.value * variance)
	}
	return sum
}

// extend makes the cells that an update needs: of one feature and up to 64
// labels all that are missing or, where there is no room, none.
func (m *naiveAROW) extend(x []naiveEntry, labels []int) {
	for len(labels) > 0 {
		end := slices.IndexFunc(labels, func(i int) bool { return i/64 != labels[0]/64 })
		if end < 0 {
			end = len(labels)
		}
		for _, e := range x {
			var missing []int
			for _, i := range labels[:end] {
				if _, ok := m.cells[e.feature][i]; !ok {
					missing = append(missing, i)
				}
			}
			if m.count+len(missing) > m.room {
				m.dropped += uint64(len(missing))
				continue
			}
			m.count += len(missing)
			for _, i := range missing {
				if m.cells[e.feature] == nil {
					m.cells[e.feature] = map[int]naiveCell{}
				}
				m.cells[e.feature][i] = naiveCell{0, 1}
			}
		}
		labels = labels[end:]
	}
}

// update moves a label's weights by alpha y variance value, and narrows their
// variances by beta (variance value)^2.
func (m *naiveAROW) update(x []naiveEntry, label int, alphaY, beta float64) {
	for _, e := range x {
		c, ok := m.cells[e.feature][label]
		if !ok {
			continue
		}
		spread := float64(c.variance) * e.value
		c.weight = float32(float64(c.weight) + float64(alphaY*spread))
		c.variance = float32(max(float64(c.variance)-float64(beta*spread*spread), 1e-8))
		m.cells[e.feature][label] = c
	}
}

func (m *naiveAROW) digest() uint64 {
	sum := xxhash.Sum64String("arow") + fmix64(m.updates^fmix64(1)) + fmix64(m.dropped^fmix64(2))
	calibration := fmix64(3)
	for _, v := range []float64{m.temperature, m.beta[0], m.beta[1], m.beta[2]} {
		calibration = fmix64(calibration ^ math.Float64bits(v))
	}
	sum += calibration
	for _, label := range m.labels {
		sum += fmix64(xxhash.Sum64String(label))
	}
	for feature, row := range m.cells {
		for i, c := range row {
			values := uint64(math.Float32bits(c.weight))<<32 + uint64(math.Float32bits(c.variance))
			sum += fmix64(fmix64(xxhash.Sum64String(m.labels[i])^fmix64(uint64(feature)+1)) ^ values)
		}
	}
	return sum
}

func (n *naive) dfDigest() (sum uint64) {
	for term, df := range n.df {
		sum += fmix64(xxhash.Sum64String(term) ^ fmix64(df))
	}
	return sum
}

// fmix64 is the finalizer of MurmurHash3.
func fmix64(k uint64) uint64 {
	for _, c := range []uint64{0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53} {
		k ^= k >> 33
		k *= c
	}
	return k ^ k>>33
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

// line writes a document of the test's own.
func line(t *testing.T, id, label, title, text string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]string{"id": id, "label": label, "title": title, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scripts are texts in Russian, in several scripts at once, and at the edges of
// what a word is.
func scripts(t *testing.T) (all [][]byte) {
	long := strings.Repeat("ж", 40)
	for i, d := range [][3]string{
		{"ru", "Москва", "Привет, мир! Сегодня в Москве прошла встреча министров; ПРИВЕТ ещё раз, мир."},
		{"ru", "Погода в Москве", "Во вторник, 3 марта, — дождь, ветер 5,5 м/с. Ёлка, объём, «кавычки», по-русски."},
		{"mixed", "İstanbul Straße", "Über die Straße nach 東京都 und العربية, हिन्दी, ไทย, 한국어 カタカナ, STRASSE ẞ K Å."},
		{"mixed", "Москва Moscow", "Moсква with a latin M, сat with a Cyrillic с, naïve café cafe\u0301 A\u030A e\u200dmail 👩‍👩‍👧 x² ½ Ⅻ ① ٣ १२"},
		{"edge", "I", "can't CAN'T 3.14 1,000,000 a.b.c a_b __ _ _x x_ :a: a:b 'quoted' .\uff9e ^caret #tag @user 1e-5 U.S.A."},
		{"edge", long, long + "я " + long + "ю x" + long + "y " + strings.Repeat("a", 65) + " " + strings.Repeat("a", 63) + "éb " + strings.Repeat("_", 63) + "\u0301_é"},
		{"edge", "", "אב\"ג ד'ה \u202eabc\u202c a\u00adb zero\u200bwidth\ufeffno \u0000 tab\tnew\r\nline \ufffd"},
		{"edge", "...", "!!! --- ???"},
	} {
		all = append(all, line(t, fmt.Sprintf("s%d", i), d[0], d[1], d[2]))
	}
	return all
}

// jumble makes texts of pieces that meet where word rules are intricate.
func jumble(t *testing.T, seed uint64, n int) (all [][]byte) {
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := strings.Split("a|B|z9|7|42|é|Ж|ё|ß|İ|א|ב|ア|ー|漢|字|ไ|한|\u0301|\u200d|\u00ad|\ufe0f|\uff9e|👍|🇩|🇪|½|Ⅷ|٣|.|'|\"|:|,|;|_|-|^|/|’|·|\u2024|\ufe52| | |\n|\r|\t|\u00a0", "|")
	for i := range n {
		var text strings.Builder
		for range 1 + random.IntN(40) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		whole := text.String()
		cut := strings.IndexByte(whole+" ", ' ')
		all = append(all, line(t, fmt.Sprintf("j%d", i), []string{"", "x", "y", "z"}[random.IntN(4)], whole[:cut], whole[cut:]))
	}
	return all
}

// contradictions give few words one label after the other, at random.
func contradictions(t *testing.T, seed uint64, n int) (all [][]byte) {
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		var text strings.Builder
		for range 1 + random.IntN(40) {
			fmt.Fprintf(&text, "word%d ", random.IntN(60))
		}
		all = append(all, line(t, fmt.Sprint(i), string(rune('a'+random.IntN(5))), "", text.String()))
	}
	return all
}

func ties(t *testing.T) [][]byte {
	return [][]byte{
		line(t, "1", "west", "", "sunset"), line(t, "2", "east", "", "sunrise"),
		line(t, "3", "", "", "noon"), line(t, "4", "", "", "sunset"), line(t, "5", "", "", "!"),
		line(t, "6", "north", "", "!"), line(t, "7", "", "", "noon"), line(t, "8", "", "", "sunset sunrise"),
	}
}

// checkTies: labels that nothing speaks for tie, and the first by name wins.
func checkTies(t *testing.T, n *naive) {
	want := []string{" 0", "west 1", "east 0.5", "west", "east 0.5", "east 0.5", "east 0.33333", ""}
	for i, d := range n.documents {
		if got := fmt.Sprintf("%s %.5g", d.label, d.probability); !strings.HasPrefix(got, want[i]) {
			t.Errorf("document %s: %q, want %q", d.id, got, want[i])
		}
	}
}

// manyLabels has each label once, on words that no other has, then labels
// beyond the limit. Of known labels come then those that the model is ever
// surer of and, when it is sure, wrong ones.
func manyLabels(t *testing.T) (all [][]byte) {
	label := func(i int) string { return fmt.Sprintf("label %d", i*2654435761%10007) }
	for i := range model.LabelsMax + 20 {
		all = append(all, line(t, fmt.Sprint(i), label(i), "", fmt.Sprintf("word%d", i)))
	}
	for i := range 120 {
		all = append(all, line(t, fmt.Sprint("right ", i), label(i%10), "", fmt.Sprintf("word%d", i%10)))
	}
	for i := range 20 {
		all = append(all, line(t, fmt.Sprint("wrong ", i), label(4000+i), "", fmt.Sprintf("word%d word%d word%d", i%10, i%10, 4086+i)))
	}
	return all
}

func refused(t *testing.T) (all [][]byte) {
	for _, s := range []string{
		`{"id":"0","time":"1969-12-30T18:00:00Z","text":"before 1970"}`,
		`{"id":"1","time":"2020-03-01T10:00:00Z","label":"a","text":"first"}`,
		`{"id":"2","label":"a"`, `[]`, `{"label":"a","text":"no id"}`, `{"id":"3","title":" ","text":"\n"}`,
		`{"id":"4","time":"yesterday","text":"bad time"}`, `{"id":"5","text":7}`, "{\"id\":\"6\",\"text\":\"\xff\"}",
		`{"id":"7","text":"x","label":"` + strings.Repeat("long", 65) + `"}`,
		`{"id":8,"time":"2020-03-02","label":2020,"text":"first again \ud800 \u0416"}`,
		`{"id":"9","text":"untimed first","labels":["b","c"],"label":null}`,
		`{"id":"10","time":"2020-03-01T23:59:59.999999999Z","text":"late","text":"twice first"}`,
		`{"id":"11","time":"2020-03-01T23:30:00-05:00","ID":"x","TEXT":"y","text":"second of March in UTC"}`,
		`{"id":"12","time":"1969-12-31","text":"late by far"}`,
	} {
		all = append(all, []byte(s))
	}
	return all
}

func checkRefused(t *testing.T, n *naive) {
	if late, untimed := count(n, func(d naiveDocument) bool { return d.late }), count(n, func(d naiveDocument) bool { return d.untimed }); n.refused != 8 || len(n.documents) != 7 || late != 2 || untimed != 1 {
		t.Errorf("%d refused, %d accepted, %d late, %d untimed", n.refused, len(n.documents), late, untimed)
	}
}
