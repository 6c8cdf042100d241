package eval_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
	"tidings/internal/state"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// Properties, by each recovery of exactly-once, of a worker of df that stands still
// before its record, or behind it and before the Redis, while another runner does all
// there is to do, and then goes on: it stops, being replaced, and the results are
// the oracle's, also of what a third one does behind both.
func TestAZombieLeavesNoTraceInARedisUnderEveryPromise(t *testing.T) {
	documents := evaltest.Documents(1500)
	url := redistest.Start(t)
	for recovery, points := range map[string][]guarantees.Point{
		guarantees.Commit:     {guarantees.Settled},
		guarantees.Replay:     {guarantees.Restored, guarantees.Stepped, guarantees.Settled},
		guarantees.BySnapshot: {guarantees.Stepped, guarantees.Settled},
	} {
		for _, point := range points {
			t.Run(fmt.Sprintf("%s/%s", recovery, point), func(t *testing.T) {
				t.Parallel()
				zombie(t, newOutside(t, fmt.Sprintf("%s?prefix=%s%s", url, recovery, point), 2, onceBy(recovery)), point, documents)
			})
		}
	}
}

func zombie(t *testing.T, o *outside, point guarantees.Point, documents [][]byte) {
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	evaltest.Fill(t, o.broker, o.plan.Pipeline, documents[:1300], 2)
	faults := evaltest.Faults(o.broker, o.plan, guarantees.Fault{Kind: guarantees.Pause, Stage: pipeline.DFStage, At: 600, Point: point, For: time.Second})
	if point == guarantees.Restored {
		faults.Plan[0].At = 1
	}
	asleep, awake := make(chan struct{}), make(chan struct{})
	faults.Pause = func(context.Context, time.Duration) error {
		close(asleep)
		<-awake
		return nil
	}
	start := func(ctx context.Context, who, stages string, faults *guarantees.Faults) <-chan error {
		r, err := pipeline.NewRunner(o.broker, o.plan, stages, who)
		if err != nil {
			t.Fatal(err)
		}
		redis, err := state.OpenRedis(ctx, o.url, state.Options{Pipeline: "outside", Identity: t.Name()})
		if err != nil {
			t.Fatal(err)
		}
		r.Inject(faults)
		r.Snapshots(400)
		r.Verify()
		r.Notice(o.notice)
		r.StateIn(redis, false)
		ended := make(chan error, 1)
		go func() {
			err := r.Run(ctx)
			if ctx.Err() == nil {
				t.Logf("%s has ended: %v", who, err)
			}
			ended <- errors.Join(err, redis.Close())
		}()
		return ended
	}
	all := func() *pipeline.Tally {
		last, err := o.broker.LastSequence(ctx, o.plan.Pipeline.LogStream().Name)
		if err != nil {
			t.Fatal(err)
		}
		tally := follow(ctx, t, o.broker, o.plan, last, nil)
		o.equals(t, tally, nil)
		return tally
	}
	others := start(ctx, "others", "tokenize,classify,topics", nil)
	first := start(ctx, "first", "df", faults)
	<-asleep
	working, stop := context.WithCancel(ctx)
	defer stop()
	second := start(working, "second", "df", nil)
	all()
	close(awake)
	if err := <-first; !errors.Is(err, guarantees.ErrFenced) {
		t.Errorf("the first ended with %v, want %v", err, guarantees.ErrFenced)
	}
	evaltest.Fill(t, o.broker, o.plan.Pipeline, documents[1300:1400], 2)
	all()
	stop()
	if err := <-second; err != nil {
		t.Errorf("the second ended with %v", err)
	}
	third := start(ctx, "third", "df", nil)
	evaltest.Fill(t, o.broker, o.plan.Pipeline, documents[1400:], 2)
	tally := all()
	cancel()
	if err := errors.Join(<-third, <-others); err != nil {
		t.Errorf("the third or the others ended with %v", err)
	}
	sameAsOracle(t, o.broker, o.plan, tally)
	if len(o.told) > 0 {
		t.Errorf("people are told %q", o.told)
	}
}
