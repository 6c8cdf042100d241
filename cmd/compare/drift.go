package main

import (
	"context"
	"fmt"
	"time"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/features"
	"tidings/internal/cli"
)

// drifts is the flags of compare drift.
type drifts struct {
	study
	others
	Freeze  string `name:"freeze" placeholder:"DATE" group:"Experiment" help:"When the frozen model learns its last document: 2019-12-31 or 2019-12-31T12:00:00Z. Default: the time of the document in the middle."`
	Forgets string `name:"forgets" placeholder:"20000docs|90d" group:"Experiment" help:"The half-life of the df that forgets, as --df-half-life has it elsewhere. Default: a tenth of the documents."`
}

// Help is what compare drift --help tells.
func (*drifts) Help() string {
	return `A model learns up to a date. From then on it is frozen, or it learns on. How far are the shares of topics off that each finds, month by month (or week, day, hour, where the documents do not span months)? Both with a df that never forgets and with one that does.

  compare drift                                                             the built-in sample, of 80000 documents
  compare drift --from articles.jsonl.gz --freeze 2019-12-31 --out findings  your own file; findings/report.html shows it

Learning on was proposed where the other published experiments come from (Trofimov et al., BIRTE 2019), and not measured.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *drifts) Check() error {
	if err := c.others.check(&c.study); err != nil {
		return err
	}
	_, err := c.options(experiments.Setting{})
	return err
}

func (c *drifts) options(s experiments.Setting) (o experiments.DriftOptions, err error) {
	o.Setting = s
	if o.HalfLife, err = features.ParseHalfLife(c.Forgets); err != nil {
		return o, &cli.UsageError{Err: fmt.Errorf("--forgets: %w", err)}
	}
	if c.Freeze == "" {
		return o, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if o.Freeze, err = time.Parse(layout, c.Freeze); err == nil {
			return o, nil
		}
	}
	return o, &cli.UsageError{Err: fmt.Errorf("--freeze %q is no date; write 2019-12-31, or 2019-12-31T12:00:00Z", c.Freeze)}
}

// Run measures.
func (c *drifts) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	c.study.enough()
	return c.run(ctx, s, "drift", func(ctx context.Context, corpus *experiments.Corpus, setting experiments.Setting) (_ report.Experiment, err error) {
		if setting.Others, err = c.beside(setting.Model); err != nil {
			return report.Experiment{}, err
		}
		o, err := c.options(setting)
		if err != nil {
			return report.Experiment{}, err
		}
		return experiments.Drift(ctx, corpus, o)
	})
}
