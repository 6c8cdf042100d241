package experiments

import (
	"context"
	"errors"
	"fmt"

	"tidings/eval/metric"
	"tidings/model"
)

// heldOut is which documents are never learnt, one in so many: what a run makes of
// them says how good its model is for others.
const heldOut = 10

// isHeldOut tells whether a document is one of them.
func isHeldOut(i int) bool { return i%heldOut == heldOut-1 }

// windowDocuments is how many documents of the source a window has whose shares
// of topics are compared; popularShare is the share above which a topic is
// popular.
const (
	windowDocuments = 1000
	popularShare    = .10
)

// Record is what a run said, document by document.
type Record struct {
	corpus *Corpus
	first  []int32 // by document: the label that was predicted first, none if none was known
	times  []uint8 // how often it was met
	shares [][]int // by window, by label: predictions, the repeated ones too
	met    uint64  // predictions, the repeated ones too
	right  uint64  // likewise, those that were right
	tested uint64  // likewise, of documents that have a label
	df     []uint32
}

// Run meets the documents of a schedule and learns those that have labels, but
// for the held-out ones.
func Run(ctx context.Context, c *Corpus, name string, o model.Options, order []int32) (*Record, error) {
	l, err := NewLoop(c, name, o)
	if err != nil {
		return nil, err
	}
	n := len(c.documents)
	r := &Record{corpus: c, first: make([]int32, n), times: make([]uint8, n), shares: make([][]int, (n+windowDocuments-1)/windowDocuments)}
	for at, i := range order {
		if at%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r.add(int(i), l.Predict(int(i)))
		if isHeldOut(int(i)) {
			continue
		}
		if err := l.Learn(int(i)); err != nil {
			return nil, err
		}
	}
	r.df = l.df
	return r, nil
}

// add takes a prediction.
func (r *Record) add(i int, label int32) {
	if r.times[i] == 0 {
		r.first[i] = label
	}
	if r.times[i] < 255 {
		r.times[i]++
	}
	r.met++
	if truth := r.corpus.documents[i].label; truth != none {
		r.tested++
		if truth == label {
			r.right++
		}
	}
	w := &r.shares[i/windowDocuments]
	if *w == nil {
		*w = make([]int, len(r.corpus.labels))
	}
	if label != none {
		(*w)[label]++
	}
}

// Effect is what damage did to a run, compared with one that had none. Shares and
// differences are in points of a hundred.
type Effect struct {
	Lost     int `json:"lost"`
	Repeated int `json:"repeated"`

	Accuracy float64 `json:"accuracy"` // change of the accuracy of first predictions, on the documents that both met
	HeldOut  float64 `json:"held_out"` // likewise, on documents that nobody learnt
	MacroF1  float64 `json:"macro_f1"` // change of the macro-F1 of first predictions
	Naive    float64 `json:"naive"`    // change of the accuracy of all predictions that came, as who does not tell repeated ones apart sees it
	Differ   float64 `json:"differ"`   // of the documents that both met: those with another label than without damage
	DF       float64 `json:"df"`       // sum over terms of |df - the undamaged|, of the sum of the undamaged
	Shares   float64 `json:"shares"`   // total variation of the topics' shares, mean of the windows
	Flips    float64 `json:"flips"`    // of the windows: those with other popular topics
}

// ErrUnharmed reports a failure that hit no document: what is measured under it says
// nothing.
var ErrUnharmed = errors.New("the failure hit no document, and proves nothing")

// hits refuses damage that did none.
func (e Effect) hits(d Damage) error {
	if e.Lost+e.Repeated == 0 {
		return fmt.Errorf("%w: %s", ErrUnharmed, d)
	}
	return nil
}

// Compare tells what damage did.
func (r *Record) Compare(truth *Record) Effect {
	var e Effect
	var all, held, allTruth, heldTruth, differ counted
	var ours, theirs metric.Confusion
	for i, d := range r.corpus.documents {
		switch r.times[i] {
		case 0:
			e.Lost++
			continue
		case 1:
		default:
			e.Repeated += int(r.times[i]) - 1
		}
		differ.add(r.first[i] != truth.first[i])
		if d.label == none {
			continue
		}
		all.add(r.first[i] == d.label)
		allTruth.add(truth.first[i] == d.label)
		if isHeldOut(i) {
			held.add(r.first[i] == d.label)
			heldTruth.add(truth.first[i] == d.label)
		}
		ours.Add(r.name(d.label), r.name(r.first[i]))
		theirs.Add(r.name(d.label), r.name(truth.first[i]))
	}
	e.Accuracy = all.percent() - allTruth.percent()
	e.HeldOut = held.percent() - heldTruth.percent()
	e.MacroF1 = 100 * (ours.MacroF1() - theirs.MacroF1())
	e.Naive = r.naive() - truth.naive()
	e.Differ = differ.percent()
	e.DF = r.dfError(truth)
	e.Shares, e.Flips = r.windows(truth)
	return e
}

// name is that of a label.
func (r *Record) name(label int32) string {
	if label == none {
		return ""
	}
	return r.corpus.labels[label]
}

// Accuracy is that of first predictions, in percent.
func (r *Record) Accuracy() float64 {
	var c counted
	for i, d := range r.corpus.documents {
		if r.times[i] > 0 && d.label != none {
			c.add(r.first[i] == d.label)
		}
	}
	return c.percent()
}

// naive is the accuracy of all predictions that came, in percent.
func (r *Record) naive() float64 { return counted{int(r.tested), int(r.right)}.percent() }

// dfError compares counts of documents, in percent.
func (r *Record) dfError(truth *Record) float64 {
	off, sum := uint64(0), uint64(0)
	for term, want := range truth.df {
		got := r.df[term]
		off += uint64(max(got, want) - min(got, want))
		sum += uint64(want)
	}
	if sum == 0 {
		return 0
	}
	return 100 * float64(off) / float64(sum)
}

// windows compares the shares of topics.
func (r *Record) windows(truth *Record) (variation, flips float64) {
	n := 0
	for w := range truth.shares {
		total, want := sum(r.shares[w]), sum(truth.shares[w])
		if want == 0 {
			continue
		}
		n++
		distance, flipped := 0.0, false
		for l, theirs := range truth.shares[w] {
			was, is := float64(theirs)/float64(want), 0.0
			if total > 0 {
				is = float64(r.shares[w][l]) / float64(total)
			}
			distance += max(is-was, was-is)
			flipped = flipped || (is > popularShare) != (was > popularShare)
		}
		variation += 100 * distance / 2
		if flipped {
			flips += 100
		}
	}
	if n == 0 {
		return 0, 0
	}
	return variation / float64(n), flips / float64(n)
}

func sum(of []int) (n int) {
	for _, x := range of {
		n += x
	}
	return n
}

// counted is how many of some things hold.
type counted struct{ of, hold int }

func (c *counted) add(holds bool) {
	c.of++
	if holds {
		c.hold++
	}
}

func (c counted) percent() float64 {
	if c.of == 0 {
		return 0
	}
	return 100 * float64(c.hold) / float64(c.of)
}
