package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"tidings/datasets"
	"tidings/eval"
	"tidings/eval/experiments"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// compare is the command's flags.
type compare struct {
	cli.SourceFlags `group:"Source"`

	cli.ModelFlags    `group:"Pipeline"`
	Guarantee         []string `name:"guarantee" sep:"none" placeholder:"NAME" complete:"exactly-once,at-least-once,at-most-once" group:"Pipeline" help:"A guarantee to run under: ${guarantees}; or of single stages, as in exactly-once,df=at-least-once. Repeatable. Default: all of them."`
	Recovery          []string `name:"recovery" sep:"none" placeholder:"NAME" complete:"commit,replay,snapshot,kept,rollback,unaligned,claim" group:"Pipeline" help:"Only guarantees that are reached in this way: kept, for instance. Repeatable. Default: every recovery of each guarantee."`
	cli.SnapshotFlags `group:"Pipeline"`
	Order             []string  `name:"order" enum:"sorted,arrival" default:"sorted,arrival" group:"Pipeline" help:"Orders to run in: sorted, that of the log; arrival, that in which records come, where it can be had: exactly-once by commit or snapshot and at-least-once by unaligned, with several partitions of tokenize. Default: both."`
	Partitions        []string  `name:"partitions" default:"2" sep:";" placeholder:"N" group:"Pipeline" help:"Partitions of each run: 4, or df=4,classify=2. Repeatable. Default: ${default}."`
	Faults            string    `name:"faults" placeholder:"PLAN" complete:"none" group:"Faults" help:"What goes wrong in each run but the oracle's: faults as in 'kill:classify/1@5000, drop-ack:1%', or a file of them; or none. Default: kills of every stage, lost acknowledgements, failed writes, records that come twice or out of order."`
	TestShare         cli.Share `name:"test-share" default:"10%" placeholder:"SHARE" group:"Result" help:"Hold back the labels of so many documents, drawn by their ids: nobody learns these, and what is predicted of them is scored apart. 10% or 0.1; 0: of none. Default: ${default}."`
	Load              float64   `name:"load" default:"1000" placeholder:"N" group:"Result" help:"Measure latency at so many documents a second, for two seconds, without faults; 0: do not. Default: ${default}."`
	JSON              bool      `name:"json" group:"Result" help:"The result as JSON, a record a run."`
	Summary           string    `name:"summary" placeholder:"FILE" group:"Result" help:"Write documents, seed, faults and runs as one JSON object (- is standard output)."`
}

// packDefault is how many documents a log message has at most: few, so that
// there are many for faults to hit.
const packDefault = 8

// loadSeconds is how long the load of latency is held.
const loadSeconds = 2

// Run feeds the documents once for each run, and compares.
func (c *compare) Run(ctx context.Context, s cli.Streams) error {
	if len(c.From) == 0 {
		c.From = []string{cli.Sample}
	}
	if c.Pack == 0 {
		c.Pack = packDefault
	}
	plans, err := c.plans()
	if err != nil {
		return err
	}
	x := &experiment{flags: c, plans: plans, streams: s, held: &eval.HeldOut{Share: float64(c.TestShare)}}
	if x.faults, err = c.faults(plans); err != nil {
		return err
	}
	if x.summary, err = cli.OpenOutput("--summary", c.Summary, s.Out); err != nil {
		return err
	}
	if err := c.checkSummary(x.summary); err != nil {
		return errors.Join(err, x.summary.Close())
	}
	x.progress = terminal.NewProgress(s.Err, false, time.Now, terminal.Detect(s.Err, os.Getenv))
	err = x.run(ctx)
	x.progress.Finish()
	if err == nil || ctx.Err() != nil && len(x.outcomes) > 0 {
		err = errors.Join(err, x.result())
	}
	return errors.Join(err, x.summary.Close())
}

