package main

import (
	"context"
	"errors"
	"fmt"

	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// checkKeep tells what does not go with deleting what is old.
func (c *classify) checkKeep() error {
	switch {
	case pipeline.Keep(c.Keep).All():
		return nil
	case c.Faults != "":
		return &cli.UsageError{Err: errors.New("--keep deletes what a worker under --faults reads again from the beginning: leave one of them out")}
	case c.Store == "" && c.NATS == "" && c.Listen == "":
		return &cli.UsageError{Err: errors.New("--keep: without --store, --nats or --listen the log is temporary, and all of it goes at the end: leave it out, or give --store DIR")}
	}
	return nil
}

// retention is how the log is trimmed. Nothing is before all that was there is
// read: this process adds it up.
func (r *job) retention(behind uint64) ingest.Retention {
	return ingest.Retention{
		Pipeline: r.plan.Pipeline, Keep: pipeline.Keep(r.flags.Keep), Notice: r.progress.Notice, Snapshots: r.outside.Snapshots,
		Wait: func() bool { return r.follower.at() < behind },
	}
}

// retain trims the log beside the work.
func (r *job) retain(ctx context.Context) error {
	last, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name)
	if err != nil {
		return err
	}
	return ingest.Retain(ctx, r.broker, r.retention(last))
}

// trim trims the log when the work is done, and says what stays although it
// need not be kept.
func (r *job) trim(ctx context.Context) (note string) {
	if pipeline.Keep(r.flags.Keep).All() {
		return ""
	}
	found, err := ingest.TrimOnce(ctx, r.broker, r.retention(0))
	switch {
	case err != nil:
		return fmt.Sprintf("--keep: the log cannot be trimmed: %v; nothing is lost, it only takes more room", err)
	case found.Held != "":
		return fmt.Sprintf("--keep %s: more of the log is kept, from %d/0 on, for %s", r.flags.Keep, found.Begin, found.Held)
	}
	return ""
}

// begins says where the account begins, "" when with the log.
func begins(after uint64) string {
	if after == 0 {
		return ""
	}
	return fmt.Sprintf("the account begins at %d/0 of the log; what was before has been deleted (--keep) and is not counted here", after+1)
}
