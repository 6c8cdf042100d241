package main

import (
	"context"
	"fmt"
	"strings"

	"tidings/eval"
	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// racing is the flags of compare races.
type racing struct {
	study
	Runs int `name:"runs" default:"3" placeholder:"N" group:"Experiment" help:"Runs of the pipeline with each number of partitions, each under faults of its own. Default: ${default}."`
}

// sortedDocuments is how many documents the pipeline is run with at most.
const sortedDocuments = 2 * experiments.RacesDocuments

// Help is what compare races --help tells.
func (*racing) Help() string {
	return `Ten runs of the same thousand documents: how many labels vary from run to run where partitions race, and what becomes of accuracy? This is a published experiment (Trofimov et al., BIRTE 2019); its figures stand beside ours. Races are made on a plain loop: frames of documents come out of 2, 4 and 8 partitions in an order that a seed decides. The pipeline itself is run under faults with as many partitions, in both orders: where it meets documents in log order (sorted) no label may vary.

  compare races                                        the built-in sample
  compare races --from articles.jsonl.gz --out findings

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a label of the pipeline varied or faults did not bite, 130 interrupted.`
}

// Run measures.
func (c *racing) Run(ctx context.Context, s cli.Streams) error {
	if c.Runs < 1 || c.Runs > roundsMax {
		return &cli.UsageError{Err: fmt.Errorf("--runs %d is out of range; 1 to %d are possible", c.Runs, roundsMax)}
	}
	return c.make(ctx, s, "races", func(ctx context.Context, m *material) (report.Experiment, error) {
		return races(ctx, m, c.Runs)
	})
}

// races makes the experiment: the loop's races, and the pipeline's runs.
func races(ctx context.Context, m *material, runs int) (report.Experiment, error) {
	if err := m.corpus.Check(experiments.RacesDocumentsMin); err != nil {
		return report.Experiment{}, err
	}
	var piped []experiments.Piped
	for _, order := range []string{guarantees.Sorted, arrival} {
		of, err := m.raced(ctx, order, runs)
		if err != nil {
			return report.Experiment{}, err
		}
		piped = append(piped, of...)
	}
	e, err := experiments.Races(ctx, m.corpus, m.watched(), piped)
	for _, r := range piped {
		if err == nil && r.Order == guarantees.Sorted && r.Vary > 0 {
			err = &broken{fmt.Sprintf("the claim is broken: under the order sorted %.2f %% of the labels vary with %d partitions", r.Vary, r.Partitions)}
		}
	}
	return e, err
}

// raced runs the pipeline with 2, 4 and 8 partitions under faults, and says how
// many labels are not those of the oracle.
func (m *material) raced(ctx context.Context, order string, runs int) (all []experiments.Piped, err error) {
	source, flags := m.flags.piped()
	if source.Limit == 0 || source.Limit > sortedDocuments {
		source.Limit = sortedDocuments
	}
	x := piped(source, flags, m.streams, m.progress)
	of := []int{2, 4, 8}
	for i, n := range of {
		r := experiments.Piped{Order: order, Partitions: n, Runs: runs}
		var differ, documents uint64
		for run := range runs {
			m.progress.Show(terminal.Status{Stage: m.name + " " + order, Unit: terminal.Runs, Documents: uint64(i*runs + run), Total: uint64(len(of) * runs)})
			p := m.plan
			p.Order, p.Partitions = order, pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: 1}
			if order == arrival && p.WithDefaults().Order != arrival {
				return nil, nil // it cannot be had
			}
			err := x.with(ctx, m.name, p, nil, func(b *broker.Broker, p pipeline.Plan) error {
				truth, err := eval.NewTruth(ctx, b, p)
				if err != nil {
					return err
				}
				seed := m.setting.Seed + uint64(run)
				faults := pipeline.FaultPlan{Faults: eval.DefaultFaults(p.Partitions, truth.Tally.Documents, seed), Seed: seed}
				o, err := eval.Trial{Plan: p, Faults: faults}.Run(ctx, b, truth)
				if err != nil {
					return err
				}
				o.Run = fmt.Sprintf("%s with %d partitions", order, n)
				if unproven := eval.Unproven([]*eval.Outcome{o}); len(unproven) > 0 {
					return &broken{"the faults did not bite: " + strings.Join(unproven, "; ")}
				}
				differ, documents = differ+o.Differ+o.Lost, documents+o.Documents
				r.Accuracy += 100 * o.Accuracy / float64(runs)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		if documents > 0 {
			r.Vary = 100 * float64(differ) / float64(documents)
		}
		all = append(all, r)
	}
	return all, nil
}

// piped is how a study's documents are read for a pipeline.
func (c *study) piped() (cli.SourceFlags, cli.ModelFlags) {
	return cli.SourceFlags{From: c.From, ReadFlags: c.ReadFlags, Seed: c.Seed}, cli.ModelFlags{Model: c.Model, TextFlags: c.TextFlags}
}

// piped feeds documents to pipelines, exactly-once and without faults.
func piped(source cli.SourceFlags, flags cli.ModelFlags, s cli.Streams, progress *terminal.Progress) *experiment {
	if source.Pack == 0 {
		source.Pack = packDefault
	}
	return &experiment{
		flags: &compare{SourceFlags: source, ModelFlags: flags, Guarantee: []string{guarantees.ExactlyOnce}}, streams: s, progress: progress,
	}
}
