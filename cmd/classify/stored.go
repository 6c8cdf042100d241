package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// storedFlags name a pipeline that is there already.
type storedFlags struct {
	Store    string `name:"store" placeholder:"DIR" complete:"dirs" group:"Pipeline" help:"The pipeline is in the store DIR."`
	NATS     string `name:"nats" placeholder:"URL" group:"Pipeline" help:"The pipeline is on the NATS server at URL."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Pipeline" help:"Which pipeline. Default: ${default}."`
}

// meter shows how far reading is.
type meter struct {
	*terminal.Progress
	stage string
	began time.Time
}

func newMeter(s cli.Streams, json bool) *meter {
	return &meter{Progress: terminal.NewProgress(s.Err, json, time.Now, terminal.Detect(s.Err, os.Getenv))}
}

// show tells of a stage; total is 0 where it is unknown.
func (m *meter) show(stage string, documents, total uint64) {
	now := time.Now()
	if m.stage != stage {
		m.stage, m.began = stage, now
	}
	status := terminal.Status{Stage: stage, Documents: documents, Total: total}
	if passed := now.Sub(m.began); passed > 0 {
		status.Rate = float64(documents) / passed.Seconds()
	}
	m.Show(status)
}

// open opens the broker, and the plan that the pipeline was created with. name
// is who asks.
func (f *storedFlags) open(ctx context.Context, name string) (b *broker.Broker, p pipeline.Plan, err error) {
	if (f.NATS == "") == (f.Store == "") {
		return nil, p, &cli.UsageError{Err: errors.New("name where the pipeline is: --store DIR or --nats URL")}
	}
	if err := pipeline.Name(f.Pipeline).Check(); err != nil {
		return nil, p, &cli.UsageError{Err: err}
	}
	if f.Store != "" {
		if _, err := os.Stat(filepath.Join(f.Store, "jetstream")); err != nil {
			return nil, p, fmt.Errorf("--store: there is no store %s; correct the name", f.Store)
		}
	}
	b, err = (&cli.BrokerFlags{Store: f.Store, NATS: f.NATS}).Open(ctx, name)
	if err != nil {
		return nil, p, err
	}
	p, err = pipeline.Stored(ctx, b, pipeline.Name(f.Pipeline))
	if errors.Is(err, broker.ErrEmpty) {
		err = fmt.Errorf("there is no pipeline %s; correct --pipeline, or make it with classify or ingest", f.Pipeline)
	}
	if err != nil {
		return nil, p, errors.Join(err, b.Close())
	}
	return b, p, nil
}
