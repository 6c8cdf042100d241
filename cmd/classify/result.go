package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"tidings/eval/metric"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// result tells how the run went. A run that was interrupted tells what it has,
// and how to go on.
func (r *job) result(ctx context.Context, failure error) error {
	if failure != nil {
		return failure
	}
	report := r.report()
	if ctx.Err() == nil {
		if err := r.test(ctx, &report); err != nil {
			return err
		}
	} else {
		report.Notes = append(report.Notes, r.interrupted())
	}
	if r.broke != nil {
		report.Notes = append(report.Notes, "the source broke off; this is what came before")
	}
	var unread error
	if r.source != nil && r.source.Feeds != nil {
		failed, asked := r.source.Feeds()
		if unread, report.Summary.FeedsFailed = r.source.Unread(), failed; failed > 0 {
			report.Notes = append(report.Notes, fmt.Sprintf("%d of %d feeds could not be read", failed, asked))
		}
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, note := range []string{begins(report.Summary.After), r.trim(looking)} {
		if note != "" {
			report.Notes = append(report.Notes, note)
		}
	}
	report.Examples = r.examples(looking)
	r.nameStories(looking, report.Windows)
	faults, notes, err := r.struck(looking)
	if err != nil {
		return err
	}
	report.Summary.Faults, report.Notes = faults, append(report.Notes, notes...)
	if err := r.write(report); err != nil {
		return err
	}
	return errors.Join(r.broke, r.refused, unread, broken(report.Summary), ctx.Err())
}

// broken is the error of a run that did not keep what it claims.
func broken(s pipeline.Summary) error {
	if what := s.Broken(); what != "" {
		return fmt.Errorf("%w: %s", cli.ErrClaimBroken, what)
	}
	return nil
}

func (r *job) interrupted() string {
	if r.flags.NATS == "" && r.flags.Store == "" {
		return "interrupted; with --store DIR the same command would go on from here"
	}
	if r.source != nil && !r.source.Resumable && !r.source.Repeats { // a feed shows its items again
		return "interrupted; what is counted here is committed, but standard input cannot go on where it stopped"
	}
	return "interrupted; what is counted here is committed, and the same command goes on from here"
}

// report collects what the committed records and this process tell.
func (r *job) report() terminal.Report {
	f := r.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tally
	s := t.Summary(r.plan)
	if !f.ended { // the digests of df and model are taken at the end of a source
		s.DFDigest, s.ModelDigest, s.Updates = "", "", f.learnt
	}
	report := terminal.Report{
		Confusion: &t.Confusion, Reasons: t.Reasons, Windows: t.Last, Counts: t.Counts, Alarms: t.Alarms.Last,
		Elapsed: f.last.Sub(f.began),
	}
	if f.fresh > 0 {
		s.DocumentsPerSecond = float64(f.fresh) / report.Elapsed.Seconds()
		s.CPUPerDocument = float64((cpuTime() - r.cpu).Microseconds()) / float64(f.fresh)
	} else if t.Documents > 0 {
		report.Notes = append(report.Notes, "nothing was left to do: all of it had been committed before")
	}
	if d := t.Dropped; d != (pipeline.Dropped{}) {
		report.Notes = append(report.Notes, fmt.Sprintf("beyond the limits: %d occurrences of terms without room in df, %d updates of weights without room in the model, %d documents not learnt because their label is one too many", d.Terms, d.Cells, d.Labels))
	}
	s.RSSMax = rssMax()
	report.Summary = s
	return report
}

// nameStories fills in what the stories of each newest window are called. Where
// the log is out of reach they are shown without.
func (r *job) nameStories(ctx context.Context, windows map[string][]topics.Window) {
	teller := pipeline.NewWindowTeller(r.broker, r.plan)
	for definition, last := range windows {
		if len(last) == 0 || len(last[len(last)-1].Stories) == 0 {
			continue
		}
		last = slices.Clone(last)
		l := pipeline.WindowLine{Window: last[len(last)-1]}
		if teller.Name(ctx, &l) == nil {
			last[len(last)-1].Stories = l.Stories
			windows[definition] = last
		}
	}
}

// test predicts the --test files with model and df frozen.
func (r *job) test(ctx context.Context, report *terminal.Report) error {
	if len(r.flags.Test) == 0 {
		return nil
	}
	frozen, err := r.runner.Frozen(r.goal.end)
	if err != nil {
		return fmt.Errorf("--test: %w", err)
	}
	var confusion metric.Confusion
	var calibration metric.Calibration
	for _, path := range r.flags.Test {
		if err := r.testFile(ctx, frozen, path, &confusion, &calibration); err != nil {
			return fmt.Errorf("--test: %w", err)
		}
	}
	if confusion.Documents() == 0 {
		report.Notes = append(report.Notes, "--test: no document there has a label, so there is nothing to score")
		return nil
	}
	report.Summary.TestAccuracy, report.Summary.TestMacroF1 = new(confusion.Accuracy()), new(confusion.MacroF1())
	report.Summary.TestCalibrationError = new(calibration.Error())
	report.Summary.TestFiles = r.flags.Test
	return nil
}

func (r *job) testFile(ctx context.Context, frozen *pipeline.Frozen, path string, confusion *metric.Confusion, calibration *metric.Calibration) error {
	read := r.flags.ReadFlags
	read.Shuffle, read.Limit = nil, 0
	source, err := read.OpenFile(ctx, path, r.streams.In)
	if err != nil {
		return err
	}
	defer source.Reader.Close()
	for {
		row, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Err != nil {
			r.progress.Notice(row.Err.Error())
			continue
		}
		label, probability, err := frozen.Predict(row.Document.Title, row.Document.Text)
		if err != nil {
			r.progress.Notice(fmt.Sprintf("%s:%d: %v; the row is left out", row.File, row.Line, err))
			continue
		}
		if confusion.Add(row.Document.Label, label); row.Document.Label != "" && label != "" {
			calibration.Add(probability, row.Document.Label == label)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// How many examples are shown, and how many terms of each.
const (
	examplesRight = 3
	examplesWrong = 2
	examplesTerms = 5
)

// examples chooses some of the last predictions and asks for the terms that
// decided. Where the state or the text is out of reach they are shown without.
func (r *job) examples(ctx context.Context) []terminal.Example {
	frozen, err := r.runner.Frozen(0)
	if err != nil {
		frozen = nil
	}
	var out []terminal.Example
	right, wrong := examplesRight, examplesWrong
	for _, e := range slices.Backward(r.follower.recent) {
		left := &right
		if e.Truth != "" && e.Truth != e.Label {
			left = &wrong
		}
		if *left == 0 {
			continue
		}
		*left--
		out = append(out, r.example(ctx, frozen, e))
	}
	return out
}

func (r *job) example(ctx context.Context, frozen *pipeline.Frozen, e pipeline.Entry) terminal.Example {
	x := terminal.Example{Prediction: e.Prediction(), Headline: e.ID}
	d, err := pipeline.LogDocument(ctx, r.broker, r.plan.Pipeline, e.Position)
	if err != nil {
		return x
	}
	if x.Headline = d.Title; d.Title == "" {
		x.Headline = d.Text
	}
	if frozen == nil {
		return x
	}
	weights, err := frozen.Explain(d.Title, d.Text, e.Label, examplesTerms)
	if err != nil {
		return x
	}
	for _, w := range weights {
		x.Terms = append(x.Terms, terminal.Term{Text: w.Term, Weight: w.Weight})
	}
	return x
}

// write puts the result where it was asked for.
func (r *job) write(report terminal.Report) error {
	c := r.flags
	if r.summary != nil {
		if err := r.summary.Begin(); err != nil {
			return err
		}
		e := json.NewEncoder(r.summary)
		e.SetIndent("", "  ")
		if err := e.Encode(report.Summary); err != nil {
			return err
		}
	}
	to := r.streams.Out
	if c.Output == "-" || c.Summary == "-" {
		to = r.streams.Err
	}
	if c.JSON {
		return json.NewEncoder(to).Encode(map[string]any{"summary": report.Summary})
	}
	return terminal.Render(to, report, terminal.Detect(to, os.Getenv))
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rssMax is the most memory that the process has held, in bytes. On Linux the
// kernel's usage record will not do: a process inherits in it what the one that
// started it had held.
func rssMax() int64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			var kilobytes int64
			if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
				return kilobytes << 10
			}
		}
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10
}
