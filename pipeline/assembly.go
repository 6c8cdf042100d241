package pipeline

import "context"

// assembly is a worker's stages with their state, from one opening of its
// partitions to the next.
type assembly struct {
	promotions *Promotions
	start      *ModelVersion                            // what the state begins as, until it is restored; nil: empty
	judge      func(ctx context.Context, u *Unit) error // before ahead; nil: promotions are judged by then
	ahead      []Stage                                  // without state: run beside the reading
	steps      []Stage                                  // with state, in order
	sections   []byte                                   // what their records hold
	begun      []uint64                                 // tokenize, by partition: where it goes on, if that is not its cursor
	df         *DF
	lead       uint64 // up to this log sequence all stages but df have met their units already
	classify   *Classify
	topics     *Topics
}

func (w *worker) assemble() (*assembly, error) {
	p := w.plan.Partitions
	chain := w.stage == ""
	a := &assembly{promotions: NewPromotions(w.broker, w.plan)}
	if chain || w.stage == TokenizeStage {
		owns := w.owns(p.Tokenize)
		a.promotions.Decides = true
		a.judge = func(ctx context.Context, u *Unit) error { return a.promotions.judgeOwned(ctx, u, owns) }
		tokenize := NewTokenize(w.plan.Features, owns)
		tokenize.Ordered = ordered(w.plan.Topics)
		a.ahead = append(a.ahead, tokenize)
		a.begun = make([]uint64, p.Tokenize)
	}
	if chain || w.stage == DFStage {
		a.df = NewDF(w.plan, w.partitions)
		if w.elsewhere != nil {
			for _, p := range w.partitions {
				a.df.tables[p] = newRedisCounts(w.elsewhere.redis.Counts(p))
			}
		}
		a.steps = append(a.steps, a.df)
	}
	if chain || w.stage == ClassifyStage {
		l, err := NewLearner(w.plan)
		if err != nil {
			return nil, err
		}
		a.classify = NewClassify(l, p.DF, w.owns(p.Classify))
		a.steps = append(a.steps, a.classify)
	}
	if chain || w.stage == TopicsStage {
		a.topics = NewTopics(w.plan.Topics, p.Topics, w.partitions)
		a.steps = append(a.steps, a.topics)
	}
	switch w.stage {
	case "":
		a.sections = []byte{predictionsSection, windowsSection}
	case TokenizeStage:
		a.sections = []byte{tokensSection}
		if ordered(w.plan.Topics) {
			a.sections = append(a.sections, wordsSection)
		}
	case DFStage:
		if a.sections = []byte{dfSection}; w.plan.Releases(DFStage) {
			a.sections = append(a.sections, valuesSection)
		}
	case ClassifyStage:
		a.sections = []byte{predictionsSection}
	case TopicsStage:
		a.sections = []byte{windowsSection}
	}
	return a, nil
}

// begin makes the state of the stages what the pipeline begins with.
func (w *worker) begin(ctx context.Context, a *assembly) (err error) {
	if a.df == nil && a.classify == nil {
		return nil
	}
	if a.start, err = a.promotions.Start(ctx); err != nil || a.start == nil {
		return err
	}
	if a.df != nil && w.elsewhere == nil {
		for _, p := range w.partitions {
			a.df.take(p, a.start)
		}
	}
	if a.classify != nil {
		a.classify.learner.take(a.start)
	}
	return nil
}
