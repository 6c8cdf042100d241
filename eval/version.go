package eval

import (
	"context"
	"fmt"

	"tidings/pipeline"
)

// prepare makes entries of a message and loads the versions that take over.
func (o *Oracle) prepare(ctx context.Context, u *pipeline.Unit) error {
	if o.Promotions == nil {
		return o.alone(u)
	}
	if err := o.begin(ctx); err != nil {
		return err
	}
	if err := o.Promotions.Judge(ctx, u); err != nil {
		return err
	}
	if err := o.tokenize.Step(u); err != nil {
		return err
	}
	return o.Promotions.Bring(ctx, u)
}

// alone is prepare where no version can be had.
func (o *Oracle) alone(u *pipeline.Unit) error {
	if err := o.tokenize.Step(u); err != nil || o.own {
		return err
	}
	for i := range u.Entries {
		if u.Entries[i].Kind == pipeline.PromoteEntry || o.plan.Start.Number > 0 {
			return fmt.Errorf("versions take part in pipeline %s: what came of its log cannot be computed again without them", o.plan.Pipeline)
		}
	}
	return nil
}

// begin takes the version that the plan begins with, once.
func (o *Oracle) begin(ctx context.Context) error {
	if o.begun {
		return nil
	}
	v, err := o.Promotions.Start(ctx)
	if err != nil {
		return err
	}
	if o.begun = true; v != nil {
		o.learner.Begin(v)
		o.take(v)
	}
	return nil
}

// take makes a version's df the oracle's.
func (o *Oracle) take(v *pipeline.ModelVersion) { o.df, o.options = v.DF.Clone(), v.Options }

// Version is the oracle's state as it is now, without notes. It is the state
// itself: as long as it is in use the oracle must not go on.
func (o *Oracle) Version() *pipeline.ModelVersion {
	return &pipeline.ModelVersion{
		VersionHead: pipeline.VersionHead{Features: o.plan.Features, Options: o.options, Chain: pipeline.Hex(o.learner.Version().Chain)},
		Model:       o.learner.Model(), DF: o.df, Met: o.learner.Documents(),
	}
}
