package main

import (
	"errors"

	"tidings/internal/cli"
)

// Idle are the flags that mean nothing for this source.
func (t *train) Idle() []cli.Idle { return t.IdleWith(t.From, t.Test) }

// Check tells which values of the flags cannot be.
func (t *train) Check() error {
	_, err := t.Plan()
	return errors.Join(err, cli.CheckAbstain(t.Abstain))
}
