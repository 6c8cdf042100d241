package main

import (
	"context"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
)

// thresholds is the flags of compare threshold.
type thresholds struct {
	study
	frozen
	Head  int    `name:"head" placeholder:"N" group:"Experiment" help:"How many documents of all other topics come before the topic's own. Default: 4450, or fewer where there are fewer."`
	Topic string `name:"topic" placeholder:"LABEL" group:"Experiment" help:"The topic that may be lost. Default: one that is just popular with about as many documents as in the published experiment."`
}

// Help is what compare threshold --help tells.
func (*thresholds) Help() string {
	return `A topic is popular when more than 10 % of a window are about it. Here one is just popular: 4450 documents of other topics, then so many of its own that its share is 10.1 to 10.3 %. One failure strikes among the others. Is the topic still popular under each guarantee, and how many repeated documents does it take? This is a published experiment (Trofimov et al., BIRTE 2019); its figures stand beside ours.

  compare threshold                                            the built-in sample, of 80000 documents
  compare threshold --from articles.jsonl.gz --out findings    your own file; findings/report.html shows it
  compare threshold --from articles.jsonl.gz --topic Sports --models all

The model learns the first documents (--train) and no more.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *thresholds) Check() error {
	if err := c.frozen.check(&c.study); err != nil {
		return err
	}
	if err := c.options(experiments.Setting{}).Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

func (c *thresholds) options(s experiments.Setting) experiments.ThresholdOptions {
	return experiments.ThresholdOptions{Setting: s, Trained: c.Train, Head: c.Head, Hit: c.Hit, Topic: c.Topic}
}

// Run measures.
func (c *thresholds) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	c.study.enough()
	return c.run(ctx, s, "threshold", func(ctx context.Context, corpus *experiments.Corpus, setting experiments.Setting) (_ report.Experiment, err error) {
		if setting.Others, err = c.beside(setting.Model); err != nil {
			return report.Experiment{}, err
		}
		return experiments.Threshold(ctx, corpus, c.options(setting))
	})
}
