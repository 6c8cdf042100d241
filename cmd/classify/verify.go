package main

import (
	"errors"

	"tidings/guarantees"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// verifyFlags say what is looked at twice.
type verifyFlags struct {
	VerifyReplay bool `name:"verify-replay" help:"With --recovery replay: compare what is made again after a start with what is stored, and stop where a stage did not make the same."`
}

// checkVerify refuses to verify what is not made again.
func (c *classify) checkVerify(p pipeline.Plan) error {
	if !c.VerifyReplay {
		return nil
	}
	for _, stage := range pipeline.Stages() {
		if p.Promise(stage).Recovery == guarantees.Replay {
			return nil
		}
	}
	return &cli.UsageError{Err: errors.New("--verify-replay compares what is made again by --recovery replay, and this pipeline recovers in another way: leave it out")}
}