// checkSummary keeps the summary from a file that is read.
func (c *compare) checkSummary(summary *cli.Output) error {
	for _, path := range cli.FilesOf(c.From) {
		if summary.Is(path) {
			return &cli.UsageError{Err: fmt.Errorf("--summary would overwrite %s, which is read: name another file", path)}
		}
	}
	if c.JSON && c.Summary == "-" {
		return &cli.UsageError{Err: errors.New("--json and --summary - both want standard output: give the summary a file")}
	}
	return nil
}

// experiment is one call of the command.
type experiment struct {
	flags    *compare
	plans    []pipeline.Plan
	faults   []string // by plan: what goes wrong; "" for the default plan
	streams  cli.Streams
	progress *terminal.Progress
	summary  *cli.Output
	source   string
	labelled uint64 // rows that had a label

	held     *eval.HeldOut // nil: nothing is
	truth    *eval.Truth
	used     []string // by plan: what did go wrong
	outcomes []*eval.Outcome
}

// run runs the oracle, then the pipeline under each plan.
func (x *experiment) run(ctx context.Context) error {
	plan, err := x.flags.ModelFlags.Plan()
	if err != nil {
		return err
	}
	err = x.with(ctx, "oracle", plan, x.progress.Notice, func(b *broker.Broker, p pipeline.Plan) error {
		x.show(status{run: "oracle", doing: "counting"})
		began := time.Now()
		if x.truth, err = eval.NewTruthOf(ctx, b, p, x.held); err != nil {
			return err
		}
		if err := x.suited(); err != nil {
			return err
		}
		o := x.truth.Outcome()
		o.PerSecond = float64(o.Documents) / time.Since(began).Seconds()
		return x.tell(o)
	})
	for i, p := range x.plans {
		if err != nil {
			return err
		}
		err = x.with(ctx, x.short(i), p, nil, func(b *broker.Broker, p pipeline.Plan) error { return x.trial(ctx, i, b, p) })
	}
	return err
}

// with gives f a broker of its own, in a temporary directory, whose log holds
// the documents. notice hears of refused rows.
func (x *experiment) with(ctx context.Context, run string, plan pipeline.Plan, notice func(string), f func(*broker.Broker, pipeline.Plan) error) (err error) {
	c := x.flags
	source, err := c.SourceFlags.Open(ctx, x.streams.In)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Reader.Close()) }()
	if !source.Resumable {
		return &cli.UsageError{Err: fmt.Errorf("compare reads its source several times, and %s comes once: give it a file", source.Path)}
	}
	x.source = source.Path
	x.labelled, source.Reader = 0, &labels{source.Reader, x}
	b, err := broker.Open(ctx, broker.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	began := time.Now()
	if _, err := ingest.Run(ctx, b, source, ingest.Options{
		Pipeline: plan.Pipeline, Source: source.Name, Resumable: true, AnyTime: source.Synthetic, Pack: c.Pack, Notice: notice,
		Rows: func(n ingest.Counts) {
			x.show(status{run: run, doing: "reading", documents: n.Documents, total: source.Documents, since: began})
		},
	}); err != nil {
		return err
	}
	if err := eval.Seal(ctx, b, plan.Pipeline); err != nil {
		return err
	}
	return f(b, plan)
}

// labels is a source whose labels are counted, and held back of some documents.
type labels struct {
	datasets.Reader
	of *experiment
}

func (r *labels) Next() (datasets.Row, error) {
	row, err := r.Reader.Next()
	if err == nil && row.Err == nil {
		if row.Document.Label != "" || len(row.Document.Labels) > 0 {
			r.of.labelled++
		}
		r.of.held.Take(&row.Document)
	}
	return row, err
}

// suited refuses documents of which nothing could be said.
func (x *experiment) suited() error {
	n, known := x.truth.Tally.Documents, x.truth.Labels()
	switch {
	case n == 0:
		return fmt.Errorf("%w: there are none in %s; name a source that has some", experiments.ErrTooFew, x.source)
	case len(known) == 0:
		return fmt.Errorf("%w: of %s nobody learns one, so that there is no accuracy and no label to differ; a comparison needs documents with labels", experiments.ErrNoLabels, counted(n, "document"))
	case len(known) == 1:
		return fmt.Errorf("%w: all labels are %q; a comparison needs two or more", experiments.ErrNoLabels, known[0])
	}
	return nil
}

