// Package evaltest makes small runs to look at: a broker, documents that are
// always the same, and a log that holds them.
package evaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tidings/eval"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Broker embeds a server in a temporary directory, in memory where there is
// one.
func Broker(tb testing.TB) *broker.Broker {
	tb.Helper()
	memory := ""
	if s, err := os.Stat("/dev/shm"); err == nil && s.IsDir() {
		memory = "/dev/shm"
	}
	dir, err := os.MkdirTemp(memory, "tidings-test-")
	if err != nil {
		tb.Fatal(err)
	}
	b, err := broker.Open(tb.Context(), broker.Options{Store: dir})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(b.Close(), os.RemoveAll(dir)); err != nil {
			tb.Error(err)
		}
	})
	return b
}

var vocabulary = []struct{ label, words string }{
	{"politics", "vote law senate minister treaty poll campaign mayor budget court"},
	{"science", "atom cell quantum genome orbit laser fossil enzyme court budget"},
	{"sport", "goal match team cup league striker referee stadium minister cell"},
}

// Documents makes that many, each with a label but every seventh, of one event
// a quarter of an hour; every eleventh is two days late.
func Documents(n int) (lines [][]byte) {
	state := uint32(1)
	random := func(below int) int {
		state = state*1664525 + 1013904223 // the constants of Numerical Recipes
		return int(state>>16) % below
	}
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		topic := vocabulary[random(len(vocabulary))]
		words := strings.Fields(topic.words)
		text := make([]string, 9)
		for w := range text {
			text[w] = words[random(len(words))]
		}
		label, event := topic.label, at.Add(time.Duration(i)*15*time.Minute)
		if i%7 == 6 {
			label = ""
		}
		if i%11 == 10 {
			event = event.Add(-48 * time.Hour)
		}
		lines = append(lines, fmt.Appendf(nil, `{"id":"d%d","time":%q,"label":%q,"title":"%s w%d","text":%q}`,
			i+1, event.Format(time.RFC3339), label, text[0], random(200), strings.Join(text, " ")))
	}
	return lines
}

// Fill puts documents into a pipeline's log, so many to a message, a line that
// is no document among them, and an end behind them.
func Fill(tb testing.TB, b *broker.Broker, name pipeline.Name, documents [][]byte, pack int) {
	tb.Helper()
	if err := b.CreateStream(tb.Context(), name.LogStream()); err != nil {
		tb.Fatal(err)
	}
	last, err := b.LastSequence(tb.Context(), name.LogStream().Name)
	if err != nil {
		tb.Fatal(err)
	}
	a := b.Publisher(name.LogStream().Name, last, func(uint64, uint64) error { return nil }) // barriers may come between
	defer a.Close()
	for i := 0; len(documents) > 0; i++ {
		n := min(pack, len(documents))
		lines := documents[:n:n]
		if i%50 == 20 {
			lines = append(lines, []byte("no JSON"))
		}
		if err := a.Append(name.LogSubject(pipeline.ArticleRecord, "test"), nil, bytes.Join(lines, []byte{'\n'})); err != nil {
			tb.Fatal(err)
		}
		documents = documents[n:]
	}
	reject := []byte(`{"id":"x","reason":"no_text","detail":"a row"}`)
	if err := errors.Join(
		a.Append(name.LogSubject(pipeline.RejectRecord, "test"), nil, reject),
		a.Append(name.LogSubject(pipeline.ControlRecord, "test"), nil, nil), a.Wait(tb.Context())); err != nil {
		tb.Fatal(err)
	}
}

// Plan is one with so many partitions of each stage and a recovery.
func Plan(tb testing.TB, name pipeline.Name, partitions int, recovery string) pipeline.Plan {
	tb.Helper()
	promise, err := guarantees.NewPromise("", recovery)
	if err != nil {
		tb.Fatal(err)
	}
	n := partitions
	return pipeline.Plan{
		Pipeline: name, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
		Guarantee: promise.Guarantee, Recovery: promise.Recovery,
	}.WithDefaults()
}

// Run lets a pipeline work until all that is in its log is committed, under
// faults that strike once.
func Run(tb testing.TB, b *broker.Broker, p pipeline.Plan, faults ...guarantees.Fault) *pipeline.Tally {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	t, err := eval.Run(ctx, b, p, Faults(b, p, faults...), nil)
	if err != nil {
		tb.Fatalf("after log sequence %d: %v", t.To, err)
	}
	return t
}

// Faults is a plan of them at work.
func Faults(b *broker.Broker, p pipeline.Plan, faults ...guarantees.Fault) *guarantees.Faults {
	return &guarantees.Faults{Plan: faults, Seed: 7, Fired: pipeline.Fired{Broker: b, Pipeline: p.Pipeline}}
}
