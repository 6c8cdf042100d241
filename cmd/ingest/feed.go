package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// feed is the command's flags.
type feed struct {
	cli.SourceFlags  `group:"Source"`
	cli.PaceFlags    `group:"Source"`
	cli.LateFlags    `group:"Source"`
	liveFlags        `group:"Source"`
	cli.SilenceFlags `group:"Source"`
	cli.BrokerFlags  `group:"Broker"`
	cli.KeepFlags    `group:"Broker"`

	Until    string `name:"until" placeholder:"WHEN" complete:"end,stopped" group:"Source" help:"When to stop: end, at the end of what there is, or stopped, when somebody stops it. Default: end, but stopped for feeds and for what clients send; with end each feed is asked once."`
	Pipeline string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Broker" help:"The pipeline whose log is fed."`
	JSON     bool   `name:"json" group:"Result" help:"Progress and result as JSON, a record a line."`
}

// Run feeds the source until it ends.
func (f *feed) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := errors.Join(f.checkUntil(), f.checkLive()); err != nil {
		return err
	}
	if len(f.From) == 0 && !f.live() {
		f.From = []string{cli.Sample}
	}
	name := pipeline.Name(f.Pipeline)
	if err := name.Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	if f.NATS == "" && f.Store == "" && f.Listen == "" {
		return &cli.UsageError{Err: errors.New("where to? give --nats URL of a running broker, or --store DIR for a log that `classify --from log --store DIR` reads later")}
	}
	rate, speed, err := f.Pace()
	if err != nil {
		return err
	}
	silence, err := f.Silence(&f.SourceFlags)
	if err != nil {
		return err
	}
	progressTo := s.Err
	if f.JSON {
		progressTo = s.Out
	}
	p := terminal.NewProgress(progressTo, f.JSON, time.Now, terminal.Detect(progressTo, os.Getenv))
	if f.Is(cli.Stdin) {
		p.Notice(cli.ReadingStdin)
	}
	var source *cli.Source
	var delay ingest.Delay
	if !f.live() {
		f.ShowOn(p)
		f.FollowFeeds(f.Until == "end", p.Notice)
		if source, err = f.SourceFlags.Open(ctx, s.In); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, source.Reader.Close()) }()
		if delay, err = f.Late(source); err != nil {
			return err
		}
	}
	b, err := f.BrokerFlags.Open(ctx, "tidings ingest")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if url := b.URL(); url != "" && b.Embedded() {
		p.Notice("the broker is at " + url)
	}
	defer f.retain(ctx, b, p)()
	if f.live() {
		return f.serve(ctx, s, b, p, silence)
	}
	return f.feed(ctx, s, b, source, p, ingest.Options{
		Pipeline: name, Source: source.Name, Resumable: source.Resumable, AnyTime: source.Synthetic, Repeats: source.Repeats, Pack: f.Pack,
		Rate: rate, Speed: speed, Live: !source.Resumable, SourceIdle: silence, Delay: delay, Notice: p.Notice,
	})
}

// Idle are the flags that mean nothing for this source.
func (f *feed) Idle() []cli.Idle {
	if f.live() {
		return f.IdleUnread(nil)
	}
	return f.IdleWith(nil)
}

// checkUntil tells which ends a source has.
func (f *feed) checkUntil() error {
	endless := f.live() || f.Feeds()
	switch {
	case f.Until == "" || f.Until == "end" && !f.live() || f.Until == "stopped" && endless:
		return nil
	case f.Until == "end":
		return &cli.UsageError{Err: errors.New("--until end: what clients send has no end; leave it out")}
	case f.Until == "stopped":
		return &cli.UsageError{Err: errors.New("--until stopped: this source is read to its end; leave it out")}
	}
	return &cli.UsageError{Err: fmt.Errorf("--until %q is not known; write end or stopped", f.Until)}
}

// feed runs the ingestion beside its progress.
func (f *feed) feed(ctx context.Context, s cli.Streams, b *broker.Broker, source *cli.Source, p *terminal.Progress, o ingest.Options) error {
	began := time.Now()
	var mu sync.Mutex
	var counts ingest.Counts
	o.Rows = func(c ingest.Counts) {
		mu.Lock()
		defer mu.Unlock()
		counts = c
	}
	stop := f.beside(ctx, func() {
		mu.Lock()
		c := counts
		mu.Unlock()
		p.Show(terminal.Status{
			Stage: "ingesting", Documents: c.Skipped + c.Documents, Total: source.Documents,
			Rate: float64(c.Documents) / time.Since(began).Seconds(), Rejected: c.Rejected,
		})
	})
	result, err := ingest.Run(ctx, b, source, o)
	stop()
	p.Finish()
	err = f.Explain(err)
	return errors.Join(err, f.tell(s, result, source, time.Since(began)), source.Unread())
}

// showEvery is how often progress is looked at.
const showEvery = 250 * time.Millisecond

// beside shows progress beside the work, until stop is called.
func (f *feed) beside(ctx context.Context, show func()) (stop func()) {
	showing, cancel := context.WithCancel(ctx)
	var shown sync.WaitGroup
	shown.Go(func() {
		tick := time.NewTicker(showEvery)
		defer tick.Stop()
		for {
			select {
			case <-showing.Done():
				return
			case <-tick.C:
				show()
			}
		}
	})
	return func() {
		cancel()
		shown.Wait()
	}
}

func (f *feed) tell(s cli.Streams, c ingest.Counts, source *cli.Source, took time.Duration) error {
	record := map[string]any{"rows": c.Rows, "skipped": c.Skipped, "documents": c.Documents, "repeated": c.Repeated, "rejected": c.Rejected}
	feeds := ""
	if c.Labels > 0 {
		record["labels"] = c.Labels
		feeds = fmt.Sprintf("; %d labels came later", c.Labels)
	}
	if source.Feeds != nil {
		failed, asked := source.Feeds()
		if record["feeds"], record["feeds_failed"] = asked, failed; failed > 0 {
			feeds += fmt.Sprintf("; %d of %d feeds could not be read", failed, asked)
		}
	}
	if f.JSON {
		return json.NewEncoder(s.Out).Encode(record)
	}
	_, err := fmt.Fprintf(s.Out, "%d documents entered the log of %s in %s (%.0f/s); %d rows refused, %d had come before%s\n",
		c.Documents, f.Pipeline, took.Round(time.Millisecond), float64(c.Documents)/took.Seconds(), c.Rejected, c.Skipped+c.Repeated, feeds)
	return err
}