// trial runs one plan.
func (x *experiment) trial(ctx context.Context, i int, b *broker.Broker, p pipeline.Plan) error {
	faults := pipeline.FaultPlan{Faults: x.faults[i], Seed: x.flags.Seed}
	total := x.truth.Tally.Documents
	if faults.Faults == defaultFaults {
		faults.Faults = eval.DefaultFaults(p.Partitions, total, faults.Seed)
	}
	x.used = append(x.used, faults.Faults)
	began := time.Now()
	trial := eval.Trial{Plan: p, Faults: faults, Watch: func(n, right, labelled uint64) {
		x.show(status{run: x.short(i), documents: n, total: total, right: right, labelled: labelled, since: began})
	}}
	o, err := trial.Run(ctx, b, x.truth)
	if err != nil {
		return err
	}
	o.Run = x.name(i)
	if x.flags.Load > 0 {
		x.show(status{run: x.short(i), doing: "latency"})
		p.Pipeline = "load"
		l, err := eval.Load(ctx, b, trial.Plan.Pipeline, p, x.flags.Load, int(x.flags.Load*loadSeconds))
		if err != nil {
			return err
		}
		o.Latency = &pipeline.LatencyMS{P50: l.P50(), P95: l.P95(), P99: l.P99()}
	}
	return x.tell(o)
}

// tell says what came of a run as soon as it is known.
func (x *experiment) tell(o *eval.Outcome) error {
	x.outcomes = append(x.outcomes, o)
	if x.flags.JSON {
		return json.NewEncoder(x.streams.Out).Encode(o)
	}
	x.progress.Notice(inShort(o, len(x.outcomes), len(x.plans)+1))
	return nil
}

// result writes table and summary, and says whether the runs kept their claims.
func (x *experiment) result() error {
	if x.summary != nil {
		if err := x.writeSummary(); err != nil {
			return err
		}
	}
	if !x.flags.JSON && x.flags.Summary != "-" {
		if err := terminal.RenderTables(x.streams.Out, x.tables(), terminal.Detect(x.streams.Out, os.Getenv)); err != nil {
			return err
		}
	}
	return x.verdict()
}

// broken is an error that says in its own words which claim does not hold.
type broken struct{ text string }

func (e *broken) Error() string { return e.text }
func (e *broken) Unwrap() error { return cli.ErrClaimBroken }

// verdict is the error of runs that broke their claims, or prove nothing.
func (x *experiment) verdict() error {
	var lines []string
	for _, o := range x.outcomes[1:] {
		if what := o.Broken(); what != "" {
			lines = append(lines, "the claim is broken: "+o.Run+": "+what)
		}
	}
	if unproven := eval.Unproven(x.outcomes[1:]); len(unproven) > 0 && !slices.Contains(x.used, "") {
		lines = append(append(lines, "this plan proves nothing, the faults did not bite:"), indented(unproven)...)
	}
	if len(lines) == 0 {
		return nil
	}
	return &broken{strings.Join(lines, "\n")}
}

func indented(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, "  "+l)
	}
	return out
}

func (x *experiment) writeSummary() error {
	if err := x.summary.Begin(); err != nil {
		return err
	}
	e := json.NewEncoder(x.summary)
	e.SetIndent("", "  ")
	faults := slices.Compact(slices.Clone(x.used))
	return e.Encode(struct {
		Source    string          `json:"source"`
		Documents uint64          `json:"documents"`
		Seed      uint64          `json:"seed"`
		TestShare float64         `json:"test_share"`
		Faults    []string        `json:"faults"` // one for all runs, or one a run
		Runs      []*eval.Outcome `json:"runs"`
	}{x.source, x.truth.Tally.Documents, x.flags.Seed, float64(x.flags.TestShare), faults, x.outcomes})
}
