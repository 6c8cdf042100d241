package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// label is the flags of `train label`.
type label struct {
	ID    string `arg:"" optional:"" name:"id" help:"The document's id; of several that have it the newest is meant."`
	Label string `arg:"" optional:"" name:"label" help:"Its label. A label that was learnt is corrected by another one: it is learnt on top."`

	By       string        `name:"by" placeholder:"NAME" group:"Label" help:"Who gives it."`
	Time     string        `name:"time" placeholder:"TIME" group:"Label" help:"When it was given (RFC 3339)."`
	Position string        `name:"position" placeholder:"SEQUENCE/LINE" group:"Label" help:"Where the document stands in the log, as its prediction says: for an older one of several with the same id."`
	From     string        `name:"from" placeholder:"FILE" group:"Label" help:"Take labels from a file: JSON lines with id and label, and time, by and position if they are known; or CSV with a first line of these names. - is standard input."`
	Wait     time.Duration `name:"wait" default:"5s" placeholder:"TIME" group:"Label" help:"With --nats: how long to wait until a worker says what became of them. Default: ${default}."`
	JSON     bool          `name:"json" group:"Label" help:"What became of each as JSON, a record a line."`

	Pipeline        string `name:"pipeline" default:"tidings" placeholder:"NAME" group:"Broker" help:"The pipeline. Default: ${default}."`
	cli.BrokerFlags `group:"Broker"`
}

