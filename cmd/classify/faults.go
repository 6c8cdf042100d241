package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// faultFlags say what is to go wrong.
type faultFlags struct {
	Faults  string `name:"faults" placeholder:"PLAN" help:"Make things go wrong on purpose: 'kill:classify@5000, duplicate:1%', or a file with such faults, one or more a line. --seed decides what is left to chance. Default: nothing."`
	Isolate string `name:"isolate" placeholder:"WHAT" complete:"process" help:"With process each worker is a process of its own, and a fault kills it with SIGKILL. Default: all work in this process."`
	verifyFlags
}

// faultPlan reads --faults; the zero value is none.
func (c *classify) faultPlan(plan pipeline.Plan) (p pipeline.FaultPlan, err error) {
	if c.Faults == "" {
		return p, nil
	}
	var faults []guarantees.Fault
	text, err := os.ReadFile(c.Faults)
	switch {
	case err == nil:
		faults, err = guarantees.ParseFaultFile(c.Faults, string(text), plan.FaultStages())
	case strings.ContainsAny(c.Faults, ":@,"):
		faults, err = guarantees.ParseFaults(c.Faults, plan.FaultStages())
	default:
		err = fmt.Errorf("--faults %s: it is neither a file that can be read (%w) nor a plan such as kill:classify@5000", c.Faults, err)
	}
	if err != nil {
		return p, &cli.UsageError{Err: err}
	}
	for _, f := range faults {
		if f.Kind == guarantees.BrokerRestart && c.NATS != "" {
			return p, &cli.UsageError{Err: fmt.Errorf("--faults: %q is for the embedded broker; that at --nats is not this process's to restart", f)}
		}
	}
	return pipeline.FaultPlan{Faults: guarantees.FormatFaults(faults), Seed: c.Seed}, nil
}

// checkIsolate tells what does not go with workers that are processes.
func (c *classify) checkIsolate() error {
	switch {
	case c.Isolate == "":
		return nil
	case c.Isolate != "process":
		return &cli.UsageError{Err: fmt.Errorf("--isolate %q is not known; write process, or leave it out", c.Isolate)}
	case len(c.Test) > 0:
		return &cli.UsageError{Err: errors.New("--test asks the model of this process, and with --isolate process the workers have it: leave out one of them")}
	case c.Stages != "":
		return &cli.UsageError{Err: errors.New("--isolate process starts a worker for each stage; leave out --stages")}
	}
	return nil
}

// inject makes the fault plan the pipeline's, and puts it to work where the
// workers are in this process. A pipeline goes on with its faults or not at
// all: what a worker meets again depends on them.
func (r *job) inject(ctx context.Context) error {
	if r.faults == (pipeline.FaultPlan{}) {
		stored, err := pipeline.StoredFaults(ctx, r.broker, r.plan.Pipeline)
		if errors.Is(err, broker.ErrEmpty) {
			return nil
		}
		if err == nil {
			err = &cli.UsageError{Err: &pipeline.FaultPlanError{Pipeline: r.plan.Pipeline, Stored: stored}}
		}
		return err
	}
	err := pipeline.StoreFaults(ctx, r.broker, r.plan.Pipeline, r.faults)
	if errors.As(err, new(*pipeline.FaultPlanError)) {
		return &cli.UsageError{Err: err}
	}
	if err != nil {
		return err
	}
	faults, err := r.plan.Faults(r.broker, r.faults)
	if err == nil {
		r.runner.Inject(faults)
	}
	return err
}

// struck tells what became of the fault plan, for people and for the summary.
func (r *job) struck(ctx context.Context) (reports []pipeline.FaultReport, notes []string, err error) {
	reports, err = pipeline.ReportFaults(ctx, r.broker, r.plan)
	some := false
	for _, f := range reports {
		note := fmt.Sprintf("fault %s did not strike", f.Fault)
		if n := len(f.Strikes); n > 0 {
			some = true
			first := f.Strikes[0]
			note = fmt.Sprintf("fault %s struck %s at %s, message %d, %s", f.Fault, times(n), first.Place, first.Sequence, first.Time.Local().Format(time.TimeOnly))
			if first.Stream != "" {
				note = fmt.Sprintf("fault %s struck from message %d of %s on, where %s reads", f.Fault, first.Sequence, first.Stream, first.Place)
			}
		}
		notes = append(notes, note)
	}
	if len(reports) > 0 && !some {
		notes = append(notes, "no fault of the plan struck: this run proves nothing; @ counts the documents that have passed a worker")
	}
	return reports, notes, err
}

func times(n int) string {
	if n == 1 {
		return "once,"
	}
	return fmt.Sprintf("%d times, first", n)
}
