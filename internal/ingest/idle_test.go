package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// handClock goes on when it is turned.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	turned chan struct{} // closed when it was
}

func newHandClock() *handClock { return &handClock{now: noon, turned: make(chan struct{})} }

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	close(c.turned)
	c.turned = make(chan struct{})
}

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	until := c.Now().Add(d)
	for {
		c.mu.Lock()
		left, turned := until.Sub(c.now), c.turned
		c.mu.Unlock()
		if left <= 0 {
			return nil
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// piped delivers the rows that are sent, until there are no more.
type piped chan datasets.Row

func (p piped) Next() (datasets.Row, error) {
	row, more := <-p
	if !more {
		return datasets.Row{}, io.EOF
	}
	return row, nil
}

func (p piped) Close() error { return nil }

// kinds are the records of a log, by kind and what a control record says.
func kinds(tb testing.TB, b *broker.Broker, name pipeline.Name) (all []string) {
	tb.Helper()
	for _, r := range brokertest.Records(tb, b, name.LogStream().Name) {
		kind := strings.Split(r.Subject, ".")[2]
		switch {
		case kind != pipeline.ControlRecord:
		case pipeline.IsIdle(r.Data):
			kind = "idle"
		case pipeline.IsEnd(r.Data):
			kind = "end"
		}
		all = append(all, kind)
	}
	return all
}

func await(tb testing.TB, what string, happened <-chan struct{}) {
	tb.Helper()
	select {
	case <-happened:
	case <-time.After(brokertest.Patience):
		tb.Fatalf("it never happens that %s", what)
	}
}

// A live source that stops sending is marked once, when nothing came for as long
// as was said, and again when it has sent something in between.
func TestALiveSourceThatIsSilentIsMarkedOnce(t *testing.T) {
	b := brokertest.Embed(t)
	clock, rows := newHandClock(), make(piped)
	stored, marked, ended := make(chan struct{}, 100), make(chan struct{}, 100), make(chan error, 1)
	o := ingest.Options{
		Pipeline: "silent", Source: "feed", Live: true, SourceIdle: time.Minute, Clock: clock,
		Rows: func(ingest.Counts) { stored <- struct{}{} },
		Notice: func(text string) {
			if strings.Contains(text, "no document came for 1m0s") {
				marked <- struct{}{}
			}
		},
	}
	go func() {
		_, err := ingest.Run(brokertest.Context(t), b, rows, o)
		ended <- err
	}()
	send := func(i int) {
		rows <- document(i)
		await(t, "a document is stored", stored)
	}
	send(0)
	clock.turn(59 * time.Second)
	send(1)
	clock.turn(59 * time.Second)
	clock.turn(time.Second)
	await(t, "a silent source is marked", marked)
	clock.turn(time.Hour)
	<-stored // the mark
	send(2)
	clock.turn(time.Minute)
	await(t, "it is marked again", marked)
	clock.turn(time.Hour)
	close(rows)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, want := kinds(t, b, "silent"), []string{"article", "article", "idle", "article", "idle", "end"}; !slices.Equal(got, want) {
		t.Errorf("the log holds %v, want %v", got, want)
	}
}

// Where several processes take live documents the source is marked only when
// none of them gets any, and by whoever is there.
func TestLiveInputIsMarkedWhenNobodyGetsAnything(t *testing.T) {
	server := brokertest.Serve(t)
	b := brokertest.Connect(t, server.Address())
	clock := newHandClock()
	marked := make(chan struct{}, 100)
	serve := func(b *broker.Broker) (*ingest.Live, func()) {
		return serveLive(t, b, ingest.LiveOptions{Pipeline: "quiet", SourceIdle: time.Minute, Clock: clock, Notice: func(text string) {
			if strings.Contains(text, "no document came") {
				marked <- struct{}{}
			}
		}})
	}
	_, stop := serve(b)
	nc := dial(t, "nats://"+server.Address())
	send := func(i int) {
		t.Helper()
		if a := asked(t, nc, "quiet.in", fmt.Sprintf(`{"id":"d%d","text":"t"}`, i))[0]; a.Status != ingest.Accepted {
			t.Fatalf("%+v", a)
		}
	}
	send(0)
	clock.turn(time.Minute)
	await(t, "a silent input is marked", marked)
	send(1)
	stop()
	clock.turn(time.Minute)
	_, stop = serve(brokertest.Connect(t, server.Address())) // which finds the source active
	clock.turn(time.Minute)
	await(t, "another process marks the input of one that has gone", marked)
	clock.turn(time.Hour)
	stop()
	if got, want := kinds(t, b, "quiet"), []string{"article", "idle", "article", "idle"}; !slices.Equal(got, want) {
		t.Errorf("the log holds %v, want %v", got, want)
	}
}

func TestMarkIdleSaysWhatCannotBeIdle(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	name := pipeline.Name("marked")
	run := func(name string, end error, o ingest.Options) {
		t.Helper()
		o.Pipeline, o.Source, o.Clock = "marked", name, clock{now: noon}
		_, err := ingest.Run(ctx, b, &source{rows: []datasets.Row{document(0), document(1)}, end: end}, o)
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	broken := errors.New("the wire was cut")
	run("dead", broken, ingest.Options{Resumable: true})
	run("ended", nil, ingest.Options{Resumable: true})
	tests := []struct {
		source string
		marked bool
		says   string
	}{
		{"dead", true, ""},
		{"dead", false, ""}, // it is known
		{"ended", false, ""},
		{"daed", false, `no documents of a source "daed" are in the log of marked; there are dead, ended`},
	}
	for _, test := range tests {
		marked, err := ingest.MarkIdle(ctx, b, name, test.source)
		if marked != test.marked || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, %v", test.source, marked, err)
		}
	}
	// It goes on behind the mark, and knows what it has stored.
	c, err := ingest.Run(ctx, b, &source{rows: []datasets.Row{document(0), document(1), document(2)}}, ingest.Options{Pipeline: name, Source: "dead", Resumable: true, Clock: clock{now: noon}})
	if err != nil || c.Skipped != 2 || c.Documents != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if got, want := kinds(t, b, name), []string{"article", "article", "end", "idle", "article", "end"}; !slices.Equal(got, want) {
		t.Errorf("the log holds %v, want %v", got, want)
	}
	if _, err := ingest.MarkIdle(ctx, b, "nobody", "x"); err == nil {
		t.Error("a pipeline without a log has an idle source")
	}
}

// Somebody marks a source as idle that is not dead at all: it goes on, and
// nothing is stored twice or lost.
func TestASourceGoesOnBehindAMarkOfSomebodyElse(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	rows := make([]datasets.Row, 20)
	for i := range rows {
		rows[i] = document(i)
	}
	marks := 0
	o := ingest.Options{Pipeline: "alive", Source: "rows", Resumable: true, Pack: 1, Clock: clock{now: noon}, Rows: func(c ingest.Counts) {
		if c.Documents%7 == 3 {
			marked, err := ingest.MarkIdle(ctx, b, "alive", "rows")
			if err != nil {
				t.Error(err)
			}
			if marked {
				marks++
			}
		}
	}}
	c, err := ingest.Run(ctx, b, &source{rows: rows}, o)
	if err != nil || c.Documents != 20 {
		t.Fatalf("%+v, %v", c, err)
	}
	log := kinds(t, b, "alive")
	count := map[string]int{}
	for _, kind := range log {
		count[kind]++
	}
	if count["article"] != 20 || count["end"] != 1 || count["idle"] != marks || marks == 0 {
		t.Errorf("%d marks; the log holds %v", marks, log)
	}
}
