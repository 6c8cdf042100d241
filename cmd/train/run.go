package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// retrain is the flags of `train run`.
type retrain struct {
	Model         string `name:"model" placeholder:"NAME" complete:"${models}" group:"Model" help:"The model that learns. Default: the pipeline's own."`
	cli.TextFlags `group:"Model"`

	From          []string `name:"from" sep:"none" placeholder:"FILE" group:"Source" help:"Learn this first, then the log. Repeatable."`
	cli.ReadFlags `group:"Source"`
	Start         string `name:"start" default:"first" placeholder:"PLACE" complete:"first,-100000" group:"Source" help:"Where in the log it begins: first (of what is kept), a time (the first document of 2024-03-01 or later), -100000 (the last so many documents) or a position (12/3). It begins with the message that holds it. Default: ${default}."`
	Until         string `name:"until" placeholder:"WHEN" complete:"end,stopped" group:"Source" help:"When to stop: end, at the end of what there is, or stopped, when somebody stops it. Default: stopped with --nats, end with --store."`
	Rate          string `name:"rate" placeholder:"5000/s" group:"Source" help:"Learn at most so many documents a second. Default: 5000/s with --nats, so that the server is not held up; else as fast as it goes."`
	Hurry         bool   `name:"hurry" group:"Source" help:"Use the machine as if nobody else did. Default: one thread, at a low priority, so that whoever serves is not held up."`

	Store    string `name:"store" placeholder:"DIR" group:"Broker" help:"The store that holds the log. No other process may have it open."`
	NATS     string `name:"nats" placeholder:"URL" group:"Broker" help:"The NATS server that holds the log, at URL (nats://host:4222)."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Broker" help:"The pipeline. Default: ${default}."`

	Save          bool    `name:"save" group:"Result" help:"Save what was learnt as a version, at the end and when it is interrupted."`
	SaveEvery     uint64  `name:"save-every" placeholder:"N" group:"Result" help:"Save a version each N documents, too."`
	Note          string  `name:"note" placeholder:"TEXT" group:"Result" help:"A note that saved versions carry."`
	AutoPromote   bool    `name:"auto-promote" group:"Result" help:"Once it has caught up, save a version and promote it when the challenger has won: on the last documents that both predicted it was right more often, and McNemar's test is below --promote-p. Looked at each 1,000 documents. Then it ends."`
	PromoteWindow int     `name:"promote-window" default:"2000" placeholder:"N" group:"Result" help:"How many of the last documents --auto-promote looks at. Default: ${default}."`
	PromoteP      float64 `name:"promote-p" default:"0.01" placeholder:"P" group:"Result" help:"How improbable it has to be that one as good as the champion does so much better by chance. Default: ${default}."`
	JSON          bool    `name:"json" group:"Result" help:"Progress and result as JSON, a record a line."`
}

