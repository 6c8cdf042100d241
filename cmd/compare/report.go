package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"tidings/eval/report"
	"tidings/internal/cli"
)

// reports is the flags of compare report.
type reports struct {
	Dir string `arg:"" name:"dir" placeholder:"DIR" complete:"dirs" help:"Where --out of an experiment put its results."`
}

// Help is what compare report --help tells.
func (*reports) Help() string {
	return `Makes report.html of all experiments that a directory holds: one page with their claims, figures and tables, and with command, seed, version and machine of each. It needs no network. The page is made from the JSON that stands there, and nothing is run again.

  compare dose --out findings
  compare report findings

Exit codes: 0 done, 1 failed, 2 wrong usage.`
}

// Run makes the page.
func (c *reports) Run(_ context.Context, s cli.Streams) error {
	if err := page(c.Dir); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Out, filepath.Join(c.Dir, report.PageName))
	return err
}

// page makes the page of a directory.
func page(dir string) error {
	all, err := report.Read(dir)
	if errors.Is(err, report.ErrNone) {
		return fmt.Errorf("%w; make some with compare dose --out %s", err, dir)
	}
	if err != nil {
		return err
	}
	return report.WritePage(dir, "What a guarantee does to accuracy", all)
}
