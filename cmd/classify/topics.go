package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// rising is the flags of classify topics.
type rising struct {
	storedFlags
	Window      []string `name:"window" placeholder:"W" complete:"tumbling:24h,sliding:7d/1d,session:6h,count:1000" group:"Result" help:"Only windows of this definition, one of those that the pipeline was made with, such as tumbling:24h. Repeatable. Default: all."`
	Key         string   `name:"key" placeholder:"KEY" group:"Result" help:"Only windows of this key, where the pipeline has windows by source or label."`
	Since       string   `name:"since" placeholder:"TIME" group:"Result" help:"All windows that end after TIME: 2020-03-01, 2020-03-01T12:00:00Z, or so long before the end of the newest one: 7d, 36h."`
	Last        int      `name:"last" placeholder:"N" group:"Result" help:"The last N windows of each definition and key. Default: 1, or all with --since."`
	Follow      bool     `name:"follow" group:"Result" help:"Then tell each window as it becomes final, until stopped."`
	Provisional bool     `name:"provisional" group:"Result" help:"Tell of windows that are still open too, as far as the pipeline does (--emit-every, --allowed-lateness); their results are marked."`
	JSON        bool     `name:"json" group:"Result" help:"A window a line, as JSON."`
}

// Help is what classify topics --help tells.
func (*rising) Help() string {
	return `Shows what the documents of each window were about: the share of each label, with an arrow against the window before; the terms that rise; and the stories, by what people call them, each with a headline. Terms and stories are there when the pipeline was made with --bursts and --stories. It reads what a running or stored pipeline has committed and changes nothing.

  classify --from articles.jsonl --store DIR --window tumbling:7d --bursts 10 --stories 5
  classify topics --store DIR                       the newest window of each definition
  classify topics --store DIR --last 4 --window tumbling:7d
  classify topics --store DIR --since 2017-08-01 --json
  classify topics --nats nats://127.0.0.1:4222 --follow

A window is told when it is final: when the watermark has passed its end, or where the source ends. --follow begins with the newest window and needs a pipeline at work on a server (--nats), for it tells what is published there on <pipeline>.out.windows. Event times are UTC.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *rising) Check() error {
	var errs []error
	for _, w := range c.Window {
		if _, err := topics.Parse(w); err != nil {
			errs = append(errs, &cli.UsageError{Err: fmt.Errorf("--window: %w", err)})
		}
	}
	if _, err := parseSince(c.Since); err != nil {
		errs = append(errs, err)
	}
	if c.Last < 0 || c.Last > windowsToldMax {
		errs = append(errs, &cli.UsageError{Err: fmt.Errorf("--last %d is out of range; choose 1 to %d", c.Last, windowsToldMax)})
	}
	if c.Follow && c.Store != "" {
		errs = append(errs, &cli.UsageError{Err: errors.New("--follow with --store: nobody else works on a store that this process opens, so nothing would ever come; name the server with --nats, or leave out --follow")})
	}
	return errors.Join(errs...)
}

// since is a time, or a length of time before the end of the newest window.
type since struct {
	at     time.Time
	before time.Duration
}

func parseSince(s string) (since, error) {
	if s == "" {
		return since{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return since{at: at}, nil
		}
	}
	if before, err := topics.ParseTime(s); err == nil && before > 0 {
		return since{before: before}, nil
	}
	return since{}, &cli.UsageError{Err: fmt.Errorf("--since %q is no time; write 2020-03-01, 2020-03-01T12:00:00Z, or a length of time before the newest window, such as 7d or 36h", s)}
}

// Run reads and tells.
func (c *rising) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	b, p, err := c.open(ctx, "tidings topics")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	w, err := c.wanted(p)
	if err != nil {
		return err
	}
	r := &windowReader{flags: c, broker: b, plan: p, wanted: w, streams: s, teller: pipeline.NewWindowTeller(b, p)}
	if c.Follow {
		return r.follow(ctx)
	}
	return r.tell(ctx, false)
}

// wanted is what the flags choose of a pipeline's windows.
func (c *rising) wanted(p pipeline.Plan) (*chosenWindows, error) {
	from, err := parseSince(c.Since)
	if err != nil {
		return nil, err
	}
	w := &chosenWindows{key: c.Key, since: from, last: c.Last, provisional: c.Provisional}
	if w.last == 0 && c.Since == "" {
		w.last = 1
	}
	for _, d := range p.Topics.WithDefaults().Windows {
		w.all = append(w.all, d.String())
	}
	for _, text := range c.Window {
		d, err := topics.Parse(text)
		if err != nil {
			return nil, &cli.UsageError{Err: fmt.Errorf("--window: %w", err)}
		}
		if !slices.Contains(w.all, d.String()) {
			return nil, &cli.UsageError{Err: fmt.Errorf("pipeline %s has no windows %s; it was made with %s, and windows belong to a pipeline from its creation on", p.Pipeline, d, strings.Join(w.all, ", "))}
		}
		w.definitions = append(w.definitions, d.String())
	}
	if len(w.definitions) == 0 {
		w.definitions = w.all
	}
	if timed := slices.ContainsFunc(w.definitions, func(d string) bool { return !strings.HasPrefix(d, "count:") }); c.Since != "" && !timed {
		return nil, &cli.UsageError{Err: fmt.Errorf("--since: windows %s are of documents and have no time; use --last", strings.Join(w.definitions, ", "))}
	}
	return w, nil
}

// windowReader reads windows and shows them.
type windowReader struct {
	flags   *rising
	broker  *broker.Broker
	plan    pipeline.Plan
	wanted  *chosenWindows
	streams cli.Streams
	teller  *pipeline.WindowTeller
}

// tell shows what is committed. Where none is there it is an error, unless more
// can come.
func (r *windowReader) tell(ctx context.Context, more bool) error {
	progress := newMeter(r.streams, r.flags.JSON)
	read := uint64(0)
	after, err := pipeline.TellWindows(ctx, r.broker, r.plan, r.teller, func(n uint64) {
		if n/1000 > read/1000 {
			progress.show("reading", n, 0)
		}
		read = n
	}, r.wanted.add)
	lines := r.wanted.take()
	for i := range lines {
		if err == nil {
			err = r.teller.Name(ctx, &lines[i])
		}
	}
	progress.Finish()
	if err != nil {
		return err
	}
	if len(lines) == 0 && !more {
		return r.nothing(after)
	}
	return r.show(lines, r.wanted.notes(after))
}

// nothing says why no window is there.
func (r *windowReader) nothing(after uint64) error {
	w, name := r.wanted, r.plan.Pipeline
	trimmed := ""
	if after > 0 {
		trimmed = fmt.Sprintf("; the results begin behind %d/0 of the log, what was before has been deleted (--keep)", after)
	}
	switch {
	case w.newest == nil:
		in, open := uint64(0), 0
		for _, d := range w.definitions {
			c := r.teller.Counts(d)
			in, open = max(in, c.In), open+c.Open
		}
		if in == 0 {
			return fmt.Errorf("pipeline %s has no window yet, for no document has been predicted%s", name, trimmed)
		}
		return fmt.Errorf("pipeline %s has no window that is final yet: %d documents, %d windows still open; a window is final when documents behind its end have come, or where its source ends%s", name, in, open, trimmed)
	case w.key != "" && len(w.keys) == 0:
		return fmt.Errorf("pipeline %s has no windows by key; leave out --key", name)
	case w.key != "" && !slices.Contains(w.keys, w.key):
		return fmt.Errorf("pipeline %s has no window of key %q; it has %s", name, w.key, someOf(w.keys))
	}
	return fmt.Errorf("pipeline %s has no window since %s; the newest one ends at %s%s", name, r.flags.Since, w.newest.End.UTC().Format(time.RFC3339), trimmed)
}

// keysNamed is how many keys an error names.
const keysNamed = 10

func someOf(keys []string) string {
	quoted := make([]string, 0, keysNamed)
	for _, k := range keys[:min(len(keys), keysNamed)] {
		quoted = append(quoted, fmt.Sprintf("%q", k))
	}
	if more := len(keys) - keysNamed; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}

// follow shows the newest windows, and then each as it is published.
func (r *windowReader) follow(ctx context.Context) error {
	notice := terminal.NewProgress(r.streams.Err, r.flags.JSON, time.Now, terminal.Detect(r.streams.Err, os.Getenv))
	begun := func() error {
		if err := r.begin(ctx); err != nil {
			return err
		}
		notice.Notice(fmt.Sprintf("waiting for windows of pipeline %s; stop with Ctrl-C", r.plan.Pipeline))
		return nil
	}
	return pipeline.FollowWindows(ctx, r.broker, r.plan.Pipeline, begun, func(l pipeline.WindowLine) error {
		if !r.wanted.fresh(l) {
			return nil
		}
		return r.show([]pipeline.WindowLine{l}, nil)
	})
}

// begin shows what --since or --last ask for, or else the newest windows out of
// the bucket that a projection keeps for this.
func (r *windowReader) begin(ctx context.Context) error {
	if r.flags.Since != "" || r.flags.Last > 0 {
		return r.tell(ctx, true)
	}
	lines, err := pipeline.LatestWindows(ctx, r.broker, r.plan.Pipeline)
	if err != nil {
		return err
	}
	slices.SortFunc(lines, func(a, b pipeline.WindowLine) int { return a.At.Compare(b.At.Position) })
	for _, l := range lines {
		r.wanted.add(l)
	}
	return r.show(r.wanted.take(), r.wanted.notes(0))
}

// show writes windows.
func (r *windowReader) show(lines []pipeline.WindowLine, notes []string) error {
	if !r.flags.JSON {
		if len(lines) == 0 {
			return nil
		}
		lines, more := r.wanted.fewKeys(lines)
		if more > 0 {
			notes = append(notes, fmt.Sprintf("%d more keys are not shown: choose one with --key, or have all with --json", more))
		}
		return terminal.RenderWindows(r.streams.Out, lines, notes, terminal.Detect(r.streams.Out, os.Getenv))
	}
	e := json.NewEncoder(r.streams.Out)
	for i := range lines {
		if err := e.Encode(&lines[i]); err != nil {
			return err
		}
	}
	for _, note := range notes {
		if _, err := fmt.Fprintln(r.streams.Err, "▸ "+note); err != nil {
			return err
		}
	}
	return nil
}
