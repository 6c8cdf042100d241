// Package eval says whether a run was right and how good it was. The oracle is
// the truth that runs are compared with: the same log, once, by one thread,
// without a broker's help and without failures.
package eval

import (
	"context"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Oracle is a plain loop over the log: the same pure functions as the stages
// call, in the order in which the log stands, with no units, records,
// partitions or commits between them.
type Oracle struct {
	plan     pipeline.Plan
	options  model.Options // of the model, which may be another one than the plan's by now
	begun    bool
	position tidings.Position // of the entry that was met last
	tokenize *pipeline.Tokenize
	df       *features.DF
	learner  *pipeline.Learner
	topics   *topics.State
	unit     pipeline.Unit

	frozen bool // it learns no more
	own    bool // promotions in the log are of other models

	slots  []uint32
	values []uint32

	Tally *pipeline.Tally
	// Promotions are where versions come from that the plan begins with, or that
	// take over on the way; nil: the log has to do without.
	Promotions *pipeline.Promotions
	// Each, if set, is called with every document and its df values in term
	// order, when it has been predicted. What it is given is valid until it
	// returns.
	Each func(e *pipeline.Entry, df []uint32)
	// Window, if set, is called with every window that closes.
	Window func(w topics.Window)
	// Message, if set, is called with every message of the log and what came of
	// it: a unit of that message, with the windows of all partitions in the first
	// column. It is valid until it returns.
	Message func(u *pipeline.Unit)
}

// NewOracle starts from nothing.
func NewOracle(p pipeline.Plan) (*Oracle, error) {
	l, err := pipeline.NewLearner(p)
	if err != nil {
		return nil, err
	}
	tokenize := pipeline.NewTokenize(p.Features, func(uint64) bool { return true })
	tokenize.Ordered = p.Topics.Bursts > 0
	return &Oracle{
		plan:     p,
		options:  p.Options,
		tokenize: tokenize,
		df:       features.NewDF(p.Features),
		learner:  l,
		topics:   topics.New(p.Topics, 0, 1),
		Tally:    pipeline.NewTally(),
	}, nil
}

// Model is the oracle's model.
func (o *Oracle) Model() model.Model { return o.learner.Model() }

// DFError is by how many documents a df may be too low by now, because terms were
// forgotten to make room.
func (o *Oracle) DFError() float64 {
	return float64(o.df.Error()) / float64(o.plan.Features.DFUnit())
}

// Shares are the probabilities of all labels for the document that Each is
// called with.
func (o *Oracle) Shares() (labels []string, shares []float64) { return o.learner.Shares() }

// Frozen asks the oracle's state as it is now; the oracle must not go on
// meanwhile.
func (o *Oracle) Frozen() *pipeline.Frozen {
	return pipeline.NewFrozen(o.plan.Features, o.learner.Model(), o.df.Next, o.learner.Documents())
}

// Add takes the next record of the log.
func (o *Oracle) Add(r broker.Record) error { return o.Take(context.Background(), r) }

// Take is Add, where a version that has to be loaded can be called off.
func (o *Oracle) Take(ctx context.Context, r broker.Record) error {
	u := &o.unit
	u.Reset()
	u.AddLog(r)
	if err := o.prepare(ctx, u); err != nil {
		return err
	}
	u.Windows, u.Late = append(u.Windows[:0], nil), append(u.Late[:0], nil)
	emit := func(w topics.Window) {
		u.Windows[0] = append(u.Windows[0], w)
		if o.Window != nil {
			o.Window(w)
		}
	}
	if !o.plan.Fixed {
		o.slots = o.df.Resolve(o.slots, u.Dict.Hashes())
	}
	for i := range u.Entries {
		e := &u.Entries[i]
		o.position = e.Position
		switch e.Kind {
		case pipeline.DocumentEntry:
			if err := o.document(u, e); err != nil {
				return err
			}
			o.topics.Observe(u.TopicsDocument(e), emit)
		case pipeline.LabelEntry:
			if o.frozen {
				continue
			}
			if _, err := o.learner.Late(e); err != nil {
				return err
			}
		case pipeline.PromoteEntry:
			if o.own {
				continue
			}
			o.learner.Promote(e)
			o.take(e.Promoted())
		case pipeline.IdleEntry:
			o.topics.Idle(e.Source, emit)
		case pipeline.EndEntry:
			o.topics.EndOfSource(e.Source, emit)
			o.learner.End(e, o.df.Digest(), o.df.Dropped())
		}
	}
	u.Counts = append(u.Counts[:0], o.topics.Counts())
	u.Late[0] = o.topics.TakeLate(u.Late[0])
	o.Tally.Add(u)
	if o.Message != nil {
		o.Message(u)
	}
	return nil
}

func (o *Oracle) document(u *pipeline.Unit, e *pipeline.Entry) error {
	o.values = o.values[:0]
	if !o.plan.Fixed {
		o.df.Tick(e.Time)
	}
	for _, t := range u.TermsOf(e) {
		if o.plan.Fixed {
			o.values = append(o.values, o.df.Next(u.Dict.Hash(t.Ref)))
			continue
		}
		o.values = append(o.values, o.df.Observe(o.slots[t.Ref]))
	}
	o.learner.Meet(u, e, o.values, true)
	if o.Each != nil {
		o.Each(e, o.values)
	}
	if o.frozen {
		return nil
	}
	_, err := o.learner.Learn(e)
	return err
}

// Freeze makes the model stay as it is from now on: it predicts and learns no
// more. Document frequencies go on counting, and detectors watching. Called from
// Each it holds for that document already.
func (o *Oracle) Freeze() { o.frozen = true }
