package main

import (
	"errors"
	"fmt"

	"tidings/internal/cli"
	"tidings/pipeline"
)

// Check tells which values of the flags cannot be.
func (c *classify) Check() error {
	_, model := c.ModelFlags.Plan() // the whole plan is looked at where its parts can be read
	_, plan := c.Plan()
	_, _, pace := c.Pace()
	_, silence := c.Silence(&c.SourceFlags)
	_, broker := c.Options("")
	return errors.Join(model, plan, pace, silence, broker, c.checkUntil(), c.checkIsolate(), c.checkKeep(), c.checkState(), c.checkBegin(), cli.CheckAbstain(c.Abstain))
}

// shape is how predictions are told to outside readers.
func (c *classify) shape() pipeline.Shape {
	return pipeline.Shape{Pack: c.Project, Abstain: c.Abstain}
}

func (c *classify) checkUntil() error {
	if c.Until != "" && c.Until != "end" && c.Until != "stopped" {
		return &cli.UsageError{Err: fmt.Errorf("--until %q is not known; write end or stopped", c.Until)}
	}
	return nil
}
