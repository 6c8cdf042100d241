package main

import (
	"context"
	"errors"

	"tidings/internal/cli"
)

// checkState tells what does not go with state elsewhere.
func (c *classify) checkState() error {
	outside := c.StateURL() != ""
	switch err := c.CheckState(&c.BrokerFlags); {
	case err != nil:
		return err
	case c.Rebuild && !outside:
		return &cli.UsageError{Err: errors.New("--state-rebuild is about the counts in a Redis: give --state redis://HOST:6379/0, or leave it out")}
	case outside && !c.Learn:
		return &cli.UsageError{Err: errors.New("--learn=false counts nothing, so there is no state to be kept in a Redis: leave out one of them")}
	}
	return nil
}

// brief says whether the pipeline ends with this process.
func (c *classify) brief() bool { return c.Store == "" && c.NATS == "" }

// openOutside opens what is kept outside, and tells the runner.
func (r *job) openOutside(ctx context.Context) (err error) {
	c := r.flags
	r.outside, err = c.OpenState(ctx, r.broker, cli.Opening{
		Pipeline: r.plan.Pipeline, Store: c.Store, Brief: c.brief(), Notice: r.progress.Notice,
	})
	if err != nil {
		return err
	}
	r.runner.Notice(r.progress.Notice)
	if r.outside.Snapshots != nil {
		r.runner.KeepIn(r.outside.Snapshots)
	}
	if r.outside.Redis != nil {
		r.runner.StateIn(r.outside.Redis, c.Rebuild)
	}
	return nil
}
