package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
	"tidings/internal/terminal"
)

// alls is the flags of compare all.
type alls struct {
	study
	Models []string `name:"models" default:"all" placeholder:"NAME" complete:"all,none,${models}" group:"Model" help:"Further models, at 1 and 5 % alone; all is every one, none is none. Repeatable. Default: ${default}."`
	Quick  bool     `name:"quick" group:"Experiment" help:"Only see that it works: the first 2500 documents, three seeds. Nothing can be concluded from it."`
}

// What --quick makes of the flags.
const (
	quickDocuments = 2_500
	quickSeeds     = 3
)

// Help is what compare all --help tells.
func (*alls) Help() string {
	return `Makes every experiment there is with the same documents, one after the other, and keeps each in --out as soon as it is done: JSON, CSV, and report.html, one page of all that DIR holds. On the built-in sample it takes less than an hour on two cores, with --quick less than a minute.

  compare all --out findings                          the built-in sample
  compare all --out findings --from articles.jsonl.gz your own file
  compare all --out findings --quick

A run that was interrupted or killed goes on with the same command: what DIR holds and was made by this program with the same settings from the same documents is not made again. What was made with other settings is made again, and replaced. Experiments that these documents are not enough for are told and left out.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a run broke its claim or faults did not bite, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *alls) Check() error {
	if err := c.study.Check(); err != nil {
		return err
	}
	if c.Output == "" {
		return &cli.UsageError{Err: errors.New("--out is missing; name the folder that the experiments are to be kept in, such as --out findings")}
	}
	_, err := furtherModels(c.Models, c.Model)
	return err
}

// Run makes every experiment.
func (c *alls) Run(ctx context.Context, s cli.Streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.Quick {
		c.Seeds = min(c.Seeds, quickSeeds)
		if c.Limit == 0 || c.Limit > quickDocuments {
			c.Limit = quickDocuments
		}
	}
	kept, err := c.kept()
	if err != nil {
		return err
	}
	progress := terminal.NewProgress(s.Err, false, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	m, err := c.material(ctx, s, "all", progress)
	if err != nil {
		return err
	}
	if m.setting.Others, err = furtherModels(c.Models, m.setting.Model); err != nil {
		return err
	}
	m.quick = c.Quick
	x := &allRun{flags: c, material: m, streams: s, kept: kept}
	return x.run(ctx, parts())
}

// kept are the experiments that the directory holds already, by name. A directory
// of another version is told before anything is done.
func (c *alls) kept() (map[string]report.Experiment, error) {
	if err := c.prepare(""); err != nil {
		return nil, err
	}
	all, err := report.Read(c.Output)
	if err != nil && !errors.Is(err, report.ErrNone) {
		return nil, err
	}
	of := make(map[string]report.Experiment, len(all))
	for _, e := range all {
		of[e.Name] = e
	}
	return of, nil
}

// allRun is one call of compare all.
type allRun struct {
	flags    *alls
	material *material
	streams  cli.Streams
	kept     map[string]report.Experiment

	done []fate
}

// fate is what became of an experiment.
type fate struct {
	name, state string
	experiment  *report.Experiment // nil: there is none
}

func (x *allRun) run(ctx context.Context, all []part) error {
	var problems []error
	for i, p := range all {
		x.material.name = fmt.Sprintf("%d/%d %s", i+1, len(all), p.name)
		err := x.one(ctx, p)
		if ctx.Err() != nil {
			x.material.progress.Notice(fmt.Sprintf("interrupted: %d of %d experiments are kept in %s; the same command goes on from there", len(x.done), len(all), x.flags.Output))
			return ctx.Err()
		}
		var lost *unkept
		if errors.As(err, &lost) {
			return err
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", p.name, err))
			x.done = append(x.done, fate{p.name, "failed", nil})
		}
	}
	x.material.progress.Finish()
	return errors.Join(append(problems, x.tell())...)
}

// unkept is the error of a result that could not be written: what comes would be
// lost too.
type unkept struct{ error }

func (e *unkept) Unwrap() error { return e.error }

// one makes an experiment, or finds that it was made.
func (x *allRun) one(ctx context.Context, p part) error {
	m := x.material
	settings, err := m.digest(p)
	if err != nil {
		return err
	}
	old, known := x.kept[p.name]
	switch {
	case known && old.Origin.Settings == settings:
		m.progress.Notice(fmt.Sprintf("%s: kept, it was made with the same settings at %s", p.name, old.Origin.Began.Format(time.DateTime)))
		x.done = append(x.done, fate{p.name, "kept", &old})
		return x.page()
	case known:
		m.progress.Notice(p.name + ": made again, what is there has other settings, documents or another program")
	}
	began := time.Now()
	e, err := p.make(ctx, m)
	if unsuited(err) {
		m.progress.Notice(fmt.Sprintf("%s: left out: %v", p.name, err))
		x.done = append(x.done, fate{p.name, "left out", nil})
		return nil
	}
	if err != nil && e.Name == "" {
		return err
	}
	e.Origin = x.flags.origin("all", uint64(m.corpus.Documents()), began)
	if err == nil { // else it is made again
		e.Origin.Settings = settings
	}
	if failed := report.Write(x.flags.Output, e); failed != nil {
		return &unkept{failed}
	}
	if failed := x.page(); failed != nil {
		return failed
	}
	m.progress.Notice(fmt.Sprintf("%s: made in %s", p.name, time.Since(began).Round(time.Second)))
	if err == nil {
		x.done = append(x.done, fate{p.name, "made", &e})
	}
	return err
}

func (x *allRun) page() error {
	if err := page(x.flags.Output); err != nil {
		return &unkept{err}
	}
	return nil
}

// unsuited says whether an experiment cannot be made of the documents.
func unsuited(err error) bool {
	return errors.Is(err, experiments.ErrTooFew) || errors.Is(err, experiments.ErrNoLabels) || errors.Is(err, experiments.ErrNoTimes)
}

// tell writes what was made.
func (x *allRun) tell() error {
	made := 0
	t := terminal.Table{Title: "Experiments", Heads: []string{"", "", "claims", "shown", "refuted", "open", "seconds"}}
	for _, f := range x.done {
		row := []string{f.name, f.state}
		if e := f.experiment; e != nil {
			made++
			if x.flags.JSON {
				if err := json.NewEncoder(x.streams.Out).Encode(e); err != nil {
					return err
				}
			}
			of := map[report.Verdict]int{}
			for _, c := range e.Claims {
				of[c.Holds]++
			}
			row = append(row, fmt.Sprint(len(e.Claims)), fmt.Sprint(of[report.Shown]), fmt.Sprint(of[report.Refuted]), fmt.Sprint(of[report.Open]), fmt.Sprintf("%.0f", e.Origin.Seconds))
		}
		t.Rows = append(t.Rows, row)
	}
	if made == 0 {
		return errors.New("no experiment could be made of these documents; what each needs is told above")
	}
	if x.flags.JSON {
		return nil
	}
	if err := terminal.RenderTables(x.streams.Out, []terminal.Table{t}, terminal.Detect(x.streams.Out, os.Getenv)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(x.streams.Out, "Kept in %s; open %s\n", x.flags.Output, filepath.Join(x.flags.Output, report.PageName))
	return err
}
