package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// house is a broker of its own, and the processes that come to it and go.
type house struct {
	broker     *broker.Broker
	partitions string
	streams    []string // that partitions write
}

func openHouse(t *testing.T, partitions string, streams ...string) *house {
	t.Helper()
	return &house{broker: brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: "127.0.0.1:0"}), partitions: partitions, streams: streams}
}

// enter starts a process that shares the work.
func (h *house) enter(t *testing.T, args ...string) *process {
	t.Helper()
	return start(t, "classify", append([]string{"--nats", h.broker.URL(), "--partitions", h.partitions}, args...)...)
}

// wrote says whether a record is a process's.
func (p *process) wrote(header guarantees.Header) bool {
	return strings.HasSuffix(header.Worker, "-"+strconv.Itoa(p.Process.Pid))
}

// tails are the streams whose last record a process wrote, with its sequence.
func (h *house) tails(ctx context.Context, t *testing.T, p *process) map[string]uint64 {
	t.Helper()
	tails := map[string]uint64{}
	for _, stream := range h.streams {
		r, err := h.broker.Last(ctx, stream, ">")
		if errors.Is(err, broker.ErrEmpty) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		header, err := guarantees.ParseHeader(r)
		if err != nil {
			t.Fatal(err)
		}
		if p.wrote(header) {
			tails[stream] = r.Sequence
		}
	}
	return tails
}

// await reads a stream until a record satisfies.
func (h *house) await(ctx context.Context, t *testing.T, stream string, after uint64, satisfies func(broker.Record, guarantees.Header) bool) broker.Record {
	r, err := h.broker.Read(ctx, stream, after+1, broker.ReaderOptions{})
	if err != nil {
		t.Error(err)
		return broker.Record{}
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			t.Errorf("stream %s behind %d: %v", stream, after, err)
			return broker.Record{}
		}
		for _, record := range records {
			header, err := guarantees.ParseHeader(record)
			if err != nil {
				t.Error(err)
				return record
			}
			if satisfies(record, header) {
				return record
			}
		}
	}
}

// takenOver waits until somebody else has committed on all that a process had,
// and tells how long that took after it was gone, and until no document waited.
func (h *house) takenOver(ctx context.Context, t *testing.T, gone *process, tails map[string]uint64, at time.Time) (commit, caughtUp time.Duration) {
	t.Helper()
	if len(tails) == 0 {
		t.Fatalf("%s had nothing to hand over", gone.name)
	}
	var mu sync.Mutex
	var waiting sync.WaitGroup
	for stream, after := range tails {
		waiting.Go(func() {
			r := h.await(ctx, t, stream, after, func(_ broker.Record, header guarantees.Header) bool {
				return header.Kind == guarantees.Done && !gone.wrote(header)
			})
			mu.Lock()
			defer mu.Unlock()
			commit = max(commit, r.Time.Sub(at))
		})
	}
	waiting.Wait()
	last := h.streams[len(h.streams)-1]
	tail, err := h.broker.LastSequence(ctx, last)
	if err != nil {
		t.Fatal(err)
	}
	r := h.await(ctx, t, last, tail-1, func(_ broker.Record, header guarantees.Header) bool {
		log, err := h.broker.LastSequence(ctx, "tidings-log")
		return err != nil || header.To+lagOfNone >= log
	})
	return commit, r.Time.Sub(at)
}

// lagOfNone is how many log messages may be on their way when nothing waits.
const lagOfNone = 8

// wantClean wants each partition's stream to be that of one worker at a time:
// its records are those of the last fence, without a gap, or a trace of those
// who were replaced.
func (h *house) wantClean(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, stream := range h.streams {
		first, err := h.broker.FirstSequence(ctx, stream)
		if err != nil {
			t.Fatal(err)
		}
		last, err := h.broker.LastSequence(ctx, stream)
		if err != nil {
			t.Fatal(err)
		}
		var before guarantees.Header
		h.await(ctx, t, stream, first-1, func(r broker.Record, header guarantees.Header) bool {
			switch begun := before != (guarantees.Header{}); {
			case !begun:
			case header.Kind == guarantees.Fence && header.Epoch != before.Epoch+1,
				header.Kind != guarantees.Fence && (header.Epoch != before.Epoch || header.Worker != before.Worker),
				header.From != before.To+1:
				t.Errorf("stream %s, record %d: %+v behind %+v", stream, r.Sequence, header, before)
			}
			before = header
			return r.Sequence >= last
		})
	}
}

// projected counts the lines for outside readers, of which there may not be
// more than there are documents.
func (h *house) projected(ctx context.Context, t *testing.T, documents int) {
	t.Helper()
	r, err := h.broker.Read(ctx, "tidings-out", 1, broker.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := map[string]bool{}
	for n := 0; n < documents; {
		records, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("after %d lines: %v", n, err)
		}
		for _, record := range records {
			if record.Subject != "tidings.out.predictions" {
				continue
			}
			for line := range bytes.Lines(record.Data) {
				if at, _, _ := strings.Cut(string(line), `,"id"`); seen[at] {
					t.Fatalf("twice: %s", line)
				} else {
					seen[at] = true
				}
				n++
			}
		}
	}
}

// account runs a process to the end of the log and reads its account.
func (h *house) account(t *testing.T) account {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary.json")
	h.enter(t, "--from", "log", "--until", "end", "--summary", summary).end(t, 0)
	return readAccount(t, summary)
}

