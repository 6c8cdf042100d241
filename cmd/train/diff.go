package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"tidings/eval"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// diff is the flags of train diff.
type diff struct {
	place
	A uint64 `arg:"" name:"version" help:"A version's number."`
	B uint64 `arg:"" name:"other" help:"The number of the one that it is compared with."`
}

// Help is what train diff --help tells.
func (*diff) Help() string {
	return `Tells in what two versions differ: options, labels, df, and how far the weights of each label have moved, the label that moved most first. Features are hashed, so terms have no names here.

  train diff 2 3 --store DIR`
}

// Run compares.
func (c *diff) Run(ctx context.Context, s cli.Streams) (err error) {
	b, err := c.connect(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	versions := pipeline.Versions{Broker: b, Pipeline: pipeline.Name(c.Pipeline)}
	v, _, err := versions.Load(ctx, c.A)
	if err != nil {
		return err
	}
	w, _, err := versions.Load(ctx, c.B)
	if err != nil {
		return err
	}
	d, err := eval.DiffVersions(ctx, v, w)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(d)
	}
	return terminal.RenderTables(s.Out, c.tables(v, w, d), terminal.Detect(s.Out, os.Getenv))
}

func (c *diff) tables(v, w *pipeline.ModelVersion, d eval.VersionDiff) []terminal.Table {
	a, b := fmt.Sprintf("version %d", c.A), fmt.Sprintf("version %d", c.B)
	counts := terminal.Table{Title: a + " and " + b, Heads: []string{"", a, b}}
	row := func(name string, x, y any) {
		counts.Rows = append(counts.Rows, []string{name, fmt.Sprint(x), fmt.Sprint(y)})
	}
	row("from", v.Origin, w.Origin)
	row("documents", v.Documents, w.Documents)
	row("updates", v.Updates, w.Updates)
	row("labels", v.Labels, w.Labels)
	row("terms of df", v.Terms, w.Terms)
	row("terms that the other lacks", d.DF.OnlyA, d.DF.OnlyB)
	row("cells of the model", v.Cells, w.Cells)
	counts.Notes = append(counts.Notes, fmt.Sprintf("%d terms have the same df in both, %d another one", d.DF.Equal, d.DF.Changed))
	counts.Notes = append(counts.Notes, d.Options...)
	if len(d.Added) > 0 {
		counts.Notes = append(counts.Notes, fmt.Sprintf("labels of %s only: %s", b, strings.Join(d.Added, ", ")))
	}
	if len(d.Removed) > 0 {
		counts.Notes = append(counts.Notes, fmt.Sprintf("labels of %s only: %s", a, strings.Join(d.Removed, ", ")))
	}
	if d.Skipped != "" {
		counts.Notes = append(counts.Notes, "weights are not compared: "+d.Skipped)
		return []terminal.Table{counts}
	}
	weights := terminal.Table{
		Title: "Weights", Remark: "Euclidean norms over all features; the label that moved most first",
		Heads: []string{"", "norm in " + a, "in " + b, "of the change", "features changed"},
	}
	for _, l := range d.Weights {
		weights.Rows = append(weights.Rows, []string{l.Label, fmt.Sprintf("%.4f", l.NormA), fmt.Sprintf("%.4f", l.NormB), fmt.Sprintf("%.4f", l.Change), fmt.Sprint(l.Changed)})
	}
	return []terminal.Table{counts, weights}
}
