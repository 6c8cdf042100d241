package eval_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// replayed is a plan by replay, of so many partitions, with the stages that
// recover by commit.
func replayed(t *testing.T, n int, commits ...string) pipeline.Plan {
	p := evaltest.Plan(t, "replayed", n, guarantees.Replay)
	for _, stage := range commits {
		if p.Stages == nil {
			p.Stages = map[string]guarantees.Promise{}
		}
		p.Stages[stage] = guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Commit}
	}
	return p
}

// sameAsOracle compares a run with the oracle, and has its streams checked.
func sameAsOracle(t *testing.T, b *broker.Broker, p pipeline.Plan, tally *pipeline.Tally) {
	t.Helper()
	got, want := tally.Summary(p), oracle(t, b, p, nil).Tally.Summary(p)
	if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
		got.Windows != want.Windows || got.Documents != want.Documents || got.Lost+got.Duplicates > 0 {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if r := evaltest.Check(t, b, p); r.Broken || r.Unfinished > 0 {
		t.Errorf("broken %t, unfinished %d\n%v", r.Broken, r.Unfinished, r.Findings)
	}
}

// Properties, of runs by replay at 1, 2 and 4 partitions, also with stages that
// recover by commit, without faults and with all kinds of them in every stage:
//   - the results are the oracle's, to the bit, and the streams keep the claim;
//   - what is made again is what was made before.
func TestReplayEqualsTheOracleUnderEveryPromise(t *testing.T) {
	documents := evaltest.Documents(4000)
	crashes := "kill[stepped]:tokenize/0@600, kill[stored]:df/0@900, kill[stored]:classify/0@1300, kill[stepped]:topics/0@1700, kill[saved]:df/1@2100, " +
		"kill[opened]:df/0@9, kill[restored]:tokenize/1@9, drop-ack:10%, publish-fail:20%, duplicate:3%, reorder:8, pause:df/1@1500 for 20ms"
	chain := "kill[stored]:classify@1000, kill[stepped]:classify@2000, drop-ack:10%, publish-fail:20%, duplicate:3%"
	tests := []struct {
		n       int
		faults  string
		commits []string
	}{
		{1, "", nil}, {2, "", nil}, {4, "", nil},
		{1, chain, nil}, {2, crashes, nil}, {4, crashes, nil},
		{2, crashes, []string{pipeline.ClassifyStage, pipeline.TopicsStage}},
		{2, crashes, []string{pipeline.DFStage}},
		{2, crashes, []string{pipeline.TokenizeStage, pipeline.ClassifyStage, pipeline.TopicsStage}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d/%t/%v", test.n, test.faults != "", test.commits), func(t *testing.T) {
			t.Parallel()
			b := evaltest.Broker(t)
			p := replayed(t, test.n, test.commits...)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			evaltest.Fill(t, b, p.Pipeline, documents, 3)
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			var faults *guarantees.Faults
			if test.faults != "" {
				plan := pipeline.FaultPlan{Faults: test.faults, Seed: 11}
				if err := pipeline.StoreFaults(ctx, b, p.Pipeline, plan); err != nil {
					t.Fatal(err)
				}
				var err error
				if faults, err = p.Faults(b, plan); err != nil {
					t.Fatal(err)
				}
			}
			tally, err := eval.Run(ctx, b, p, faults, nil)
			if err != nil {
				t.Fatalf("after log sequence %d: %v", tally.To, err)
			}
			sameAsOracle(t, b, p, tally)
		})
	}
}

// Properties, of a worker of each released stage that stands still in the middle of a
// unit while another runner does all there is to do, and then goes on:
//   - it notices, though its record is stored;
//   - the results are the oracle's, and the streams keep the claim;
//   - a runner that begins behind both goes on as well.
func TestAZombieOfReplayPublishesWhatReadersHave(t *testing.T) {
	documents := evaltest.Documents(3000)
	for _, stage := range []string{pipeline.TokenizeStage, pipeline.DFStage, pipeline.ClassifyStage} {
		t.Run(stage, func(t *testing.T) {
			b := evaltest.Broker(t)
			p := replayed(t, 2)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			evaltest.Fill(t, b, p.Pipeline, documents[:2900], 4)
			last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			faults := evaltest.Faults(b, p, guarantees.Fault{Kind: guarantees.Pause, Stage: stage, At: 1200, Point: guarantees.Stepped, For: time.Second})
			asleep, awake := make(chan struct{}), make(chan struct{})
			faults.Pause = func(context.Context, time.Duration) error {
				close(asleep)
				<-awake
				return nil
			}
			first := started(ctx, t, b, p, "first", faults)
			<-asleep
			second := started(ctx, t, b, p, "second", nil)
			tally := follow(ctx, t, b, p, last, nil)
			close(awake)
			if err := <-first; !errors.Is(err, guarantees.ErrFenced) {
				t.Errorf("the first ended with %v, want %v", err, guarantees.ErrFenced)
			}
			sameAsOracle(t, b, p, tally)
			third := started(ctx, t, b, p, "third", nil)
			awaitEpoch(ctx, t, b, "replayed-pred-0", 3) // who rests does not notice
			evaltest.Fill(t, b, p.Pipeline, documents[2900:], 4)
			if last, err = b.LastSequence(ctx, p.Pipeline.LogStream().Name); err != nil {
				t.Fatal(err)
			}
			tally = follow(ctx, t, b, p, last, nil)
			if err := <-second; !errors.Is(err, guarantees.ErrFenced) {
				t.Errorf("the second ended with %v, want %v", err, guarantees.ErrFenced)
			}
			cancel()
			if err := <-third; err != nil {
				t.Errorf("the third ended with %v", err)
			}
			sameAsOracle(t, b, p, tally)
		})
	}
}

// started runs all stages, and says how that ended.
func started(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, who string, faults *guarantees.Faults) <-chan error {
	t.Helper()
	r, err := pipeline.NewRunner(b, p, "", who)
	if err != nil {
		t.Fatal(err)
	}
	r.Inject(faults)
	r.Snapshots(700)
	r.Verify()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return ended
}

// Properties: by replay, too, what snapshots have made needless is purged from the
// streams between stages, tokenize's place is among the snapshots, and a runner
// that begins behind that goes on as if nothing were missing.
func TestReplayGoesOnBehindWhatIsPurged(t *testing.T) {
	documents := evaltest.Documents(6000)
	b := evaltest.Broker(t)
	p := replayed(t, 2)
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	evaltest.Fill(t, b, p.Pipeline, documents[:5000], 4)
	runTo(t, b, p, 500)
	for _, stream := range []string{"replayed-tok-0", "replayed-df-1"} {
		if first, err := b.FirstSequence(t.Context(), stream); err != nil || first < 2 {
			t.Errorf("stream %s begins at %d, %v", stream, first, err)
		}
	}
	all, err := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: "replayed-snap"}}.List(t.Context())
	if err != nil || len(all["tokenize/1"]) == 0 || len(all["tokenize/1"]) > 3 {
		t.Errorf("snapshots %v, %v", all["tokenize/1"], err)
	}
	evaltest.Fill(t, b, p.Pipeline, documents[5000:], 4)
	runTo(t, b, p, 500)
	last, err := b.LastSequence(t.Context(), p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	sameAsOracle(t, b, p, follow(t.Context(), t, b, p, last, nil))
}
