package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// job is one run of the command.
type job struct {
	flags   *classify
	plan    pipeline.Plan
	faults  pipeline.FaultPlan
	streams cli.Streams
	began   time.Time
	cpu     time.Duration // spent before the work began

	broker   *broker.Broker
	outside  cli.Outside
	source   *cli.Source
	delay    ingest.Delay // of its labels
	runner   *pipeline.Runner
	progress *terminal.Progress
	out      *lineWriter
	summary  *cli.Output
	broke    error        // the source ended in the middle
	refused  error        // each of its rows was
	live     *ingest.Live // nil: clients cannot send documents
	goal     *goal
	follower *follower
}

// open makes everything that can be wrong before the work begins.
func (r *job) open(ctx context.Context) (err error) {
	c := r.flags
	r.progress = terminal.NewProgress(r.progressTo(), c.JSON, time.Now, terminal.Detect(r.progressTo(), os.Getenv))
	if c.Is(cli.Stdin) {
		r.progress.Notice(cli.ReadingStdin)
	}
	if err := r.openSource(ctx); err != nil {
		return err
	}
	if err := r.checkTests(ctx); err != nil {
		return err
	}
	if r.out, err = openLines(c.Output, r.streams.Out, c.Abstain); err != nil {
		return err
	}
	if r.summary, err = cli.OpenOutput("--summary", c.Summary, r.streams.Out); err != nil {
		return err
	}
	if err := r.checkOutputs(); err != nil {
		return err
	}
	version, err := c.openVersion()
	if err != nil {
		return err
	}
	if r.broker, err = c.BrokerFlags.Open(ctx, "tidings classify"); err != nil {
		return err
	}
	if err := r.begin(ctx, version); err != nil {
		return err
	}
	if err := pipeline.Create(ctx, r.broker, r.plan); err != nil {
		return err
	}
	if r.runner, err = pipeline.NewRunner(r.broker, r.plan, c.Stages, who()); err != nil {
		return &cli.UsageError{Err: err}
	}
	if err := r.openOutside(ctx); err != nil {
		return err
	}
	if c.VerifyReplay {
		r.runner.Verify()
	}
	if err := r.inject(ctx); err != nil {
		return err
	}
	r.share()
	if err := r.checkSample(ctx); err != nil {
		return err
	}
	if err := r.out.begin(); err != nil {
		return err
	}
	if err := r.openLive(ctx); err != nil {
		return err
	}
	r.goal = newGoal()
	r.follower = newFollower(r.began, r.out, r.progress.Notice)
	r.follower.fixed = r.plan.Fixed
	r.follower.tally.Confidence.Abstain(c.Abstain)
	return nil
}

// openSource opens what the log is filled from, if anything is.
func (r *job) openSource(ctx context.Context) (err error) {
	c := r.flags
	if len(c.From) == 0 || c.Is(cli.Log) {
		return nil
	}
	c.ShowOn(r.progress)
	c.FollowFeeds(c.Until == "end", r.progress.Notice)
	if r.source, err = c.SourceFlags.Open(ctx, r.streams.In); err != nil {
		return err
	}
	r.delay, err = c.Late(r.source)
	return err
}

// openLive tells clients where the broker is, if they reach it, and takes what they
// send where that is wanted.
func (r *job) openLive(ctx context.Context) error {
	c := r.flags
	if url := r.broker.URL(); url != "" {
		// Who reads the notice may subscribe at once.
		if err := r.broker.CreateStream(ctx, r.plan.Pipeline.OutStream()); err != nil {
			return err
		}
		r.progress.Notice(fmt.Sprintf("the broker is at %s; predictions are on %s.out.predictions", url, r.plan.Pipeline))
	}
	if c.Listen == "" || len(c.From) > 0 {
		return nil
	}
	silence, err := c.Silence(&c.SourceFlags)
	if err != nil {
		return err
	}
	if r.live, err = ingest.OpenLive(ctx, r.broker, ingest.LiveOptions{Pipeline: r.plan.Pipeline, SourceIdle: silence, Notice: r.progress.Notice}); err != nil {
		return err
	}
	r.progress.Notice(fmt.Sprintf("documents are taken on %s: publish JSON lines there, with a request to hear what becomes of them; labels that come later on %s", ingest.LiveSubject(r.plan.Pipeline), ingest.LabelsSubject(r.plan.Pipeline)))
	return nil
}

// progressTo is where progress goes: standard output is kept for what was
// asked to be written there.
func (r *job) progressTo() io.Writer {
	if r.flags.JSON && r.flags.Output != "-" && r.flags.Summary != "-" {
		return r.streams.Out
	}
	return r.streams.Err
}

// who names this process in the records that it writes.
func who() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return host + "-" + strconv.Itoa(os.Getpid())
}

