package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"tidings/datasets"
	"tidings/eval"
	"tidings/eval/metric"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// train is the command's flags.
type train struct {
	From           []string `name:"from" required:"" sep:"none" placeholder:"FILE" group:"Source" help:"The file to learn from (JSON lines or CSV; plain, gzip, zstd), or any other source that ends. Repeatable: several files are one source; 'a*.jsonl' is all that match."`
	cli.ReadFlags  `group:"Source"`
	cli.LateFlags  `group:"Source"`
	cli.ModelFlags `group:"Model"`

	Test     []string `name:"test" placeholder:"FILE" sep:"none" group:"Result" help:"Then predict this file with the model frozen. Repeatable."`
	Shuffles uint64   `name:"shuffles" placeholder:"N" group:"Result" help:"Do it for the orders of the seeds 1 to N, and tell the mean."`
	Abstain  float64  `name:"abstain" placeholder:"SHARE" group:"Result" help:"Tell also which share of the predictions has a probability of SHARE, such as 0.4, or more, and how many of these are right: of the test, where there is one."`
	Coverage bool     `name:"coverage" group:"Result" help:"Tell this for thresholds from 0.3 to 0.9."`
	Save     string   `name:"save" placeholder:"FILE" group:"Result" help:"Save the model with its df as a version: for train import, or classify --model-version FILE."`
	Note     string   `name:"note" placeholder:"TEXT" group:"Result" help:"What to remember of the version that --save saves."`
	Over     bool     `name:"over" group:"Result" help:"Let --save replace a file that is there."`
	JSON     bool     `name:"json" group:"Result" help:"The result as JSON, a record an order."`

	saved  *pipeline.ModelVersion // what the last order came to
	headed bool                   // the table has its first line
}

// outcome is what one order gave.
type outcome struct {
	Shuffle      *uint64              `json:"shuffle,omitempty"`
	Documents    uint64               `json:"documents"`
	Refused      uint64               `json:"refused"`
	Accuracy     float64              `json:"accuracy"`
	MacroF1      float64              `json:"macro_f1"`
	Confidence   *trust               `json:"confidence,omitempty"` // of first predictions; nil without labels
	TestAccuracy float64              `json:"test_accuracy,omitempty"`
	TestMacroF1  float64              `json:"test_macro_f1,omitempty"`
	Late         *pipeline.LateCounts `json:"late_labels,omitempty"`
	TestTrust    *trust               `json:"test_confidence,omitempty"`
	PerSecond    float64              `json:"documents_per_second"`

	labelled, tested uint64
	ece, testECE     float64
	learnt, test     *believed
}

// Run learns the file in one order or several.
func (t *train) Run(ctx context.Context, s cli.Streams) error {
	plan, err := t.Plan()
	if err = errors.Join(err, cli.CheckAbstain(t.Abstain), t.checkSave()); err != nil {
		return err
	}
	orders := []*uint64{t.Shuffle}
	if t.Shuffles > 0 {
		if t.Shuffle != nil {
			return &cli.UsageError{Err: errors.New("--shuffle is one order, --shuffles are several: choose")}
		}
		orders = nil
		for seed := uint64(1); seed <= t.Shuffles; seed++ {
			orders = append(orders, &seed)
		}
	}
	for _, path := range t.Test {
		source, err := t.OpenFile(ctx, path, s.In)
		if err == nil {
			err = source.Reader.Close()
		}
		if err != nil {
			return fmt.Errorf("--test: %w", err)
		}
	}
	sum := outcome{learnt: newBelieved(t.Abstain), test: newBelieved(t.Abstain)}
	for _, order := range orders {
		o, err := t.order(ctx, s, plan, order)
		if err != nil {
			return err
		}
		if err := t.tell(s, o, orderName(order)); err != nil {
			return err
		}
		if o.Documents == 0 && o.Refused > 0 {
			return &ingest.RefusedError{Rows: o.Refused}
		}
		sum.Documents, sum.Refused, sum.labelled, sum.tested = o.Documents, o.Refused, o.labelled, o.tested
		sum.Accuracy += o.Accuracy / float64(len(orders))
		sum.MacroF1 += o.MacroF1 / float64(len(orders))
		sum.TestAccuracy += o.TestAccuracy / float64(len(orders))
		sum.TestMacroF1 += o.TestMacroF1 / float64(len(orders))
		sum.PerSecond += o.PerSecond / float64(len(orders))
		sum.ece += o.ece / float64(len(orders))
		sum.testECE += o.testECE / float64(len(orders))
		sum.learnt.merge(o.learnt)
		sum.test.merge(o.test)
	}
	if len(orders) > 1 && !t.JSON {
		if err := t.tell(s, sum, "mean"); err != nil {
			return err
		}
	}
	if t.Save != "" {
		if err := t.keep(s); err != nil {
			return err
		}
	}
	if t.Coverage && !t.JSON {
		return tellCoverage(s.Out, sum.learnt, sum.test)
	}
	return nil
}

func orderName(order *uint64) string {
	if order == nil {
		return "file"
	}
	return fmt.Sprint(*order)
}

