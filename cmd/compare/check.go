package main

import "tidings/internal/cli"

// Idle are the flags that mean nothing for this source.
func (c *compare) Idle() []cli.Idle { return c.IdleWith(nil) }

// Check tells which values of the flags cannot be.
func (c *compare) Check() error {
	_, err := c.plans()
	return err
}