// Help is what train run --help tells.
func (*retrain) Help() string {
	return `Learns the log of a pipeline again, into a new model beside the one in service, and compares both on the same documents. The model in service goes on as before.

It reads the log from --start, predicting each document before it learns it, catches up, then follows as challenger: it predicts and learns what the champion does, without being heard. With --auto-promote it takes over when it is better. What it says is never published.

  train run --nats nats://127.0.0.1:4222 --model accurate          all that is kept of the log, then follow
  train run --store DIR --start -100000 --model ftrl               the last 100,000 documents of a store
  train run --nats nats://127.0.0.1:4222 --from old.jsonl --save   a file first; Ctrl-C saves a version
  train run --nats nats://127.0.0.1:4222 --auto-promote            until it is better, then promote it

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Idle are the flags that mean nothing for what is read.
func (c *retrain) Idle() []cli.Idle { return c.ReadFlags.IdleWith(c.From, nil) }

// Check tells which values of the flags cannot be.
func (c *retrain) Check() error {
	_, start := eval.ParseStart(c.Start)
	if start != nil {
		start = &cli.UsageError{Err: fmt.Errorf("--start %w", start)}
	}
	_, err := c.asked()
	_, _, pace := (&cli.PaceFlags{Rate: c.Rate}).Pace()
	return errors.Join(start, err, pace, c.checkWhere(), c.checkRule())
}

func (c *retrain) checkWhere() error {
	wrong := func(format string, a ...any) error { return &cli.UsageError{Err: fmt.Errorf(format, a...)} }
	switch {
	case c.Until != "" && c.Until != "end" && c.Until != "stopped":
		return wrong("--until %q is not known; write end or stopped", c.Until)
	case c.NATS == "" && c.Store == "":
		return wrong("which log? give --nats URL of a running broker, or --store DIR; to learn a file alone write: train --from FILE")
	case c.NATS != "" && c.Store != "":
		return wrong("--nats uses a server elsewhere, --store a directory: choose")
	case c.Store != "" && c.Until == "stopped":
		return wrong("--until stopped: nothing comes into a store that this process has open; leave it out, or let classify --store %s --listen 127.0.0.1:4222 serve it and give --nats", c.Store)
	}
	return nil
}

func (c *retrain) checkRule() error {
	switch {
	case c.PromoteWindow < 100 || c.PromoteWindow > 1_000_000:
		return &cli.UsageError{Err: fmt.Errorf("--promote-window %d: write a number of documents from 100 to 1000000", c.PromoteWindow)}
	case !(c.PromoteP > 0 && c.PromoteP < 1):
		return &cli.UsageError{Err: fmt.Errorf("--promote-p %v: write a probability between 0 and 1, as in 0.01", c.PromoteP)}
	}
	return nil
}

// asked is the plan of what the flags say alone.
func (c *retrain) asked() (pipeline.Plan, error) {
	return (&cli.ModelFlags{Model: c.Model, TextFlags: c.TextFlags}).Plan()
}

// Run learns the log, compares, and tells.
func (c *retrain) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	b, stored, err := openPipeline(ctx, c.Store, c.NATS, c.Pipeline)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if !c.Hurry {
		polite()
	}
	to := s.Err
	if c.JSON {
		to = s.Out
	}
	r := &retraining{flags: c, streams: s, broker: b, stored: stored, began: time.Now()}
	r.progress = terminal.NewProgress(to, c.JSON, time.Now, terminal.Detect(to, os.Getenv))
	defer r.progress.Finish()
	if err := r.open(ctx); err != nil {
		return err
	}
	return r.run(ctx)
}

// openPipeline opens the broker that holds a pipeline, which has to be there.
func openPipeline(ctx context.Context, store, url, named string) (*broker.Broker, pipeline.Plan, error) {
	name := pipeline.Name(named)
	if err := name.Check(); err != nil {
		return nil, pipeline.Plan{}, &cli.UsageError{Err: err}
	}
	if store != "" {
		if _, err := os.Stat(store); errors.Is(err, os.ErrNotExist) {
			return nil, pipeline.Plan{}, fmt.Errorf("there is no store %s; correct the name, or make it with classify --store", store)
		}
	}
	b, err := (&cli.BrokerFlags{Store: store, NATS: url}).Open(ctx, "tidings train")
	if errors.Is(err, broker.ErrStoreInUse) {
		err = fmt.Errorf("%w; let that process open its broker (classify --listen 127.0.0.1:4222) and give --nats nats://127.0.0.1:4222", err)
	}
	if err != nil {
		return nil, pipeline.Plan{}, err
	}
	plan, err := pipeline.Stored(ctx, b, name)
	if errors.Is(err, broker.ErrEmpty) {
		err = fmt.Errorf("there is no pipeline %s; correct --pipeline, or make it with classify", name)
	}
	if err != nil {
		return nil, plan, errors.Join(err, b.Close())
	}
	return b, plan, nil
}