// Run stores the labels and tells what became of them.
func (l *label) Run(ctx context.Context, s cli.Streams) (err error) {
	if err := l.check(); err != nil {
		return err
	}
	file, err := l.labels(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	b, err := l.Open(ctx, "tidings train label")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	teller := &labelTeller{flags: l, streams: s, waiting: map[string]ingest.Answer{}}
	var outcomes *outcomes
	if !b.Embedded() && l.Wait > 0 {
		if outcomes, err = openOutcomes(ctx, b, pipeline.Name(l.Pipeline)); err != nil {
			return err
		}
		defer outcomes.close()
	}
	if err := ingest.StoreLabels(ctx, b, pipeline.Name(l.Pipeline), file.all, teller.stored); err != nil {
		return l.Explain(err)
	}
	if file.err != nil {
		return errors.Join(file.err, teller.end(outcomes != nil))
	}
	if outcomes != nil && len(teller.waiting) > 0 {
		waiting, cancel := context.WithTimeout(ctx, l.Wait)
		defer cancel()
		if err := outcomes.follow(waiting, teller.became); err != nil && ctx.Err() != nil {
			return err
		}
	}
	teller.refused += file.refused
	return teller.end(outcomes != nil)
}

func (l *label) check() error {
	usage := func(text string) error { return &cli.UsageError{Err: errors.New(text)} }
	switch {
	case l.From != "" && l.ID != "":
		return usage("a label is named, and --from takes labels from a file: choose")
	case l.From == "" && (l.ID == "" || l.Label == ""):
		return usage("which document, and which label? write train label ID LABEL, or --from FILE for many")
	case l.From != "" && (l.By != "" || l.Time != "" || l.Position != ""):
		return usage("--by, --time and --position are of one label; with --from they stand in the file")
	case l.NATS == "" && l.Store == "":
		return usage("where is the pipeline? give --nats URL of a running broker, or --store DIR")
	}
	if l.Store != "" {
		if _, err := os.Stat(l.Store); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("there is no store %s, so there is no document to label; correct the name", l.Store)
		}
	}
	if err := pipeline.Name(l.Pipeline).Check(); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

// labels are those that the flags name.
func (l *label) labels(s cli.Streams) (*labelFile, error) {
	if l.From != "" {
		return openLabels(l.From, s)
	}
	one := tidings.LateLabel{ID: l.ID, Label: jsonl.Label(l.Label), By: l.By}
	var err error
	if one.Time, err = jsonl.ParseTime([]byte(l.Time)); err == nil && l.Position != "" {
		one.Position, err = tidings.ParsePosition(l.Position)
	}
	if err == nil {
		err = one.Check()
	}
	if err != nil {
		return nil, &cli.UsageError{Err: err}
	}
	var all iter.Seq[tidings.LateLabel] = func(yield func(tidings.LateLabel) bool) { yield(one) }
	return &labelFile{all: all, close: func() error { return nil }}, nil
}

// labelTeller tells what became of labels, and counts.
type labelTeller struct {
	flags   *label
	streams cli.Streams
	waiting map[string]ingest.Answer // stored, by position, and what became of it is not known
	stores  int
	again   int
	refused int
	fates   map[string]int
	wrong   error // of a single label
}

// waitingMax is how many labels of a file are waited for.
const waitingMax = 100_000

// stored takes the answer of whoever stores the labels.
func (t *labelTeller) stored(a ingest.Answer) error {
	switch {
	case a.Status != ingest.Accepted:
		t.refused++
		t.wrong = fmt.Errorf("%s: %s", a.Status, a.Detail)
		fmt.Fprintf(t.streams.Err, "label %d: %s: %s\n", a.Line, a.Status, a.Detail)
		return nil
	case a.Duplicate:
		t.again++
	default:
		t.stores++
		if len(t.waiting) < waitingMax {
			t.waiting[a.Position] = a
		}
	}
	if t.flags.JSON {
		return json.NewEncoder(t.streams.Out).Encode(a)
	}
	return nil
}

// became takes what a worker made of a label, and says whether that was the
// last one that is waited for.
func (t *labelTeller) became(l pipeline.LabelLine) (done bool, err error) {
	if _, ours := t.waiting[l.Position]; !ours {
		return false, nil
	}
	delete(t.waiting, l.Position)
	if t.fates == nil {
		t.fates = map[string]int{}
	}
	t.fates[l.Fate]++
	if t.flags.JSON {
		err = json.NewEncoder(t.streams.Out).Encode(l)
	} else if t.flags.From == "" {
		_, err = fmt.Fprintf(t.streams.Out, "%s: %s\n", l.ID, fateText(l.Fate))
	}
	if t.flags.From == "" && (l.Fate == "unknown" || l.Fate == "too_late" || l.Fate == "too_many_labels") {
		t.wrong = fmt.Errorf("%s was not learnt: %s", l.ID, fateText(l.Fate))
	}
	return len(t.waiting) == 0, err
}

// fateText is what a fate means.
func fateText(fate string) string {
	switch fate {
	case pipeline.LabelLearnt.String():
		return "learnt"
	case pipeline.LabelCorrected.String():
		return "corrected: learnt on top of the label that it had"
	case pipeline.LabelRepeated.String():
		return "it had this label already; nothing to learn"
	case pipeline.LabelTooLate.String():
		return "too late: its features are not kept any more; --label-wait of the pipeline says how long they are"
	case pipeline.LabelUnknown.String():
		return "unknown: no document with this id is remembered; look at the id, and whether the document is in this pipeline"
	case pipeline.LabelTooMany.String():
		return "one more label than a model can have; look whether the labels are what they should be"
	}
	return fate
}

// end tells of all of them.
func (t *labelTeller) end(asked bool) error {
	if t.wrong != nil && t.flags.From == "" {
		return t.wrong
	}
	if t.flags.JSON {
		return nil
	}
	out := t.streams.Out
	if t.flags.From == "" && len(t.waiting) == 0 && t.again == 0 {
		return nil
	}
	fmt.Fprintf(out, "%d labels stored", t.stores)
	if t.again > 0 {
		fmt.Fprintf(out, ", %d had come before", t.again)
	}
	if t.refused > 0 {
		fmt.Fprintf(out, ", %d refused", t.refused)
	}
	for _, fate := range []pipeline.Fate{pipeline.LabelLearnt, pipeline.LabelCorrected, pipeline.LabelRepeated, pipeline.LabelTooLate, pipeline.LabelUnknown, pipeline.LabelTooMany} {
		if n := t.fates[fate.String()]; n > 0 {
			fmt.Fprintf(out, "; %d %s", n, fate)
		}
	}
	switch n := len(t.waiting); {
	case n == 0:
	case asked:
		fmt.Fprintf(out, "; what becomes of %d is not known yet: no worker has told so far, and %s will", n, pipeline.Name(t.flags.Pipeline).LabelsOut())
	default:
		fmt.Fprintf(out, "; they are learnt when the pipeline runs: classify --from log --store %s", t.flags.Store)
	}
	fmt.Fprintln(out)
	if t.stores+t.again == 0 && t.refused > 0 {
		return errors.New("none of the labels could be stored: the reasons are above")
	}
	return nil
}

// outcomes is what workers say of late labels, from now on.
type outcomes struct {
	reader  *broker.Reader
	subject string
}

func openOutcomes(ctx context.Context, b *broker.Broker, name pipeline.Name) (*outcomes, error) {
	stream := name.OutStream()
	if err := b.CreateStream(ctx, stream); err != nil {
		return nil, err
	}
	last, err := b.LastSequence(ctx, stream.Name)
	if err != nil {
		return nil, err
	}
	r, err := b.Read(ctx, stream.Name, last+1, broker.ReaderOptions{})
	if err != nil {
		return nil, err
	}
	return &outcomes{reader: r, subject: name.LabelsOut()}, nil
}

func (o *outcomes) close() {
	if o != nil {
		o.reader.Close()
	}
}

// follow hands out what is said until each wants no more.
func (o *outcomes) follow(ctx context.Context, each func(pipeline.LabelLine) (done bool, err error)) error {
	for {
		records, err := o.reader.Next(ctx)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Subject != o.subject {
				continue
			}
			for line := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
				var l pipeline.LabelLine
				if err := json.Unmarshal(line, &l); err != nil {
					return fmt.Errorf("%s, record %d: %w", o.subject, r.Sequence, err)
				}
				if done, err := each(l); done || err != nil {
					return err
				}
			}
		}
	}
}
