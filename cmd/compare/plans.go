package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tidings/guarantees"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// What --faults says besides a plan.
const (
	defaultFaults = "default" // nothing was said
	noFaults      = "none"
)

// plans are the plans of the runs. All that is wrong with them is told before
// the first run.
func (c *compare) plans() ([]pipeline.Plan, error) {
	if slices.Contains(c.From, cli.Stdin) {
		return nil, &cli.UsageError{Err: errors.New("compare reads its source several times, and standard input comes once: give it a file")}
	}
	base, err := c.ModelFlags.Plan()
	if err != nil {
		return nil, err
	}
	if base.Features.DFForgets() {
		return nil, &cli.UsageError{Err: errors.New("compare tells how far df is off from counts that only grow: leave out --df-half-life and --df-terms")}
	}
	promised, err := c.promises(base)
	errs := []error{err}
	if c.Load < 0 || c.Load > 1e6 {
		errs = append(errs, fmt.Errorf("--load %v is no number of documents a second; write one up to 1000000, or 0", c.Load))
	}
	if c.TestShare == 1 {
		errs = append(errs, errors.New("--test-share 1 leaves no document to learn; give less, such as 10%"))
	}
	var plans []pipeline.Plan
	for _, partitions := range c.Partitions {
		n, err := pipeline.ParsePartitions(partitions)
		errs = append(errs, err)
		for _, p := range promised {
			p.Partitions = n
			for _, order := range c.Order {
				p := p
				if p.Order = order; p.Races() && p.Holds() && c.SnapshotEvery == "" {
					p.SnapshotEvery = arrivalEvery()
				}
				if c.leaves(p) {
					continue // it cannot be had there
				}
				plans = append(plans, p)
				if err == nil {
					errs = append(errs, p.Check())
				}
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &cli.UsageError{Err: firstOf(err)}
	}
	return plans, nil
}

// arrivalEvery is how often snapshots are taken where records race and nothing
// is said of it: often enough that there is one to go back to in a short log, and
// that a lane can have passed a barrier to which others have yet to come.
func arrivalEvery() pipeline.Interval { return pipeline.Interval{Documents: 100} }

// leaves says whether a plan is left out, for nobody asked for just this one.
func (c *compare) leaves(p pipeline.Plan) bool {
	promise := p.Promise("")
	switch {
	case len(c.Order) > 1:
		return p.Order == guarantees.Arrival && (!p.Races() || p.Check() != nil) || p.Order == guarantees.Sorted && !promise.In(p.Order)
	case len(c.Recovery) == 0:
		return !promise.In(p.Order) && (len(c.Guarantee) == 0 || len(guarantees.RecoveriesIn(p.Order, promise.Guarantee)) > 0)
	}
	return false
}

// firstOf says once what is wrong with several plans.
func firstOf(err error) error {
	var said []string
	for l := range strings.Lines(err.Error()) {
		if l = strings.TrimSuffix(l, "\n"); !slices.Contains(said, l) {
			said = append(said, l)
		}
	}
	return errors.New(strings.Join(said, "\n"))
}

// promises are the plan under each guarantee and recovery asked for, the
// weakest first.
func (c *compare) promises(base pipeline.Plan) (plans []pipeline.Plan, err error) {
	var errs []error
	for _, r := range c.Recovery {
		if _, err := guarantees.NewPromise("", r); err != nil {
			errs = append(errs, err)
		}
	}
	every, err := pipeline.ParseInterval(c.SnapshotEvery)
	if err != nil {
		errs = append(errs, err)
	}
	names := c.Guarantee
	if len(names) == 0 {
		names = guarantees.Guarantees()
	}
	for _, name := range names {
		all, stages, err := pipeline.ParsePromises(name, "")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, recovery := range c.recoveries(all.Guarantee) {
			if len(c.Recovery) > 0 && !slices.Contains(c.Recovery, recovery) {
				continue
			}
			if len(c.Recovery) == 0 && len(stages) > 0 && slices.Contains([]string{guarantees.Replay, guarantees.BySnapshot, guarantees.Unaligned}, recovery) {
				continue // these are for all stages or none
			}
			p := base
			p.Guarantee, p.Recovery, p.Stages = all.Guarantee, recovery, stages
			if p.Holds() {
				p.SnapshotEvery = every
				p = p.WithDefaults()
			}
			plans = append(plans, p)
		}
	}
	if c.SnapshotEvery != "" && !slices.ContainsFunc(plans, pipeline.Plan.Holds) && len(errs) == 0 {
		errs = append(errs, errors.New("--snapshot-every is for runs by --recovery snapshot or unaligned, and there is none: leave it out"))
	}
	if len(plans) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("none of the guarantees %s is reached by the recovery %s", strings.Join(names, ", "), strings.Join(c.Recovery, ", ")))
	}
	return plans, errors.Join(errs...)
}

// recoveries are those of a guarantee in one of the orders, or all where some are
// asked for: why one cannot be had Plan.Check tells.
func (c *compare) recoveries(guarantee string) []string {
	if slices.Contains(c.Order, guarantees.Arrival) || len(c.Recovery) > 0 {
		return guarantees.EveryRecovery(guarantee)
	}
	return guarantees.Recoveries(guarantee)
}

// faults reads --faults for each plan: "" for nothing, defaultFaults where
// nothing was said.
func (c *compare) faults(plans []pipeline.Plan) (texts []string, err error) {
	text, file := c.Faults, false
	if text != "" && text != noFaults {
		if info, err := os.Stat(text); err == nil && info.Mode().IsRegular() {
			content, err := os.ReadFile(text)
			if err != nil {
				return nil, fmt.Errorf("--faults: the plan cannot be read: %w", err)
			}
			text, file = string(content), true
		}
	}
	for _, p := range plans {
		switch {
		case c.Faults == "":
			texts = append(texts, defaultFaults)
			continue
		case c.Faults == noFaults:
			texts = append(texts, "")
			continue
		}
		var plan []guarantees.Fault
		if file {
			plan, err = guarantees.ParseFaultFile(c.Faults, text, p.FaultStages())
		} else {
			plan, err = guarantees.ParseFaults(text, p.FaultStages())
		}
		if err != nil {
			return nil, &cli.UsageError{Err: err}
		}
		texts = append(texts, guarantees.FormatFaults(plan))
	}
	return texts, nil
}
