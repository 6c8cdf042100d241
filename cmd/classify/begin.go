package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tidings/features"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/model"
	"tidings/pipeline"
)

// beginFlags say what model a pipeline begins with.
type beginFlags struct {
	ModelVersion string `name:"model-version" placeholder:"V|FILE" help:"Begin with a version: the number of one that train import brought into this pipeline, or a file that train --save or train export wrote. The pipeline is created with it and keeps it."`
	Learn        bool   `name:"learn" default:"true" negatable:"" help:"Learn from labels and count terms. With --learn=false a version is served as it is: the same text is predicted the same whenever it comes, and labels are only scored."`
}

// checkBegin tells what does not go together.
func (c *classify) checkBegin() error {
	if !c.Learn && c.ModelVersion == "" {
		return &cli.UsageError{Err: errors.New("--learn=false serves a model that has learnt before: name it with --model-version FILE (train --save writes one)")}
	}
	return nil
}

// beginning is the version that the pipeline is to begin with.
type beginning struct {
	head   pipeline.VersionHead
	digest string
	data   []byte               // of a file
	info   pipeline.VersionInfo // of a number
}

// openVersion reads the file, if one is named.
func (c *classify) openVersion() (*beginning, error) {
	if c.ModelVersion == "" {
		return nil, nil
	}
	if _, err := strconv.ParseUint(c.ModelVersion, 10, 64); err == nil {
		return &beginning{}, nil
	}
	v, data, err := pipeline.ReadVersionFile(c.ModelVersion)
	if err != nil {
		return nil, fmt.Errorf("--model-version: %w", err)
	}
	return &beginning{head: v.VersionHead, digest: pipeline.VersionDigest(data), data: data}, nil
}

// begin makes the version a part of the plan. A file is brought into the
// pipeline's store, unless the pipeline exists with another beginning.
func (r *job) begin(ctx context.Context, b *beginning) error {
	if b == nil {
		return nil
	}
	versions := pipeline.Versions{Broker: r.broker, Pipeline: r.plan.Pipeline}
	if b.data == nil {
		number, err := strconv.ParseUint(r.flags.ModelVersion, 10, 64)
		if err != nil {
			return err
		}
		if b.info, err = versions.Info(ctx, number); err != nil {
			return fmt.Errorf("--model-version: %w", err)
		}
		b.head, b.digest = b.info.VersionHead, b.info.Digest
	}
	if err := r.adopt(&b.head); err != nil {
		return err
	}
	r.plan.Fixed = !r.flags.Learn
	stored, err := pipeline.Stored(ctx, r.broker, r.plan.Pipeline)
	switch {
	case errors.Is(err, broker.ErrEmpty):
	case err != nil:
		return err
	case stored.Start.Digest == b.digest:
		r.plan.Start = stored.Start
		return nil
	case stored.Start.Number == 0:
		return fmt.Errorf("pipeline %s was created without --model-version: `train import` and `train promote` let a version take over in it, or begin another --pipeline with it", r.plan.Pipeline)
	default:
		return fmt.Errorf("pipeline %s began with another version (%d, digest %.12s): `train import` and `train promote` let this one take over in it, or begin another --pipeline with it", r.plan.Pipeline, stored.Start.Number, stored.Start.Digest)
	}
	if b.data != nil {
		if b.info, _, err = versions.Import(ctx, b.data); err != nil {
			return fmt.Errorf("--model-version: %w", err)
		}
	}
	r.plan.Start = b.info.Promotion()
	return nil
}

// adopt makes features and model those of the version. Features that were asked
// for have to be its own.
func (r *job) adopt(head *pipeline.VersionHead) error {
	if err := head.Fits(r.plan.Features); err != nil {
		asked := pipeline.VersionHead{Features: r.plan.Features}
		if asked.Fits(features.Options{}) != nil {
			return &cli.UsageError{Err: fmt.Errorf("--model-version: %w; leave these flags out, and the version's are taken", err)}
		}
		r.plan.Features = head.Features
	}
	if r.plan.Model != model.Default && r.plan.Model != head.Model {
		return &cli.UsageError{Err: fmt.Errorf("--model %s: the version is of model %s; leave --model out", r.plan.Model, head.Model)}
	}
	r.plan.Model, r.plan.Options = head.Model, head.Options
	return nil
}
