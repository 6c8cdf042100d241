package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// rivals is the flags of `train compare`.
type rivals struct {
	Versions []string `arg:"" optional:"" name:"version" help:"Versions by their numbers, or files that train export wrote. Default: the newest version."`

	Start string `name:"start" default:"first" placeholder:"PLACE" complete:"first,-100000" group:"Result" help:"Compare only from here on: a time, -100000 (the last so many documents) or a position. Default: from where the newest of them was saved."`
	Hurry bool   `name:"hurry" group:"Result" help:"Use the machine as if nobody else did. Default: one thread, at a low priority."`
	JSON  bool   `name:"json" group:"Result" help:"The result as JSON, a version a line."`

	Store    string `name:"store" placeholder:"DIR" group:"Broker" help:"The store that holds the log. No other process may have it open."`
	NATS     string `name:"nats" placeholder:"URL" group:"Broker" help:"The NATS server that holds the log, at URL (nats://host:4222)."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Broker" help:"The pipeline. Default: ${default}."`
}

// Help is what train compare --help tells.
func (*rivals) Help() string {
	return `Says how good versions would have been in place of the model in service. Each goes on learning from where it was saved, over the log, predicting each document before it learns it; the champion's predictions are those that the pipeline committed. All are compared on the same documents: accuracy, macro-F1, log loss, Brier score, calibration, and McNemar's test of each against the champion.

  train compare --store DIR                        the newest version
  train compare 3 4 --nats nats://127.0.0.1:4222   two versions
  train compare other.model --store DIR --start 2024-03-01

Log loss and Brier score know the three best labels of each prediction, and share what those leave evenly among the others.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Run lets each version learn what came behind it, and compares.
func (c *rivals) Run(ctx context.Context, s cli.Streams) (err error) {
	if c.NATS == "" == (c.Store == "") {
		return &cli.UsageError{Err: errors.New("which log? give --nats URL of a running broker, or --store DIR")}
	}
	start, err := eval.ParseStart(c.Start)
	if err != nil {
		return &cli.UsageError{Err: fmt.Errorf("--start %w", err)}
	}
	b, stored, err := openPipeline(ctx, c.Store, c.NATS, c.Pipeline)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if !c.Hurry {
		polite()
	}
	all, err := c.open(ctx, b, stored.Pipeline)
	if err != nil {
		return err
	}
	behind, last, err := c.from(ctx, b, stored, start, all)
	if err != nil {
		return err
	}
	progress := terminal.NewProgress(s.Err, c.JSON, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	var compared []contender
	for i := range all {
		duel, err := all[i].duel(ctx, b, stored, behind, last, progress)
		if err != nil {
			return fmt.Errorf("%s: %w", all[i].name, err)
		}
		compared = append(compared, contender{all[i].name, duel})
	}
	progress.Finish()
	return c.tell(s, stored, compared)
}

// rival is a version that goes on learning.
type rival struct {
	name    string
	version *pipeline.ModelVersion
	from    uint64 // the log message behind the last that it has met
}

// open opens the versions.
func (c *rivals) open(ctx context.Context, b *broker.Broker, name pipeline.Name) (all []rival, err error) {
	versions := pipeline.Versions{Broker: b, Pipeline: name}
	wanted := c.Versions
	if len(wanted) == 0 {
		there, err := versions.List(ctx)
		if err != nil {
			return nil, err
		}
		if len(there) == 0 {
			return nil, fmt.Errorf("pipeline %s has no version to compare; train run --save learns one", name)
		}
		wanted = []string{strconv.FormatUint(there[len(there)-1].Number, 10)}
	}
	for _, text := range wanted {
		r := rival{name: text}
		if number, err := strconv.ParseUint(text, 10, 64); err == nil {
			r.name = "version " + text
			if r.version, _, err = versions.Load(ctx, number); err != nil {
				return nil, err
			}
		} else if r.version, _, err = pipeline.ReadVersionFile(text); err != nil {
			return nil, err
		}
		if r.from, err = after(r.version, name); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// after is the first message of a pipeline's log that a version has not met.
func after(v *pipeline.ModelVersion, name pipeline.Name) (uint64, error) {
	if v.Origin.Pipeline != name || v.Origin.Position == "" {
		return 1, nil
	}
	at, err := tidings.ParsePosition(v.Origin.Position)
	return at.Sequence + 1, err
}

// from is the message behind which all are compared, and the last one.
func (c *rivals) from(ctx context.Context, b *broker.Broker, stored pipeline.Plan, start eval.Start, all []rival) (behind, last uint64, err error) {
	begin, err := pipeline.LogBegin(ctx, b, stored.Pipeline)
	if err != nil {
		return 0, 0, err
	}
	if last, err = b.LastSequence(ctx, stored.Pipeline.LogStream().Name); err != nil {
		return 0, 0, err
	}
	from, err := start.Find(ctx, b, stored.Pipeline, begin, last)
	if err != nil {
		return 0, 0, fmt.Errorf("--start %s: %w", c.Start, err)
	}
	for i := range all {
		if all[i].from == 1 { // it has met nothing of this log: it begins where that does
			all[i].from = begin
		}
		from = max(from, all[i].from)
	}
	if from > last {
		return 0, 0, fmt.Errorf("nothing has come since the newest of these versions was saved (behind %d/0), so there is nothing to compare them on; wait for more documents, or compare with train run", from-1)
	}
	return from - 1, last, nil
}

// duel lets a version learn, and compares it with what the pipeline said.
func (r *rival) duel(ctx context.Context, b *broker.Broker, stored pipeline.Plan, behind, last uint64, progress *terminal.Progress) (*eval.Duel, error) {
	p := stored
	p.Features, p.Model, p.Options = r.version.Features, r.version.VersionHead.Model, r.version.Options
	oracle, err := eval.NewChallenger(p, r.version)
	if err != nil {
		return nil, err
	}
	challenge := &eval.Challenge{Broker: b, Stored: stored, Oracle: oracle, From: r.from, To: last, Behind: behind, Duel: eval.NewDuel(1)}
	shown := time.Time{}
	challenge.Learnt = func(_ context.Context, sequence uint64) error {
		if now := time.Now(); now.Sub(shown) > showEvery {
			shown = now
			progress.Show(terminal.Status{Stage: r.name, Documents: challenge.Documents, Accuracy: challenge.Recent.Accuracy(), Labelled: challenge.Confusion.Documents(), Lag: last - min(last, sequence)})
		}
		return nil
	}
	return challenge.Duel, challenge.Run(ctx)
}

func (c *rivals) tell(s cli.Streams, stored pipeline.Plan, all []contender) error {
	if c.JSON {
		to := json.NewEncoder(s.Out)
		for _, one := range all {
			if err := to.Encode(struct {
				Name string `json:"name"`
				duelLine
			}{one.name, newDuelLine(one.duel)}); err != nil {
				return err
			}
		}
		return nil
	}
	tables := duelTables(describe(stored), all)
	if len(tables) == 0 {
		return errors.New("nothing to compare: the champion's predictions of these documents are not there, or none has a label")
	}
	return terminal.RenderTables(s.Out, tables, terminal.Detect(s.Out, os.Getenv))
}
