package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"tidings/eval"
	"tidings/eval/experiments"
	"tidings/eval/metric"
	"tidings/eval/report"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// latencies is the flags of compare latency.
type latencies struct {
	cli.SourceFlags `group:"Source"`
	cli.ModelFlags  `group:"Pipeline"`

	Partitions string  `name:"partitions" default:"1" placeholder:"N" group:"Pipeline" help:"Partitions of each run: 4, or df=4,classify=2. Default: ${default}."`
	Load       float64 `name:"load" default:"500" placeholder:"N" group:"Experiment" help:"Documents a second, one a message. Default: ${default}."`
	Seconds    int     `name:"seconds" default:"2" placeholder:"N" group:"Experiment" help:"How long the load is held. Default: ${default}."`
	Rounds     int     `name:"rounds" default:"10" placeholder:"N" group:"Experiment" help:"How often each is measured, in turns. With fewer than ${default}, which is the default, little can be shown."`
	Margin     float64 `name:"margin" default:"1" placeholder:"MS" group:"Experiment" help:"Differences of latency that do not matter, in ms: what is less counts as equal. Default: ${default}."`

	only      compare // the guarantees and recoveries that it is about; the zero value is all
	documents uint64  // that were measured in one round
	unlearnt  bool    // no document has a label

	Output string `name:"out" placeholder:"DIR" complete:"dirs" group:"Result" help:"Keep the result in DIR, as JSON and CSV, and make report.html there of all that DIR holds."`
	JSON   bool   `name:"json" group:"Result" help:"The result as JSON."`
}

// Limits of compare latency.
const (
	loadMax    = 1e6
	secondsMax = 3600
	roundsMax  = 1000

	latencyDocumentsMin = 100
	latencyMargin       = 1 // ms
	latencyRounds       = 10
	latencySeconds      = 2
)

