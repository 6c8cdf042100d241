package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tidings/eval/ledger"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// oracleWord stands for what ought to have been learnt from the other's log.
const oracleWord = "oracle"

// ledgers is the flags of compare ledger.
type ledgers struct {
	A string `arg:"" name:"run" help:"A store, as DIR or DIR:PIPELINE; a server, as nats://HOST:4222/PIPELINE; a file that --out wrote; or oracle."`
	B string `arg:"" optional:"" name:"other" help:"What it is compared with, likewise. Default: oracle."`

	Output string `name:"out" placeholder:"FILE" group:"Result" help:"Write the ledger of the first as JSON lines, and compare nothing (- is standard output)."`
	First  int    `name:"first" default:"5" placeholder:"N" group:"Result" help:"Differences of each kind to show. Default: ${default}."`
	JSON   bool   `name:"json" group:"Result" help:"The result as JSON, a replica a line."`
}

// Help is what compare ledger --help tells.
func (*ledgers) Help() string {
	return `Lists which labelled documents a run's model learnt, in which order, and says which it lost, repeated, reordered or had no business to learn, against another run or the oracle. The list is read from the log and proved: each record names the model's version before and behind it, a chain hash of positions and labels.

Positions are compared where both are of the same log; between runs over different logs they mean nothing, and document ids with their labels are compared.

  compare ledger DIR                        the run in a store, against the oracle
  compare ledger DIR DIR:other              against another pipeline
  compare ledger DIR --out ledger.jsonl     write it
  compare ledger DIR ledger.jsonl           against what was written

Exit codes: 0 no difference, 1 a ledger could not be read, 2 wrong usage, 3 they differ, or a ledger cannot be proved, 130 interrupted.`
}

// Run writes or compares ledgers.
func (c *ledgers) Run(ctx context.Context, s cli.Streams) (err error) {
	if c.First < 0 || c.First > 1000 {
		return &cli.UsageError{Err: fmt.Errorf("--first %d: write a number from 0 to 1000", c.First)}
	}
	if c.Output != "" && c.B != "" {
		return &cli.UsageError{Err: errors.New("--out writes the first ledger and compares nothing: leave out the second")}
	}
	if c.B == "" {
		c.B = oracleWord
	}
	if c.A == oracleWord && (c.B == oracleWord || c.Output != "") {
		return &cli.UsageError{Err: errors.New("the oracle needs a log: name a run, too")}
	}
	o := &opener{}
	defer func() { err = errors.Join(err, o.close()) }()
	if c.Output != "" {
		return c.write(ctx, s, o)
	}
	a, b, err := o.both(ctx, c.A, c.B)
	if err != nil {
		return err
	}
	return c.compare(ctx, s, a, b)
}

func (c *ledgers) write(ctx context.Context, s cli.Streams, o *opener) (err error) {
	out, err := cli.OpenOutput("--out", c.Output, s.Out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	a, err := o.open(ctx, c.A)
	if err != nil {
		return err
	}
	if err := out.Begin(); err != nil {
		return err
	}
	n, err := ledger.Write(ctx, out, a, c.A)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.Err, "%d updates of %d replicas\n", n, a.Replicas()); err != nil {
		return err
	}
	return unproved(a)
}

// compare tells in what each replica of A differs from one of B.
func (c *ledgers) compare(ctx context.Context, s cli.Streams, a, b ledger.Source) error {
	progress := newProgress(s, c.JSON)
	defer progress.Finish()
	var all []ledger.Difference
	differ := 0
	for replica := range a.Replicas() {
		progress.Show(terminal.Status{Stage: fmt.Sprintf("replica %d/%d", replica+1, a.Replicas())})
		d, err := ledger.Diff(ctx, a, replica, b, replica%b.Replicas(), c.First)
		if err != nil {
			return err
		}
		if !d.Equal() {
			differ++
		}
		all = append(all, d)
	}
	progress.Finish()
	if err := c.tell(s, all); err != nil {
		return err
	}
	if err := errors.Join(unproved(a), unproved(b)); err != nil {
		return err
	}
	if differ > 0 {
		return fmt.Errorf("%w: %d of %d replicas learnt something else", cli.ErrClaimBroken, differ, len(all))
	}
	return nil
}

// unproved says where a run's ledger cannot be proved.
func unproved(s ledger.Source) error {
	run, ok := s.(*ledger.Run)
	if !ok {
		return nil
	}
	for replica := range run.Replicas() {
		if p := run.Proofs[replica]; p.Broken > 0 {
			return fmt.Errorf("%w: the ledger cannot be proved in %d records, first in %s", cli.ErrClaimBroken, p.Broken, p.First[0])
		}
	}
	return nil
}

