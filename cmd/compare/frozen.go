package main

import (
	"errors"
	"fmt"

	"tidings/internal/cli"
)

// frozen is the flags of experiments on a model that is frozen after the first
// documents.
type frozen struct {
	others
	Train int `name:"train" placeholder:"N" group:"Experiment" help:"The model learns the first N documents and is frozen then. Default: 30000, or half of the documents if there are fewer than twice as many."`
	Hit   int `name:"hit" placeholder:"N" group:"Experiment" help:"How many neighbouring documents a failure hits. Default: as many as in the published experiment."`
}

// check tells which values cannot be, of the study's flags too.
func (f *frozen) check(s *study) error {
	if f.Train < 0 || f.Hit < 0 {
		return &cli.UsageError{Err: errors.New("--train and --hit are numbers of documents, 1 or more; leave them out for the defaults")}
	}
	return f.others.check(s)
}

// sampleFrozen is how many documents of the built-in sample have enough of the
// published topics behind those that are learnt.
const sampleFrozen = 80_000

// enough makes the built-in sample, where its size was not said, as large as
// experiments on a frozen model need it.
func (c *study) enough() {
	for i, from := range c.From {
		if from == cli.Sample {
			c.From[i] = fmt.Sprintf("%s:%d", cli.Sample, sampleFrozen)
		}
	}
}
