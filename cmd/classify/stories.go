package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tidings/features"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
	"tidings/pipeline/topics"
	"tidings/pipeline/topics/stories"
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
	return `Groups the documents of a pipeline into stories, which are documents that tell the same event, and shows the largest ones of each period: what people call them, how many documents tell them in the period and in all, since when, and the document in their middle; and what rises in the period: words that more of its documents have than those before, put together where they come in the same documents, and named. Stories of a period that tell of one thing, as those of a war, are put together: a name is heard in all of them, and they have words in common. A name is of the proper names of English texts and a noun phrase; where there are none, the weightiest words stand for them. It reads what a running or stored pipeline has committed and changes nothing.

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
	progress := newMeter(s, c.JSON)
	read := uint64(0)
	names := &storyNames{pipeline.NewStoryNames(b, p.Pipeline), c.Top}
	var periods []pipeline.StoryPeriod
	var told []terminal.StoryPeriod
	tell := func(period pipeline.StoryPeriod) error {
		x, err := names.period(ctx, period)
		told = append(told, x)
		return err
	}
	err = pipeline.TellStories(ctx, b, p, pipeline.StoriesWanted{Every: every, Top: max(c.Top, storiesTogether), Rises: max(c.Top, risesNamed)}, func() {
		if read++; read%1000 == 0 {
			progress.show("reading", read, 0)
		}
	}, func(period pipeline.StoryPeriod) error {
		if c.Last == 0 {
			return tell(period)
		}
		if periods = append(periods, period); len(periods) > c.Last {
			periods = periods[1:]
		}
		return nil
	})
	progress.Finish()
	if err != nil {
		return err
	}
	for _, period := range periods {
		if err := tell(period); err != nil {
			return err
		}
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

// storiesTogether is how many stories of a period are looked at, to put those
// together that tell of one thing, risesNamed how many of what rises, and
// readsOfStory how many documents of each.
const (
	storiesTogether = 60
	risesNamed      = 20
	readsOfStory    = 8
)

// storyNames finds names and headlines in the log.
type storyNames struct {
	names *pipeline.StoryNames
	top   int // that are told of each period
}

// period reads the documents in the middle of stories, and puts stories together.
// Documents that the log does not hold any more are left out.
func (n *storyNames) period(ctx context.Context, period pipeline.StoryPeriod) (told terminal.StoryPeriod, err error) {
	told = terminal.StoryPeriod{Start: period.Start, End: period.End, Documents: period.Documents}
	all := make([]stories.Told, len(period.Stories))
	headlines := make([]string, len(all))
	for i, s := range period.Stories {
		all[i] = stories.Told{Story: s.Story, Here: s.Here}
		named, headline, err := n.names.Heard(ctx, s.Central, readsOfStory)
		if err != nil {
			return told, err
		}
		headlines[i] = headline
		for _, of := range named {
			all[i].Names, all[i].Phrases = append(all[i].Names, of.Names), append(all[i].Phrases, of.Phrases)
		}
	}
	for _, g := range stories.Together(all) {
		if len(told.Stories) == n.top {
			break
		}
		story := group(all, g)
		story.Headline = headlines[g.Stories[0]]
		told.Stories = append(told.Stories, story)
	}
	told.Rising, err = n.rising(ctx, period.Rises)
	return told, err
}

// rising names what rises.
func (n *storyNames) rising(ctx context.Context, rises []pipeline.PeriodRise) (told []terminal.Rise, err error) {
	all := make([]stories.Told, len(rises))
	headlines := make([]string, len(all))
	for i, r := range rises {
		all[i] = r.Told()
		var named []features.Named
		if named, headlines[i], err = n.names.Heard(ctx, r.Central, readsOfStory); err != nil {
			return nil, err
		}
		for _, of := range named {
			all[i].Names, all[i].Phrases = append(all[i].Names, of.Names), append(all[i].Phrases, of.Phrases)
		}
	}
	for _, g := range stories.Called(all) {
		if len(told) == n.top {
			break
		}
		first := rises[g.Stories[0]].Bursts[0]
		rise := terminal.Rise{Name: strings.Join(g.Names, ", "), Documents: first.Documents, Expected: first.Expected, Score: first.Score, Headline: headlines[g.Stories[0]]}
		for _, i := range g.Stories {
			for _, b := range rises[i].Bursts {
				rise.Terms = append(rise.Terms, b.Text)
			}
		}
		told = append(told, rise)
	}
	return told, nil
}

// group is a group of stories as people see it: its first story, with the
// documents of all.
func group(all []stories.Told, g stories.Group) terminal.Story {
	first := all[g.Stories[0]]
	told := terminal.Story{ID: first.ID, Name: strings.Join(g.Names, ", "), Label: first.Label, Here: g.Here, First: first.First.String()}
	if len(g.Stories) > 1 {
		told.Together = len(g.Stories)
	}
	from := first.From
	for _, i := range g.Stories {
		told.Documents += all[i].Documents
		if all[i].From != stories.NoTime {
			from = min(from, all[i].From)
		}
	}
	if first.From != stories.NoTime {
		told.Since = time.Unix(0, from).UTC()
	}
	for _, t := range first.Terms {
		told.Terms = append(told.Terms, t.Text)
	}
	if len(first.Central) > 0 {
		told.Central = first.Central[0].String()
	}
	return told
}
