package eval_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// guaranteeWorker makes this program a worker process of a pipeline.
var guaranteeWorker = flag.String("guarantees.worker", "", "work on a pipeline, described in JSON; the benchmark itself asks for it")

func TestMain(m *testing.M) {
	flag.Parse()
	if *guaranteeWorker == "" {
		os.Exit(m.Run())
	}
	if err := workGuarantee(*guaranteeWorker); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// guaranteeWork is what a worker process is told.
type guaranteeWork struct {
	Plan  pipeline.Plan
	NATS  string
	Redis string // "": state is in workers
	Every uint64 // documents between two snapshots
}

// workGuarantee shares a pipeline's partitions until standard input ends, and tells
// on standard output what changes hands.
func workGuarantee(told string) error {
	var w guaranteeWork
	if err := json.Unmarshal([]byte(told), &w); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	b, err := broker.Open(ctx, broker.Options{URL: w.NATS})
	if err != nil {
		return err
	}
	defer b.Close()
	who := "bench-" + strconv.Itoa(os.Getpid())
	r, closed, err := newGuaranteeRunner(ctx, b, w.Plan, w.Every, w.Redis, who)
	if err != nil {
		return err
	}
	defer closed()
	r.Share(pipeline.Sharing{ID: who, Now: time.Now, Notice: func(text string) { fmt.Println(text) }})
	return r.Run(ctx)
}

// guaranteeProcess is a worker process.
type guaranteeProcess struct {
	*exec.Cmd
	stdin io.Closer
	lines chan string
}

// startWorker starts one, and returns when it has taken partitions.
func (t *guaranteeTrial) startWorker(ctx context.Context) (*guaranteeProcess, error) {
	work, err := json.Marshal(guaranteeWork{t.row.plan, t.broker.URL(), t.url, t.row.every})
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &guaranteeProcess{Cmd: exec.CommandContext(ctx, program, "-guarantees.worker", string(work)), lines: make(chan string, 100)}
	p.Stderr = os.Stderr
	stdin, err := p.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	if err := p.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			select {
			case p.lines <- s.Text():
			default:
			}
		}
	}()
	for line := range p.lines {
		if strings.HasPrefix(line, "runs ") || strings.HasPrefix(line, "took over ") {
			return p, nil
		}
	}
	return nil, errors.Join(errors.New("a worker process ended at once"), p.Wait())
}

// end asks it to stop, and waits.
func (p *guaranteeProcess) end() {
	_ = p.stdin.Close()
	_ = p.Wait()
}

// kill measures how long a process that dies is felt. Two share the partitions; the
// one that had them first is killed. visible is the time to the first output of a
// document that came afterwards, level that to the first one which is no later than
// those before: nothing waits any more.
//
// It is killed when a second's documents have come out, and some time more; at
// what time of a snapshot interval differs from round to round.
func (t *guaranteeTrial) kill(ctx context.Context, documents [][]byte, round int) error {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	first, err := t.startWorker(ctx)
	if err != nil {
		return err
	}
	defer first.end()
	second, err := t.startWorker(ctx)
	if err != nil {
		return err
	}
	defer second.end()
	if err := t.load(ctx, documents, guaranteesPerSecond, guaranteesPerSecond/5, new(metric.Latency)); err != nil {
		return err // both are where the log ends
	}
	behind, err := t.broker.LastSequence(ctx, t.row.plan.Pipeline.LogStream().Name)
	if err != nil {
		return err
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { _ = t.feed(ctx, documents, guaranteesPerSecond, math.MaxInt32, behind) })
	var killed atomic.Int64
	flows := make(chan struct{})
	beside.Go(func() {
		select {
		case <-flows:
		case <-ctx.Done():
			return
		}
		_, phase := math.Modf(float64(round) * math.Phi)
		select {
		case <-time.After(t.lasting() + time.Duration(phase*float64(t.row.plan.SnapshotEvery.Time))):
			killed.Store(time.Now().UnixNano())
			_ = first.Process.Kill()
		case <-ctx.Done():
		}
	})
	var before metric.Latency
	err = t.follow(ctx, behind, math.MaxInt32, func(e *pipeline.Entry) {
		at, took := killed.Load(), time.Duration(e.Committed-e.Logged)
		switch {
		case at == 0:
			if before.Record(took); before.Count() == guaranteesPerSecond {
				close(flows)
			}
		case e.Logged > at:
			if t.sample.visible == 0 {
				t.sample.visible = time.Duration(e.Committed - at).Seconds()
			}
			if t.sample.level == 0 && took.Seconds()*1e3 <= before.Max() {
				t.sample.level = time.Duration(e.Committed - at).Seconds()
				stop()
			}
		}
	})
	if t.sample.level > 0 {
		return nil
	}
	return fmt.Errorf("new output after %.1f s, and still late: %w", t.sample.visible, err)
}
