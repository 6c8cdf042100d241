package main

import (
	"context"
	"fmt"
	"slices"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
	"tidings/model"
)

// frozen is the flags of experiments on a model that is frozen after the first
// documents.
type frozen struct {
	Models []string `name:"models" placeholder:"NAME" complete:"all,${models}" group:"Model" help:"Further models; all is every one. Repeatable."`
	Train  int      `name:"train" placeholder:"N" group:"Experiment" help:"The model learns the first N documents and is frozen then. Default: 30000, or half of the documents if there are fewer than twice as many."`
	Hit    int      `name:"hit" placeholder:"N" group:"Experiment" help:"How many neighbouring documents a failure hits. Default: as many as in the published experiment."`
}

// sampleFrozen is how many documents of the built-in sample have enough of the
// published topics behind those that are learnt.
const sampleFrozen = 80_000

// check tells which values cannot be, of the study's flags too.
func (f *frozen) check(s *study) error {
	if err := s.Check(); err != nil {
		return err
	}
	if f.Train < 0 || f.Hit < 0 {
		return &cli.UsageError{Err: fmt.Errorf("--train and --hit are numbers of documents, 1 or more; leave them out for the defaults")}
	}
	_, err := f.others(s.Model)
	return err
}

// others are the further models.
func (f *frozen) others(about string) (all []string, err error) {
	for _, name := range f.Models {
		names := []string{name}
		if name == "all" {
			names = model.Names()
		}
		for _, name := range names {
			if _, err := model.New(name, model.Options{}); err != nil {
				return nil, &cli.UsageError{Err: fmt.Errorf("--models: %w", err)}
			}
			if name != about && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all, nil
}

// enough makes the built-in sample, where its size was not said, as large as these
// experiments need it.
func (f *frozen) enough(s *study) {
	for i, from := range s.From {
		if from == "sample" {
			s.From[i] = fmt.Sprintf("sample:%d", sampleFrozen)
		}
	}
}

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
	c.enough(&c.study)
	return c.run(ctx, s, "bias", func(ctx context.Context, corpus *experiments.Corpus, setting experiments.Setting) (_ report.Experiment, err error) {
		if setting.Others, err = c.others(setting.Model); err != nil {
			return report.Experiment{}, err
		}
		return experiments.Bias(ctx, corpus, c.options(setting))
	})
}