// Help is what compare latency --help tells.
func (*latencies) Help() string {
	return `Measures what each guarantee, by each recovery, costs in time: from the moment that the log has a document to the moment that its prediction is committed, while so many documents come each second and nothing goes wrong. Throughput stands beside it. Published figures of other systems are in a table of their own: other machines, other work.

  compare latency                                         the built-in sample, 500 documents a second
  compare latency --load 2000 --partitions 2 --rounds 5
  compare latency --from articles.jsonl.gz --out findings

Where a machine does other work as well, latencies are that work's too: look at the differences. Each guarantee is set beside at-least-once by kept in the same round: whether it adds anything is tested by tossing signs, whether it adds less than --margin by two one-sided t tests, both over the rounds and adjusted for the number of comparisons (Holm).

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *latencies) Check() error {
	_, err := c.plans()
	return err
}

// plans are those that are measured.
func (c *latencies) plans() ([]pipeline.Plan, error) {
	var wrong []error
	for _, of := range []struct {
		flag      string
		value, to float64
	}{{"--load", c.Load, loadMax}, {"--seconds", float64(c.Seconds), secondsMax}, {"--rounds", float64(c.Rounds), roundsMax}} {
		if !(of.value >= 1 && of.value <= of.to) {
			wrong = append(wrong, fmt.Errorf("%s %v is out of range; 1 to %.0f are possible", of.flag, of.value, of.to))
		}
	}
	if !(c.Margin > 0) {
		wrong = append(wrong, fmt.Errorf("--margin %v is no difference; give ms above 0, such as 1", c.Margin))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	base, err := c.ModelFlags.Plan()
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.From, cli.Stdin) {
		return nil, &cli.UsageError{Err: errors.New("latency is measured several times, and standard input comes once: give it a file")}
	}
	promised, err := c.only.promises(base)
	if err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	of, err := pipeline.ParsePartitions(c.Partitions)
	var plans []pipeline.Plan
	for _, p := range promised {
		p.Partitions, p.Order = of, guarantees.Sorted
		if err == nil {
			wrong = append(wrong, p.Check())
		}
		plans = append(plans, variants(p)...)
	}
	if err := errors.Join(append(wrong, err)...); err != nil {
		return nil, &cli.UsageError{Err: firstOf(err)}
	}
	return plans, nil
}

// arrival is the order in which records come.
const arrival = guarantees.Arrival

// variants are a plan at several intervals, where outputs wait for a snapshot, and
// in both orders, where its records race.
func variants(p pipeline.Plan) (all []pipeline.Plan) {
	if p.Recovery == guarantees.BySnapshot {
		for _, every := range []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second} {
			p.SnapshotEvery = pipeline.Interval{Time: every}
			all = append(all, p)
		}
		p.Order, p.SnapshotEvery.Time = arrival, time.Second
		if p.Races() {
			all = append(all, p)
			p.Guarantee, p.Recovery = guarantees.AtLeastOnce, guarantees.Unaligned
			all = append(all, p)
		}
		return all
	}
	all = append(all, p)
	if p.Order = arrival; p.Recovery == guarantees.Commit && p.Partitions.Tokenize > 1 && p.WithDefaults().Order == arrival && p.Check() == nil {
		all = append(all, p)
	}
	return all
}

// nameOf is how a plan is called in tables, and in figures.
func nameOf(p pipeline.Plan) (name, short string) {
	name, short = guarantees.Promise{Guarantee: p.Guarantee, Recovery: p.Recovery}.String(), p.Recovery
	detail := ""
	if p.Order == arrival && p.Recovery == guarantees.Commit {
		return p.Guarantee + ", arrival", arrival
	}
	if p.Holds() {
		detail = fmt.Sprintf(", %v", p.SnapshotEvery.Time)
	}
	if p.Order == arrival && p.Recovery == guarantees.BySnapshot {
		detail += ", arrival"
	}
	return name + detail, short + detail
}

// Run measures.
func (c *latencies) Run(ctx context.Context, s cli.Streams) error {
	if len(c.From) == 0 {
		c.From = []string{cli.Sample}
	}
	if err := c.Check(); err != nil {
		return err
	}
	to := &study{From: c.From, Seed: c.Seed, Output: c.Output, JSON: c.JSON}
	if err := to.prepare("latency"); err != nil {
		return err
	}
	progress := terminal.NewProgress(s.Err, false, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	began := time.Now()
	e, err := c.measure(ctx, s, "latency", progress)
	if err != nil {
		return err
	}
	e.Origin = to.origin("latency", c.documents, began)
	progress.Finish()
	return to.tell(s, e)
}

// latencyOf is what was measured of one plan.
type latencyOf struct {
	name      string
	short     string // in figures
	plan      pipeline.Plan
	all       metric.Latency
	p50, p99  []float64 // by round, in milliseconds
	perSecond []float64 // by round: as fast as it can
}

// measure holds the load under each plan in turn, as often as there are rounds.
func (c *latencies) measure(ctx context.Context, s cli.Streams, name string, progress *terminal.Progress) (report.Experiment, error) {
	all, err := c.rounds(ctx, s, name, progress)
	if err != nil {
		return report.Experiment{}, err
	}
	return c.report(all), nil
}

// rounds measures each plan in turn, as often as there are rounds.
func (c *latencies) rounds(ctx context.Context, s cli.Streams, name string, progress *terminal.Progress) (all []*latencyOf, err error) {
	plans, err := c.plans()
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		l := &latencyOf{plan: p}
		l.name, l.short = nameOf(p)
		all = append(all, l)
	}
	x := piped(c.SourceFlags, c.ModelFlags, s, progress)
	limit := int(c.Load * float64(c.Seconds))
	since := time.Now()
	return all, x.with(ctx, name, plans[0], progress.Notice, func(b *broker.Broker, log pipeline.Plan) error {
		if c.unlearnt = x.labelled == 0; c.unlearnt {
			progress.Notice(unlearnt)
		}
		for round := range c.Rounds {
			for i, of := range all {
				done := round*len(all) + i
				progress.Show(terminal.Status{Stage: name, Unit: terminal.Runs, Documents: uint64(done), Total: uint64(c.Rounds * len(all)), Rate: float64(done) / time.Since(since).Seconds()})
				n, err := of.measure(ctx, b, log.Pipeline, fmt.Sprintf("load-%d-%d", round, i), c.Load, limit)
				if err != nil {
					return err
				}
				c.documents = max(c.documents, n)
			}
		}
		return nil
	})
}

// measure measures one round.
func (l *latencyOf) measure(ctx context.Context, b *broker.Broker, from pipeline.Name, name string, perSecond float64, limit int) (documents uint64, err error) {
	p := l.plan
	p.Pipeline = pipeline.Name(name)
	held, err := eval.Load(ctx, b, from, p, perSecond, limit)
	if err != nil {
		return 0, err
	}
	if held.Count() < latencyDocumentsMin {
		return 0, fmt.Errorf("%w: %d were measured, latency needs %d; give it a larger source or a higher load", experiments.ErrTooFew, held.Count(), latencyDocumentsMin)
	}
	l.all.Merge(held)
	l.p50, l.p99 = append(l.p50, held.P50()), append(l.p99, held.P99())
	p.Pipeline = pipeline.Name(name + "-all")
	began := time.Now()
	full, err := eval.Load(ctx, b, from, p, loadMax, limit)
	if err != nil {
		return 0, err
	}
	documents = full.Count() * 10 / 9 // a tenth warms up
	l.perSecond = append(l.perSecond, float64(documents)/time.Since(began).Seconds())
	return documents, nil
}

// unlearnt says what latencies without labels are of.
const unlearnt = "No document has a label: nothing is learnt and nothing predicted, and the time is that of all else."

// report sets the measurements beside published ones.
func (c *latencies) report(all []*latencyOf) report.Experiment {
	e := report.Experiment{
		Name: "latency", Title: "What does a guarantee cost in time?",
		Question: fmt.Sprintf("How long does a document take from the log to its committed prediction at %.0f documents a second, under each guarantee by each recovery?", c.Load),
		Notes: []string{
			fmt.Sprintf("By the broker's clock, one document a message, %s partitions, the broker in the same process with its store in a temporary directory, no sync: %d rounds of %d s each, in turns, all documents but the first tenth of each. Throughput is of the same documents, as fast as they go, one a message.", c.Partitions, c.Rounds, c.Seconds),
			fmt.Sprintf("A latency on a machine that does other work is that work's too. So guarantees are compared within one round, and intervals are over rounds, 95 %% (bias-corrected and accelerated bootstrap). A difference below %v ms was said beforehand not to matter. Throughput is that of the run over the other's in the same round.", c.Margin),
			"Published are figures of other systems on other machines with other work: the order of magnitude is what they can be compared by. An engine whose outputs wait for a checkpoint waits half of its period at the median, whatever the machine.",
		},
	}
	if c.unlearnt {
		e.Notes = append([]string{unlearnt}, e.Notes...)
	}
	t := report.Table{
		Name: "roads", Title: "Latency by guarantee and recovery", Remark: fmt.Sprintf("ms at %.0f documents a second; from and to are the lowest and highest round's p99", c.Load),
		Columns: []report.Column{
			{Name: "run"}, {Name: "p50", Unit: "ms", Decimals: 2}, {Name: "p75", Unit: "ms", Decimals: 2}, {Name: "p95", Unit: "ms", Decimals: 2}, {Name: "p99", Unit: "ms", Decimals: 2},
			{Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "documents/s", Decimals: 0},
		},
	}
	f := report.Figure{Name: "latency", Title: fmt.Sprintf("Latency at %.0f documents a second", c.Load), Y: report.Axis{Title: "ms"}, Bars: []report.Bars{{Name: "p50"}, {Name: "p99"}}}
	for _, l := range all {
		t.Rows = append(t.Rows, []report.Cell{
			report.Text(l.name), report.Number(l.all.P50()), report.Number(l.all.Quantile(.75)), report.Number(l.all.P95()), report.Number(l.all.P99()),
			report.Number(slices.Min(l.p99)), report.Number(slices.Max(l.p99)), report.Number(median(l.perSecond)),
		})
		f.Names = append(f.Names, l.short)
		f.Bars[0].Values, f.Bars[1].Values = append(f.Bars[0].Values, l.all.P50()), append(f.Bars[1].Values, l.all.P99())
		e.Claims = append(e.Claims, l.slow(c.Load)...)
	}
	e.Tables, e.Figures = []report.Table{t}, []report.Figure{f}
	if pairs := c.besideKept(all); len(pairs) > 0 {
		e.Tables = append(e.Tables, besideTable(pairs, c.Rounds))
		for _, b := range pairs {
			e.Claims = append(e.Claims, c.claims(b, len(pairs))...)
		}
	}
	e.Tables = append(e.Tables, publishedLatencies())
	return e
}

// slow tells of a plan that cannot hold the load.
func (l *latencyOf) slow(load float64) []report.Claim {
	fast := median(l.perSecond)
	if fast >= 1.2*load {
		return nil
	}
	return []report.Claim{{Holds: report.Observed, Text: fmt.Sprintf("%s cannot hold the load: as fast as it can it does %.0f documents a second, so its latency is that of a queue.", sentence(l.name), fast)}}
}

// median is the middle of some values, the upper one of two.
func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// publishedLatencies are what others have measured of their systems.
func publishedLatencies() report.Table {
	t := report.Table{
		Name: "published", Title: "Published latencies", Remark: "Trofimov et al. 2019 and later work of the same authors; Akidau et al. 2013 of MillWheel",
		Columns: []report.Column{{Name: "system", Published: true}, {Name: "p50", Unit: "ms", Decimals: 1, Published: true}, {Name: "p95", Unit: "ms", Decimals: 1, Published: true}, {Name: "p99", Unit: "ms", Decimals: 0, Published: true}},
	}
	for _, r := range []struct {
		system        string
		p50, p95, p99 float64 // 0: not told
	}{
		{"Flink, at-least-once", 35, 0, 145},
		{"Flink, exactly-once, checkpoints every 1 s", 640, 0, 1300},
		{"Flink, exactly-once, checkpoints every 2 s", 1155, 0, 2335},
		{"FlameStream, no guarantee, 10 small nodes, 50 documents/s", 11, 0, 79},
		{"FlameStream, exactly-once, snapshots every 1 s", 11, 0, 84},
		{"Flink, exactly-once, the same", 590, 0, 1088},
		{"MillWheel, one stage, without", 3.6, 0, 0},
		{"MillWheel, one stage, strong productions and exactly-once", 33.7, 93.8, 0},
	} {
		row := []report.Cell{report.Text(r.system)}
		for _, x := range []float64{r.p50, r.p95, r.p99} {
			if x == 0 {
				row = append(row, report.Cell{})
				continue
			}
			row = append(row, report.Number(x))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
