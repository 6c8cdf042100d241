package main

import (
	"context"
	"errors"
	"fmt"

	"tidings/internal/cli"
	"tidings/pipeline"
)

// export is the flags of train export.
type export struct {
	place
	Version uint64 `arg:"" name:"version" help:"The version's number."`
	File    string `arg:"" name:"file" help:"The file to write; one that is there is not replaced without --over."`
	Over    bool   `name:"over" group:"Result" help:"Replace a file that is there."`
}

// Help is what train export --help tells.
func (*export) Help() string {
	return `Writes a version to a file: for another pipeline (train import), to serve it (classify --model-version FILE --learn=false), or to keep it.

  train export 3 news.version --store DIR`
}

// Run exports.
func (c *export) Run(ctx context.Context, s cli.Streams) (err error) {
	b, err := c.connect(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	versions := pipeline.Versions{Broker: b, Pipeline: pipeline.Name(c.Pipeline)}
	info, err := versions.Info(ctx, c.Version)
	if err != nil {
		return err
	}
	data, err := versions.Data(ctx, info)
	if err != nil {
		return err
	}
	if _, err := pipeline.DecodeVersion(data); err != nil {
		return fmt.Errorf("version %d is not written: %w", c.Version, err)
	}
	if err := pipeline.WriteVersionFile(c.File, data, c.Over); err != nil {
		return err
	}
	return c.tell(s.Out, info, described(&info)+"\nis in "+c.File)
}

// bring is the flags of train import.
type bring struct {
	place
	File string `arg:"" name:"file" help:"A version that train export or train --save wrote."`
}

// Help is what train import --help tells.
func (*bring) Help() string {
	return `Brings a version from a file into a pipeline, as its next one. It takes part in nothing until it is promoted, or until a pipeline begins with it. A file that was imported before keeps its number.

  train import news.version --store DIR --pipeline other`
}

// brought is what import writes.
type brought struct {
	pipeline.VersionInfo
	Known bool `json:"known"` // it was there already
}

// Run imports.
func (c *bring) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	_, data, err := pipeline.ReadVersionFile(c.File)
	if err != nil {
		return err
	}
	b, err := c.connect(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	info, known, err := (pipeline.Versions{Broker: b, Pipeline: pipeline.Name(c.Pipeline)}).Import(ctx, data)
	if err != nil {
		return err
	}
	words := described(&info)
	if known {
		words += "\nwas there already; nothing was stored"
	}
	return c.tell(s.Out, brought{info, known}, words)
}
