package main

import (
	"context"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
)

// biases is the flags of compare bias.
type biases struct {
	study
	frozen
	Block int      `name:"block" placeholder:"N" group:"Experiment" help:"How many documents of one topic follow each other. Default: 1000, or fewer where there are fewer of a topic."`
	Topic []string `name:"topic" sep:"none" placeholder:"LABEL" group:"Experiment" help:"The two topics, each with a flag of its own. Default: sport and science, or where there are too few of them the two most frequent."`
}

// Help is what compare bias --help tells.
func (*biases) Help() string {
	return `Four blocks make one window: a thousand documents of one topic, a thousand of another, and both again. One failure strikes inside a block. What becomes of the topics' shares under each guarantee, and is it what counting says? This is a published experiment (Trofimov et al., BIRTE 2019); its table stands beside ours.

  compare bias                                            the built-in sample, of 80000 documents: sport and science
  compare bias --from articles.jsonl.gz --out findings    your own file; findings/report.html shows it
  compare bias --from articles.jsonl.gz --topic Politics --topic Sports --block 500

The model learns the first documents (--train) and no more. What is state counted twice and what is output counted twice are told apart: of at-least-once, rollback repeats the output alone.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *biases) Check() error {
	if err := c.frozen.check(&c.study); err != nil {
		return err
	}
	if err := c.options(experiments.Setting{}).Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

func (c *biases) options(s experiments.Setting) experiments.BiasOptions {
	return experiments.BiasOptions{Setting: s, Trained: c.Train, Block: c.Block, Hit: c.Hit, Topics: c.Topic}
}

// Run measures.
func (c *biases) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	c.study.enough()
	return c.run(ctx, s, "bias", func(ctx context.Context, corpus *experiments.Corpus, setting experiments.Setting) (_ report.Experiment, err error) {
		if setting.Others, err = c.beside(setting.Model); err != nil {
			return report.Experiment{}, err
		}
		return experiments.Bias(ctx, corpus, c.options(setting))
	})
}
