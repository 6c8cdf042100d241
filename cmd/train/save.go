package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// save is the flags of train save.
type save struct {
	place
	At   string `name:"at" default:"end" placeholder:"POSITION" group:"Version" help:"The place in the log: a position as predictions have it (1234/5), a message (1234), or end. Default: ${default}."`
	Note string `name:"note" placeholder:"TEXT" group:"Version" help:"What to remember of it."`
}

// Help is what train save --help tells.
func (*save) Help() string {
	return `Saves the model of a pipeline with its df as the next version: exactly as they are behind a place in the log, wherever the pipeline itself is. The log is replayed for it.

  train save --store DIR                       as they are behind the log's last message
  train save --store DIR --at 1234/5 --note "before the elections"`
}

// Check tells which values of the flags cannot be.
func (c *save) Check() error {
	_, err := parseAt(c.At)
	if len(c.Note) > pipeline.VersionNoteMax {
		err = errors.Join(err, &cli.UsageError{Err: fmt.Errorf("--note has %d bytes, the limit is %d", len(c.Note), pipeline.VersionNoteMax)})
	}
	return errors.Join(c.place.Check(), err)
}

// parseAt reads a position; the zero one is the log's end.
func parseAt(s string) (tidings.Position, error) {
	if s == "end" || s == "" {
		return tidings.Position{}, nil
	}
	sequence, line, one := strings.Cut(s, "/")
	p := tidings.Position{Line: ^uint32(0)}
	var err error
	if p.Sequence, err = strconv.ParseUint(sequence, 10, 64); err == nil && one {
		var n uint64
		n, err = strconv.ParseUint(line, 10, 32)
		p.Line = uint32(n)
	}
	if err != nil || p.Sequence == 0 {
		return p, &cli.UsageError{Err: fmt.Errorf("--at %q is no place in a log; write 1234/5, 1234 for a whole message, or end", s)}
	}
	return p, nil
}

// Run saves a version.
func (c *save) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	at, err := parseAt(c.At)
	if err != nil {
		return err
	}
	b, versions, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if at == (tidings.Position{}) {
		if at, err = logEnd(ctx, b, versions.Pipeline); err != nil {
			return err
		}
	}
	info, err := c.rebuild(ctx, s, b, versions, at, c.Note)
	if err != nil {
		return err
	}
	return c.tell(s.Out, info, described(&info)+fmt.Sprintf("\n`train promote %d` lets it take over", info.Number))
}

// logEnd is the last place of a log.
func logEnd(ctx context.Context, b *broker.Broker, name pipeline.Name) (tidings.Position, error) {
	last, err := b.LastSequence(ctx, name.LogStream().Name)
	if err == nil && last == 0 {
		err = fmt.Errorf("the log of pipeline %s is empty: there is nothing to save yet", name)
	}
	return tidings.Position{Sequence: last, Line: ^uint32(0)}, err
}

// rebuild saves the state at a place as a version.
func (p *place) rebuild(ctx context.Context, s cli.Streams, b *broker.Broker, versions *pipeline.Promotions, at tidings.Position, note string) (pipeline.VersionInfo, error) {
	each, finish := p.progress(s)
	v, err := eval.Rebuild(ctx, b, versions.Plan, at, each)
	finish()
	if err != nil {
		return pipeline.VersionInfo{}, err
	}
	v.Note, v.Saved = note, time.Now().UTC().Truncate(time.Second)
	return versions.Save(ctx, v)
}
