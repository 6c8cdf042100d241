package eval_test

import (
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

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
