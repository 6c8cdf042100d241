package eval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// Properties, of a pipeline whose workers are killed while outside readers look:
//   - a line that anybody can see comes of what is complete, at the moment it can be
//     seen: nothing of an attempt that was given up ever is;
//   - every prediction is seen once, and they are the oracle's.
func TestNothingIsSeenBeforeItIsReleased(t *testing.T) {
	documents := evaltest.Documents(2000)
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "seen", n, guarantees.BySnapshot)
			p.SnapshotEvery = pipeline.Interval{Documents: 250}
			evaltest.Fill(t, b, p.Pipeline, documents, 1)
			var kills []guarantees.Fault
			for i, stage := range []string{pipeline.ClassifyStage, pipeline.DFStage, pipeline.TopicsStage, pipeline.ClassifyStage} {
				if n == 1 {
					stage = pipeline.ClassifyStage
				}
				kills = append(kills, guarantees.Fault{Kind: guarantees.Kill, Stage: stage, At: uint64(400 * (i + 1)), Point: guarantees.Stored})
			}
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			projected := make(chan error, 1)
			publishing, stop := context.WithCancel(ctx)
			go func() { projected <- pipeline.Project(publishing, b, p, pipeline.Shape{}) }()
			seen := make(chan int, 1)
			go func() { seen <- look(ctx, t, b, p, len(documents)) }()
			tally, err := eval.Run(ctx, b, p, evaltest.Faults(b, p, kills...), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, want := outcomeOf(tally.Summary(p)), outcomeOf(oracle(t, b, p, nil).Tally.Summary(p))
			if got != want {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
			if n := <-seen; n != len(documents) {
				t.Errorf("%d lines were seen, want %d", n, len(documents))
			}
			stop()
			if err := <-projected; err != nil {
				t.Error(err)
			}
			if a, _, err := p.Attempt(ctx, b); err != nil || a.Number < 2 {
				t.Errorf("attempt %d, %v: nobody went back, which proves nothing", a.Number, err)
			}
		})
	}
}

// look reads what is published as it comes, until so many predictions have been
// seen, and returns how many different ones.
func look(ctx context.Context, t *testing.T, b *broker.Broker, p pipeline.Plan, predictions int) int {
	stream := p.Pipeline.OutStream()
	if err := b.CreateStream(ctx, stream); err != nil {
		t.Error(err)
		return 0
	}
	r, err := b.Read(ctx, stream.Name, 1, broker.ReaderOptions{})
	if err != nil {
		t.Error(err)
		return 0
	}
	defer r.Close()
	positions := map[string]bool{}
	for lines := 0; lines < predictions; {
		records, err := r.Next(ctx)
		if err != nil {
			t.Errorf("%v after %d lines", err, lines)
			return len(positions)
		}
		a, _, err := p.Attempt(ctx, b)
		if err != nil {
			t.Error(err)
			return len(positions)
		}
		for _, record := range records {
			place, _, _ := strings.Cut(record.Header.Get("Tidings-Place"), " ")
			if to, err := strconv.ParseUint(place, 10, 64); err != nil || to > a.Complete {
				t.Errorf("seen up to %q, and complete is %d", place, a.Complete)
			}
			if record.Subject != string(p.Pipeline)+".out.predictions" {
				continue
			}
			for line := range bytes.SplitSeq(record.Data, []byte{'\n'}) {
				lines++
				head, _, _ := bytes.Cut(line, []byte{','}) // the position
				positions[string(head)] = true
			}
		}
	}
	return len(positions)
}

// Properties, of a store that has no room for a while: nothing ends, people are told
// once, and all is released when there is room again.
func TestAFullStoreHoldsOutputsBackAndEndsNothing(t *testing.T) {
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "full", 1, guarantees.BySnapshot)
	p.SnapshotEvery = pipeline.Interval{Documents: 100}
	evaltest.Fill(t, b, p.Pipeline, evaltest.Documents(300), 1)
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if err := pipeline.Create(ctx, b, p); err != nil {
		t.Fatal(err)
	}
	r, err := pipeline.NewRunner(b, p, "", "w")
	if err != nil {
		t.Fatal(err)
	}
	snapshots, err := p.SnapshotsIn(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 10)
	r.KeepIn(&crowded{SnapshotStore: snapshots.Store})
	r.Notice(func(s string) { told <- s })
	running, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- r.Run(running) }()
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	tally, err := eval.Follow(ctx, b, p, last, nil)
	stop()
	if err := errors.Join(err, <-ran); err != nil {
		t.Fatal(err)
	}
	if tally.Documents != 300 || len(told) != 1 {
		t.Errorf("%d documents are released, and %d times something was said; want 300 and 1", tally.Documents, len(told))
	}
}

// crowded is a store that has no room the first time.
type crowded struct {
	guarantees.SnapshotStore
	tries atomic.Int32
}

func (c *crowded) Put(ctx context.Context, name, about string, data []byte) error {
	if c.tries.Add(1) == 1 {
		return errors.New("no space left on device")
	}
	return c.SnapshotStore.Put(ctx, name, about, data)
}
