package model

import "math"

// gate weighs the evidence of a stack's members. A label's score is
//
//	bias of the label + sum over members of (weight of the member + its weight for the label) * evidence
//
// and the softmax of the scores is held to the true labels by stochastic
// gradient descent on the log loss, in AdaGrad's steps (Duchi, Hazan and Singer
// 2011) whose sums of squares fade: what was right lately counts more than what
// was right once, as in Herbster and Warmuth's fixed share (1998), and the biases
// follow the labels' shares of late. A document of which no member knows
// anything teaches nothing.
//
// Weights of a label are gateBytes for the label and each member. Sums over
// labels run in the order of their names.
type gate struct {
	common [membersMax]weight // of the members
	labels []gateLabel        // by label
	steps  []float64          // scratch: gradients by label
}

// gateLabel is what a gate knows of a label.
type gateLabel struct {
	bias    weight
	members [membersMax]weight
}

// weight is a number with the fading sum of its squared gradients.
type weight struct{ value, squares float64 }

const (
	membersMax = 3
	gateRate   = 0.1
	gateFade   = 0.9997 // of the sums of squares, a document
	gateFloor  = 1e-4   // of a sum of squares
	gateMax    = 100.0  // of a weight
)

// gateStart are the weights at first: of a margin, of a log share.
var gateStart = [membersMax]float64{2.5, 0.5, 2.5}

func newGate() (g gate) {
	for i, start := range gateStart {
		g.common[i] = weight{start, 1}
	}
	return g
}

// add makes room for a further label.
func (g *gate) add() {
	l := gateLabel{bias: weight{0, 1}}
	for i := range l.members {
		l.members[i].squares = 1
	}
	g.labels = append(g.labels, l)
}

// weight is the weight of a member's evidence for a label.
func (g *gate) weight(member, label int) float64 {
	return g.common[member].value + g.labels[label].members[member].value
}

// learn takes one step, given each label's share and each member's evidence, by
// label.
func (g *gate) learn(order []int, shares []float64, truth int, evidence *[membersMax][]float64) {
	g.steps = append(g.steps[:0], shares...)
	g.steps[truth]--
	said := false
	for i, of := range evidence {
		var sum float64
		for _, l := range order {
			sum += float64(g.steps[l] * of[l])
			said = said || of[l] != 0
		}
		g.common[i].step(sum)
	}
	if !said {
		return
	}
	for l := range g.labels[:len(g.steps)] {
		known := &g.labels[l]
		known.bias.step(g.steps[l])
		for i := range known.members {
			known.members[i].step(g.steps[l] * evidence[i][l])
		}
	}
}

// step takes one step against a gradient. None is no step.
func (w *weight) step(gradient float64) {
	if gradient == 0 {
		return
	}
	w.squares = max(float64(w.squares*gateFade)+float64(gradient*gradient), gateFloor)
	w.value = min(max(w.value-float64(gateRate*gradient)/math.Sqrt(w.squares), -gateMax), gateMax)
}

// digest is an order-free hash.
func (g *gate) digest(hashes []uint64) uint64 {
	var sum uint64
	for i, w := range g.common {
		sum += w.hash(mix(uint64(i) ^ mix(6)))
	}
	for l := range g.labels {
		known := &g.labels[l]
		h := known.bias.hash(hashes[l] ^ mix(7))
		for i := range known.members {
			h = known.members[i].hash(h)
		}
		sum += h
	}
	return sum
}

func (w weight) hash(h uint64) uint64 {
	return mix(mix(h^math.Float64bits(w.value)) ^ math.Float64bits(w.squares))
}

const (
	weightBytes = 16
	gateBytes   = weightBytes * (membersMax + 1) // of a label
)

func (g *gate) size() uint64 { return weightBytes*membersMax + gateBytes*uint64(len(g.labels)) }

func (g *gate) save(e *encoder) {
	for _, w := range g.common {
		w.save(e)
	}
	for l := range g.labels {
		g.labels[l].bias.save(e)
		for _, w := range g.labels[l].members {
			w.save(e)
		}
	}
}

func (w weight) save(e *encoder) {
	e.float(w.value)
	e.float(w.squares)
}

// load reads what save wrote for so many labels.
func (g *gate) load(d *decoder, labels int) {
	for i := range g.common {
		g.common[i].load(d)
	}
	for range labels {
		g.add()
		known := &g.labels[len(g.labels)-1]
		known.bias.load(d)
		for i := range known.members {
			known.members[i].load(d)
		}
	}
}

func (w *weight) load(d *decoder) {
	w.value, w.squares = d.float("gate"), d.float("gate")
	if math.Abs(w.value) > gateMax || w.squares < 0 {
		d.fail("a weight of the gate is %g, its squares %g", w.value, w.squares)
	}
}
