package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"tidings"
	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// study is the flags that all experiments have which run on a plain loop.
type study struct {
	From          []string `name:"from" sep:"none" default:"sample" placeholder:"SOURCE" complete:"sample,${datasets},FILE" group:"Source" help:"What is read: sample or sample:N, a file, a folder, an archive, or a data set by its name. Repeatable. Default: ${default}."`
	cli.ReadFlags `group:"Source"`

	Model         string `name:"model" default:"${model}" complete:"${models}" group:"Model" help:"The model: ${modelhelp}. Default: ${default}."`
	cli.TextFlags `group:"Model"`

	Seeds  int     `name:"seeds" default:"20" placeholder:"N" group:"Experiment" help:"Runs of each case, each with a seed of its own. With fewer than ${default}, which is the default, little can be said."`
	Seed   uint64  `name:"seed" default:"0" placeholder:"N" group:"Experiment" help:"The first of the seeds, and that of the built-in sample. Default: ${default}."`
	Margin float64 `name:"margin" default:"0.2" placeholder:"POINTS" group:"Experiment" help:"Differences of accuracy that do not matter, in points of a hundred: what is less counts as equal. Default: ${default}."`

	Output string `name:"out" placeholder:"DIR" complete:"dirs" group:"Result" help:"Keep the result in DIR, as JSON and CSV, and make report.html there of all that DIR holds."`
	JSON   bool   `name:"json" group:"Result" help:"The result as JSON."`
}

// Check tells which values of the flags cannot be.
func (c *study) Check() error {
	_, _, err := c.setting()
	return err
}

// setting is what an experiment is run with; the plan says how text is counted.
func (c *study) setting() (s experiments.Setting, p pipeline.Plan, err error) {
	if p, err = (&cli.ModelFlags{Model: c.Model, TextFlags: c.TextFlags}).Plan(); err != nil {
		return s, p, err
	}
	s = experiments.Setting{Model: p.Model, Options: p.Options, Seeds: c.Seeds, Seed: c.Seed, Margin: c.Margin}
	switch {
	case p.Features.DFForgets():
		err = errors.New("experiments tell how far df is off from counts that only grow: leave out --df-half-life and --df-terms")
	case c.Seeds < 1:
		err = fmt.Errorf("--seeds %d is no number of runs; give 1 or more", c.Seeds)
	case !(c.Margin > 0):
		err = fmt.Errorf("--margin %v is no difference; give points of accuracy above 0, such as 0.2", c.Margin)
	default:
		err = s.Check()
	}
	if err != nil {
		err = &cli.UsageError{Err: err}
	}
	return s, p, err
}

// run reads the source, makes the experiment, keeps and shows it.
func (c *study) run(ctx context.Context, s cli.Streams, name string, make func(context.Context, *experiments.Corpus, experiments.Setting) (report.Experiment, error)) error {
	return c.make(ctx, s, name, func(ctx context.Context, m *material) (report.Experiment, error) {
		return make(ctx, m.corpus, m.watched())
	})
}

// make reads the source, makes an experiment of it, keeps and shows it. An
// experiment beside an error is shown too.
func (c *study) make(ctx context.Context, s cli.Streams, name string, f func(context.Context, *material) (report.Experiment, error)) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := c.prepare(name); err != nil {
		return err
	}
	progress := terminal.NewProgress(s.Err, false, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	began := time.Now()
	m, err := c.material(ctx, s, name, progress)
	if err != nil {
		return err
	}
	e, err := f(ctx, m)
	if err != nil && e.Name == "" {
		return err
	}
	e.Origin = c.origin(name, uint64(m.corpus.Documents()), began)
	progress.Finish()
	return errors.Join(err, c.tell(s, e))
}

// material reads what experiments are made of.
func (c *study) material(ctx context.Context, s cli.Streams, name string, progress *terminal.Progress) (*material, error) {
	setting, plan, err := c.setting()
	if err != nil {
		return nil, err
	}
	corpus, err := c.corpus(ctx, s, plan, progress)
	if err != nil {
		return nil, err
	}
	return &material{name: name, flags: c, streams: s, corpus: corpus, setting: setting, plan: plan, progress: progress}, nil
}