func (t *train) tell(s cli.Streams, o outcome, name string) error {
	if t.JSON {
		return json.NewEncoder(s.Out).Encode(o)
	}
	if !t.headed {
		t.headed = true
		fmt.Fprintf(s.Out, "%8s %10s %8s %10s %10s %10s %10s %10s", "order", "documents", "refused", "accuracy", "macro-F1", "ECE", "test", "test-ECE")
		if t.Abstain > 0 {
			fmt.Fprintf(s.Out, " %10s %10s", "coverage", "right")
		}
		fmt.Fprintf(s.Out, " %10s\n", "docs/s")
	}
	test, testECE := "-", "-"
	if o.tested > 0 {
		test, testECE = fmt.Sprintf("%.4f", o.TestAccuracy), fmt.Sprintf("%.4f", o.testECE)
	}
	accuracy, f1, ece := "-", "-", "-"
	if o.labelled > 0 {
		accuracy, f1, ece = fmt.Sprintf("%.4f", o.Accuracy), fmt.Sprintf("%.4f", o.MacroF1), fmt.Sprintf("%.4f", o.ece)
	}
	fmt.Fprintf(s.Out, "%8s %10d %8d %10s %10s %10s %10s %10s", name, o.Documents, o.Refused, accuracy, f1, ece, test, testECE)
	if t.Abstain > 0 {
		of := o.learnt
		if o.tested > 0 {
			of = o.test
		}
		coverage, right := of.kept()
		fmt.Fprintf(s.Out, " %10s %10s", coverage, right)
	}
	_, err := fmt.Fprintf(s.Out, " %10.0f\n", o.PerSecond)
	return err
}

// order learns the file once and predicts the test files.
func (t *train) order(ctx context.Context, s cli.Streams, plan pipeline.Plan, order *uint64) (outcome, error) {
	oracle, err := eval.NewOracle(plan)
	if err != nil {
		return outcome{}, err
	}
	delay, err := t.Delay()
	if err != nil {
		return outcome{}, err
	}
	log := newStudent(oracle, plan, delay)
	var first metric.Confusion
	learnt := newBelieved(t.Abstain)
	oracle.Each = func(e *pipeline.Entry, _ []uint32) {
		labels, shares := oracle.Shares()
		first.Add(log.truth, e.Label)
		learnt.add(log.truth, e.Label, e.Probability, labels, shares)
	}
	read := t.ReadFlags
	read.Shuffle = order
	began := time.Now()
	var runs datasets.LabelRuns
	refused, err := each(ctx, read, t.From, s, ingest.NewDoor(ingest.Options{}).Refusal, func(row datasets.Row) error {
		if text := runs.Add(row.Document.Label); text != "" {
			fmt.Fprintln(s.Err, text)
		}
		return log.row(row)
	})
	if err == nil {
		err = log.end()
	}
	if err != nil {
		return outcome{}, err
	}
	if text := runs.End(); text != "" {
		fmt.Fprintln(s.Err, text)
	}
	if off := oracle.DFError(); off > 0 {
		fmt.Fprintf(s.Err, "df: rare words were forgotten to make room (--df-terms %d); a count may be too low by %.0f of %d documents\n", plan.Features.DFTerms, math.Ceil(off), oracle.Tally.Documents)
	}
	t.saved = oracle.Version()
	tally := oracle.Tally
	o := outcome{
		Shuffle: order, Documents: tally.Documents, Refused: refused + tally.DeadLetters,
		Accuracy: first.Accuracy(), MacroF1: first.MacroF1(), Late: tally.Summary(plan).LateLabels,
		labelled: first.Documents(), learnt: learnt, Confidence: learnt.trust(), PerSecond: float64(tally.Documents) / time.Since(began).Seconds(),
	}
	o.ece = learnt.Calibration.Error()
	err = t.test(ctx, s, oracle.Frozen(), &o)
	return o, err
}

// test predicts the test files, none of which is learnt.
func (t *train) test(ctx context.Context, s cli.Streams, frozen *pipeline.Frozen, o *outcome) error {
	var confusion metric.Confusion
	tested := newBelieved(t.Abstain)
	read := t.ReadFlags
	read.Shuffle, read.Limit = nil, 0
	for _, path := range t.Test {
		if _, err := each(ctx, read, []string{path}, s, unread, func(row datasets.Row) error {
			label, probability, err := frozen.Predict(row.Document.Title, row.Document.Text)
			if err != nil {
				return err
			}
			truth := jsonl.Label(row.Document.Label)
			confusion.Add(truth, label)
			labels, shares := frozen.Shares()
			tested.add(truth, label, probability, labels, shares)
			return nil
		}); err != nil {
			return err
		}
	}
	o.tested, o.test, o.TestTrust = confusion.Documents(), tested, tested.trust()
	o.testECE = tested.Calibration.Error()
	o.TestAccuracy, o.TestMacroF1 = confusion.Accuracy(), confusion.MacroF1()
	return nil
}

// unread refuses rows that cannot be read. Only what is learnt has to come once.
func unread(row datasets.Row) error { return row.Err }

// refusalsShown is how many refused rows of a file are told one by one.
const refusalsShown = 10

// each gives the good rows of a file; bad ones are told and counted.
func each(ctx context.Context, read cli.ReadFlags, specs []string, s cli.Streams, refusal func(datasets.Row) error, f func(datasets.Row) error) (refused uint64, err error) {
	source, err := read.OpenSpecs(ctx, specs, 0, s.In)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Reader.Close()) }()
	for {
		row, err := source.Next()
		switch {
		case errors.Is(err, io.EOF):
			return refused, nil
		case err != nil:
			return refused, err
		case ctx.Err() != nil:
			return refused, ctx.Err()
		}
		if err := refusal(row); err != nil {
			if refused++; refused <= refusalsShown {
				fmt.Fprintln(s.Err, err)
			} else if refused == refusalsShown+1 {
				fmt.Fprintln(s.Err, "more rows are refused; their number is told at the end")
			}
			continue
		}
		if err := f(row); err != nil {
			return refused, fmt.Errorf("%s:%d: %w", row.File, row.Line, err)
		}
	}
}
