package experiments

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"tidings/eval/report"
)

// What the zero values of BiasOptions stand for.
const (
	BlockDefault = 1000 // documents, or as many as there are
	BlockMin     = 50   // with fewer, shares say nothing
	hitPercent   = 55   // of a block: the published shares tell of about 550 documents of 1,000
)

// blocks is how many a window has: one topic, the other, and both again.
const blocks = 4

// BiasOptions says how Bias is made. The zero value works.
type BiasOptions struct {
	Setting
	// Trained is how many documents the model learns before it is frozen. 0:
	// TrainedDefault, or half of the documents.
	Trained int
	// Block is how many documents of one topic follow each other. 0: BlockDefault,
	// or fewer, down to BlockMin, where there are fewer of the topics.
	Block int
	// Hit is how many documents a failure hits. 0: 55 % of a block.
	Hit int
	// Topics are the two whose blocks take turns. Empty: sport and science, or
	// armed conflicts and politics, where there are enough of them, else the two
	// most frequent ones behind the first documents.
	Topics []string
}

func (o BiasOptions) withDefaults(c *Corpus) BiasOptions {
	o.Setting = o.Setting.withDefaults()
	o.Trained = c.trainedOn(o.Trained)
	return o
}

// Check tells all that is wrong with the options, or nil.
func (o BiasOptions) Check() error {
	problems := []error{o.Setting.Check(), checkTrained(o.Trained)}
	if o.Block < 0 || o.Hit < 0 {
		problems = append(problems, errors.New("a block, and what a failure hits of it, have 1 document or more"))
	}
	if o.Block > 0 && o.Hit > o.Block {
		problems = append(problems, fmt.Errorf("a failure cannot hit %d documents inside a block: blocks are smaller", o.Hit))
	}
	if len(o.Topics) != 0 && (len(o.Topics) != 2 || o.Topics[0] == o.Topics[1]) {
		problems = append(problems, fmt.Errorf("blocks are of two topics, and %d are named; name two different ones, or none", len(o.Topics)))
	}
	return errors.Join(problems...)
}

func checkTrained(trained int) error {
	if trained < 0 {
		return fmt.Errorf("a model cannot learn %d documents before it is frozen", trained)
	}
	return nil
}

// bias is one call of Bias.
type bias struct {
	corpus  *Corpus
	options BiasOptions
	topics  [2]int32
	window  []int32
	models  []*biasModel // the setting's, then the others

	shares, accuracies, twice *family
}

// biasModel is what one model made of the window.
type biasModel struct {
	name   string
	truth  *Outcome // without failure, which is also what exactly-once makes of one
	frozen *Frozen
	cells  []*biasCell
}

// biasCell is one way to fail, under as many seeds as there are.
type biasCell struct {
	promise  Promise
	in       int // 0, 1: in a block of which topic
	outcomes []*Outcome
	shares   [2]paired // changes of both topics' shares
	accuracy paired
	twice    paired // of Kept: its share of the topic against Rollback's, which counts once
}

// Bias measures how a failure changes the shares of two topics in a window where
// stretches of one topic take turns with those of another: the experiment of
// Trofimov et al. (BIRTE 2019) on a biased distribution.
func Bias(ctx context.Context, c *Corpus, o BiasOptions) (report.Experiment, error) {
	if err := o.Check(); err != nil {
		return report.Experiment{}, err
	}
	o = o.withDefaults(c)
	b := &bias{corpus: c, options: o}
	if err := c.checkFrozen(o.Trained, blocks*o.blockMin()); err != nil {
		return report.Experiment{}, err
	}
	if err := b.choose(); err != nil {
		return report.Experiment{}, err
	}
	if err := b.run(ctx); err != nil {
		return report.Experiment{}, err
	}
	b.test()
	return b.report(), nil
}

// checkFrozen refuses a corpus that does not have so many documents behind those
// that are learnt.
func (c *Corpus) checkFrozen(trained, behind int) error {
	if err := c.Check(trained + behind); err != nil {
		return fmt.Errorf("%d are learnt before the window, which takes %d more: %w", trained, behind, err)
	}
	return nil
}

// usualTopics are pairs that are looked for: those of the published experiment,
// and the two that a stream of Wikipedia's current events has most of all years.
func usualTopics() [][2]string {
	return [][2]string{{"sport", "science"}, {"Armed conflicts and attacks", "Politics and elections"}}
}

// blockMin is how many documents a block has at least.
func (o BiasOptions) blockMin() int {
	if o.Block == 0 {
		return BlockMin
	}
	return o.Block
}

