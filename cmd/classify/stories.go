package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// tales is the flags of classify stories.
type tales struct {
	storedFlags
	Every string `name:"every" default:"30d" placeholder:"TIME" group:"Result" help:"How long a period of event time is. Default: ${default}."`
	Top   int    `name:"top" default:"5" placeholder:"N" group:"Result" help:"How many stories of each period. Default: ${default}."`
	Last  int    `name:"last" default:"6" placeholder:"N" group:"Result" help:"How many of the last periods; 0 is all. Default: ${default}."`
	JSON  bool   `name:"json" group:"Result" help:"A period a line, as JSON."`
}

// Help is what classify stories --help tells.
func (*tales) Help() string {
	return `Groups the documents of a pipeline into stories, which are documents that tell the same event, and shows the largest ones of each period: what people call them, how many documents tell them in the period and in all, since when, and the document in their middle. Names are the proper names of English texts; where there are none, the weightiest words stand for them. It reads what a running or stored pipeline has committed and changes nothing.

  classify stories --store DIR
  classify stories --nats nats://127.0.0.1:4222 --every 7d --last 4
  classify stories --store DIR --last 0 --json

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *tales) Check() error {
	var errs []error
	if every, err := topics.ParseTime(c.Every); err != nil || every == 0 {
		errs = append(errs, &cli.UsageError{Err: fmt.Errorf("--every %q is no length of time; write 7d, 24h or 90m", c.Every)})
	}
	if c.Top < 1 || c.Top > pipeline.StoriesTopMax {
		errs = append(errs, &cli.UsageError{Err: fmt.Errorf("--top %d is out of range; choose 1 to %d", c.Top, pipeline.StoriesTopMax)})
	}
	if c.Last < 0 {
		errs = append(errs, &cli.UsageError{Err: fmt.Errorf("--last %d is out of range; choose a number of periods, or 0 for all", c.Last)})
	}
	return errors.Join(errs...)
}

// Run groups them and tells.
func (c *tales) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	every, err := topics.ParseTime(c.Every)
	if err != nil {
		return err
	}
	b, p, err := c.open(ctx, "tidings stories")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	progress := terminal.NewProgress(s.Err, c.JSON, time.Now, terminal.Detect(s.Err, os.Getenv))
	read := uint64(0)
	var periods []pipeline.StoryPeriod
	err = pipeline.TellStories(ctx, b, p, pipeline.StoriesWanted{Every: every, Top: c.Top}, func() {
		if read++; read%1000 == 0 {
			progress.Show(terminal.Status{Stage: "reading", Documents: read})
		}
	}, func(period pipeline.StoryPeriod) error {
		if periods = append(periods, period); c.Last > 0 && len(periods) > c.Last {
			periods = periods[1:]
		}
		return nil
	})
	progress.Finish()
	if err != nil {
		return err
	}
	told, err := newStoryNames(b, p.Pipeline).all(ctx, periods)
	if err != nil {
		return err
	}
	if !c.JSON {
		return terminal.RenderStories(s.Out, told, terminal.Detect(s.Out, os.Getenv))
	}
	e := json.NewEncoder(s.Out)
	for _, period := range told {
		if err := e.Encode(period); err != nil {
			return err
		}
	}
	return nil
}

// storyNames finds names and headlines in the log.
type storyNames struct{ names *pipeline.StoryNames }

func newStoryNames(b *broker.Broker, name pipeline.Name) *storyNames {
	return &storyNames{pipeline.NewStoryNames(b, name)}
}

func (n *storyNames) all(ctx context.Context, periods []pipeline.StoryPeriod) (told []terminal.StoryPeriod, err error) {
	for _, period := range periods {
		x := terminal.StoryPeriod{Start: period.Start, End: period.End, Documents: period.Documents}
		for _, s := range period.Stories {
			story, err := n.story(ctx, s)
			if err != nil {
				return nil, err
			}
			x.Stories = append(x.Stories, story)
		}
		told = append(told, x)
	}
	return told, nil
}

// story reads the documents in the middle of a story. Those that the log does not
// hold any more are left out.
func (n *storyNames) story(ctx context.Context, s pipeline.PeriodStory) (told terminal.Story, err error) {
	told = terminal.Story{ID: s.ID, Label: s.Label, Here: s.Here, Documents: s.Documents, First: s.First.String()}
	if s.From != topics.NoTime {
		told.Since = time.Unix(0, s.From).UTC()
	}
	for _, t := range s.Terms {
		told.Terms = append(told.Terms, t.Text)
	}
	if len(s.Central) > 0 {
		told.Central = s.Central[0].String()
	}
	told.Name, told.Headline, err = n.names.Of(ctx, s.Terms, s.Central, len(s.Central))
	return told, err
}
