package eval

import (
	"context"
	"fmt"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Explain tells all about the prediction of a document of a pipeline's log, as
// it was made there, to the bit: model and df are those that had met what stands
// before it. They are computed as by Rebuild, in the time of learning so many
// documents and the memory of the model; of the names of features only those of
// the document are held. pipeline.ErrNotLogged: no document stands there.
func Explain(ctx context.Context, b *broker.Broker, p pipeline.Plan, at tidings.Position, each func(done, of uint64)) (x pipeline.Explanation, err error) {
	d, err := pipeline.LogDocument(ctx, b, p.Pipeline, at)
	if err != nil {
		return x, err
	}
	o, err := NewOracle(p)
	if err != nil {
		return x, err
	}
	o.Promotions = pipeline.NewPromotions(b, p)
	from, err := replayFrom(ctx, b, o.Promotions, at)
	if err != nil {
		return x, err
	}
	met := false
	o.Each = func(e *pipeline.Entry, df []uint32) {
		if e.Position == at {
			x, met = o.learner.Explain(&o.unit, e, df), true
		}
	}
	if err := o.upTo(ctx, b, from, at, each); err != nil {
		return x, err
	}
	if !met {
		return x, fmt.Errorf("position %v: %w: what stands there was refused", at, pipeline.ErrNotLogged)
	}
	x.Trace, err = features.NewTokenizer(p.Features).Trace([]byte(d.Title), []byte(d.Text))
	return x, err
}
