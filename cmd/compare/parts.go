package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/features"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/model"
	"tidings/pipeline"
)

// part is one of the experiments that compare all makes. An experiment that comes
// back beside an error is kept, and the command fails.
type part struct {
	name string
	make func(ctx context.Context, m *material) (report.Experiment, error)
}

// parts are all experiments there are. A further one is one line.
func parts() []part {
	return []part{
		{"dose", func(ctx context.Context, m *material) (report.Experiment, error) {
			return experiments.Dose(ctx, m.corpus, m.watched())
		}},
		{"bias", func(ctx context.Context, m *material) (report.Experiment, error) {
			return experiments.Bias(ctx, m.corpus, experiments.BiasOptions{Setting: m.watched()})
		}},
		{"threshold", func(ctx context.Context, m *material) (report.Experiment, error) {
			return experiments.Threshold(ctx, m.corpus, experiments.ThresholdOptions{Setting: m.watched()})
		}},
		{"drift", func(ctx context.Context, m *material) (report.Experiment, error) {
			return experiments.Drift(ctx, m.corpus, experiments.DriftOptions{Setting: m.watched()})
		}},
		{"races", func(ctx context.Context, m *material) (report.Experiment, error) {
			return races(ctx, m, m.less(3, 1))
		}},
		{"latency", func(ctx context.Context, m *material) (e report.Experiment, err error) {
			c := latencies{Partitions: "1", Load: 500, Seconds: m.less(latencySeconds, 1), Rounds: m.less(latencyRounds, 1), Margin: latencyMargin}
			c.SourceFlags, c.ModelFlags = m.flags.piped()
			return c.measure(ctx, m.streams, m.name, m.progress)
		}},
		{"order", func(ctx context.Context, m *material) (e report.Experiment, err error) {
			c := orders{latencies{Partitions: "2", Load: 500, Seconds: m.less(latencySeconds, 1), Rounds: m.less(latencyRounds, 1), Margin: latencyMargin}}
			c.SourceFlags, c.ModelFlags = m.flags.piped()
			return c.measure(ctx, m.streams, m.name, m.progress)
		}},
		{"crashes", func(ctx context.Context, m *material) (report.Experiment, error) {
			return crashes(ctx, m, &crashing{study: *m.flags, Partitions: "2"}, m.less(m.setting.Seeds, 1))
		}},
	}
}

// material is what experiments are made of.
type material struct {
	name     string // of the experiment that is made, as progress tells it
	flags    *study
	quick    bool
	streams  cli.Streams
	corpus   *experiments.Corpus
	setting  experiments.Setting
	plan     pipeline.Plan
	progress *terminal.Progress
}

// less is so much, or with --quick less.
func (m *material) less(usual, quick int) int {
	if m.quick {
		return quick
	}
	return usual
}

// watched is the setting of an experiment that tells how far it is.
func (m *material) watched() experiments.Setting {
	s, name, since := m.setting, m.name, time.Now()
	s.Progress = func(done, of int) {
		m.progress.Show(terminal.Status{Stage: name, Unit: terminal.Runs, Documents: uint64(done), Total: uint64(of), Rate: float64(done) / time.Since(since).Seconds()})
	}
	return s
}

// digest is of all that an experiment's numbers depend on: what is equal in it
// need not be made again.
func (m *material) digest(p part) (string, error) {
	text, err := json.Marshal(struct {
		Experiment, Program string
		Model               string
		Others              []string
		Options             model.Options
		Features            features.Options
		Seeds               int
		Seed                uint64
		Margin              float64
		Quick               bool
		Documents           string
	}{
		p.name, cli.Version(), m.setting.Model, m.setting.Others, m.setting.Options, m.plan.Features,
		m.setting.Seeds, m.setting.Seed, m.setting.Margin, m.quick, m.corpus.Digest(),
	})
	return fmt.Sprintf("%016x", xxhash.Sum64(text)), err
}