// origin says where an experiment comes from.
func (c *study) origin(name string, documents uint64, began time.Time) report.Origin {
	return report.Origin{
		Command: c.command(name), Seed: c.Seed, Version: cli.Version(), Go: runtime.Version(),
		Machine: fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		Source:  strings.Join(c.From, " "), Documents: documents,
		Began: began.UTC().Round(time.Second), Seconds: time.Since(began).Seconds(),
	}
}

// command is how the experiment is run again.
func (c *study) command(name string) string {
	return strings.Join(append([]string{"compare", name}, os.Args[min(2, len(os.Args)):]...), " ")
}

// prepare makes the directory early, so that one that cannot be written to, or
// holds something else, is told before the work.
func (c *study) prepare(name string) error {
	if c.Output == "" {
		return nil
	}
	err := os.MkdirAll(c.Output, 0o777)
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(c.Output, ".try-*")
	}
	if err != nil {
		return fmt.Errorf("--out cannot be written: %w; nothing was done yet, name a folder that can be made or written to", err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return err
	}
	if err := report.Holds(c.Output, name); err != nil {
		return fmt.Errorf("--out holds something else: %w; nothing was done yet, or name another folder", err)
	}
	return nil
}

// corpus reads the source.
func (c *study) corpus(ctx context.Context, s cli.Streams, plan pipeline.Plan, progress *terminal.Progress) (_ *experiments.Corpus, err error) {
	source, err := c.OpenSpecs(ctx, c.From, c.Seed, s.In)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	r := &studyReader{ctx: ctx, source: source, door: ingest.NewDoor(ingest.Options{AnyTime: source.Synthetic}), progress: progress, since: time.Now()}
	corpus, err := experiments.Load(r.documents(), plan.Features)
	if err == nil && r.refused > 0 {
		progress.Notice(fmt.Sprintf("%d rows were refused, %d documents are compared", r.refused, corpus.Documents()))
	}
	return corpus, err
}

// studyReader reads the good rows of a source.
type studyReader struct {
	ctx           context.Context
	source        *cli.Source
	door          *ingest.Door
	progress      *terminal.Progress
	since         time.Time
	read, refused uint64
}

func (r *studyReader) documents() iter.Seq2[tidings.Document, error] {
	return func(yield func(tidings.Document, error) bool) {
		for {
			row, err := r.source.Next()
			if err == nil {
				err = r.ctx.Err()
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(tidings.Document{}, err)
				return
			}
			if r.door.Refusal(row) != nil {
				r.refused++
				continue
			}
			r.read++
			r.progress.Show(terminal.Status{Stage: "reading", Documents: r.read, Total: r.source.Documents, Rate: float64(r.read) / time.Since(r.since).Seconds()})
			if !yield(row.Document, nil) {
				return
			}
		}
	}
}

// tell keeps the experiment and shows it.
func (c *study) tell(s cli.Streams, e report.Experiment) error {
	if c.Output != "" {
		if err := report.Write(c.Output, e); err != nil {
			return err
		}
		if err := page(c.Output); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(e)
	}
	if err := terminal.RenderTables(s.Out, shown(e), terminal.Detect(s.Out, os.Getenv)); err != nil {
		return err
	}
	if c.Output != "" {
		_, err := fmt.Fprintf(s.Out, "Kept in %s; open %s\n", c.Output, filepath.Join(c.Output, report.PageName))
		return err
	}
	return nil
}

// columnsShown is how many columns a table has at most that is shown in a
// terminal; wider ones are for the page and the files.
const columnsShown = 10

// shown are the experiment's tables for a terminal, its claims below the last.
func shown(e report.Experiment) (tables []terminal.Table) {
	for _, t := range e.Tables {
		if len(t.Columns) > columnsShown {
			continue
		}
		x := terminal.Table{Title: t.Title, Remark: t.Remark}
		for _, c := range t.Columns {
			x.Heads = append(x.Heads, strings.TrimSpace(c.Name+" "+c.Unit))
		}
		for _, row := range t.Rows {
			var cells []string
			for i, c := range row {
				cells = append(cells, c.Format(t.Columns[i].Decimals))
			}
			x.Rows = append(x.Rows, cells)
		}
		tables = append(tables, x)
	}
	if len(tables) == 0 {
		return nil
	}
	last := &tables[len(tables)-1]
	for _, c := range e.Claims {
		last.Notes = append(last.Notes, fmt.Sprintf("%s: %s", c.Holds, c.Text))
	}
	last.Notes = append(last.Notes, e.Notes...)
	return tables
}
