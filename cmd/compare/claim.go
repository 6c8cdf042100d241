package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tidings/eval/check"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// claim is the flags of compare check.
type claim struct {
	NATS     string `name:"nats" placeholder:"URL" group:"Run" help:"The run is on the NATS server at URL."`
	Store    string `name:"store" placeholder:"DIR" complete:"dirs" group:"Run" help:"The run is in the store DIR."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Run" help:"The pipeline to check. Default: ${default}."`
	Finished bool   `name:"finished" group:"Run" help:"Count what is in the log and not committed as lost. Without it the run may go on still."`
	JSON     bool   `name:"json" group:"Result" help:"The result as JSON."`
}

// Help is what compare check --help tells.
func (*claim) Help() string {
	return `Says from what a run has written, and from nothing else, whether it kept what it claims: at-most-once may lose and never repeats, at-least-once may repeat and never loses, exactly-once neither, and is the oracle's to the bit. It reads the log and what each partition committed side by side, and runs the oracle over the same log beside them. It changes nothing.

  compare check --store DIR                         a run in a store
  compare check --nats nats://127.0.0.1:4222        a run on a server
  compare check --store DIR --pipeline news         another pipeline there

Exit codes: 0 the claim holds, 1 the run could not be read, 2 wrong usage, 3 the claim is broken, 130 interrupted.`
}

// Run checks one run.
func (c *claim) Run(ctx context.Context, s cli.Streams) (err error) {
	if (c.NATS == "") == (c.Store == "") {
		return &cli.UsageError{Err: errors.New("name the run to check: --store DIR or --nats URL")}
	}
	b, p, err := openRun(ctx, c.NATS, c.Store, pipeline.Name(c.Pipeline))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	progress := newProgress(s, c.JSON)
	defer progress.Finish()
	h, err := check.Open(ctx, b, p, func(done uint64) {
		progress.Show(terminal.Status{Stage: "checking", Documents: done})
	})
	if err != nil {
		return err
	}
	h.Finished = c.Finished
	report, err := check.Check(h)
	if err != nil {
		return err
	}
	progress.Finish()
	if err := c.tell(s, report); err != nil {
		return err
	}
	if report.Broken {
		return fmt.Errorf("%w: %s", cli.ErrClaimBroken, firstBroken(report))
	}
	return nil
}