// choose finds the topics, how long a block is, and puts the window together.
func (b *bias) choose() error {
	c, o := b.corpus, &b.options
	need := blocks / 2 * o.blockMin()
	if len(o.Topics) == 0 {
		b.topics = c.twoTopics(o.Trained, need)
	}
	for i, name := range o.Topics {
		l, known := c.numbers[name]
		if !known {
			return fmt.Errorf("%w: no document has the label %q; there are %v", ErrNoLabels, name, c.labels)
		}
		b.topics[i] = l
	}
	var of [2][]int32
	block := BlockDefault
	for i, l := range b.topics {
		of[i] = c.behind(o.Trained, l)
		if len(of[i]) < need {
			return fmt.Errorf("%w: %q has %d behind the first %d, two blocks need %d; make blocks smaller, train on fewer, or give a larger source", ErrTooFew, c.labels[l], len(of[i]), o.Trained, need)
		}
		block = min(block, len(of[i])/(blocks/2))
	}
	if o.Block == 0 {
		o.Block = block
	}
	if o.Hit == 0 {
		o.Hit = max(o.Block*hitPercent/100, 1)
	}
	if o.Hit > o.Block {
		return fmt.Errorf("a failure cannot hit %d documents inside a block of %d", o.Hit, o.Block)
	}
	for i := range blocks {
		of, from := of[i%2], i/2*o.Block
		b.window = append(b.window, of[from:from+o.Block]...)
	}
	return nil
}

// twoTopics are the first pair of the usual ones of which there are enough
// documents behind the first, else the two most frequent.
func (c *Corpus) twoTopics(trained, need int) (topics [2]int32) {
	for _, pair := range usualTopics() {
		enough := true
		for i, name := range pair {
			l, known := c.numbers[name]
			topics[i] = l
			enough = enough && known && len(c.behind(trained, l)) >= need
		}
		if enough {
			return topics
		}
	}
	return [2]int32(c.byFrequency(trained))
}

// promisesOfFailures are those that a failure changes something under.
func promisesOfFailures() []Promise { return []Promise{Kept, Rollback, AtMostOnce} }

func (b *bias) run(ctx context.Context) error {
	o := b.options
	for _, name := range append([]string{o.Model}, o.Others...) {
		m := &biasModel{name: name}
		for _, promise := range promisesOfFailures() {
			for in := range b.topics {
				m.cells = append(m.cells, &biasCell{promise: promise, in: in, outcomes: make([]*Outcome, o.Seeds)})
			}
		}
		b.models = append(b.models, m)
	}
	quiet := o.Setting
	quiet.Progress = nil
	err := quiet.each(ctx, len(b.models), func(ctx context.Context, i int) (err error) {
		m := b.models[i]
		if m.frozen, err = Freeze(ctx, b.corpus, m.name, o.Options, o.Trained); err == nil {
			m.truth = m.frozen.Window(b.window, Failure{})
		}
		return err
	})
	if err != nil {
		return err
	}
	cells := len(b.models[0].cells)
	return o.each(ctx, len(b.models)*cells*o.Seeds, func(_ context.Context, i int) error {
		m, seed := b.models[i/(cells*o.Seeds)], i%o.Seeds
		x := m.cells[i/o.Seeds%cells]
		f := b.failure(x, seed)
		x.outcomes[seed] = m.frozen.Window(b.window, f)
		return x.outcomes[seed].hits(f)
	})
}

// failure is that of a seed: under each promise and with each model it strikes the
// same place.
func (b *bias) failure(x *biasCell, seed int) Failure {
	random := rand.New(rand.NewPCG(b.options.Seed+uint64(seed), uint64(2+x.in)))
	block := b.options.Block
	from := (2*random.IntN(blocks/2) + x.in) * block
	f := failureIn(random, from, from+block, b.options.Hit)
	f.Promise = x.promise
	return f
}

// like tells which places are in the block that a seed's failure strikes.
func (b *bias) like(x *biasCell, seed int) func(at int) bool {
	block := b.failure(x, seed).From / b.options.Block
	return func(at int) bool { return at/b.options.Block == block }
}

// test makes the tests that were to be made: of each cell whether each topic's
// share changes, whether accuracy does, and whether that is by less than the
// margin; and what counting twice adds to putting out twice. Each is adjusted for
// the number of such tests with all models.
func (b *bias) test() {
	b.shares, b.accuracies = &family{setting: b.options.Setting}, &family{setting: b.options.Setting}
	b.twice = &family{setting: b.options.Setting}
	for _, m := range b.models {
		for i, x := range m.cells {
			for topic, l := range b.topics {
				b.shares.add(&x.shares[topic], x.outcomes, func(o *Outcome) float64 { return o.Share(l) - m.truth.Share(l) })
			}
			b.accuracies.add(&x.accuracy, x.outcomes, func(o *Outcome) float64 { return o.accuracyThan(m.truth) })
			if x.promise == Kept {
				rollback := m.cells[i+len(b.topics)]
				l := b.topics[x.in]
				for seed := range x.outcomes {
					x.twice.differences = append(x.twice.differences, x.outcomes[seed].Share(l)-rollback.outcomes[seed].Share(l))
				}
				b.twice.take(&x.twice)
			}
		}
	}
	b.shares.adjust()
	b.accuracies.adjust()
	b.twice.adjust()
}
