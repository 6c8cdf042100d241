package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// idle is the command that says of a source that it has died.
type idle struct {
	Source   string `arg:"" name:"source" help:"The source, by its name in the log: in, for what clients send; of a file or feed, what comes with each of its predictions. One that is not known is answered with those that are."`
	Store    string `name:"store" placeholder:"DIR" group:"Broker" help:"The pipeline's store, while no other process has it open."`
	NATS     string `name:"nats" placeholder:"URL" group:"Broker" help:"The pipeline's NATS server (nats://host:4222); a running classify --listen tells its own."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Broker" help:"The pipeline whose log it is. Default: ${default}."`
	JSON     bool   `name:"json" group:"Result" help:"The result as JSON."`
}

// Check tells which values of the flags cannot be.
func (i *idle) Check() error {
	if (i.Store == "") == (i.NATS == "") {
		return &cli.UsageError{Err: errors.New("say where the pipeline is: --store DIR, or --nats URL")}
	}
	if err := pipeline.Name(i.Pipeline).Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

// Run stores the mark.
func (i *idle) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := i.Check(); err != nil {
		return err
	}
	if i.Store != "" {
		if _, err := os.Stat(filepath.Join(i.Store, "jetstream")); err != nil {
			return fmt.Errorf("%s is no store: nothing was run with --store %s", i.Store, i.Store)
		}
	}
	b, err := (&cli.BrokerFlags{Store: i.Store, NATS: i.NATS}).Open(ctx, "tidings ingest idle")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	marked, err := ingest.MarkIdle(ctx, b, pipeline.Name(i.Pipeline), i.Source)
	if err != nil {
		return err
	}
	if i.JSON {
		return json.NewEncoder(s.Out).Encode(map[string]any{"source": i.Source, "marked": marked})
	}
	text := "windows do not wait for %s any more; when it sends again they do, and what is older than they are by then is late\n"
	if !marked {
		text = "windows do not wait for %s: it is idle or has ended already\n"
	}
	_, err = fmt.Fprintf(s.Out, text, i.Source)
	return err
}