// run lets source, stages, projection and follower work beside each other
// until the goal is reached, then tells the result.
func (r *job) run(ctx context.Context) error {
	r.cpu = cpuTime()
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var errs errorList
	start := func(group *sync.WaitGroup, f func(context.Context) error) {
		group.Go(func() {
			if err := f(working); err != nil && working.Err() == nil {
				errs.add(err)
				stop(err)
			}
		})
	}
	var work, show sync.WaitGroup
	start(&work, r.work)
	start(&work, r.ingest)
	start(&work, r.follow)
	start(&work, r.retain)
	if r.live != nil {
		start(&work, r.live.Run)
	}
	start(&show, r.show)
	select {
	case <-r.goal.reached:
		if len(r.flags.Test) > 0 {
			_ = r.runner.Await(working, r.goal.end) // the test tells if it did not come so far
		}
	case <-working.Done():
	}
	stop(nil)
	work.Wait()
	show.Wait()
	r.progress.Finish()
	return r.result(ctx, r.flags.Explain(errs.join()))
}

// share divides the work with other processes, where they can be, and leaves
// snapshots, where there can be a next one.
func (r *job) share() {
	shared := r.broker.URL() != ""
	if shared || r.flags.Store != "" {
		r.runner.Snapshots(pipeline.SnapshotEvery)
	}
	if shared {
		r.runner.Share(pipeline.Sharing{
			ID: who() + "-" + rand.Text()[:12], Now: time.Now, Notice: r.progress.Notice, Project: r.flags.shape(),
		})
	}
}

// ingest feeds the source, if there is one, and sets the goal.
func (r *job) ingest(ctx context.Context) error {
	if r.source != nil {
		rate, speed, err := r.flags.Pace()
		if err != nil {
			return err
		}
		silence, err := r.flags.Silence(&r.flags.SourceFlags)
		if err != nil {
			return err
		}
		o := ingest.Options{
			Delay: r.delay, Pipeline: r.plan.Pipeline, Source: r.source.Name, Resumable: r.source.Resumable, AnyTime: r.source.Synthetic, Repeats: r.source.Repeats,
			Pack: r.flags.Pack, Rate: rate, Speed: speed, Live: r.source.Path == "-" || !r.source.Resumable, SourceIdle: silence,
			Notice: r.progress.Notice,
		}
		if r.flags.Stages == "" {
			before, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name)
			if err != nil {
				return err
			}
			if o.Rows = r.follower.hold(ctx, before); r.plan.Holds() {
				o.Rows = r.hold(ctx)
			}
		}
		if _, err = ingest.Run(ctx, r.broker, r.source, o); err != nil {
			switch {
			case errors.As(err, new(*ingest.RefusedError)):
				r.refused = err
			case !errors.As(err, new(*ingest.SourceError)) || ctx.Err() != nil:
				return err
			default:
				r.broke = fmt.Errorf("%w; what came before is classified", err)
			}
			if r.flags.Until != "end" {
				r.progress.Notice(errors.Join(r.broke, r.refused).Error()) // it can be long until the end
			}
		}
	}
	if r.flags.Until != "end" {
		return nil
	}
	last, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name)
	if err != nil {
		return err
	}
	if last == 0 {
		r.progress.Notice("the log is empty: there is nothing to classify")
	}
	r.goal.set(last)
	return nil
}

// hold returns a function that waits while the source is too far ahead, where
// predictions are held back: it goes by what the state has met. Where others have
// a part of that nothing is waited for.
func (r *job) hold(ctx context.Context) func(ingest.Counts) {
	marked, at := uint64(0), uint64(0) // documents, and the log's last sequence then
	return func(c ingest.Counts) {
		if c.Documents-marked < aheadMax/2 {
			return
		}
		_ = r.runner.Await(ctx, at)
		if last, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name); err == nil {
			marked, at = c.Documents, last
		}
	}
}

// follow reads what is committed.
func (r *job) follow(ctx context.Context) error {
	results, err := pipeline.OpenResults(ctx, r.broker, r.plan)
	if err != nil {
		return err
	}
	defer results.Close()
	for {
		u, err := results.Next(ctx)
		if err != nil {
			return err
		}
		if err := r.follower.add(u); err != nil {
			return err
		}
		r.goal.advance(u.To)
	}
}

// showEvery is how often progress is looked at.
const showEvery = 250 * time.Millisecond

func (r *job) show(ctx context.Context) error {
	tick := time.NewTicker(showEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		status := r.follower.status(time.Now())
		if r.source != nil {
			status.Total = r.source.Documents
		}
		if last, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name); err == nil {
			status.Lag = last - min(last, status.Lag)
		}
		r.progress.Show(status)
	}
}

// close gives back what open took.
func (r *job) close() error {
	var errs []error
	if r.source != nil {
		errs = append(errs, r.source.Reader.Close())
	}
	errs = append(errs, r.out.Close(), r.summary.Close())
	if r.live != nil {
		r.live.Close()
	}
	errs = append(errs, r.outside.Close())
	if r.broker != nil {
		errs = append(errs, r.broker.Close())
	}
	return errors.Join(errs...)
}
