// Package eval says whether a run was right and how good it was. The oracle is
// the truth that runs are compared with: the same log, once, by one thread,
// without a broker's help and without failures.
package eval

import (
	"errors"
	"fmt"

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
	features   features.Options
	tokenize   *pipeline.Tokenize
	df         features.DF
	vectorizer *features.Vectorizer
	model      model.Model
	topics     *topics.State
	accepted   uint64
	unlearnt   uint64           // documents whose label is beyond the model's limit
	version    pipeline.Version // of the model
	unit       pipeline.Unit

	slots         []uint32
	values        []uint32
	vector        tidings.Vector
	scores        []float64
	probabilities []float64

	Tally *pipeline.Tally
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
	m, err := model.New(p.Model, p.Options)
	if err != nil {
		return nil, err
	}
	return &Oracle{
		features:   p.Features,
		tokenize:   pipeline.NewTokenize(p.Features, func(uint64) bool { return true }),
		vectorizer: features.NewVectorizer(p.Features),
		model:      m,
		topics:     topics.New(p.Topics, 0, 1),
		Tally:      pipeline.NewTally(),
	}, nil
}

// Model is the oracle's model.
func (o *Oracle) Model() model.Model { return o.model }

// Frozen asks the oracle's state as it is now; the oracle must not go on
// meanwhile.
func (o *Oracle) Frozen() *pipeline.Frozen {
	return pipeline.NewFrozen(o.features, o.model, o.df.Lookup, o.accepted)
}

// Add takes the next record of the log.
func (o *Oracle) Add(r broker.Record) error {
	u := &o.unit
	u.Reset()
	u.AddLog(r)
	if err := o.tokenize.Step(u); err != nil {
		return err
	}
	u.Windows = append(u.Windows[:0], nil)
	emit := func(w topics.Window) {
		u.Windows[0] = append(u.Windows[0], w)
		if o.Window != nil {
			o.Window(w)
		}
	}
	o.slots = o.df.Resolve(o.slots, u.Dict.Hashes())
	for i := range u.Entries {
		e := &u.Entries[i]
		switch e.Kind {
		case pipeline.DocumentEntry:
			if err := o.document(u, e); err != nil {
				return err
			}
			o.topics.Observe(topics.Document{Time: e.Time, Label: e.Label}, emit)
		case pipeline.EndEntry:
			o.topics.EndOfSource(emit)
			e.DFDigest, e.ModelDigest, e.Updates, e.Chain = o.df.Digest(), o.model.Digest(), o.model.Updates(), o.version.Chain
			e.Dropped = pipeline.Dropped{Terms: o.df.Dropped(), Cells: o.model.Dropped(), Labels: o.unlearnt}
		}
	}
	u.Counts = append(u.Counts[:0], o.topics.Counts())
	o.Tally.Add(u)
	if o.Message != nil {
		o.Message(u)
	}
	return nil
}

func (o *Oracle) document(u *pipeline.Unit, e *pipeline.Entry) error {
	o.accepted++
	terms := u.TermsOf(e)
	o.values = o.values[:0]
	for _, t := range terms {
		o.values = append(o.values, o.df.Observe(o.slots[t.Ref]))
	}
	o.vectorizer.Vector(&o.vector, &u.Dict, terms, o.values, o.accepted)
	o.scores = o.model.Predict(o.vector, o.scores)
	e.Version = o.model.Updates()
	if best := model.Best(o.model.Labels(), o.scores); best >= 0 {
		o.probabilities = o.model.Probabilities(o.scores, o.probabilities)
		e.Label, e.Probability = o.model.Labels()[best], o.probabilities[best]
	}
	if o.Each != nil {
		o.Each(e, o.values)
	}
	if e.Truth == "" {
		return nil
	}
	err := o.model.Learn(o.vector, e.Truth, o.scores)
	if errors.Is(err, model.ErrTooManyLabels) {
		o.unlearnt++
		return nil
	}
	if err != nil {
		return fmt.Errorf("the document at %v cannot be learnt: %w", e.Position, err)
	}
	o.version = o.version.Add(e.Position, e.Truth)
	return nil
}
