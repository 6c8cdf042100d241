package experiments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"tidings/eval/metric"
	"tidings/model"
)

// TrainedDefault is how many documents a frozen model has learnt, if the corpus
// has twice as many; else it is half of them.
const TrainedDefault = 30_000

// Frozen is a model that has learnt the first documents of a corpus and learns no
// more, as in the published experiments. Df goes on counting, as it did there.
// Runs may go beside each other.
type Frozen struct {
	corpus  *Corpus
	trained int
	model   model.Model // nobody learns it any more
	df      []uint32
}

// Freeze learns the first documents.
func Freeze(ctx context.Context, c *Corpus, name string, o model.Options, trained int) (*Frozen, error) {
	l, err := NewLoop(c, name, o)
	if err != nil {
		return nil, err
	}
	for i := range trained {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.Predict(i)
		if err := l.Learn(i); err != nil {
			return nil, err
		}
	}
	if len(l.model.Labels()) < 2 {
		return nil, fmt.Errorf("%w: %d among the first %d documents, which are learnt; two or more are needed", ErrNoLabels, len(l.model.Labels()), trained)
	}
	return &Frozen{corpus: c, trained: trained, model: l.model, df: l.df}, nil
}

// trainedOn is how many documents are learnt where trained were asked for, 0
// being the default.
func (c *Corpus) trainedOn(trained int) int {
	if trained == 0 {
		return min(TrainedDefault, len(c.documents)/2)
	}
	return trained
}

// loop is one of its own, which goes on behind what was learnt.
func (f *Frozen) loop() *Loop {
	l := newLoop(f.corpus, f.model)
	l.n, l.df = uint64(f.trained), slices.Clone(f.df)
	return l
}

// Promise is what a failure does to the documents that were being worked on.
type Promise string

// The promises. Of those that restore state, the second output equals the first.
const (
	ExactlyOnce Promise = "exactly-once"
	Kept        Promise = "at-least-once, kept"     // counted twice, put out twice
	Rollback    Promise = "at-least-once, rollback" // counted once, put out twice
	AtMostOnce  Promise = "at-most-once"            // neither counted nor put out
)

// Failure is one, and the places in a window of the documents that it hits. The
// zero value is none.
type Failure struct {
	Promise  Promise
	From, To int
}

// failureIn draws one of length documents among the places from to to.
func failureIn(random *rand.Rand, from, to, length int) Failure {
	at := from + random.IntN(to-from-length+1)
	return Failure{From: at, To: at + length}
}

// lost is in the place of the label of a document that was never met.
const lost int32 = -2

// Outcome is what came out of one window.
type Outcome struct {
	corpus *Corpus
	window []int32
	first  []int32 // by place: the label that was put out first, none or lost
	said   []int   // by label: outputs, the repeated ones too
	Puts   int     // outputs, the repeated ones too

	State  int // documents that state counts twice
	Output int // documents that were put out twice
	Lost   int
}

// Window meets documents, one window, while a failure strikes.
func (f *Frozen) Window(window []int32, x Failure) *Outcome {
	o := &Outcome{corpus: f.corpus, window: window, first: make([]int32, len(window)), said: make([]int, len(f.corpus.labels))}
	l := f.loop()
	hit := x.To - x.From
	for at := 0; at < len(window); at++ {
		struck := hit > 0 && x.From <= at && at < x.To
		if struck && x.Promise == AtMostOnce {
			o.first[at] = lost
			o.Lost++
			continue
		}
		o.first[at] = l.Predict(int(window[at]))
		o.put(o.first[at])
		if struck && x.Promise == Rollback {
			o.put(o.first[at])
			o.Output++
		}
		if struck && x.Promise == Kept && at == x.To-1 {
			for _, i := range window[x.From:x.To] {
				o.put(l.Predict(int(i)))
			}
			o.State, o.Output = hit, hit
		}
	}
	return o
}

// hits refuses a failure that struck no document of the window.
func (o *Outcome) hits(f Failure) error {
	if o.Lost+o.Output == 0 {
		return fmt.Errorf("%w: %s, places %d to %d of a window of %d", ErrUnharmed, f.Promise, f.From, f.To, len(o.window))
	}
	return nil
}

func (o *Outcome) put(label int32) {
	o.Puts++
	if label != none {
		o.said[label]++
	}
}

// Share is a label's among the outputs, the repeated ones too, in percent.
func (o *Outcome) Share(label int32) float64 {
	return counted{o.Puts, o.said[label]}.percent()
}

// Computed is what a label's share should be after a failure by counting alone,
// where this is the outcome without one: d outputs more, or less, of documents
// that are said to be of the label with rate a make c/n to (c + d a)/(n + d). The
// rate is that of the documents at the places that like tells, of which the failure
// hits some.
func (o *Outcome) Computed(label int32, d int, like func(at int) bool) float64 {
	var rate counted
	for at, said := range o.first {
		if like(at) {
			rate.add(said == label)
		}
	}
	return 100 * (float64(o.said[label]) + float64(d)*rate.percent()/100) / float64(o.Puts+d)
}

// right tells for each place how a first prediction changed from another's outcome
// of the same window: 1 now right, -1 now wrong, 0 neither. What either never met,
// or has no label, is left out.
func (o *Outcome) right(than *Outcome) (changes []float64, m metric.McNemar) {
	for at, i := range o.window {
		truth := o.corpus.documents[i].label
		if truth == none || o.first[at] == lost || than.first[at] == lost {
			continue
		}
		was, is := than.first[at] == truth, o.first[at] == truth
		m.Add(is, was)
		switch {
		case is && !was:
			changes = append(changes, 1)
		case was && !is:
			changes = append(changes, -1)
		default:
			changes = append(changes, 0)
		}
	}
	return changes, m
}

// differ is of how many documents that both met the first label is another, in
// percent.
func (o *Outcome) differ(than *Outcome) float64 {
	var c counted
	for at := range o.first {
		if o.first[at] != lost && than.first[at] != lost {
			c.add(o.first[at] != than.first[at])
		}
	}
	return c.percent()
}

// accuracy is that of first predictions, in percent.
func (o *Outcome) accuracy() float64 {
	var c counted
	for at, i := range o.window {
		if truth := o.corpus.documents[i].label; truth != none && o.first[at] != lost {
			c.add(o.first[at] == truth)
		}
	}
	return c.percent()
}

// behind lists the documents of a label behind the first ones, in order.
func (c *Corpus) behind(from int, label int32) (of []int32) {
	for i := from; i < len(c.documents); i++ {
		if c.documents[i].label == label {
			of = append(of, int32(i))
		}
	}
	return of
}

// byFrequency are the labels behind the first documents, the most frequent first,
// of several the one that came first.
func (c *Corpus) byFrequency(from int) []int32 {
	counts := make([]int, len(c.labels))
	order := make([]int32, len(c.labels))
	for l := range order {
		order[l] = int32(l)
	}
	for _, d := range c.documents[from:] {
		if d.label != none {
			counts[d.label]++
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return counts[b] - counts[a] })
	return order
}
