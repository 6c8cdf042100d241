package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tidings/internal/broker"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// liveFlags say how documents are taken from clients.
type liveFlags struct {
	HTTP     string `name:"http" placeholder:"HOST:PORT" help:"Take documents from clients, until stopped: with POST /documents at 127.0.0.1:8090 for instance, and on the subject PIPELINE.in of the broker."`
	HTTPOpen bool   `name:"http-open" help:"Let other machines reach --http. It asks nobody for a password."`
}

// live says whether documents are taken from clients.
func (f *feed) live() bool { return f.HTTP != "" || f.Is(cli.Live) }

// checkLive tells what does not go with clients that send documents.
func (f *feed) checkLive() error {
	wrong := func(format string, a ...any) error { return &cli.UsageError{Err: fmt.Errorf(format, a...)} }
	if !f.live() {
		if f.HTTPOpen {
			return wrong("--http-open opens --http to other machines: say where, as in --http 0.0.0.0:8090")
		}
		return nil
	}
	if len(f.From) > 0 && !f.Is(cli.Live) {
		return wrong("--http takes documents until it is stopped, and --from %s is read to its end: run two commands", f.From[0])
	}
	given := append(f.SourceFlags.Given(), f.LateFlags.Given()...)
	if f.Rate != "" {
		given = append(given, "--rate")
	}
	if f.Speed != "" {
		given = append(given, "--speed")
	}
	if len(given) > 0 {
		return wrong("%s: this is for a source that is read, and here clients send documents at their own pace: leave it out", strings.Join(given, ", "))
	}
	if f.HTTP == "" && f.NATS == "" && f.Listen == "" {
		return wrong("--from in takes what clients publish on the broker, and nobody can reach this one: give --nats URL, --listen HOST:PORT, or --http HOST:PORT")
	}
	if f.HTTP == "" {
		return nil
	}
	if err := ingest.CheckHTTP(f.HTTP, f.HTTPOpen); err != nil {
		return &cli.UsageError{Err: err}
	}
	return nil
}

// serve takes documents until somebody stops it.
func (f *feed) serve(ctx context.Context, s cli.Streams, b *broker.Broker, p *terminal.Progress, silence time.Duration) error {
	name := pipeline.Name(f.Pipeline)
	live, err := ingest.OpenLive(ctx, b, ingest.LiveOptions{Pipeline: name, HTTP: f.HTTP, HTTPOpen: f.HTTPOpen, SourceIdle: silence, Notice: p.Notice})
	if err != nil {
		return err
	}
	if f.HTTPOpen {
		p.Notice("--http-open: whoever reaches this machine can put documents into the log; there is no password")
	}
	var places []string
	if live.HTTP() != "" {
		places = append(places, "by POST to "+live.HTTP()+"/documents")
	}
	if b.URL() != "" {
		places = append(places, "on "+ingest.LiveSubject(name)+" of "+b.URL())
	}
	p.Notice("documents are taken " + strings.Join(places, ", and ") + "; stop with Ctrl-C")
	began := time.Now()
	stop := f.beside(ctx, func() {
		c := live.Counts()
		p.Show(terminal.Status{Stage: "taking", Documents: c.Documents, Rate: float64(c.Documents) / time.Since(began).Seconds(), Rejected: c.Rejected})
	})
	err = live.Run(ctx)
	stop()
	p.Finish()
	return errors.Join(f.Explain(err), f.tellLive(s, live.Counts(), time.Since(began)), ctx.Err())
}

func (f *feed) tellLive(s cli.Streams, c ingest.LiveCounts, took time.Duration) error {
	if f.JSON {
		record := map[string]any{"documents": c.Documents, "repeated": c.Duplicates, "rejected": c.Rejected, "busy": c.Busy, "lost": c.Lost}
		if c.Labels > 0 {
			record["labels"] = c.Labels
		}
		return json.NewEncoder(s.Out).Encode(record)
	}
	labels := ""
	if c.Labels > 0 {
		labels = fmt.Sprintf(" and %d late labels", c.Labels)
	}
	_, err := fmt.Fprintf(s.Out, "%d documents%s entered the log of %s in %s; %d were refused, %d had come before, %d were told to come again, %d were lost\n",
		c.Documents, labels, f.Pipeline, took.Round(time.Millisecond), c.Rejected, c.Duplicates, c.Busy, c.Lost)
	return err
}
