package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// compare is the command's flags.
type compare struct {
	cli.SourceFlags `group:"Source"`

	cli.ModelFlags `group:"Pipeline"`
	Partitions     []string `name:"partitions" default:"1;2;4" sep:";" placeholder:"N" group:"Pipeline" help:"Partitions of each run: 4, or df=4,classify=2. Repeatable."`
	JSON           bool     `name:"json" group:"Result" help:"The result as JSON, a record a run."`

	headed bool // the table has its first line
}

// outcome is one run's line of the table.
type outcome struct {
	Run               string  `json:"run"`
	Documents         uint64  `json:"documents"`
	Accuracy          float64 `json:"accuracy"`
	MacroF1           float64 `json:"macro_f1"`
	Differ            uint64  `json:"labels_that_differ"` // from the oracle's predictions
	Lost              uint64  `json:"lost"`
	Duplicates        uint64  `json:"duplicates"`
	Equal             bool    `json:"equal"` // predictions, df, model and windows, to the bit
	PerSecond         float64 `json:"documents_per_second"`
	PredictionsDigest string  `json:"predictions_digest"`
	DFDigest          string  `json:"df_digest"`
	ModelDigest       string  `json:"model_digest"`
}

// Run feeds the documents once for each run, and compares.
func (c *compare) Run(ctx context.Context, s cli.Streams) error {
	if len(c.From) == 0 {
		c.From = []string{cli.Sample}
	}
	plans, err := c.plans()
	if err != nil {
		return err
	}
	truth, err := c.oracle(ctx, s)
	if err != nil {
		return err
	}
	if err := c.tell(s, truth.outcome); err != nil {
		return err
	}
	broken := 0
	for _, plan := range plans {
		o, err := c.pipeline(ctx, s, plan, truth)
		if err != nil {
			return err
		}
		if !o.Equal {
			broken++
		}
		if err := c.tell(s, o); err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%w: %d of %d runs differ from the oracle", cli.ErrClaimBroken, broken, len(c.Partitions))
	}
	return nil
}

// plans are the plans of the runs. All that is wrong with them is told before
// the first run.
func (c *compare) plans() ([]pipeline.Plan, error) {
	if slices.Contains(c.From, cli.Stdin) {
		return nil, &cli.UsageError{Err: errors.New("compare reads its source several times, and standard input comes once: give it a file")}
	}
	var plans []pipeline.Plan
	base, err := c.Plan()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, partitions := range c.Partitions {
		n, err := pipeline.ParsePartitions(partitions)
		errs = append(errs, err)
		p := base
		p.Partitions = n
		if plans = append(plans, p); err == nil {
			errs = append(errs, p.Check())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	return plans, nil
}

// truth is what the oracle said.
type truth struct {
	outcome
	labels  []string // of the documents in log order
	windows uint64   // order-free digest
}

func (c *compare) oracle(ctx context.Context, s cli.Streams) (t truth, err error) {
	tell := func(notice string) { fmt.Fprintln(s.Err, notice) }
	base, err := c.Plan()
	if err != nil {
		return t, err
	}
	err = c.with(ctx, s, base, tell, func(b *broker.Broker, p pipeline.Plan) error {
		o, err := eval.NewOracle(p)
		if err != nil {
			return err
		}
		o.Each = func(e *pipeline.Entry, _ []uint32) { t.labels = append(t.labels, e.Label) }
		began := time.Now()
		if err := o.Replay(ctx, b, p.Pipeline); err != nil {
			return err
		}
		t.outcome = account("oracle", o.Tally, p, time.Since(began))
		t.windows, t.Equal = o.Tally.WindowsDigest, true
		return nil
	})
	return t, err
}

func (c *compare) pipeline(ctx context.Context, s cli.Streams, plan pipeline.Plan, want truth) (o outcome, err error) {
	err = c.with(ctx, s, plan, nil, func(b *broker.Broker, p pipeline.Plan) error {
		var labels []string
		began := time.Now()
		t, err := eval.Run(ctx, b, p, nil, func(u *pipeline.Unit) {
			for i := range u.Entries {
				if u.Entries[i].Kind == pipeline.DocumentEntry {
					labels = append(labels, u.Entries[i].Label)
				}
			}
		})
		if err != nil {
			return err
		}
		o = account(fmt.Sprintf("%s %s, partitions %s", p.Guarantee, p.Recovery, p.Partitions), t, p, time.Since(began))
		for i := range min(len(labels), len(want.labels)) {
			if labels[i] != want.labels[i] {
				o.Differ++
			}
		}
		o.Equal = slices.Equal(labels, want.labels) && t.WindowsDigest == want.windows && o.Lost == 0 && o.Duplicates == 0 &&
			o.PredictionsDigest == want.PredictionsDigest && o.DFDigest == want.DFDigest && o.ModelDigest == want.ModelDigest
		return nil
	})
	return o, err
}

// with gives f a broker of its own whose log holds the documents. notice hears
// of refused rows.
func (c *compare) with(ctx context.Context, s cli.Streams, plan pipeline.Plan, notice func(string), f func(*broker.Broker, pipeline.Plan) error) (err error) {
	source, err := c.SourceFlags.Open(ctx, s.In)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Reader.Close()) }()
	if !source.Resumable {
		return &cli.UsageError{Err: fmt.Errorf("compare reads its source several times, and %s comes once: give it a file", source.Path)}
	}
	b, err := broker.Open(ctx, broker.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if _, err := ingest.Run(ctx, b, source, ingest.Options{Pipeline: plan.Pipeline, Source: source.Name, Resumable: true, AnyTime: source.Synthetic, Pack: c.Pack, Notice: notice}); err != nil {
		return err
	}
	return f(b, plan)
}

func account(name string, t *pipeline.Tally, p pipeline.Plan, took time.Duration) outcome {
	s := t.Summary(p)
	return outcome{
		Run: name, Documents: s.Documents, Accuracy: s.Accuracy, MacroF1: s.MacroF1, Lost: s.Lost, Duplicates: s.Duplicates,
		PerSecond:         float64(s.Documents) / took.Seconds(),
		PredictionsDigest: s.PredictionsDigest, DFDigest: s.DFDigest, ModelDigest: s.ModelDigest,
	}
}

func (c *compare) tell(s cli.Streams, o outcome) error {
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(o)
	}
	if !c.headed {
		c.headed = true
		fmt.Fprintf(s.Out, "%-34s %10s %9s %9s %7s %6s %6s %10s  %s\n", "run", "documents", "accuracy", "macro-F1", "differ", "lost", "twice", "docs/s", "equal to the oracle")
	}
	equal := "yes, to the bit"
	if !o.Equal {
		equal = "NO"
	}
	_, err := fmt.Fprintf(s.Out, "%-34s %10d %9.4f %9.4f %7d %6d %6d %10.0f  %s\n",
		o.Run, o.Documents, o.Accuracy, o.MacroF1, o.Differ, o.Lost, o.Duplicates, o.PerSecond, equal)
	return err
}
