package eval_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/state"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// outside is a pipeline whose df counts live in a Redis.
type outside struct {
	broker  *broker.Broker
	plan    pipeline.Plan
	url     string
	every   uint64 // documents between two snapshots
	faults  []guarantees.Fault
	seed    uint64                                           // of them
	pause   func(ctx context.Context, d time.Duration) error // of them; nil: it lasts
	rebuild bool
	store   func(r *state.Redis) guarantees.SnapshotStore
	meet    func(u *pipeline.Unit)
	settle  func(ctx context.Context) // before the run is stopped

	mu   sync.Mutex
	told []string
}

// newOutside makes one at n partitions of each stage.
func newOutside(t testing.TB, url string, n int, promise guarantees.Promise) *outside {
	t.Helper()
	return planned(t, url, pipeline.Plan{
		Pipeline: "outside", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
		Guarantee: promise.Guarantee, Recovery: promise.Recovery, SnapshotEvery: often(promise), State: pipeline.RedisState,
	})
}

func planned(t testing.TB, url string, p pipeline.Plan) *outside {
	t.Helper()
	o := &outside{broker: evaltest.Broker(t), url: url, plan: p.WithDefaults()}
	if err := pipeline.Create(t.Context(), o.broker, o.plan); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *outside) notice(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, text)
}

// said counts what people were told.
func (o *outside) said(text string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, told := range o.told {
		if strings.Contains(told, text) {
			n++
		}
	}
	return n
}

// run works until all of the log is committed, and stops in good order.
func (o *outside) run(t testing.TB) (*pipeline.Tally, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	r, err := pipeline.NewRunner(o.broker, o.plan, "", "test")
	if err != nil {
		return nil, err
	}
	r.Snapshots(o.every)
	r.Verify()
	r.Notice(o.notice)
	if o.url != "" {
		redis, err := state.OpenRedis(ctx, o.url, state.Options{Pipeline: "outside", Identity: o.broker.URL() + t.Name(), Notice: o.notice})
		if err != nil {
			return nil, err
		}
		defer redis.Close()
		r.StateIn(redis, o.rebuild)
		if o.store != nil {
			r.KeepIn(o.store(redis))
		}
	}
	if o.faults != nil {
		r.Inject(&guarantees.Faults{Plan: o.faults, Seed: o.seed, Pause: o.pause, Fired: pipeline.Fired{Broker: o.broker, Pipeline: o.plan.Pipeline}})
	}
	last, err := o.broker.LastSequence(ctx, o.plan.Pipeline.LogStream().Name)
	if err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var ran error
	var running sync.WaitGroup
	running.Go(func() {
		ran = r.Run(working)
		stop()
	})
	tally := pipeline.NewTally()
	results, err := pipeline.OpenResults(working, o.broker, o.plan)
	if err == nil {
		defer results.Close()
	}
	for tally.To < last && err == nil {
		var u *pipeline.Unit
		if u, err = results.Next(working); err == nil {
			tally.Add(u)
			if o.meet != nil {
				o.meet(u)
			}
		}
	}
	if o.settle != nil && err == nil {
		o.settle(working)
	}
	stop()
	running.Wait()
	if ran != nil {
		return tally, ran
	}
	return tally, err
}

// equals compares a run with the oracle, to the bit.
func (o *outside) equals(t *testing.T, tally *pipeline.Tally, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got, want := tally.Summary(o.plan), oracle(t, o.broker, o.plan, nil).Tally.Summary(o.plan)
	if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
		got.Windows != want.Windows || got.Lost+got.Duplicates > 0 || got.Documents != want.Documents {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// onceBy is exactly-once by a recovery.
func onceBy(recovery string) guarantees.Promise {
	return guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: recovery}
}

// Properties, by each recovery of exactly-once, alone and in partitions: with df
// counts in a Redis the results are the oracle's, to the bit, also when a run
// stops and the next one goes on, and people need not be told anything.
func TestCountsInARedisAreTheOracles(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 600)
	url := redistest.Start(t)
	for i, recovery := range []string{guarantees.Commit, guarantees.Commit, guarantees.Replay, guarantees.BySnapshot, guarantees.BySnapshot} {
		n := []int{1, 3, 2, 1, 2}[i]
		t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
			o := newOutside(t, url+fmt.Sprintf("?prefix=%s%d", recovery, n), n, onceBy(recovery))
			fill(t, o.broker, o.plan.Pipeline, documents[:400], 4)
			tally, err := o.run(t)
			o.equals(t, tally, err)
			for p := range n {
				if at := redistest.Client(t, url).Do(t, "HGET", fmt.Sprintf("%s%d:{outside}:df:%d", recovery, n, p), "cursor"); len(at) < 2 {
					t.Errorf("the counts of df/%d in the Redis are at log sequence %q, of a hundred", p, at)
				}
			}
			fill(t, o.broker, o.plan.Pipeline, documents[400:], 4)
			tally, err = o.run(t)
			o.equals(t, tally, err)
			if len(o.told) > 0 {
				t.Errorf("people are told %q", o.told)
			}
		})
	}
}