// line is a difference as JSON.
type line struct {
	Replica    int             `json:"replica"`
	Against    int             `json:"against"`
	By         string          `json:"by"`
	Updates    uint64          `json:"updates"`
	Expected   uint64          `json:"expected"`
	Lost       uint64          `json:"lost"`
	Repeated   uint64          `json:"repeated"`
	Reordered  uint64          `json:"reordered"`
	Unexpected uint64          `json:"unexpected"`
	First      []ledger.Change `json:"first"`
}

func by(d ledger.Difference) string {
	if d.ByPosition {
		return "position"
	}
	return "id and label"
}

func (c *ledgers) tell(s cli.Streams, all []ledger.Difference) error {
	if c.JSON {
		to := json.NewEncoder(s.Out)
		for _, d := range all {
			if err := to.Encode(line{d.Replica, d.Against, by(d), d.Updates, d.Expected, d.Lost, d.Repeated, d.Reordered, d.Unexpected, append([]ledger.Change{}, d.First...)}); err != nil {
				return err
			}
		}
		return nil
	}
	t := terminal.Table{
		Title: "Updates of the model", Remark: c.A + " against " + c.B + ", by " + by(all[0]),
		Heads: []string{"replica", "against", "updates", "expected", "lost", "repeated", "reordered", "unexpected"},
	}
	first := terminal.Table{Title: "The first differences", Heads: []string{"", "replica", "position", "id", "label"}}
	for i, d := range all {
		row := []string{strconv.Itoa(d.Replica), strconv.Itoa(d.Against)}
		for _, n := range []uint64{d.Updates, d.Expected, d.Lost, d.Repeated, d.Reordered, d.Unexpected} {
			row = append(row, strconv.FormatUint(n, 10))
		}
		t.Rows = append(t.Rows, row)
		if !d.Equal() {
			t.Bad = append(t.Bad, i)
		}
		for _, change := range d.First {
			first.Rows = append(first.Rows, []string{change.Kind, strconv.Itoa(d.Replica), change.Position, change.ID, change.Label})
		}
	}
	tables := []terminal.Table{t}
	if len(first.Rows) > 0 {
		tables = append(tables, first)
	} else {
		tables[0].Notes = []string{"No difference."}
	}
	return terminal.RenderTables(s.Out, tables, terminal.Detect(s.Out, os.Getenv))
}

// opener opens ledgers, and each store once.
type opener struct {
	stores  map[string]*broker.Broker
	brokers []*broker.Broker
}

func (o *opener) close() error {
	var errs []error
	for _, b := range o.brokers {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

// both opens two, of which one may be the oracle over the other's log.
func (o *opener) both(ctx context.Context, first, second string) (a, b ledger.Source, err error) {
	if first == oracleWord {
		b, a, err = o.both(ctx, second, first)
		return a, b, err
	}
	if a, err = o.open(ctx, first); err != nil {
		return nil, nil, err
	}
	if second != oracleWord {
		b, err = o.open(ctx, second)
		return a, b, err
	}
	run, ok := a.(*ledger.Run)
	if !ok {
		return nil, nil, &cli.UsageError{Err: fmt.Errorf("%s is a file and has no log that the oracle could read: name a store, too", first)}
	}
	return a, ledger.Oracle{Run: run}, nil
}

// open opens a file, a store or a server.
func (o *opener) open(ctx context.Context, text string) (ledger.Source, error) {
	if info, err := os.Stat(text); err == nil && info.Mode().IsRegular() {
		return ledger.OpenFile(text)
	}
	where, name := split(text)
	if b := o.stores[where]; b != nil {
		p, err := pipeline.Stored(ctx, b, name)
		if err != nil {
			return nil, fmt.Errorf("%s: no pipeline is called %s there: %w", where, name, err)
		}
		return ledger.NewRun(ctx, b, p)
	}
	url, store := "", where
	if strings.Contains(where, "://") {
		url, store = where, ""
	} else if _, err := os.Stat(where); err != nil {
		return nil, fmt.Errorf("%s is no store and no file; write DIR, DIR:PIPELINE, nats://HOST:4222/PIPELINE, a file that --out wrote, or %s", text, oracleWord)
	}
	b, p, err := openRun(ctx, url, store, name)
	if err != nil {
		return nil, err
	}
	if o.stores == nil {
		o.stores = map[string]*broker.Broker{}
	}
	o.stores[where] = b
	o.brokers = append(o.brokers, b)
	return ledger.NewRun(ctx, b, p)
}

// split takes the pipeline's name off a store or a server.
func split(text string) (where string, name pipeline.Name) {
	if scheme, rest, remote := strings.Cut(text, "://"); remote {
		host, name, _ := strings.Cut(rest, "/")
		if name == "" {
			return scheme + "://" + host, pipeline.NameDefault
		}
		return scheme + "://" + host, pipeline.Name(name)
	}
	if _, err := os.Stat(text); err == nil {
		return text, pipeline.NameDefault
	}
	if i := strings.LastIndexByte(text, ':'); i > 0 {
		return text[:i], pipeline.Name(text[i+1:])
	}
	return text, pipeline.NameDefault
}
