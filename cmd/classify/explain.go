package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"tidings"
	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/jsonl"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// explanation is the flags of classify explain-text.
type explanation struct {
	Words []string `arg:"" optional:"" name:"text" help:"The text; - reads standard input."`
	Title string   `name:"title" placeholder:"TEXT" group:"Text" help:"Its title."`

	From           []string `name:"from" sep:"none" placeholder:"FILE" group:"State" help:"Learn these documents first, in memory. Default: the built-in sample."`
	cli.ReadFlags  `group:"State"`
	Store          string `name:"store" placeholder:"DIR" group:"State" help:"Learn first what the log of a pipeline in DIR holds, under the pipeline's own options."`
	NATS           string `name:"nats" placeholder:"URL" group:"State" help:"The same of a pipeline on the NATS server at URL."`
	Pipeline       string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"State" help:"Which pipeline. Default: ${default}."`
	cli.ModelFlags `group:"Model"`

	JSON bool `name:"json" group:"Result" help:"The explanation as one JSON object."`
}

// Help is what classify explain-text --help tells.
func (*explanation) Help() string {
	return `Shows what becomes of a text: its words, what each option makes of them, the terms with their counts, df and weights, and what each term says for and against the likeliest labels.

df and weights are those of a model that learns first, in memory: from the built-in sample, from files, or from the log of a pipeline, which it reads and does not change.

  classify explain-text "Rates rise, banks fall"
  classify explain-text --stem auto --ngrams 1-2 "Die Zinsen der Banken steigen"
  classify explain-text --from articles.jsonl.gz --title "Cup final" "They won after extra time"
  classify explain-text --store DIR --pipeline news - < article.txt

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`
}

// sampleLearnt is how much of the built-in sample is learnt when nothing else
// is named.
const sampleLearnt = "sample:5000"

// Run learns, asks, and tells.
func (c *explanation) Run(ctx context.Context, s cli.Streams) error {
	text, err := c.text(ctx, s.In)
	if err != nil {
		return err
	}
	plan, err := c.Plan()
	if err != nil {
		return err
	}
	var oracle *eval.Oracle
	var learnt string
	if c.Store != "" || c.NATS != "" {
		oracle, plan, learnt, err = c.replayed(ctx, plan)
	} else {
		oracle, learnt, err = c.learnt(ctx, s, plan)
	}
	if err != nil {
		return err
	}
	x, err := oracle.Frozen().ExplainAll(c.Title, text)
	if err != nil {
		return err
	}
	return c.tell(s, plan, learnt, x)
}

// text is what is to be explained.
func (c *explanation) text(ctx context.Context, in io.Reader) (text string, err error) {
	text = strings.Join(c.Words, " ")
	if text == cli.Stdin {
		if text, err = readText(ctx, in); err != nil {
			return "", err
		}
	}
	d := tidings.Document{ID: "text", Title: c.Title, Text: text}
	err = d.Check()
	if strings.TrimSpace(c.Title+text) == "" {
		err = errors.New("there is no text; give one, as in: classify explain-text \"Rates rise\", or - for standard input")
	}
	if err != nil {
		return "", &cli.UsageError{Err: err}
	}
	return text, nil
}

// readText reads standard input to its end. Nothing interrupts a read of a
// terminal or a pipe: when it is called off it is left alone, and ends with the
// process.
func readText(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(in, tidings.TextBytesMax+1))
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		switch {
		case r.err != nil:
			return "", fmt.Errorf("standard input cannot be read: %w", r.err)
		case len(r.text) > tidings.TextBytesMax:
			return "", &cli.UsageError{Err: fmt.Errorf("standard input has more than %d bytes, which is the limit of a text", tidings.TextBytesMax)}
		}
		return string(r.text), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// learnt learns a source in memory.
func (c *explanation) learnt(ctx context.Context, s cli.Streams, plan pipeline.Plan) (o *eval.Oracle, from string, err error) {
	specs := c.From
	if len(specs) == 0 {
		specs = []string{sampleLearnt}
	}
	if len(c.Words) == 1 && c.Words[0] == cli.Stdin && len(specs) == 1 && specs[0] == cli.Stdin {
		return nil, "", &cli.UsageError{Err: errors.New("--from - and the text - both want standard input: give one of them otherwise")}
	}
	if o, err = eval.NewOracle(plan); err != nil {
		return nil, "", err
	}
	source, err := c.OpenSpecs(ctx, specs, 0, s.In)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, source.Reader.Close()) }()
	var line []byte
	for sequence := uint64(1); ; {
		row, err := source.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, "", err
		}
		if row.Err != nil {
			fmt.Fprintln(s.Err, row.Err)
			continue
		}
		line = jsonl.Append(line[:0], &row.Document)
		if err := o.Add(broker.Record{Subject: plan.Pipeline.LogSubject(pipeline.ArticleRecord, "file"), Sequence: sequence, Data: line}); err != nil {
			return nil, "", err
		}
		sequence++
	}
	from = strings.Join(specs, " ")
	if len(c.From) == 0 {
		from = "the built-in sample, for nothing else was named with --from, --store or --nats"
	}
	return o, from, nil
}

// replayed learns the log of a pipeline under the plan that it was created with.
func (c *explanation) replayed(ctx context.Context, asked pipeline.Plan) (o *eval.Oracle, plan pipeline.Plan, from string, err error) {
	if len(c.From) > 0 {
		return nil, plan, "", &cli.UsageError{Err: errors.New("--from learns files, --store and --nats a pipeline's log: choose")}
	}
	b, plan, err := (&storedFlags{Store: c.Store, NATS: c.NATS, Pipeline: c.Pipeline}).open(ctx, "tidings explain-text")
	if err != nil {
		return nil, plan, "", err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if changes := asked.Features.Changes(); len(changes) > 0 {
		return nil, plan, "", &cli.UsageError{Err: fmt.Errorf("%s: a pipeline explains texts under the options that it was created with; leave this out, or leave --store and --nats out to try it on the built-in sample", strings.Join(changes, ", "))}
	}
	if o, err = eval.NewOracle(plan); err != nil {
		return nil, plan, "", err
	}
	if err := o.Replay(ctx, b, plan.Pipeline); err != nil {
		return nil, plan, "", err
	}
	return o, plan, "the log of pipeline " + c.Pipeline, nil
}

// tell writes the explanation.
func (c *explanation) tell(s cli.Streams, plan pipeline.Plan, learnt string, x pipeline.Explanation) error {
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(newExplanationLine(plan, learnt, x))
	}
	return terminal.RenderExplanation(s.Out, terminal.Explanation{
		Explanation: x, Tokenizer: plan.Features.Tokenizer, Options: plan.Features.Changes(), Model: plan.Model, Learnt: learnt,
	}, terminal.Detect(s.Out, os.Getenv))
}

// explanationLine is an explanation as JSON.
type explanationLine struct {
	Learnt    string   `json:"learnt"` // what df and model come from
	Tokenizer string   `json:"tokenizer"`
	Options   []string `json:"options"` // of text, that are not at their defaults
	Model     string   `json:"model"`
	pipeline.Explanation
	Scores []pipeline.ScoreLine `json:"scores"`
	Terms  []termLine           `json:"terms"`
}

type termLine struct {
	pipeline.TermPart
	Adds map[string]float64 `json:"adds"` // by label
}

func newExplanationLine(plan pipeline.Plan, learnt string, x pipeline.Explanation) explanationLine {
	l := explanationLine{
		Learnt: learnt, Tokenizer: plan.Features.Tokenizer, Options: plan.Features.Changes(), Model: plan.Model, Explanation: x,
		Scores: []pipeline.ScoreLine{}, Terms: newTermLines(x),
	}
	if l.Options == nil {
		l.Options = []string{}
	}
	for _, score := range x.Scores {
		l.Scores = append(l.Scores, pipeline.ScoreLine(score))
	}
	return l
}

// newTermLines are the terms of a text with what they add by label.
func newTermLines(x pipeline.Explanation) []termLine {
	all := []termLine{}
	for _, part := range x.Terms {
		adds := map[string]float64{}
		for i, score := range x.Scores {
			adds[score.Label] = part.Adds[i]
		}
		all = append(all, termLine{part, adds})
	}
	return all
}
