package model

import (
	"io"
	"math"
	"slices"

	"tidings"
)

func init() {
	register("stack", kind{
		make: func(o Options) Model { return newStack(o) },
		load: func(o Options, d *decoder) (Model, error) {
			m := newStack(o)
			return m, m.load(d)
		},
	})
}

// stack lets members of different kinds look at different views of a document,
// and learns online how far to follow each (stacked generalization: Wolpert
// 1992): AROW on words, multinomial naive Bayes on words, and AROW on character
// n-grams, where vectors have them. They err on different documents: AROW corrects
// its mistakes, naive Bayes learns from what was right too and so begins sooner,
// and pieces of words know words never seen.
//
// Each member's scores become evidence, 0 where it knows nothing: of a margin
// how far it lies above the offset, bent as for probabilities and not below
// marginMin; of naive Bayes the logarithm of the label's share times the number
// of labels, not below shareMin. What the gate makes of them is gate.go's. The
// members learn as they would alone, from scores made before, so the gate never
// sees evidence of a document that a member has learnt.
//
// R and Smoothing are those of the members. A (label, feature) pair takes 8
// bytes in each member that touched it: on words about one and a half times the
// default's memory, and what the character n-grams take. Each member on words
// may have a quarter of CellsMax, the one on characters half.
type stack struct {
	options      Options
	words, chars *arow
	bayes        *nb
	gate         gate
	calibration  calibration

	scores, shares []float64 // scratch of Learn
	evidence       [membersMax][]float64
}

const (
	marginMin = -3.0
	shareMin  = -12.0
)

func newStack(o Options) *stack {
	part, rest := o, o
	part.CellsMax = max(o.cellsMax()/4, 1)
	rest.CellsMax = max(o.cellsMax()/2, 1)
	return &stack{words: newAROW(part), bayes: newNB(part), chars: newAROW(rest), gate: newGate(), calibration: calibratedLogits(), options: o}
}

func (m *stack) Name() string     { return "stack" }
func (m *stack) Labels() []string { return m.words.labels.names }
func (m *stack) Updates() uint64  { return m.words.updates }
func (m *stack) Cells() int       { return m.words.Cells() + m.bayes.Cells() + m.chars.Cells() }
func (m *stack) Dropped() uint64  { return m.words.Dropped() + m.bayes.Dropped() + m.chars.Dropped() }

// views parts a vector.
func views(x tidings.Vector) (words, chars tidings.Vector) {
	n := len(x.Index) - min(max(x.Chars, 0), len(x.Index))
	words = tidings.Vector{Index: x.Index[:n], Value: x.Value[:n]}
	chars = tidings.Vector{Index: x.Index[n:], Value: x.Value[n:], Chars: len(x.Index) - n}
	return words, chars
}

// Predict is Model's. Behind the labels' scores stand those of each member.
func (m *stack) Predict(x tidings.Vector, scores []float64) []float64 {
	n := len(m.Labels())
	scores = slices.Grow(scores[:0], n*(1+membersMax))[:n*(1+membersMax)]
	words, chars := views(x)
	m.words.Predict(words, part(scores, n, 1)[:0])
	m.bayes.Predict(words, part(scores, n, 2)[:0])
	m.chars.Predict(chars, part(scores, n, 3)[:0])
	m.weigh(scores)
	return scores
}

// part is the room of the labels (0) or of a member in scores of n labels.
func part(scores []float64, n, i int) []float64 { return scores[n*i : n*(i+1) : n*(i+1)] }

// weigh turns the members' scores into the labels'.
func (m *stack) weigh(scores []float64) {
	n := len(m.Labels())
	words, bayes, chars := part(scores, n, 1), part(scores, n, 2), part(scores, n, 3)
	all := m.bayes.logShares(bayes)
	for l := range n {
		g := &m.gate.labels[l]
		z := g.bias.value
		z += float64(m.gate.weight(0, l) * m.words.evidence(words[l]))
		z += float64(m.gate.weight(1, l) * bayesEvidence(bayes[l], all))
		z += float64(m.gate.weight(2, l) * m.chars.evidence(chars[l]))
		scores[l] = z
	}
}

// evidence is how far a margin lies above that of a document of which nothing
// is known.
func (m *arow) evidence(margin float64) float64 {
	return m.calibration.logit(max(margin, marginMin)) - arowOffset
}

// logShares is what lies between a score and the logarithm of the label's share
// times the number of labels: the logarithm of the mean of exp(score).
func (m *nb) logShares(scores []float64) float64 {
	highest := math.Inf(-1)
	for _, s := range scores {
		highest = max(highest, s)
	}
	var sum float64
	for _, l := range m.labels.sorted {
		sum += math.Exp(scores[l] - highest)
	}
	return highest + math.Log(sum) - math.Log(float64(len(scores)))
}

