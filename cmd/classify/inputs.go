package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tidings/internal/broker"
	"tidings/internal/cli"
)

// checkSource tells what does not go with where the documents come from.
func (c *classify) checkSource() error {
	_, _, err := c.Pace()
	if err != nil {
		return err
	}
	if slices.Contains(c.From, cli.Log) && len(c.From) > 1 {
		return &cli.UsageError{Err: errors.New("--from log stands alone: what else shall be read is added to the log by a run of its own, ingest --from FILE")}
	}
	if len(c.From) > 0 && !c.Is(cli.Log) {
		return nil
	}
	given := append(c.SourceFlags.Given(), c.LateFlags.Given()...)
	if len(c.Test) > 0 { // which are read
		given = slices.DeleteFunc(given, func(flag string) bool { return flag == "--format" || flag == "--columns" || flag == "--classes" })
	}
	if c.Faults != "" { // which draw from the seed, too
		given = slices.DeleteFunc(given, func(flag string) bool { return flag == "--seed" })
	}
	if c.Rate != "" {
		given = append(given, "--rate")
	}
	if c.Speed != "" {
		given = append(given, "--speed")
	}
	if len(given) > 0 {
		return &cli.UsageError{Err: fmt.Errorf("%s: this is for a source that is read, and no source is read here: name one with --from, or leave this out", strings.Join(given, ", "))}
	}
	if !c.Is(cli.Log) || c.NATS != "" || c.Listen != "" {
		return nil
	}
	if c.Store == "" {
		return &cli.UsageError{Err: errors.New("--from log classifies what a log holds already: say where it is, with --store DIR or --nats URL")}
	}
	if _, err := os.Stat(c.Store); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--from log: there is no store %s; make one with ingest --store %s --from FILE, or correct the name", c.Store, c.Store)
	}
	return nil
}

// Idle are the flags that mean nothing for what is read.
func (c *classify) Idle() []cli.Idle {
	others := c.NATS != "" || c.Listen != ""
	if !c.Is(cli.Log) && !(len(c.From) == 0 && others) {
		return c.IdleWith(c.Test)
	}
	idle := c.IdleUnread(c.Test)
	if c.Faults != "" {
		idle = slices.DeleteFunc(idle, func(i cli.Idle) bool { return i.Flag == "seed" })
	}
	return idle
}

// checkTests looks whether the --test files can be read, before the work that
// they are to measure.
func (r *job) checkTests(ctx context.Context) error {
	c := r.flags
	for _, path := range c.Test {
		if path == "-" {
			if c.Is(cli.Stdin) {
				return &cli.UsageError{Err: errors.New("--from - and --test - both want standard input: give one of them a file")}
			}
			continue // it would wait for the first line
		}
		source, err := c.ReadFlags.OpenFile(ctx, path, r.streams.In)
		if err != nil {
			return fmt.Errorf("--test: %w", err)
		}
		if err := source.Reader.Close(); err != nil {
			return err
		}
	}
	return nil
}

// checkOutputs refuses to overwrite what is read, and to write two things into
// one file.
func (r *job) checkOutputs() error {
	c := r.flags
	if c.Summary != "" && r.out.is(c.Summary) {
		return &cli.UsageError{Err: fmt.Errorf("--out and --summary are both %s: name two files", c.Summary)}
	}
	for _, path := range cli.FilesOf(slices.Concat(c.From, c.Test)) {
		flag := ""
		switch {
		case r.out.is(path):
			flag = "--out"
		case r.summary.Is(path):
			flag = "--summary"
		default:
			continue
		}
		return &cli.UsageError{Err: fmt.Errorf("%s would overwrite %s, which is read: name another file", flag, path)}
	}
	return nil
}

// checkSample keeps the sample, which nobody asked for by name, out of a log
// that holds something else.
func (r *job) checkSample(ctx context.Context) error {
	c := r.flags
	if !c.unnamed || c.Store == "" || r.source == nil {
		return nil
	}
	log := r.plan.Pipeline.LogStream().Name
	last, err := r.broker.LastSequence(ctx, log)
	if err != nil || last == 0 {
		return err
	}
	_, err = r.broker.Last(ctx, log, r.plan.Pipeline.LogSubject("*", r.source.Name))
	if errors.Is(err, broker.ErrEmpty) {
		return &cli.UsageError{Err: fmt.Errorf("the log in %s holds other documents than the built-in sample; say which you mean: --from log classifies what is there, --from FILE goes on with your file, --from sample adds the sample", c.Store)}
	}
	return err
}
