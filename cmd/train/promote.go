package main

import (
	"context"
	"errors"
	"fmt"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// promote is the flags of train promote.
type promote struct {
	place
	Version uint64 `arg:"" name:"version" help:"The version's number."`
}

// Help is what train promote --help tells.
func (*promote) Help() string {
	return `Lets a version take over in a pipeline: model, df and all, as they were saved. That is a record of the log: documents before it are predicted as before, documents behind it by the version, in every process, whatever crashes. It goes on learning from there.

  train promote 3 --nats URL      while the pipeline runs
  train promote 3 --store DIR     it takes effect when it runs again`
}

// promoted is what promote and rollback write.
type promoted struct {
	Version  uint64 `json:"version"`
	Position string `json:"position"` // documents behind it are predicted by the version
	Digest   string `json:"digest"`
	// Of a rollback:
	Undone     uint64 `json:"undone_version,omitempty"` // the version that had taken over
	UndoneAt   string `json:"undone_position,omitempty"`
	WasSaved   bool   `json:"was_saved,omitempty"` // the state before it was a version already
	VersionsAt string `json:"state_of,omitempty"`  // the position that the state is of
}

// Run promotes.
func (c *promote) Run(ctx context.Context, s cli.Streams) (err error) {
	b, versions, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	at, info, err := takeOver(ctx, versions, c.Version)
	if err != nil {
		return err
	}
	return c.tell(s.Out, promoted{Version: c.Version, Position: at.String(), Digest: info.Digest},
		fmt.Sprintf("version %d takes over at %v of pipeline %s: documents behind that are predicted by it", c.Version, at, c.Pipeline))
}

// takeOver puts the promotion into the log.
func takeOver(ctx context.Context, versions *pipeline.Promotions, number uint64) (at tidings.Position, info pipeline.VersionInfo, err error) {
	if info, err = versions.Info(ctx, number); err != nil {
		return at, info, err
	}
	if at, err = versions.Promote(ctx, number); errors.Is(err, broker.ErrConflict) {
		err = fmt.Errorf("another promotion came first: look with `train list`, and promote again if version %d is to follow it (%w)", number, err)
	}
	return at, info, err
}

// rollback is the flags of train rollback.
type rollback struct{ place }

// Help is what train rollback --help tells.
func (*rollback) Help() string {
	return `Takes back the last promotion: the state just before it is saved as a version, where it is none yet, and promoted. What was learnt since is not in it. The log is replayed for it. A rollback is a promotion itself, so a second one takes back the first.

  train rollback --store DIR`
}

// Run rolls back.
func (c *rollback) Run(ctx context.Context, s cli.Streams) (err error) {
	b, versions, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	last, found, err := versions.Last(ctx, ^uint64(0))
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("no version has taken over in pipeline %s: there is nothing to take back", c.Pipeline)
	}
	if last.Position.Sequence == 1 {
		return fmt.Errorf("version %d took over at the very beginning of the log of pipeline %s: nothing was before it", last.Number, c.Pipeline)
	}
	info, saved, err := c.before(ctx, s, b, versions, last)
	if err != nil {
		return err
	}
	at, _, err := takeOver(ctx, versions, info.Number)
	if err != nil {
		return err
	}
	words := fmt.Sprintf("version %d had taken over at %v; the state before it is of %s", last.Number, last.Position, info.Origin.Position)
	if saved {
		words += fmt.Sprintf(", which was saved as version %d already", info.Number)
	} else {
		words += fmt.Sprintf(", and is version %d now", info.Number)
	}
	words += fmt.Sprintf("\nversion %d takes over at %v of pipeline %s: documents behind that are predicted by it", info.Number, at, c.Pipeline)
	return c.tell(s.Out, promoted{
		Version: info.Number, Position: at.String(), Digest: info.Digest,
		Undone: last.Number, UndoneAt: last.Position.String(), WasSaved: saved, VersionsAt: info.Origin.Position,
	}, words)
}

// before is the version of the state just before a promotion.
func (c *rollback) before(ctx context.Context, s cli.Streams, b *broker.Broker, versions *pipeline.Promotions, last pipeline.Promoted) (info pipeline.VersionInfo, saved bool, err error) {
	at := tidings.Position{Sequence: last.Position.Sequence - 1, Line: ^uint32(0)}
	end, err := versions.EndOf(ctx, at.Sequence)
	if err != nil {
		return info, false, err
	}
	all, err := versions.List(ctx)
	if err != nil {
		return info, false, err
	}
	for _, v := range all {
		if !v.Imported && !v.Origin.Beside && v.Origin.Pipeline == versions.Pipeline && v.Origin.Position == end.String() {
			return v, true, nil
		}
	}
	info, err = c.rebuild(ctx, s, b, versions, at, fmt.Sprintf("before version %d took over at %v", last.Number, last.Position))
	return info, false, err
}
