package experiments

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"tidings/eval/report"
)

// What the zero values of ThresholdOptions stand for: the published window.
const (
	HeadDefault = 4450 // documents of all other topics, or as many as there are
	HeadMin     = 200
	headHit     = 600 // of HeadDefault: what a failure hits

	publishedBlock = 550 // documents of the topic, for HeadDefault of the others
)

// The share of the topic without failure: a little above what makes a topic
// popular, in percent.
const (
	aboveLow  = 10.1
	aboveHigh = 10.3
	above     = (aboveLow + aboveHigh) / 2
	popular   = 100 * popularShare
)

// sweep is how many numbers of repeated documents are tried, up to twice what the
// failure hits.
const sweep = 8

// ThresholdOptions says how Threshold is made. The zero value works.
type ThresholdOptions struct {
	Setting
	// Trained is how many documents the model learns before it is frozen. 0:
	// TrainedDefault, or half of the documents.
	Trained int
	// Head is how many documents of all other topics come before the topic's own. 0:
	// HeadDefault, or fewer, down to HeadMin, where there are fewer.
	Head int
	// Hit is how many documents of the head a failure hits. 0: as many as in the
	// published experiment, 600 of 4,450.
	Hit int
	// Topic is the one that may be lost. Empty: the one that comes to the share that
	// is wanted with about as many documents of its own as in the published window.
	Topic string
}

// Check tells all that is wrong with the options, or nil.
func (o ThresholdOptions) Check() error {
	problems := []error{o.Setting.Check(), checkTrained(o.Trained)}
	if o.Head < 0 || o.Hit < 0 || o.Head > 0 && o.Hit > o.Head {
		problems = append(problems, fmt.Errorf("a failure cannot hit %d documents of a head of %d", o.Hit, o.Head))
	}
	return errors.Join(problems...)
}

// threshold is one call of Threshold.
type threshold struct {
	corpus  *Corpus
	options ThresholdOptions
	topic   int32
	head    int
	models  []*thresholdModel
	left    []string // models that do not come to the share that is wanted

	shares, below *family
}

// thresholdModel is what one model made of its window: the size of the topic's
// block is such that this model finds it just popular.
type thresholdModel struct {
	name   string
	frozen *Frozen
	window []int32
	truth  *Outcome
	cells  []*thresholdCell
}

// thresholdCell is one failure, under as many seeds as there are.
type thresholdCell struct {
	promise  Promise
	tail     bool // it strikes in the topic's block
	hit      int
	swept    bool // only the figure shows it
	outcomes []*Outcome
	change   paired // of the topic's share
	below    paired // the share, less what makes a topic popular
}

// Threshold measures whether one failure makes a topic unpopular that is just
// popular: the experiment of Trofimov et al. (BIRTE 2019) on a lost topic.
func Threshold(ctx context.Context, c *Corpus, o ThresholdOptions) (report.Experiment, error) {
	if err := o.Check(); err != nil {
		return report.Experiment{}, err
	}
	o.Setting, o.Trained = o.Setting.withDefaults(), c.trainedOn(o.Trained)
	if err := c.checkFrozen(o.Trained, max(o.Head, HeadMin)); err != nil {
		return report.Experiment{}, err
	}
	t := &threshold{corpus: c, options: o}
	if err := t.choose(ctx); err != nil {
		return report.Experiment{}, err
	}
	if err := t.run(ctx); err != nil {
		return report.Experiment{}, err
	}
	t.test()
	return t.report(), nil
}

// choose finds the topic, and for each model how many documents of it make it
// popular.
func (t *threshold) choose(ctx context.Context) error {
	c, o := t.corpus, t.options
	topics := c.byFrequency(o.Trained)
	if o.Topic != "" {
		l, known := c.numbers[o.Topic]
		if !known {
			return fmt.Errorf("%w: no document has the label %q; there are %v", ErrNoLabels, o.Topic, c.labels)
		}
		topics = []int32{l}
	}
	for i, name := range append([]string{o.Model}, o.Others...) {
		f, err := Freeze(ctx, c, name, o.Options, o.Trained)
		if err != nil {
			return err
		}
		if i > 0 {
			topics = []int32{t.topic}
		}
		m := &thresholdModel{name: name, frozen: f}
		for _, topic := range topics {
			window, truth, head := t.window(f, topic)
			if far := unlike(len(window), head); window != nil && (m.window == nil || far < unlike(len(m.window), t.head)) {
				m.window, m.truth = window, truth
				t.topic, t.head = topic, head
			}
		}
		switch {
		case m.window != nil:
			t.models = append(t.models, m)
		case i == 0:
			return fmt.Errorf("%w: of no topic there are enough behind the first %d for %s to find a share of %v to %v %%; name another --topic, train on fewer, or give a larger source", ErrTooFew, o.Trained, name, aboveLow, aboveHigh)
		default:
			t.left = append(t.left, name)
		}
	}
	return nil
}

