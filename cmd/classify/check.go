package main

import (
	"errors"
	"fmt"

	"tidings/internal/cli"
)

// Check tells which values of the flags cannot be.
func (c *classify) Check() error {
	_, model := c.ModelFlags.Plan() // the whole plan is looked at where its parts can be read
	_, plan := c.Plan()
	_, _, pace := c.Pace()
	_, broker := c.Options("")
	return errors.Join(model, plan, pace, broker, c.checkUntil(), c.checkIsolate())
}

func (c *classify) checkUntil() error {
	if c.Until != "" && c.Until != "end" && c.Until != "stopped" {
		return &cli.UsageError{Err: fmt.Errorf("--until %q is not known; write end or stopped", c.Until)}
	}
	return nil
}
