package experiments_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/eval/experiments"
	"tidings/eval/report"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// parsed are documents from their lines.
func parsed(lines [][]byte) iter.Seq2[tidings.Document, error] {
	return func(yield func(tidings.Document, error) bool) {
		for _, line := range lines {
			var x struct {
				ID, Label, Title, Text string
				Time                   time.Time
			}
			err := json.Unmarshal(line, &x)
			if !yield(tidings.Document{ID: x.ID, Time: x.Time, Label: x.Label, Title: x.Title, Text: x.Text}, err) {
				return
			}
		}
	}
}

func corpus(t testing.TB, documents int) *experiments.Corpus {
	t.Helper()
	c, err := experiments.Load(parsed(evaltest.Documents(documents)), features.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// each calls for every document that a pipeline has predicted, those that it
// predicted again too.
func each(t *testing.T, b *broker.Broker, p pipeline.Plan, f func(e *pipeline.Entry)) {
	t.Helper()
	last, err := b.LastSequence(t.Context(), p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	results, err := pipeline.OpenResults(t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	defer results.Close()
	for at := uint64(0); at < last; {
		u, err := results.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range u.Entries {
			if u.Entries[i].Kind == pipeline.DocumentEntry {
				f(&u.Entries[i])
			}
		}
		at = max(at, u.To)
	}
}

// A run without damage says what the oracle says of every document, and one that
// repeats what a real crash repeated, or loses what one lost, says what that run
// said: so damage done to the loop stands for real failures.
func TestTheLoopDoesWhatRealCrashesDo(t *testing.T) {
	const documents = 3000
	lines := evaltest.Documents(documents)
	c := corpus(t, documents)
	for _, tt := range []struct {
		recovery, faults string
		kind             experiments.Kind
	}{
		{guarantees.Commit, "kill[stepped]:classify@1000", ""},
		{guarantees.Kept, "kill[stored]:classify@1000", experiments.Repetition},
		{guarantees.Claim, "kill[stepped]:classify@1000", experiments.Loss},
	} {
		t.Run(tt.recovery, func(t *testing.T) {
			outputs := crashed(t, lines, tt.recovery, tt.faults, tt.kind)
			var order []int32
			said := make([]string, documents)
			times := make([]uint8, documents)
			for _, o := range outputs {
				if times[o.line]++; times[o.line] == 1 {
					said[o.line] = o.label
				}
				order = append(order, int32(o.line))
			}
			labels, met, err := experiments.RunAll(c, order)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(met, times) {
				t.Error("other documents were met")
			}
			for i := range labels {
				if labels[i] != said[i] {
					t.Fatalf("document %d is %q in the loop, %q in the pipeline", i+1, labels[i], said[i])
				}
			}
		})
	}
}

// output is a prediction that came out of a pipeline.
type output struct {
	line  int // of the log
	label string
}

// crashed runs a pipeline of one partition over lines, a document each, while
// faults strike that have to do what kind says, and returns all that came out, in
// its order.
func crashed(t *testing.T, lines [][]byte, recovery, faults string, kind experiments.Kind) (outputs []output) {
	t.Helper()
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "real", 1, recovery)
	fill(t, b, p.Pipeline, lines)
	truth, err := eval.NewTruth(t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	o, err := eval.Trial{Plan: p, Faults: pipeline.FaultPlan{Faults: faults, Seed: 1}}.Run(t.Context(), b, truth)
	if err != nil {
		t.Fatal(err)
	}
	if (o.Repeated > 0) != (kind == experiments.Repetition) || (o.Lost > 0) != (kind == experiments.Loss) {
		t.Fatalf("%d repeated, %d lost: %v", o.Repeated, o.Lost, o.Idle)
	}
	repeated, times := uint64(0), make([]int, len(lines))
	each(t, b, p, func(e *pipeline.Entry) {
		if times[e.Position.Sequence-1]++; times[e.Position.Sequence-1] > 1 {
			repeated++
		}
		outputs = append(outputs, output{int(e.Position.Sequence - 1), e.Label}) // one document a message
	})
	if repeated != o.Repeated {
		t.Fatalf("%d are read again, %d were", repeated, o.Repeated)
	}
	return outputs
}

// fill puts documents into a log, each in a message of its own, and an end.
func fill(t *testing.T, b *broker.Broker, name pipeline.Name, lines [][]byte) {
	t.Helper()
	if err := b.CreateStream(t.Context(), name.LogStream()); err != nil {
		t.Fatal(err)
	}
	a := b.Appender(name.LogStream().Name, 0)
	defer a.Close()
	for _, line := range lines {
		if err := a.Append(name.LogSubject(pipeline.ArticleRecord, "test"), nil, line); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second seals it
		if err := a.Append(name.LogSubject(pipeline.ControlRecord, "test"), nil, []byte(`{"end":true}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Any damage hits as many documents as it says, loses them or brings them twice,
// and leaves the others as they are, in their order; a burst comes again as a
// whole; one topic's damage hits no other's documents.
func TestSchedulesHitAsManyAsTheySay(t *testing.T) {
	c := corpus(t, 500)
	rapid.Check(t, func(t *rapid.T) {
		d := experiments.Damage{
			Kind:    rapid.SampledFrom([]experiments.Kind{experiments.Loss, experiments.Repetition}).Draw(t, "kind"),
			Pattern: rapid.SampledFrom([]experiments.Pattern{experiments.Even, experiments.Burst, experiments.Class}).Draw(t, "pattern"),
			Rate:    rapid.Float64Range(0, 1).Draw(t, "rate"),
			Seed:    rapid.Uint64().Draw(t, "seed"),
		}
		order := c.Schedule(d)
		times := make([]int, c.Documents())
		for _, i := range order {
			times[i]++
		}
		usual, hit := 1, 0
		for _, n := range times {
			if n != usual {
				hit++
			}
			if n > 2 || d.Kind == experiments.Loss && n > 1 || d.Kind == experiments.Repetition && n < 1 {
				t.Fatalf("a document is met %d times under %v", n, d)
			}
		}
		want := int(d.Rate*float64(c.Documents()) + .5)
		if d.Pattern != experiments.Class && hit != want || hit > want {
			t.Fatalf("%d are hit by %v, want %d", hit, d, want)
		}
		first := slices.Clone(order)
		slices.Sort(first)
		seen := make([]bool, c.Documents())
		var firsts []int32
		for _, i := range order {
			if !seen[i] {
				firsts = append(firsts, i)
			}
			seen[i] = true
		}
		if !slices.IsSorted(firsts) {
			t.Fatalf("documents are met out of order under %v", d)
		}
		if again := c.Schedule(d); !slices.Equal(order, again) {
			t.Fatalf("%v is drawn another way the second time", d)
		}
	})
}

// The same setting gives the same experiment to the bit, however many runs go
// beside each other; it has a row for each cell, and a page can be made of it.
func TestDoseDependsOnItsSeedAlone(t *testing.T) {
	c := corpus(t, 2000)
	s := experiments.Setting{Others: []string{"nb"}, Seeds: 2, Seed: 3}
	var texts [2]string
	for i, workers := range []int{1, 3} {
		s.Workers = workers
		done := 0
		s.Progress = func(n, of int) { done = max(done, n) }
		e, err := experiments.Dose(t.Context(), c, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		if rows := len(e.Tables[1].Rows); rows != 2*3*(7+2) || done != rows*s.Seeds {
			t.Errorf("%d rows, %d runs", rows, done)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] {
		t.Error("the result depends on how many runs go beside each other")
	}
}

// A failure that strikes nobody is an error, and one that strikes a single document
// is none.
func TestAFailureThatHitsNothingProvesNothing(t *testing.T) {
	c := corpus(t, 400)
	for _, kind := range []experiments.Kind{experiments.Loss, experiments.Repetition} {
		for rate, hits := range map[float64]bool{.001: false, .0025: true} {
			err := experiments.Hits(t.Context(), c, experiments.Damage{Kind: kind, Pattern: experiments.Even, Rate: rate})
			if hits != (err == nil) || !hits && !errors.Is(err, experiments.ErrUnharmed) {
				t.Errorf("%s of %v: %v", kind, rate, err)
			}
		}
	}
	f, err := experiments.Freeze(t.Context(), c, "arow", model.Options{}, 300)
	if err != nil {
		t.Fatal(err)
	}
	window := []int32{301, 302, 303}
	for _, promise := range []experiments.Promise{experiments.Kept, experiments.Rollback, experiments.AtMostOnce} {
		within, behind := experiments.Failure{Promise: promise, From: 2, To: 3}, experiments.Failure{Promise: promise, From: 3, To: 4}
		if err := f.Window(window, within).Hits(within); err != nil {
			t.Errorf("%s: %v", promise, err)
		}
		if err := f.Window(window, behind).Hits(behind); !errors.Is(err, experiments.ErrUnharmed) || !strings.Contains(err.Error(), "places 3 to 4 of a window of 3") {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func TestExperimentsSayWhatTheyCannotBeMadeWith(t *testing.T) {
	load := func(documents iter.Seq2[tidings.Document, error]) *experiments.Corpus {
		c, err := experiments.Load(documents, features.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	labelled := func(n int, label string) *experiments.Corpus {
		return load(func(yield func(tidings.Document, error) bool) {
			for range n {
				if !yield(tidings.Document{ID: "a", Text: "some text", Label: label}, nil) {
					return
				}
			}
		})
	}
	for name, tt := range map[string]struct {
		c    *experiments.Corpus
		err  error
		says string
	}{
		"too few":   {corpus(t, 100), experiments.ErrTooFew, "100 documents, the experiment needs "},
		"no labels": {labelled(2000, ""), experiments.ErrNoLabels, "none of 2000 documents"},
		"one label": {labelled(2000, "sport"), experiments.ErrNoLabels, `all labels are "sport"`},
	} {
		for of, try := range map[string]func() (report.Experiment, error){
			"dose": func() (report.Experiment, error) { return experiments.Dose(t.Context(), tt.c, experiments.Setting{}) },
			"bias": func() (report.Experiment, error) {
				return experiments.Bias(t.Context(), tt.c, experiments.BiasOptions{})
			},
			"threshold": func() (report.Experiment, error) {
				return experiments.Threshold(t.Context(), tt.c, experiments.ThresholdOptions{})
			},
			"drift": func() (report.Experiment, error) {
				return experiments.Drift(t.Context(), tt.c, experiments.DriftOptions{})
			},
			"races": func() (report.Experiment, error) {
				return experiments.Races(t.Context(), tt.c, experiments.Setting{}, nil)
			},
		} {
			if _, err := try(); !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s of %s: %v", of, name, err)
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := experiments.Dose(ctx, corpus(t, 2000), experiments.Setting{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	broken := errors.New("the file ends in the middle")
	if _, err := experiments.Load(func(yield func(tidings.Document, error) bool) { yield(tidings.Document{}, broken) }, features.Options{}); !errors.Is(err, broken) {
		t.Errorf("a source that breaks: %v", err)
	}
	for _, s := range []experiments.Setting{{Model: "oracle"}, {Seeds: -1}, {Margin: -1}, {Others: make([]string, 20)}} {
		if s.Check() == nil {
			t.Errorf("%+v passes", s)
		}
	}
}
