package eval

import (
	"math"

	"tidings"
	"tidings/eval/metric"
)

// Said is what one model said of a document before it learnt it.
type Said struct {
	Position    tidings.Position
	Truth       string
	Label       string
	Probability float64
	Scores      [tidings.ScoresMax]tidings.Score // the best labels, as far as there are any
	Listed      int
}

func newSaid(p tidings.Position, truth, label string, probability float64, scores []tidings.Score) Said {
	s := Said{Position: p, Truth: truth, Label: label, Probability: probability}
	s.Listed = copy(s.Scores[:], scores)
	return s
}

// shares is the probability that was given to the truth, and the sum of the
// squared probabilities of all labels. Only the best are listed; what those
// leave is shared out evenly among the other labels that were known.
func (s *Said) shares(labels int) (truth, squares float64) {
	rest, found := 1.0, false
	for _, score := range s.Scores[:s.Listed] {
		rest -= score.Probability
		squares += float64(score.Probability * score.Probability)
		if score.Label == s.Truth {
			truth, found = score.Probability, true
		}
	}
	others := max(labels, s.Listed) - s.Listed
	if !found {
		others = max(others, 1)
	}
	if rest = math.Max(rest, 0); others > 0 {
		each := rest / float64(others)
		squares += float64(rest * each)
		if !found {
			truth = each
		}
	}
	return math.Min(truth, 1), math.Min(squares, 1)
}

// Side is how good one of two was.
type Side struct {
	Confusion   metric.Confusion
	Loss        metric.Loss
	Calibration metric.Calibration
}

func (s *Side) add(said *Said, labels int) (right bool) {
	right = said.Label == said.Truth
	s.Confusion.Add(said.Truth, said.Label)
	truth, squares := said.shares(labels)
	s.Loss.Add(truth, squares)
	s.Calibration.Add(said.Probability, right)
	return right
}

// Duel compares two models on the same labelled documents, on the whole and on
// the last ones. One goroutine owns it.
type Duel struct {
	Champion, Challenger Side
	All                  metric.McNemar // the first is the champion
	Window               metric.McNemar // of the last documents
	From, To             tidings.Position

	last []byte // of the window, a ring: bit 0 the champion was right, bit 1 the challenger
	next int
}

// NewDuel compares with a window of so many documents.
func NewDuel(window int) *Duel { return &Duel{last: make([]byte, 0, max(window, 1))} }

// Add takes what both said of a document whose truth is known; labels is how
// many labels there were to choose from.
func (d *Duel) Add(champion, challenger *Said, labels int) {
	if d.All.Documents() == 0 {
		d.From = champion.Position
	}
	d.To = champion.Position
	a, b := d.Champion.add(champion, labels), d.Challenger.add(challenger, labels)
	d.All.Add(a, b)
	d.Window.Add(a, b)
	code := byte(0)
	if a {
		code |= 1
	}
	if b {
		code |= 2
	}
	if len(d.last) < cap(d.last) {
		d.last = append(d.last, code)
		return
	}
	old := d.last[d.next]
	d.Window.Drop(old&1 != 0, old&2 != 0)
	d.last[d.next] = code
	d.next = (d.next + 1) % len(d.last)
}

// Documents is how many were compared.
func (d *Duel) Documents() uint64 { return d.All.Documents() }

// Rule says when a challenger has won. The zero value is the default.
type Rule struct {
	Documents int     // of the window that is looked at; 0 is 2,000
	P         float64 // below which McNemar's test has to be; 0 is .01
	Every     int     // documents between two looks; 0 is 1,000
}

// WithDefaults fills in what was left out.
func (r Rule) WithDefaults() Rule {
	if r.Documents == 0 {
		r.Documents = 2000
	}
	if r.P == 0 {
		r.P = .01
	}
	if r.Every == 0 {
		r.Every = 1000
	}
	return r
}

// Won says whether the challenger has won: the window is full, it was right more
// often there than the champion, and one that is as good would by chance be so
// much better, or worse, with a probability below P.
func (r Rule) Won(d *Duel) bool {
	r = r.WithDefaults()
	w := d.Window
	return w.Documents() >= uint64(r.Documents) && w.Second > w.First && w.P() < r.P
}
