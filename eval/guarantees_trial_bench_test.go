package eval_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/internal/state"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// guaranteeSample is what one round found of one row.
type guaranteeSample struct {
	rate      float64   // documents a second
	cpu       float64   // microseconds a document, broker and Redis included
	half, few quantiles // latency at half of the capacity, and at guaranteesPerSecond
	written   spent     // to streams beside the log
	snapshots spent     // to where they are kept
	redis     spent     // commands and bytes to and from it
	visible   float64   // seconds from the kill to the first new output
	level     float64   // seconds from the kill to an output as late as any before it
}

// spent is what a document costs on the way.
type spent struct{ messages, bytes float64 }

// quantiles are of a latency, in milliseconds.
type quantiles struct{ p50, p95, p99 float64 }

func quantilesOf(l *metric.Latency) quantiles { return quantiles{l.P50(), l.P95(), l.P99()} }

// guaranteeTrial is a row in one round: a pipeline of its own on a broker of its
// own.
type guaranteeTrial struct {
	row    *guaranteeRow
	broker *broker.Broker
	closed bool
	dir    string         // of its store
	redis  *redistest.Raw // nil: state is in workers
	url    string         // of the Redis
	sample guaranteeSample
}

func openGuaranteeTrial(b *testing.B, row *guaranteeRow, redis *redistest.Server) *guaranteeTrial {
	b.Helper()
	dir, err := os.MkdirTemp("", "guarantees-")
	if err != nil {
		b.Fatal(err)
	}
	s, err := broker.Open(b.Context(), broker.Options{Store: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	t := &guaranteeTrial{row: row, broker: s, dir: dir}
	b.Cleanup(func() { t.close(b) }) // where something fails
	if row.plan.State != "" {
		client := redistest.Client(b, redis.URL)
		t.redis, t.url = &client, redis.URL+"?prefix="+filepath.Base(dir)
	}
	if err := pipeline.Create(b.Context(), s, row.plan); err != nil {
		b.Fatal(err)
	}
	return t
}

func (t *guaranteeTrial) close(b *testing.B) {
	b.Helper()
	if t.closed {
		return
	}
	t.closed = true
	if err := errors.Join(t.broker.Close(), os.RemoveAll(t.dir)); err != nil {
		b.Error(err)
	}
}

// newGuaranteeRunner makes the runner of a row, in this process or in a worker's.
func newGuaranteeRunner(ctx context.Context, b *broker.Broker, p pipeline.Plan, every uint64, url, who string) (r *pipeline.Runner, closed func(), err error) {
	if r, err = pipeline.NewRunner(b, p, "", who); err != nil {
		return nil, nil, err
	}
	r.Snapshots(every)
	if url == "" {
		return r, func() {}, nil
	}
	identity, err := pipeline.Identity(ctx, b, p.Pipeline, b.URL())
	if err != nil {
		return nil, nil, err
	}
	in, err := state.OpenRedis(ctx, url, state.Options{Pipeline: string(p.Pipeline), Identity: identity})
	if err != nil {
		return nil, nil, err
	}
	r.StateIn(in, false)
	return r, func() { _ = in.Close() }, nil
}

// work lets all stages run in this process while f runs.
func (t *guaranteeTrial) work(ctx context.Context, f func(context.Context) error) error {
	r, closed, err := newGuaranteeRunner(ctx, t.broker, t.row.plan, t.row.every, t.url, "bench")
	if err != nil {
		return err
	}
	defer closed()
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	var worked error
	var working sync.WaitGroup
	working.Go(func() {
		worked = r.Run(ctx)
		stop()
	})
	err = f(ctx)
	stop()
	working.Wait()
	if worked != nil {
		return worked
	}
	return err
}

// steady measures what there is to measure where nothing goes wrong.
func (t *guaranteeTrial) steady(b *testing.B, documents [][]byte) {
	b.Helper()
	if err := t.saturate(b.Context(), b, documents); err != nil {
		b.Fatalf("%s: %v", t.row.name, err)
	}
	if *guaranteesLoad == 0 {
		return
	}
	if err := t.loads(b.Context(), documents); err != nil {
		b.Fatalf("%s: under load: %v", t.row.name, err)
	}
}

// saturate takes a filled log to its end as fast as it goes.
func (t *guaranteeTrial) saturate(ctx context.Context, b *testing.B, documents [][]byte) error {
	fill(b, t.broker, t.row.plan.Pipeline, documents, 1)
	n := float64(len(documents))
	before := t.redisInfo(b)
	began, used := time.Now(), cpuTime()
	err := t.work(ctx, func(ctx context.Context) error {
		err := t.follow(ctx, 0, len(documents), func(*pipeline.Entry) {})
		t.sample.rate = n / time.Since(began).Seconds()
		t.sample.cpu = float64((cpuTime() - used).Microseconds()) / n
		return errors.Join(err, t.weigh(ctx, n))
	})
	after := t.redisInfo(b)
	t.sample.cpu += (after.cpu - before.cpu) * 1e6 / n
	t.sample.redis = spent{(after.commands - before.commands) / n, (after.bytes - before.bytes) / n}
	return err
}

// follow calls each for documents behind a log sequence, one a message, until it has
// seen n of them.
func (t *guaranteeTrial) follow(ctx context.Context, behind uint64, n int, each func(*pipeline.Entry)) error {
	results, err := pipeline.OpenResultsBehind(ctx, t.broker, t.row.plan, behind)
	if err != nil {
		return err
	}
	defer results.Close()
	for seen := 0; seen < n; {
		u, err := results.Next(ctx)
		if err != nil {
			return fmt.Errorf("after %d documents of %d: %w", seen, n, err)
		}
		for i := range u.Entries {
			if e := &u.Entries[i]; e.Kind == pipeline.DocumentEntry && e.Position.Sequence > behind {
				seen++
				each(e)
			}
		}
	}
	return nil
}

// redisInfo is what a Redis has done so far.
type redisInfo struct{ commands, bytes, cpu float64 }

func (t *guaranteeTrial) redisInfo(b *testing.B) (i redisInfo) {
	b.Helper()
	if t.redis == nil {
		return i
	}
	for line := range strings.Lines(t.redis.Do(b, "INFO")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		v, _ := strconv.ParseFloat(value, 64) // of other lines 0
		switch name {
		case "total_commands_processed":
			i.commands = v
		case "total_net_input_bytes", "total_net_output_bytes":
			i.bytes += v
		case "used_cpu_sys", "used_cpu_user":
			i.cpu += v
		}
	}
	return i
}

// weigh counts what was written beside the log: commits, marks, fences and
// barriers, and apart from them snapshots. Of what was deleted meanwhile the number
// of messages is known, and it counts with the mean size of what is left of its
// stream.
func (t *guaranteeTrial) weigh(ctx context.Context, documents float64) error {
	name := string(t.row.plan.Pipeline)
	streams := []string{"KV_" + name + "-barriers"}
	for _, s := range t.row.plan.Streams()[1:] {
		streams = append(streams, s.Name)
	}
	for _, stream := range streams {
		if err := t.weighStream(ctx, stream, documents, &t.sample.written); err != nil {
			return err
		}
	}
	return t.weighStream(ctx, "OBJ_"+name+"-snap", documents, &t.sample.snapshots)
}

func (t *guaranteeTrial) weighStream(ctx context.Context, stream string, documents float64, to *spent) error {
	i, err := t.broker.Stream(ctx, stream)
	if errors.Is(err, broker.ErrEmpty) || err == nil && i.Records == 0 {
		return nil
	}
	to.messages += float64(i.Last) / documents
	to.bytes += float64(i.Bytes) / float64(max(i.Records, 1)) * float64(i.Last) / documents
	return err
}

// loads measures latency at both loads.
func (t *guaranteeTrial) loads(ctx context.Context, documents [][]byte) error {
	return t.work(ctx, func(ctx context.Context) error {
		var l metric.Latency
		if err := t.load(ctx, documents, guaranteesPerSecond, guaranteesPerSecond/5, &l); err != nil {
			return err // it warms up
		}
		for _, at := range []struct {
			perSecond float64
			to        *quantiles
		}{{t.sample.rate / 2, &t.sample.half}, {guaranteesPerSecond, &t.sample.few}} {
			l = metric.Latency{}
			if err := t.load(ctx, documents, at.perSecond, int(at.perSecond*t.lasting().Seconds()), &l); err != nil {
				return err
			}
			*at.to = quantilesOf(&l)
		}
		return nil
	})
}

// lasting is how long a load lasts: several snapshot intervals.
func (t *guaranteeTrial) lasting() time.Duration {
	return max(*guaranteesLoad, 3*t.row.plan.SnapshotEvery.Time)
}

// load puts n documents into the log, so many a second, and notes how long each
// takes; the first tenth is not counted.
func (t *guaranteeTrial) load(ctx context.Context, documents [][]byte, perSecond float64, n int, l *metric.Latency) error {
	behind, err := t.broker.LastSequence(ctx, t.row.plan.Pipeline.LogStream().Name)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var fed error
	var feeding sync.WaitGroup
	feeding.Go(func() {
		if fed = t.feed(ctx, documents, perSecond, n, behind); fed != nil {
			stop()
		}
	})
	seen := 0
	err = t.follow(ctx, behind, n, func(e *pipeline.Entry) {
		if seen++; seen > n/10 {
			l.Record(time.Duration(e.Committed - e.Logged))
		}
	})
	stop()
	feeding.Wait()
	if err == nil {
		return nil
	}
	return errors.Join(fed, err)
}

// feed puts n documents behind a log sequence, one a message, again from the first
// where there are not so many. Barriers may come between them.
func (t *guaranteeTrial) feed(ctx context.Context, documents [][]byte, perSecond float64, n int, behind uint64) error {
	name := t.row.plan.Pipeline
	a := t.broker.Publisher(name.LogStream().Name, behind, func(uint64, uint64) error { return nil })
	defer a.Close()
	pace := rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/1000)))
	for i := range n {
		if err := errors.Join(pace.Wait(ctx), a.Append(name.LogSubject(pipeline.ArticleRecord, "load"), nil, documents[i%len(documents)])); err != nil {
			return err
		}
	}
	return a.Wait(ctx)
}
