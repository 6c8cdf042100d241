package main

import (
	"context"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
)

// doses is the flags of compare dose.
type doses struct {
	study
	Models []string `name:"models" placeholder:"NAME" complete:"all,${models}" group:"Model" help:"Further models, at 1 and 5 % alone; all is every one. Repeatable."`
}

// Help is what compare dose --help tells.
func (*doses) Help() string {
	return `Measures how accuracy, labels, document frequencies and shares of topics change with the share of documents that a failure loses or repeats: .1 to 20 %, spread evenly, in one burst, or of one topic alone. A plain loop meets the documents in an order that is damaged so; real crashes of equal counts do the same. Each case is run with many seeds, and compared with the same run without damage.

  compare dose                                          the built-in sample
  compare dose --from articles.jsonl.gz --out findings  your own file; findings/report.html shows it
  compare dose --models all --seeds 40

What is concluded is tested: whether accuracy changes at all (signs tossed), whether it does by less than --margin (two one-sided t tests), both adjusted for the number of cases (Holm).

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *doses) Check() error {
	if err := c.study.Check(); err != nil {
		return err
	}
	_, err := furtherModels(c.Models, c.Model)
	return err
}

// Run measures.
func (c *doses) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	return c.run(ctx, s, "dose", func(ctx context.Context, corpus *experiments.Corpus, setting experiments.Setting) (_ report.Experiment, err error) {
		if setting.Others, err = furtherModels(c.Models, setting.Model); err != nil {
			return report.Experiment{}, err
		}
		return experiments.Dose(ctx, corpus, setting)
	})
}
