package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tidings"
	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// reasons is the flags of classify explain.
type reasons struct {
	Document string `arg:"" name:"document" help:"The document's id, or its position as predictions tell it (12/3). Of several with one id it is the newest; an id counts before a position."`
	storedFlags
	Top  int  `name:"top" default:"12" placeholder:"N" group:"Result" help:"How many terms for and against each label. Default: ${default}."`
	JSON bool `name:"json" group:"Result" help:"All of it as one JSON object."`
}

// Help is what classify explain --help tells.
func (*reasons) Help() string {
	return `Says why a document of a pipeline was predicted as it was: which of its terms spoke for and against its label and the runner-up, by name. Features are hashed, but the document's own text, which is in the log, has the names; terms of it that fell on one feature are told together.

Model and df are rebuilt as they were when the document was predicted, by learning the log up to it again: to the bit, in the time that learning so much takes (some 50,000 short articles a second) and the memory of the model; of the names, only those of this one document are held. Nothing is changed.

  classify explain 2020-03-11-004 --store DIR
  classify explain 4123/7 --nats nats://127.0.0.1:4222 --json

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// Run finds the document, replays the log up to it, and tells.
func (c *reasons) Run(ctx context.Context, s cli.Streams) (err error) {
	if c.Top < 1 {
		return &cli.UsageError{Err: fmt.Errorf("--top %d: write how many terms, as in 12", c.Top)}
	}
	b, p, err := c.open(ctx, "tidings explain")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	progress := newMeter(s, c.JSON)
	defer progress.Finish()
	f := &finder{id: c.Document, progress: progress}
	if err := f.find(ctx, b, p); err != nil {
		return err
	}
	said := f.found
	x, err := eval.Explain(ctx, b, p, said.Position, func(done, of uint64) {
		progress.show("learning again", f.before*done/of, f.before)
	})
	progress.Finish()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(newReasonsLine(p, said, x))
	}
	r := terminal.Reasons{Explanation: x, Said: said, Model: p.Model, Top: c.Top}
	return terminal.RenderReasons(s.Out, r, terminal.Detect(s.Out, os.Getenv))
}

// finder looks for a document among what is committed.
type finder struct {
	id       string // or position
	progress *meter

	found     tidings.Prediction
	before    uint64 // documents before the one that was found
	documents uint64
	byID      bool
	refusal   string // of a document with the id
}

func (f *finder) find(ctx context.Context, b *broker.Broker, p pipeline.Plan) error {
	position, isPosition := parsePosition(f.id)
	err := pipeline.EachCommitted(ctx, b, p, func(e *pipeline.Entry) error {
		switch e.Kind {
		case pipeline.DocumentEntry:
			f.document(e, isPosition && e.Position == position)
		case pipeline.DeadLetter, pipeline.RejectEntry, pipeline.LostEntry:
			if e.ID == f.id || isPosition && e.Position == position {
				if f.refusal = "was refused: " + e.Detail; e.Kind == pipeline.LostEntry {
					f.refusal = "was lost before it was predicted"
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case f.found.Position != (tidings.Position{}):
		return nil
	case f.refusal != "":
		return fmt.Errorf("%s %s, so there is nothing to explain", f.id, f.refusal)
	}
	return fmt.Errorf("none of the %d documents that pipeline %s has predicted so far has the id or the position %s; predictions tell both", f.documents, p.Pipeline, f.id)
}

func (f *finder) document(e *pipeline.Entry, here bool) {
	if f.documents++; f.documents%1000 == 0 {
		f.progress.show("looking for it", f.documents, 0)
	}
	if named := e.ID == f.id; named || here && !f.byID {
		f.found, f.before, f.byID = e.Prediction(), f.documents, named
		f.found.Scores = append([]tidings.Score(nil), e.Scores...)
	}
}

// parsePosition reads what Position.String writes.
func parsePosition(s string) (at tidings.Position, ok bool) {
	sequence, line, found := strings.Cut(s, "/")
	a, err := strconv.ParseUint(sequence, 10, 64)
	b, err2 := strconv.ParseUint(line, 10, 32)
	return tidings.Position{Sequence: a, Line: uint32(b)}, found && err == nil && err2 == nil && a > 0
}

// reasonsLine is why a document was predicted so, as JSON.
type reasonsLine struct {
	Said      pipeline.PredictionLine `json:"prediction"` // as it was committed
	Same      bool                    `json:"same"`       // learning again came to the same, to the bit
	Model     string                  `json:"model"`
	Documents uint64                  `json:"documents"` // df counts, this one among them
	Updates   uint64                  `json:"updates"`   // the model had learnt
	Labels    []labelReasons          `json:"labels"`    // the likeliest first
	Terms     []termLine              `json:"terms"`     // in the order of the text
}

// labelReasons is what was said of one label.
type labelReasons struct {
	Label       string       `json:"label"`
	Probability float64      `json:"probability"`
	Offset      float64      `json:"offset"` // of its score, beside all terms
	For         []reasonLine `json:"for"`
	Against     []reasonLine `json:"against"`
}

type reasonLine struct {
	Terms []string `json:"terms"` // that fell on one feature
	Adds  float64  `json:"adds"`
}

func newReasonsLine(p pipeline.Plan, said tidings.Prediction, x pipeline.Explanation) reasonsLine {
	l := reasonsLine{
		Said: pipeline.NewPredictionLine(said, 0), Same: terminal.SaidSame(said, x), Model: p.Model, Documents: x.Documents, Updates: x.Updates,
		Labels: []labelReasons{}, Terms: newTermLines(x),
	}
	lines := func(all []pipeline.Reason, label int) []reasonLine {
		out := []reasonLine{}
		for _, r := range all {
			out = append(out, reasonLine{r.Terms, r.Adds[label]})
		}
		return out
	}
	for i, score := range x.Scores {
		pro, contra := x.Reasons(i)
		l.Labels = append(l.Labels, labelReasons{score.Label, score.Probability, x.Offsets[i], lines(pro, i), lines(contra, i)})
	}
	return l
}
