package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tidings/eval/report"
	"tidings/guarantees"
	"tidings/internal/cli"
	"tidings/internal/terminal"
)

// orders is the flags of compare order.
type orders struct {
	latencies
}

// errNoRace reports partitions that have no order but one.
var errNoRace = errors.New("records do not race")

// Help is what compare order --help tells.
func (*orders) Help() string {
	return `Measures what it costs to meet records in the order of the log (sorted) and not in that in which they come (arrival): exactly-once by commit, with and without, in turns. This is a published experiment (Trofimov et al., BIRTE 2019); its figures stand beside ours.

  compare order                                         the built-in sample, 2 partitions, 500 documents a second
  compare order --load 2000 --partitions 4 --rounds 10
  compare order --from articles.jsonl.gz --out findings

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Run measures.
func (c *orders) Run(ctx context.Context, s cli.Streams) error {
	if len(c.From) == 0 {
		c.From = []string{cli.Sample}
	}
	if c.Partitions == "1" { // records of one partition do not race
		c.Partitions = "2"
	}
	to := &study{From: c.From, Seed: c.Seed, Output: c.Output, JSON: c.JSON}
	progress := terminal.NewProgress(s.Err, false, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	began := time.Now()
	if err := to.prepare("order"); err != nil {
		return err
	}
	e, err := c.measure(ctx, s, "order", progress)
	if err != nil {
		return err
	}
	e.Origin = to.origin("order", c.documents, began)
	progress.Finish()
	return to.tell(s, e)
}

// measure measures both orders, and says what lies between them.
func (c *orders) measure(ctx context.Context, s cli.Streams, name string, progress *terminal.Progress) (e report.Experiment, err error) {
	c.only.Guarantee, c.only.Recovery = []string{guarantees.ExactlyOnce}, []string{guarantees.Commit}
	all, err := c.rounds(ctx, s, name, progress)
	if err != nil {
		return e, err
	}
	if len(all) != 2 {
		return e, &cli.UsageError{Err: fmt.Errorf("%w with --partitions %s; give several of tokenize", errNoRace, c.Partitions)}
	}
	e = c.report(all)
	e.Name, e.Title = "order", "What does order cost in time?"
	e.Question = fmt.Sprintf("How much longer does a document take at %.0f documents a second where records are met in the order of the log?", c.Load)
	sorted, raced := all[0], all[1]
	t := report.Table{
		Name: "cost", Title: "What enforcing the order adds", Remark: fmt.Sprintf("ms; means of %d rounds, with their intervals", c.Rounds),
		Columns: []report.Column{
			{Name: "quantile"}, {Name: "arrival", Unit: "ms", Decimals: 2}, {Name: "sorted", Unit: "ms", Decimals: 2}, {Name: "adds", Unit: "ms", Decimals: 2},
			{Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "theirs adds", Unit: "ms", Decimals: 0, Published: true},
		},
	}
	both := newBeside(sorted, raced, c.Seed)
	c.test([]*beside{both})
	e.Claims = append(c.claims(both, 1), e.Claims...)
	for _, of := range []struct {
		quantile float64
		adds     *roundDifferences
		theirs   report.Cell
	}{
		{.50, &both.p50, report.Number(11)},
		{.99, &both.p99, report.Number(28)},
	} {
		t.Rows = append(t.Rows, []report.Cell{
			report.Text(of.adds.quantile), report.Number(raced.all.Quantile(of.quantile)), report.Number(sorted.all.Quantile(of.quantile)),
			report.Number(of.adds.mean.Mean), report.Number(of.adds.mean.Low), report.Number(of.adds.mean.High), of.theirs,
		})
	}
	e.Tables = []report.Table{t, e.Tables[0]}
	e.Notes = append(e.Notes[:len(e.Notes)-1:len(e.Notes)-1], "Published are watermarks and a buffer before df on 2 nodes (Trofimov et al. 2019). Here every partition's records carry the range of the log that they cover, and a receiver takes the next range as soon as it is there: there is no watermark to wait for.")
	return e, nil
}
