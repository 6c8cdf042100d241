package eval_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/state"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// Properties, of a Redis that is killed while stages work with it, and comes
// back with what it had: they wait, people are told once, and the results are the
// oracle's.
func TestStagesWaitForARedisUnderEveryPromise(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 1000)
	for _, recovery := range guarantees.Recoveries(guarantees.ExactlyOnce) {
		t.Run(recovery, func(t *testing.T) {
			t.Parallel()
			waitForARedis(t, recovery, documents)
		})
	}
}

func waitForARedis(t *testing.T, recovery string, documents [][]byte) {
	s := redistest.New(t, "--appendonly", "yes", "--appendfsync", "always")
	o := newOutside(t, s.URL, 2, onceBy(recovery))
	if recovery != guarantees.Commit {
		o.store = func(r *state.Redis) guarantees.SnapshotStore { return r.Blobs() }
	}
	fill(t, o.broker, o.plan.Pipeline, documents, 4)
	killed, ended := make(chan struct{}), make(chan struct{})
	o.faults = []guarantees.Fault{{Kind: guarantees.Pause, Stage: pipeline.DFStage, At: 200, For: time.Second}}
	o.pause = func(context.Context, time.Duration) error { // df is at work
		s.Kill(t)
		close(killed)
		return nil
	}
	var restart sync.WaitGroup
	restart.Go(func() {
		select {
		case <-killed:
		case <-ended:
			return
		}
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for o.said("the work waits for it") == 0 {
			select {
			case <-look.C:
			case <-ended: // what follows says so
				return
			}
		}
		s.Run(t)
	})
	tally, err := o.run(t)
	close(ended)
	restart.Wait()
	o.equals(t, tally, err)
	if o.said("the work waits for it") != 1 || o.said("answers; the work goes on") != 1 {
		t.Errorf("people are told %q", o.told)
	}
}

// Properties, of a Redis that comes back empty: refused with what to do, and
// when told so its counts are made again and the results are the oracle's, with
// snapshots and without.
func TestARedisThatForgetsAllIsFilledAgainWhenToldSo(t *testing.T) {
	for _, recovery := range guarantees.Recoveries(guarantees.ExactlyOnce) {
		for _, n := range []int{1, 2} {
			if n == 2 || recovery != guarantees.Replay {
				t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) { forgetAll(t, recovery, n) })
			}
		}
	}
}

func forgetAll(t *testing.T, recovery string, n int) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 900)
	s := redistest.New(t)
	for i, every := range []uint64{0, 200} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			o := newOutside(t, fmt.Sprintf("%s?prefix=run%d", s.URL, i), n, onceBy(recovery))
			o.every = every
			fill(t, o.broker, o.plan.Pipeline, documents[:600], 4)
			tally, err := o.run(t)
			o.equals(t, tally, err)
			s.Kill(t)
			s.Empty(t)
			s.Run(t)
			fill(t, o.broker, o.plan.Pipeline, documents[600:], 4)
			if _, err = o.run(t); !errors.Is(err, pipeline.ErrStateGone) || !strings.Contains(err.Error(), "--state-rebuild") {
				t.Fatalf("an empty Redis: %v", err)
			}
			o.rebuild = true
			tally, err = o.run(t)
			o.equals(t, tally, err)
		})
	}
}

// Properties, of a Redis that has lost its last writes: what it lost is counted
// again by itself, and the results are the oracle's.
func TestARedisThatForgetsItsLastWritesIsCaughtUp(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 900)
	for i, recovery := range []string{guarantees.Commit, guarantees.Commit, guarantees.Replay, guarantees.BySnapshot, guarantees.BySnapshot} {
		n := []int{1, 2, 2, 1, 2}[i]
		t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
			s := redistest.New(t, "--save", "", "--appendonly", "no")
			o := newOutside(t, s.URL, n, onceBy(recovery))
			for i, some := range [][][]byte{documents[:300], documents[300:600], documents[600:]} {
				fill(t, o.broker, o.plan.Pipeline, some, 4)
				tally, err := o.run(t)
				o.equals(t, tally, err)
				switch i {
				case 0:
					redistest.Client(t, s.URL).Do(t, "SAVE")
				case 1:
					s.Kill(t)
					s.Run(t)
				}
			}
		})
	}
}

// Properties: a Redis that takes its time is only slow.
func TestASlowRedisIsOnlySlow(t *testing.T) {
	url := redistest.Start(t)
	o := newOutside(t, redistest.Between(t, url, func() { time.Sleep(20 * time.Millisecond) }), 2, guarantees.Promise{})
	fill(t, o.broker, o.plan.Pipeline, lines(t, "wikipedia-current-events.jsonl.gz", 400), 8)
	tally, err := o.run(t)
	o.equals(t, tally, err)
	if len(o.told) > 0 {
		t.Errorf("people are told %q", o.told)
	}
}
