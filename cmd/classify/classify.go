package main

import (
	"context"
	"errors"
	"time"

	"tidings/internal/cli"
)

// classify is the command's flags.
type classify struct {
	cli.SourceFlags  `group:"Source"`
	cli.PaceFlags    `group:"Source"`
	cli.LateFlags    `group:"Source"`
	cli.SilenceFlags `group:"Source"`
	cli.PlanFlags    `group:"Pipeline"`
	beginFlags       `group:"Pipeline"`
	cli.BrokerFlags  `group:"Broker"`
	cli.StateFlags   `group:"Broker"`
	cli.KeepFlags    `group:"Broker"`
	faultFlags       `group:"Faults"`

	Rebuild bool     `name:"state-rebuild" group:"Broker" help:"Make the df counts in the Redis of --state again, from snapshots and the log, whatever it holds: for one that was emptied or set back."`
	Stages  string   `name:"stages" placeholder:"LIST" complete:"tokenize,df,classify,topics" group:"Broker" help:"The stages that this process runs: df,classify or topics/0. Default: all."`
	Until   string   `name:"until" placeholder:"WHEN" complete:"end,stopped" group:"Broker" help:"When to stop: end, at the end of what there is, or stopped, when somebody stops it. Default: end, unless documents come from other processes or from feeds; with end each feed is asked once."`
	Test    []string `name:"test" placeholder:"FILE" sep:"none" group:"Result" help:"Then predict this file with the model frozen. Repeatable."`
	Summary string   `name:"summary" placeholder:"FILE" group:"Result" help:"Write the account of the run as JSON (- is standard output)."`
	Output  string   `name:"out" placeholder:"FILE" group:"Result" help:"Write predictions, windows and dead letters as JSON lines (- is standard output)."`
	Abstain float64  `name:"abstain" placeholder:"SHARE" group:"Result" help:"Tell predictions with a probability below SHARE, such as 0.4, as none: without a label, but with their scores. What is learnt stays the same."`
	Project int      `name:"project" placeholder:"N" default:"256" group:"Result" help:"Predictions in one message for outside readers at most. Default: ${default}."`
	JSON    bool     `name:"json" group:"Result" help:"Progress and result as JSON, a record a line."`

	unnamed bool // --from was left out
}

// Run does it all: broker, pipeline, source, stages, result.
func (c *classify) Run(ctx context.Context, s cli.Streams) error {
	if err := c.settle(); err != nil {
		return err
	}
	plan, err := c.Plan()
	if err == nil {
		plan, err = c.StateInto(plan)
	}
	if err != nil {
		return err
	}
	if err := c.checkVerify(plan); err != nil {
		return err
	}
	faults, err := c.faultPlan(plan)
	if err != nil {
		return err
	}
	r := &job{flags: c, plan: plan, faults: faults, streams: s, began: time.Now()}
	if err := r.open(ctx); err != nil {
		return errors.Join(err, r.close())
	}
	return errors.Join(r.run(ctx), r.close())
}

// settle fills in what the flags leave open.
func (c *classify) settle() error {
	others := c.NATS != "" || c.Listen != ""
	if c.unnamed = len(c.From) == 0; c.unnamed && !others {
		c.From = []string{cli.Sample}
	}
	if c.Until == "" {
		if c.Until = "end"; len(c.From) == 0 || c.Feeds() {
			c.Until = "stopped"
		}
	}
	if err := errors.Join(c.checkUntil(), c.checkIsolate(), c.checkKeep(), c.checkState(), c.checkBegin(), cli.CheckAbstain(c.Abstain)); err != nil {
		return err
	}
	if c.Output == "-" && c.Summary == "-" {
		return &cli.UsageError{Err: errors.New("--out - and --summary - both want standard output: give one of them a file")}
	}
	if c.Isolate != "" && c.NATS == "" && c.Listen == "" {
		defer func() { c.Listen = "127.0.0.1:0" }() // for the workers; nobody else is expected there
	}
	return c.checkSource()
}
