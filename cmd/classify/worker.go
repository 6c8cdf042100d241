package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/pipeline"
)

// isolated is a worker that is a process: another one, which has started it,
// holds its standard input open, reads from its standard output what faults it
// wants to have done to it, and answers each with a line.
type isolated struct {
	cli.StateFlags
	Store   string `name:"store" help:"The directory of the broker's store."`
	Brief   bool   `name:"brief" help:"The pipeline ends with the process that has started this one."`
	Rebuild bool   `name:"state-rebuild" help:"Make counts again."`

	NATS     string `name:"nats" required:"" help:"The broker."`
	Pipeline string `name:"pipeline" required:"" help:"The pipeline; it has a plan already."`
	Stages   string `name:"stages" help:"What to run."`
	Every    uint64 `name:"every" help:"Documents between two snapshots."`
	Verify   bool   `name:"verify-replay" help:"Compare what is made again."`
}

// What a worker asks for.
const (
	askKill    = "kill"
	askRestart = "restart"
	askPause   = "pause"
)

// Run works until standard input ends.
func (w *isolated) Run(ctx context.Context, s cli.Streams) error {
	b, err := broker.Open(ctx, broker.Options{URL: w.NATS, Name: "tidings worker " + w.Stages})
	if err != nil {
		return err
	}
	defer b.Close()
	plan, err := pipeline.Stored(ctx, b, pipeline.Name(w.Pipeline))
	if err != nil {
		return err
	}
	r, err := pipeline.NewRunner(b, plan, w.Stages, who())
	if err != nil {
		return err
	}
	r.Snapshots(w.Every)
	tell := func(text string) { _, _ = fmt.Fprintln(s.Err, text) }
	outside, err := w.OpenState(ctx, b, cli.Opening{Pipeline: plan.Pipeline, Store: w.Store, Brief: w.Brief, Guest: true, Notice: tell})
	if err != nil {
		return err
	}
	defer outside.Close()
	if outside.Snapshots != nil {
		r.KeepIn(outside.Snapshots)
	}
	if outside.Redis != nil {
		r.StateIn(outside.Redis, w.Rebuild)
	}
	if w.Verify {
		r.Verify()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &parent{in: s.In, out: s.Out, answers: make(chan struct{}, 1), gone: stop}
	go p.listen() // ends with the process: a read of standard input cannot be ended
	if err := p.inject(ctx, b, plan, r); err != nil {
		return err
	}
	return r.Run(ctx)
}

// parent is whoever started this worker.
type parent struct {
	in      io.Reader
	out     io.Writer
	answers chan struct{}
	gone    func() // called when it is no longer there, or wants the worker to stop

	asking sync.Mutex
}

func (p *parent) listen() {
	defer p.gone()
	for lines := bufio.NewScanner(p.in); lines.Scan(); {
		p.answers <- struct{}{}
	}
}

// ask has the parent do something, and returns when that is done.
func (p *parent) ask(ctx context.Context, what string) error {
	p.asking.Lock()
	defer p.asking.Unlock()
	if _, err := fmt.Fprintln(p.out, what); err != nil {
		return err
	}
	select {
	case <-p.answers:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inject puts the pipeline's fault plan to work, if it has one.
func (p *parent) inject(ctx context.Context, b *broker.Broker, plan pipeline.Plan, r *pipeline.Runner) error {
	stored, err := pipeline.StoredFaults(ctx, b, plan.Pipeline)
	if errors.Is(err, broker.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	faults, err := plan.Faults(b, stored)
	if err != nil {
		return err
	}
	faults.Kill = func(ctx context.Context, _ string) error {
		if err := p.ask(ctx, askKill); err != nil {
			return err
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
	faults.Restart = func(ctx context.Context) error {
		if err := p.ask(ctx, askRestart); err != nil {
			return err
		}
		return b.Await(ctx)
	}
	faults.Pause = func(ctx context.Context, d time.Duration) error { return p.ask(ctx, askPause+" "+d.String()) }
	r.Inject(faults)
	return nil
}
