package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// uncertain is the flags of classify uncertain.
type uncertain struct {
	storedFlags
	Top   int    `name:"top" default:"20" placeholder:"N" group:"Result" help:"How many documents. Default: ${default}."`
	Since string `name:"since" placeholder:"TIME" group:"Result" help:"Only documents from TIME on (2020-03-01, or 2020-03-01T12:00:00Z): of their event time, or of their arrival where they have none."`
	JSON  bool   `name:"json" group:"Result" help:"A document a line, as JSON."`
}

// Help is what classify uncertain --help tells.
func (*uncertain) Help() string {
	return `Lists the documents most worth labelling: of those without a label the ones whose two likeliest labels were nearest to each other when they were predicted. It reads what a running or stored pipeline has committed and changes nothing. Early documents were predicted by a model that had learnt little: --since leaves them out.

  classify uncertain --store DIR
  classify uncertain --nats nats://127.0.0.1:4222 --top 50 --since 2020-03-01 --json

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Check tells which values of the flags cannot be.
func (c *uncertain) Check() error {
	_, err := c.since()
	if c.Top < 1 || c.Top > pipeline.UncertainMax {
		err = errors.Join(err, &cli.UsageError{Err: fmt.Errorf("--top %d is out of range; choose 1 to %d", c.Top, pipeline.UncertainMax)})
	}
	return err
}

// since reads --since.
func (c *uncertain) since() (func(*pipeline.Entry) bool, error) {
	if c.Since == "" {
		return func(*pipeline.Entry) bool { return true }, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if from, err := time.Parse(layout, c.Since); err == nil {
			return func(e *pipeline.Entry) bool {
				at := e.Prediction().Time
				if at.IsZero() {
					at = time.Unix(0, e.Logged)
				}
				return !at.Before(from)
			}, nil
		}
	}
	return nil, &cli.UsageError{Err: fmt.Errorf("--since %q is no time; write 2020-03-01, or 2020-03-01T12:00:00Z", c.Since)}
}

// Run finds them and tells.
func (c *uncertain) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	b, p, err := c.open(ctx, "tidings uncertain")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	since, err := c.since()
	if err != nil {
		return err
	}
	progress := newMeter(s, c.JSON)
	read := uint64(0)
	found, err := pipeline.FindUncertain(ctx, b, p, c.Top, func(e *pipeline.Entry) bool {
		if read++; read%1000 == 0 {
			progress.show("reading", read, 0)
		}
		return since(e)
	})
	progress.Finish()
	if err != nil {
		return err
	}
	return c.tell(ctx, s.Out, b, p.Pipeline, found)
}

// uncertainLine is one of them as JSON.
type uncertainLine struct {
	Margin float64 `json:"margin"` // between the probabilities of the two likeliest labels
	pipeline.PredictionLine
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"` // its head
}

// tell writes them. The text of one that the log does not hold any more is left
// out.
func (c *uncertain) tell(ctx context.Context, to io.Writer, b *broker.Broker, name pipeline.Name, found []pipeline.Uncertain) error {
	shown := make([]terminal.Uncertain, 0, len(found))
	e := json.NewEncoder(to)
	for _, u := range found {
		x := terminal.Uncertain{Uncertain: u}
		d, err := pipeline.LogDocument(ctx, b, name, u.Position)
		switch {
		case err == nil:
			x.Title, x.Text = d.Title, head(d.Text)
		case !errors.Is(err, pipeline.ErrNotLogged):
			return err
		}
		if !c.JSON {
			shown = append(shown, x)
			continue
		}
		if err := e.Encode(uncertainLine{u.Margin, pipeline.NewPredictionLine(u.Prediction, 0), x.Title, x.Text}); err != nil {
			return err
		}
	}
	if c.JSON {
		return nil
	}
	return terminal.RenderUncertain(to, shown, terminal.Detect(to, os.Getenv))
}

// headBytes is how much of a text is shown.
const headBytes = 512

// head is the beginning of a text, without half a character at its end.
func head(text string) string {
	if len(text) <= headBytes {
		return text
	}
	n := headBytes
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n] + "…"
}
