package main

import (
	"context"
	"math"
	"strings"
	"time"

	"tidings/eval"
	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// crashing is the flags of compare crashes.
type crashing struct {
	study
	Partitions string `name:"partitions" default:"2" placeholder:"N" group:"Experiment" help:"Partitions of each run: 4, or df=4,classify=2. Default: ${default}."`
}

const (
	// crashesDocuments is how many documents the pipeline is run with at most.
	crashesDocuments = 20_000
	// crashesDocumentsMin is how many it needs, so that what goes wrong with one of
	// a hundred records does.
	crashesDocumentsMin = 1_000
	// crashesTest is which share of them nobody learns.
	crashesTest = .1
	// crashesEvery is how often snapshots are taken of runs that wait for them. The
	// log is full before they begin: barriers that come by time would stand behind it.
	crashesEvery = "500docs"
	// crashesWords says what goes wrong in a run (eval.DefaultFaults).
	crashesWords = "a worker of each stage is killed, and one of classify again, 1 % of the acknowledgements are lost, 1 % of the writes fail, 1 % of the records come twice or out of order"
)

// Help is what compare crashes --help tells.
func (*crashing) Help() string {
	return `Runs the pipeline itself under each guarantee, by each recovery, with many seeds of faults: workers are killed, acknowledgements lost, writes fail, records come twice or out of order. How far are accuracy, labels, document frequencies and topics from the oracle's, and what was lost or came twice? Plain compare shows one seed; this says how sure one can be.

  compare crashes                                        the built-in sample
  compare crashes --from articles.jsonl.gz --limit 20000 --seeds 5
  compare crashes --partitions 4 --out findings

It meets the first 20000 documents at most, of which one in ten is not learnt and scored apart. All guarantees meet the faults of the same seed, so differences are paired: whether accuracy changes is tested by tossing signs, whether it does by less than --margin by two one-sided t tests, adjusted for the number of guarantees (Holm). Exactly-once is compared to the bit.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a run broke its claim or faults did not bite, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *crashing) Check() error {
	if err := c.study.Check(); err != nil {
		return err
	}
	_, err := c.runs(cli.Streams{}, nil)
	return err
}

// runs are those of compare, without what it measures of latency.
func (c *crashing) runs(s cli.Streams, progress *terminal.Progress) (*experiment, error) {
	source, flags := c.piped()
	if source.Limit == 0 || source.Limit > crashesDocuments {
		source.Limit = crashesDocuments
	}
	x := piped(source, flags, s, progress)
	x.flags.Guarantee, x.flags.Partitions = nil, []string{c.Partitions}
	x.flags.Order = []string{guarantees.Sorted, arrival}
	x.flags.SnapshotEvery = crashesEvery
	x.held = &eval.HeldOut{Share: crashesTest}
	var err error
	x.plans, err = x.flags.plans()
	return x, err
}

// Run measures.
func (c *crashing) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	return c.make(ctx, s, "crashes", func(ctx context.Context, m *material) (report.Experiment, error) {
		return crashes(ctx, m, c, m.setting.Seeds)
	})
}

// crashes runs the pipeline under each guarantee with so many seeds.
func crashes(ctx context.Context, m *material, c *crashing, seeds int) (report.Experiment, error) {
	x, err := c.runs(m.streams, m.progress)
	if err != nil {
		return report.Experiment{}, err
	}
	if err := m.corpus.Check(crashesDocumentsMin); err != nil {
		return report.Experiment{}, err
	}
	err = x.with(ctx, m.name, x.plans[0], nil, func(b *broker.Broker, p pipeline.Plan) error {
		x.truth, err = eval.NewTruthOf(ctx, b, p, x.held)
		return err
	})
	if err != nil {
		return report.Experiment{}, err
	}
	all := make([]experiments.CrashedRuns, len(x.plans))
	var problems []string
	began, done, of := time.Now(), 0, seeds*len(x.plans)
	for run := range seeds {
		seed := m.setting.Seed + uint64(run)
		var outcomes []*eval.Outcome
		for i, p := range x.plans {
			m.progress.Show(terminal.Status{Stage: m.name, Unit: terminal.Runs, Documents: uint64(done), Total: uint64(of), Rate: float64(done) / time.Since(began).Seconds()})
			o, err := x.crash(ctx, m.name, p, seed)
			if err != nil {
				return report.Experiment{}, err
			}
			o.Run = x.name(i)
			if what := o.Broken(); what != "" {
				problems = append(problems, "the claim is broken: "+o.Run+": "+what)
			}
			all[i].Name, all[i].Exact = o.Run, p.Guarantee == guarantees.ExactlyOnce && !p.Races()
			all[i].Runs = append(all[i].Runs, crashed(o, x.truth.Outcome()))
			outcomes = append(outcomes, o)
			done++
		}
		problems = append(problems, eval.Unproven(outcomes)...)
	}
	setting := m.setting
	setting.Seeds = seeds
	e := experiments.Crashes(all, setting, crashesWords)
	if len(problems) > 0 {
		return e, &broken{strings.Join(problems, "\n")}
	}
	return e, nil
}

// crash is one run.
func (x *experiment) crash(ctx context.Context, name string, p pipeline.Plan, seed uint64) (o *eval.Outcome, err error) {
	err = x.with(ctx, name, p, nil, func(b *broker.Broker, p pipeline.Plan) error {
		faults := pipeline.FaultPlan{Faults: eval.DefaultFaults(p.Partitions, x.truth.Tally.Documents, seed), Seed: seed}
		o, err = eval.Trial{Plan: p, Faults: faults}.Run(ctx, b, x.truth)
		return err
	})
	return o, err
}

// crashed sets a run beside the oracle.
func crashed(o, truth *eval.Outcome) experiments.Crashed {
	percent := func(n, of uint64) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	weights := math.NaN()
	if o.Weights != nil {
		weights = o.Weights.Percent
	}
	return experiments.Crashed{
		Accuracy: 100 * (o.Accuracy - truth.Accuracy), MacroF1: 100 * (o.MacroF1 - truth.MacroF1),
		Test: 100 * (o.Test.Accuracy - truth.Test.Accuracy), Weights: weights,
		Labels: o.DifferPercent, DF: o.DFError, Windows: percent(o.WindowsChanged, truth.Windows), Shares: o.SharesApart,
		Lost: percent(o.Lost, truth.Documents), Repeated: percent(o.Repeated, truth.Documents),
		UpdatesLost: percent(o.Updates.Lost, o.Updates.Expected), UpdatesMore: percent(o.Updates.Repeated, o.Updates.Expected),
		StillMS: o.RecoveryMS, Equal: o.Equal,
	}
}