// Properties, by replay and by snapshot, in partitions and alone, also
// where df recovers in another way than the stages around it, with all kinds of
// faults in every stage: the results are the oracle's, to the bit, the streams keep
// the claim, and people need not be told anything.
func TestCountsInARedisWithAllFaultsUnderEveryPromise(t *testing.T) {
	documents := evaltest.Documents(1500)
	url := redistest.Start(t)
	some := "kill[stepped]:tokenize/0@300, kill[stored]:df/0@400, kill[stored]:classify/0@600, kill[stepped]:topics/0@800, kill[saved]:df/1@900, kill[stepped]:df/1@1200, " +
		"kill[opened]:df/0@4, kill[restored]:tokenize/1@4, drop-ack:4%, publish-fail:6%, duplicate:3%, reorder:8, pause:df/1@1000 for 20ms"
	chain := "kill[stored]:classify@500, kill[stepped]:classify@1000, drop-ack:5%, publish-fail:10%, duplicate:3%"
	tests := []struct {
		n                int
		recovery, faults string
		commits          []string
	}{
		{4, guarantees.Replay, some, nil}, {2, guarantees.Replay, some, []string{pipeline.DFStage}}, {2, guarantees.Replay, some, []string{pipeline.TokenizeStage, pipeline.ClassifyStage}},
		{1, guarantees.BySnapshot, chain, nil}, {4, guarantees.BySnapshot, some, nil},
	}
	for i, test := range tests {
		t.Run(fmt.Sprintf("%d/%s/%v", test.n, test.recovery, test.commits), func(t *testing.T) {
			t.Parallel()
			p := evaltest.Plan(t, "outside", test.n, test.recovery)
			p.State = pipeline.RedisState
			for _, stage := range test.commits {
				if p.Stages == nil {
					p.Stages = map[string]guarantees.Promise{}
				}
				p.Stages[stage] = onceBy(guarantees.Commit)
			}
			o := planned(t, fmt.Sprintf("%s?prefix=all%d", url, i), p)
			f, err := o.plan.Faults(o.broker, pipeline.FaultPlan{Faults: test.faults, Seed: 11})
			if err != nil {
				t.Fatal(err)
			}
			o.every, o.faults, o.seed = 300, f.Plan, f.Seed
			evaltest.Fill(t, o.broker, o.plan.Pipeline, documents, 3)
			tally, err := o.run(t)
			if err != nil {
				t.Fatal(err)
			}
			sameAsOracle(t, o.broker, o.plan, tally)
			if len(o.told) > 0 {
				t.Errorf("people are told %q", o.told)
			}
		})
	}
}

// Properties, of versions that take over while counts are in a Redis, with kills
// around them: all counts are replaced there, and the results are the oracle's.
func TestAPromotionReplacesCountsInARedis(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 900)
	url := redistest.Start(t)
	for i, recovery := range []string{guarantees.Commit, guarantees.Commit, guarantees.Replay, guarantees.BySnapshot, guarantees.BySnapshot} {
		n := []int{1, 2, 2, 1, 2}[i]
		t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
			o := newOutside(t, url+fmt.Sprintf("?prefix=%s%d", recovery, n), n, onceBy(recovery))
			o.every = 150
			stage := pipeline.DFStage
			if n == 1 {
				stage = pipeline.ClassifyStage
			}
			for i, point := range []guarantees.Point{guarantees.Stepped, guarantees.Stored, guarantees.Stepped} {
				o.faults = append(o.faults, guarantees.Fault{Kind: guarantees.Kill, Stage: stage, At: uint64(250 + 200*i), Point: point})
			}
			fill(t, o.broker, o.plan.Pipeline, documents[:300], 4)
			promote(t, o.broker, o.plan, trained(t, "ftrl", o.plan.Features, documents[100:500]))
			fill(t, o.broker, o.plan.Pipeline, documents[300:600], 4)
			promote(t, o.broker, o.plan, trained(t, "arow", o.plan.Features, documents[200:300]))
			fill(t, o.broker, o.plan.Pipeline, documents[600:], 4)
			tally, err := o.run(t)
			if err != nil {
				t.Fatal(err)
			}
			truth, err := eval.NewTruth(t.Context(), o.broker, o.plan)
			if err != nil {
				t.Fatal(err)
			}
			got, want := tally.Summary(o.plan), truth.Tally.Summary(o.plan)
			if tally.Promotions != 2 || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest || got.PredictionsDigest != want.PredictionsDigest {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
			if struck(t, o.broker, o.plan) != len(o.faults) {
				t.Error("not all faults have struck")
			}
		})
	}
}