// firstBroken says what breaks the claim, the first of it.
func firstBroken(r check.Report) string {
	f := r.Findings[0]
	more := 0
	for _, other := range r.Findings[1:] {
		if other.Broken {
			more++
		}
	}
	text := fmt.Sprintf("under %s %s of %d in %s, log messages %d..%d", r.Claim, f.Kind, f.Count, f.Where, f.From, f.To)
	if more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// newProgress shows on standard error how far reading is.
func newProgress(s cli.Streams, json bool) *terminal.Progress {
	return terminal.NewProgress(s.Err, json, time.Now, terminal.Detect(s.Err, os.Getenv))
}

// openRun opens a pipeline that exists, on a server or in a store that exists.
func openRun(ctx context.Context, url, store string, name pipeline.Name) (*broker.Broker, pipeline.Plan, error) {
	if store != "" {
		if _, err := os.Stat(filepath.Join(store, "jetstream")); err != nil {
			return nil, pipeline.Plan{}, fmt.Errorf("%s is no store: nothing was run with --store %s", store, store)
		}
	}
	if err := name.Check(); err != nil {
		return nil, pipeline.Plan{}, &cli.UsageError{Err: err}
	}
	flags := cli.BrokerFlags{NATS: url, Store: store}
	b, err := flags.Open(ctx, "tidings compare")
	if err != nil {
		return nil, pipeline.Plan{}, err
	}
	p, err := pipeline.Stored(ctx, b, name)
	if err == nil {
		return b, p, nil
	}
	if errors.Is(err, broker.ErrEmpty) {
		err = fmt.Errorf("no pipeline is called %s there; name another with --pipeline", name)
	}
	return nil, p, errors.Join(err, b.Close())
}

// tell writes what the check came to.
func (c *claim) tell(s cli.Streams, r check.Report) error {
	if c.JSON {
		to := json.NewEncoder(s.Out)
		to.SetIndent("", "  ")
		return to.Encode(r)
	}
	tables := []terminal.Table{accounts(r)}
	if len(r.Findings) > 0 {
		tables = append(tables, found(r))
	}
	tables = append(tables, digests(r))
	return terminal.RenderTables(s.Out, tables, terminal.Detect(s.Out, os.Getenv))
}

// accounts is the table of what became of the log at each partition.
func accounts(r check.Report) terminal.Table {
	t := terminal.Table{
		Title: "Partitions", Remark: "in = out + refused + lost + holes + in flight; of df terms, of topics windows",
		Heads: []string{"", "records", "owners", "in", "out", "refused", "lost", "holes", "in flight", "repeated", "unexpected"},
		Notes: r.Notes,
	}
	purged := false
	for _, a := range r.Stages {
		purged = purged || a.Purged > 0
	}
	if purged {
		t.Heads = append(t.Heads, "purged")
	}
	for i, a := range r.Stages {
		row := []string{a.Where}
		for _, n := range []uint64{a.Records, a.Fences, a.In, a.Out, a.Rejected, a.Lost, a.Holes, a.InFlight, a.Repeated, a.Unexpected, a.Purged} {
			row = append(row, strconv.FormatUint(n, 10))
		}
		t.Rows = append(t.Rows, row[:len(t.Heads)])
		for _, f := range r.Findings {
			if f.Broken && f.Where == a.Where {
				t.Bad = append(t.Bad, i)
				break
			}
		}
	}
	return t
}

// found is the table of what was found, with examples below.
func found(r check.Report) terminal.Table {
	t := terminal.Table{
		Title: "Findings", Remark: "under " + r.Claim,
		Heads: []string{"", "where", "count", "log messages", "beginning", "middle", "end", "the claim"},
	}
	for i, f := range r.Findings {
		verdict := "allows it"
		if f.Broken {
			verdict = "is BROKEN"
			t.Bad = append(t.Bad, i)
		}
		where := []string{"", "", ""}
		if f.Beginning+f.Middle+f.End > 0 {
			where = []string{strconv.FormatUint(f.Beginning, 10), strconv.FormatUint(f.Middle, 10), strconv.FormatUint(f.End, 10)}
		}
		t.Rows = append(t.Rows, []string{string(f.Kind), f.Where, strconv.FormatUint(f.Count, 10), fmt.Sprintf("%d..%d", f.From, f.To), where[0], where[1], where[2], verdict})
		note := fmt.Sprintf("%s in %s: %s", f.Kind, f.Where, f.Meaning)
		if len(f.Examples) > 0 {
			note += ": " + strings.Join(f.Examples, "; ")
		}
		t.Notes = append(t.Notes, note)
	}
	return t
}

// digests is the table of the run's digests beside the oracle's, and below it
// the verdict.
func digests(r check.Report) terminal.Table {
	t := terminal.Table{Title: "Digests", Heads: []string{"", "the run's", "the oracle's", "equal"}}
	if len(r.Digests) == 0 { // records were met as they arrived
		t = terminal.Table{Title: "Verdict"}
	}
	for _, d := range r.Digests {
		equal := "yes"
		if !d.Equal() {
			equal = "no"
		}
		t.Rows = append(t.Rows, []string{d.Of, d.Run, d.Oracle, equal})
	}
	verdict := "The claim holds: " + r.Claim + "."
	switch {
	case r.Broken:
		verdict = "The claim is BROKEN: " + firstBroken(r) + "."
	case r.Unfinished > 0:
		verdict = "The claim holds as far as the run has come: " + r.Claim + "."
	}
	t.Notes = []string{fmt.Sprintf("%d documents in %d log messages. %s", r.Documents, r.Messages, verdict)}
	return t
}