// bayesEvidence is the logarithm of a label's share times the number of labels.
func bayesEvidence(score, all float64) float64 { return max(score-all, shareMin) }

// Probabilities is Model's.
func (m *stack) Probabilities(scores, dst []float64) []float64 {
	return m.calibration.probabilities(&m.words.labels, scores[:min(len(scores), len(m.Labels()))], dst)
}

// Learn is Model's.
func (m *stack) Learn(x tidings.Vector, label string, scores []float64) error {
	truth, known, err := m.words.admit(x, label, scores)
	if err != nil {
		return err
	}
	if len(scores) != known*(1+membersMax) {
		m.scores = m.Predict(x, m.scores)
		scores = m.scores
		if err := checkScores(scores); err != nil {
			return err
		}
	}
	m.learnGate(scores, known, truth)
	words, chars := views(x)
	m.words.absorb(words, label, truth, part(scores, known, 1))
	m.bayes.absorb(words, label, truth, nil)
	m.chars.absorb(chars, label, truth, part(scores, known, 3))
	if truth < 0 {
		m.gate.add()
	}
	return nil
}

// learnGate teaches the gate and the calibration from a document whose label
// they could have named.
func (m *stack) learnGate(scores []float64, known, truth int) {
	m.shares = m.calibration.learn(&m.words.labels, scores[:known], truth, m.shares)
	if truth < 0 || known < 2 {
		return
	}
	words, bayes, chars := part(scores, known, 1), part(scores, known, 2), part(scores, known, 3)
	all := m.bayes.logShares(bayes)
	for i := range m.evidence {
		m.evidence[i] = m.evidence[i][:0]
	}
	for l := range known {
		m.evidence[0] = append(m.evidence[0], m.words.evidence(words[l]))
		m.evidence[1] = append(m.evidence[1], bayesEvidence(bayes[l], all))
		m.evidence[2] = append(m.evidence[2], m.chars.evidence(chars[l]))
	}
	m.shares = append(m.shares[:0], scores[:known]...)
	softmax(1, m.words.labels.sorted, m.shares)
	m.gate.learn(m.words.labels.sorted, m.shares, truth, &m.evidence)
}

func (m *stack) Bytes() int64 {
	n := m.words.Bytes() + m.bayes.Bytes() + m.chars.Bytes()
	n += int64(cap(m.gate.labels))*gateBytes + int64(cap(m.gate.steps)+cap(m.scores)+cap(m.shares))*8
	for _, e := range m.evidence {
		n += int64(cap(e)) * 8
	}
	return n
}

func (m *stack) Digest() uint64 {
	return m.words.Digest() + mix(m.bayes.Digest()) + mix(mix(m.chars.Digest())) + m.gate.digest(m.words.labels.hashes) + m.calibration.digest()
}

// Clone is Model's.
func (m *stack) Clone() Model {
	out := newStack(m.options)
	out.words = &arow{linear: m.words.linear.clone(), r: m.words.r}
	out.chars = &arow{linear: m.chars.linear.clone(), r: m.chars.r}
	out.bayes = &nb{m.bayes.clone()}
	out.gate = gate{common: m.gate.common, labels: slices.Clone(m.gate.labels)}
	out.calibration = m.calibration
	return out
}

// The payload of a stack is its members', its gate's and its calibration's.

// Save is Model's.
func (m *stack) Save(w io.Writer) error {
	size := m.words.size() + m.bayes.bayesSize() + m.chars.size() + m.gate.size() + calibrationBytes
	return save(w, head{m.Name(), m.options}, size, func(e *encoder) {
		m.words.save(e)
		m.bayes.save(e)
		m.chars.save(e)
		m.gate.save(e)
		m.calibration.save(e)
	})
}

func (m *stack) load(d *decoder) error {
	for _, load := range []func() error{
		func() error { return m.words.load(d, validAROW) },
		func() error { return m.bayes.load(d, m.bayes.valid) },
		func() error { return m.chars.load(d, validAROW) },
	} {
		if err := load(); err != nil {
			return err
		}
	}
	if !slices.Equal(m.words.labels.names, m.bayes.labels.names) || !slices.Equal(m.words.labels.names, m.chars.labels.names) ||
		m.words.updates != m.bayes.updates || m.words.updates != m.chars.updates {
		d.fail("its members have not learnt the same documents")
		return d.err
	}
	m.gate.load(d, len(m.Labels()))
	m.calibration.load(d)
	return d.err
}
