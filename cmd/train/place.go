package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// place is where a pipeline is.
type place struct {
	Store    string `name:"store" placeholder:"DIR" group:"Broker" help:"The pipeline's store, while no other process has it open."`
	NATS     string `name:"nats" placeholder:"URL" group:"Broker" help:"The pipeline's NATS server (nats://host:4222); a running classify --listen tells its own."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Pipeline" help:"The pipeline. Default: ${default}."`
	JSON     bool   `name:"json" group:"Result" help:"The result as JSON."`
}

// Check tells which values of the flags cannot be.
func (p *place) Check() error {
	if p.Store == "" && p.NATS == "" {
		return &cli.UsageError{Err: errors.New("say where the pipeline is: --store DIR, or --nats URL")}
	}
	if err := pipeline.Name(p.Pipeline).Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

// connect opens the broker. A store that is not there is made only if make says
// so.
func (p *place) connect(ctx context.Context, make bool) (*broker.Broker, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.Store != "" && !make {
		if _, err := os.Stat(filepath.Join(p.Store, "jetstream")); err != nil {
			return nil, fmt.Errorf("%s is no store: nothing was run with --store %s", p.Store, p.Store)
		}
	}
	return (&cli.BrokerFlags{Store: p.Store, NATS: p.NATS}).Open(ctx, "tidings train")
}

// open opens a pipeline that exists.
func (p *place) open(ctx context.Context) (*broker.Broker, *pipeline.Promotions, error) {
	b, err := p.connect(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	plan, err := pipeline.Stored(ctx, b, pipeline.Name(p.Pipeline))
	if err == nil {
		return b, pipeline.NewPromotions(b, plan), nil
	}
	if errors.Is(err, broker.ErrEmpty) {
		err = fmt.Errorf("no pipeline is called %s there; name another with --pipeline", p.Pipeline)
	}
	return nil, nil, errors.Join(err, b.Close())
}

// progress shows how far a replay is.
func (p *place) progress(s cli.Streams) (each func(done, of uint64), finish func()) {
	shown := terminal.NewProgress(s.Err, p.JSON, time.Now, terminal.Detect(s.Err, os.Getenv))
	began := time.Now()
	return func(done, of uint64) {
		rate := float64(done) / time.Since(began).Seconds()
		shown.Show(terminal.Status{Stage: "replaying the log", Unit: terminal.Messages, Documents: done, Total: of, Rate: rate})
	}, shown.Finish
}

// tell writes a result as JSON or in words.
func (p *place) tell(to io.Writer, value any, words string) error {
	if p.JSON {
		return json.NewEncoder(to).Encode(value)
	}
	_, err := fmt.Fprintln(to, words)
	return err
}

// described is a version in a sentence.
func described(info *pipeline.VersionInfo) string {
	return fmt.Sprintf("version %d: %s, %d documents, %d updates, %d labels, %d terms, from %v; %d bytes, digest %.12s",
		info.Number, info.Model, info.Documents, info.Updates, info.Labels, info.Terms, info.Origin, info.Bytes, info.Digest)
}
