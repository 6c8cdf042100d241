package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"tidings/internal/cli"
	"tidings/internal/doctor"
	"tidings/internal/terminal"
)

// checkup is the flags of classify doctor: those of a run that say where it
// runs and what it computes.
type checkup struct {
	cli.BrokerFlags `group:"Broker"`
	cli.StateFlags  `group:"Broker"`
	cli.PlanFlags   `group:"Pipeline"`

	Timeout time.Duration `name:"timeout" default:"5s" placeholder:"TIME" group:"Result" help:"How long one check may take. Default: ${default}."`
	JSON    bool          `name:"json" group:"Result" help:"Each result as JSON, a check a line, and a summary at the end."`
}

// Help is what classify doctor --help tells.
func (*checkup) Help() string {
	return `Looks whether all that a run with the same flags needs is in place: the machine, the broker, what its settings mean for the data, an existing pipeline's plan and streams, a Redis. It changes nothing and leaves nothing behind.

  classify doctor                                   this machine, with an embedded broker
  classify doctor --store DIR                       a store, and who holds it
  classify doctor --nats nats://127.0.0.1:4222      a server elsewhere
  classify doctor --state redis://127.0.0.1:6379    a Redis too

Exit codes: 0 fine, or nothing worse than a warning, 1 a check failed, 2 wrong usage, 130 interrupted.`
}

// Run makes the checks.
func (c *checkup) Run(ctx context.Context, s cli.Streams) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	tell, end := c.people(s)
	if c.JSON {
		tell, end = c.lines(s)
	}
	var unwritten error
	summary, err := doctor.Run(ctx, o, func(r doctor.Result) {
		if unwritten == nil {
			unwritten = tell(r)
		}
	})
	if err = errors.Join(err, unwritten); err != nil {
		return err
	}
	if err := end(summary); err != nil {
		return err
	}
	if summary.Failed == 1 {
		return errors.New("1 check failed; what to do stands beside it")
	}
	if summary.Failed > 1 {
		return fmt.Errorf("%d checks failed; what to do stands beside each", summary.Failed)
	}
	return nil
}

func (c *checkup) options() (o doctor.Options, err error) {
	if o.Plan, err = c.Plan(); err == nil {
		err = c.CheckState(&c.BrokerFlags)
	}
	if err == nil {
		o.Plan, err = c.StateInto(o.Plan)
	}
	if err != nil {
		return o, err
	}
	if o.Broker, err = c.BrokerFlags.Options("tidings doctor"); err != nil {
		return o, err
	}
	if c.Timeout <= 0 {
		return o, &cli.UsageError{Err: fmt.Errorf("--timeout %s: a check needs some time, write 5s", c.Timeout)}
	}
	o.CheckTime = c.Timeout
	o.Redis = c.StateURL()
	return o, nil
}

func (c *checkup) people(s cli.Streams) (func(doctor.Result) error, func(doctor.Summary) error) {
	page := terminal.NewCheckup(s.Out, terminal.Detect(s.Out, os.Getenv))
	return page.Result, page.Summary
}

func (c *checkup) lines(s cli.Streams) (func(doctor.Result) error, func(doctor.Summary) error) {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	return func(r doctor.Result) error { return e.Encode(map[string]any{"check": r}) },
		func(s doctor.Summary) error { return e.Encode(map[string]any{"summary": s}) }
}