// feed lets documents come for minutes, so that there are some whatever a busy
// machine takes for all that happens meanwhile.
func (h *house) feed(t *testing.T, file string) *process {
	t.Helper()
	return start(t, "ingest", "--nats", h.broker.URL(), "--from", file, "--rate", "200/s")
}

// feedRest lets the rest of them come at once.
func (h *house) feedRest(t *testing.T, source *process, file string) {
	t.Helper()
	source.kill(t)
	command(t, "ingest", "--nats", h.broker.URL(), "--from", file)
}

// takeoverMax is how long the partitions of a killed process may stand still.
const takeoverMax = 5 * time.Second

// Properties, while documents come in: a process that joins gets its share; one
// that is stopped hands over at once; what a killed one had is taken over
// within 5 s; one that is paused past its lease finds that it was replaced,
// commits nothing, and joins again. In the end the account is that of a run
// which nobody touched, no stream shows a trace of who was replaced, and outside
// readers have each prediction once.
func TestProcessesComeAndGo(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	want := untouched(t, file)
	var streams []string
	for _, kind := range []string{"tok", "df", "pred", "win"} {
		streams = append(streams, "tidings-"+kind+"-0", "tidings-"+kind+"-1")
	}
	h := openHouse(t, "2", streams...)
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	stays := h.enter(t)
	stays.find(t, `^runs .*classify/0-1`)
	source := h.feed(t, file)

	stopped := h.enter(t)
	stopped.find(t, `took over (.*) from .* handed over`)
	h.begun(ctx, t, stopped)
	h.part(ctx, t, stopped, syscall.SIGINT, "stopped")
	stopped.end(t, 130)

	killed := h.enter(t)
	killed.find(t, `took over (.*) from .* handed over`)
	h.begun(ctx, t, killed)
	if took := h.part(ctx, t, killed, syscall.SIGKILL, "killed"); took > takeoverMax {
		t.Errorf("taken over after %v, at most %v", took, takeoverMax)
	}

	paused := h.enter(t)
	paused.find(t, `took over (.*) from .* handed over`)
	h.begun(ctx, t, paused)
	h.part(ctx, t, paused, syscall.SIGSTOP, "paused")
	if err := paused.Process.Signal(syscall.SIGCONT); err != nil { // its lease is over
		t.Fatal(err)
	}
	paused.find(t, `lost (.*) to .*nothing that was done here since was committed`)
	paused.find(t, `took over (.*) from .* handed over`) // it has joined again

	h.feedRest(t, source, file)
	if got := h.account(t); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	h.wantClean(ctx, t)
	h.projected(ctx, t, int(want.Documents))
}

// begun waits until a process has committed something.
func (h *house) begun(ctx context.Context, t *testing.T, p *process) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	any := make(chan struct{}, len(h.streams))
	var watching sync.WaitGroup
	defer watching.Wait()
	for _, stream := range h.streams {
		watching.Go(func() {
			last, err := h.broker.LastSequence(ctx, stream)
			if err != nil {
				return
			}
			r, err := h.broker.Read(ctx, stream, last, broker.ReaderOptions{})
			if err != nil {
				return
			}
			defer r.Close()
			for {
				records, err := r.Next(ctx)
				if err != nil {
					return
				}
				for _, record := range records {
					if header, err := guarantees.ParseHeader(record); err == nil && header.Kind == guarantees.Done && p.wrote(header) {
						any <- struct{}{}
						return
					}
				}
			}
		})
	}
	defer cancel()
	select {
	case <-any:
	case <-ctx.Done():
		t.Fatalf("%s commits nothing:\n%s", p.name, p.output())
	}
}

// part has a process stop working, by a signal, and waits until all it had is
// at work elsewhere. What a process had is known for sure only when it does not
// write any more.
func (h *house) part(ctx context.Context, t *testing.T, p *process, by syscall.Signal, how string) (took time.Duration) {
	t.Helper()
	tails := h.tails(ctx, t, p)
	at := time.Now()
	if err := p.Process.Signal(by); err != nil {
		t.Fatal(err)
	}
	if by != syscall.SIGINT {
		tails = h.tails(ctx, t, p)
	}
	took, caught := h.takenOver(ctx, t, p, tails, at)
	t.Logf("%s: of %d partitions the last committed elsewhere after %v; no document waited after %v", how, len(tails), took.Round(time.Millisecond), caught.Round(time.Millisecond))
	return took
}

// Properties: of two processes on a chain one works and the other waits; when
// the first is killed the second goes on within 5 s, and the account is that
// of a run which nobody touched.
func TestAChainHasAStandby(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	want := untouched(t, file)
	h := openHouse(t, "1", "tidings-pred-0")
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	works := h.enter(t)
	works.find(t, `^runs (.*chain/0)`)
	waits := h.enter(t)
	waits.find(t, `took over (projection/0) from`)
	source := h.feed(t, file)
	h.begun(ctx, t, works)
	if took := h.part(ctx, t, works, syscall.SIGKILL, "killed"); took > takeoverMax {
		t.Errorf("taken over after %v, at most %v", took, takeoverMax)
	}
	waits.find(t, `took over (chain/0) from .*does not answer`)
	h.feedRest(t, source, file)
	if got := h.account(t); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	h.wantClean(ctx, t)
	h.projected(ctx, t, int(want.Documents))
}