// unlike is how far the block's length is from the published one, for its head.
func unlike(window, head int) float64 {
	return abs(float64(window-head) - float64(head)*publishedBlock/HeadDefault)
}

// window is the head of other topics and the topic's block, which ends where its
// share, as the model sees it, comes to what is wanted; nil: it does not.
func (t *threshold) window(f *Frozen, topic int32) (window []int32, truth *Outcome, head int) {
	c, o := t.corpus, t.options
	if head = o.Head; head == 0 {
		head = HeadDefault
	}
	for i := o.Trained; i < len(c.documents) && len(window) < head; i++ {
		if l := c.documents[i].label; l != topic && l != none {
			window = append(window, int32(i))
		}
	}
	if len(window) < head && (o.Head > 0 || len(window) < HeadMin) {
		return nil, nil, 0
	}
	head = len(window)
	window = append(window, c.behind(o.Trained, topic)...)
	all := f.Window(window, Failure{})
	said := 0
	for at, label := range all.first {
		if label == topic {
			said++
		}
		if share := 100 * float64(said) / float64(at+1); at >= head && share >= above {
			if at == head {
				return nil, nil, 0 // it was popular before its block
			}
			window = window[:at+1]
			return window, f.Window(window, Failure{}), head
		}
	}
	return nil, nil, 0
}

// hit is how many documents of the head a failure hits.
func (t *threshold) hit() int {
	if t.options.Hit > 0 {
		return min(t.options.Hit, t.head)
	}
	return max(t.head*headHit/HeadDefault, 1)
}

func (t *threshold) run(ctx context.Context) error {
	o := t.options
	for i, m := range t.models {
		add := func(promise Promise, tail bool, hit int, swept bool) {
			m.cells = append(m.cells, &thresholdCell{promise: promise, tail: tail, hit: hit, swept: swept, outcomes: make([]*Outcome, o.Seeds)})
		}
		add(Kept, false, t.hit(), false)
		add(Rollback, false, t.hit(), false)
		add(AtMostOnce, false, t.hit(), false)
		add(AtMostOnce, true, max((len(m.window)-t.head)*t.hit()/t.head, 1), false)
		for k := 1; i == 0 && k <= sweep; k++ {
			add(Kept, false, min(max(2*t.hit()*k/sweep, 1), t.head), true)
		}
	}
	type job struct {
		m    *thresholdModel
		x    *thresholdCell
		seed int
	}
	var jobs []job
	for _, m := range t.models {
		for _, x := range m.cells {
			for seed := range o.Seeds {
				jobs = append(jobs, job{m, x, seed})
			}
		}
	}
	return o.each(ctx, len(jobs), func(_ context.Context, i int) error {
		j := jobs[i]
		f := t.failure(j.m, j.x, j.seed)
		j.x.outcomes[j.seed] = j.m.frozen.Window(j.m.window, f)
		return j.x.outcomes[j.seed].hits(f)
	})
}

// failure is that of a seed: as long ones strike the same place with each model.
func (t *threshold) failure(m *thresholdModel, x *thresholdCell, seed int) Failure {
	random := rand.New(rand.NewPCG(t.options.Seed+uint64(seed), 4))
	from, to := 0, t.head
	if x.tail {
		from, to = t.head, len(m.window)
	}
	f := failureIn(random, from, to, x.hit)
	f.Promise = x.promise
	return f
}

// like tells which places have documents like those that a failure hits.
func (t *threshold) like(x *thresholdCell) func(at int) bool {
	return func(at int) bool { return (at >= t.head) == x.tail }
}

// test makes the tests that were to be made: of each failure whether it changes the
// topic's share, and whether the share is then below what makes a topic popular.
func (t *threshold) test() {
	t.shares, t.below = &family{setting: t.options.Setting}, &family{setting: t.options.Setting}
	for _, m := range t.models {
		for _, x := range m.cells {
			if x.swept {
				continue
			}
			t.shares.add(&x.change, x.outcomes, func(o *Outcome) float64 { return o.Share(t.topic) - m.truth.Share(t.topic) })
			t.below.add(&x.below, x.outcomes, func(o *Outcome) float64 { return o.Share(t.topic) - popular })
		}
	}
	t.shares.adjust()
	t.below.adjust()
}
