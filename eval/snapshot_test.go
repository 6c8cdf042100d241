package eval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// everyWindow has windows of every kind, which take late documents and tell what
// they have so far.
func everyWindow(t *testing.T) topics.Options {
	o := topics.Options{Lateness: 48 * time.Hour, EmitDocuments: 500, Bursts: 5, Stories: 3}
	for _, form := range []string{"tumbling:24h", "sliding:7d/1d", "session:30h", "count:1000"} {
		d, err := topics.Parse(form)
		if err != nil {
			t.Fatal(err)
		}
		o.Windows = append(o.Windows, d)
	}
	return o
}

// Properties, at 1 and 3 partitions, of workers that make snapshots often and
// are killed several times, in the middle and right behind a snapshot:
//   - what the results are is the oracle's, to the bit, windows of every kind and
//     their provisional results among them;
//   - of each piece of state only the newest snapshots are kept;
//   - they went back to snapshots: what they have read before is purged.
func TestSnapshotsSaveTimeAndChangeNothing(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 3500)
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := pipeline.Plan{Pipeline: "saved", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n}, Topics: everyWindow(t)}.WithDefaults()
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents, 4)
			var plan []guarantees.Fault
			for _, at := range []uint64{1100, 2000, 3000} {
				plan = append(plan, guarantees.Fault{Kind: guarantees.Kill, Partition: -1, At: at}, guarantees.Fault{Kind: guarantees.Kill, Partition: -1, At: at - 700, Point: guarantees.Saved})
			}
			tally := runSaving(ctx, t, b, p, 300, plan, nil)
			truth := oracle(t, b, p, nil).Tally
			got, want := tally.Summary(p), truth.Summary(p)
			if got.PredictionsDigest != want.PredictionsDigest || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest ||
				got.Windows != want.Windows || tally.WindowsDigest != truth.WindowsDigest || got.Lost+got.Duplicates > 0 {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
			kept, err := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: "saved-snap"}}.List(ctx)
			if err != nil || len(kept) < 3 {
				t.Errorf("snapshots of %d pieces (%v)", len(kept), err)
			}
			for part, of := range kept {
				if len(of) > 3 {
					t.Errorf("%d snapshots of %s are kept", len(of), part)
				}
			}
			if n == 1 {
				return
			}
			for i := range n {
				for _, kind := range []string{"tok", "df"} {
					stream := fmt.Sprintf("saved-%s-%d", kind, i)
					first, err := b.FirstSequence(ctx, stream)
					if err != nil || first < 2 {
						t.Errorf("%s still begins at %d (%v)", stream, first, err)
					}
				}
			}
		})
	}
}

// Properties, of a run with many snapshots:
//   - what none of them needs is purged from the streams between stages;
//   - where they are to be kept they are whole, and older snapshots are deleted all
//     the same.
func TestStreamsThatAreKeptAreWhole(t *testing.T) {
	documents := evaltest.Documents(2000)
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprint(kept), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "kept", 2, guarantees.Commit)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if err := pipeline.Create(ctx, b, p); err != nil {
				t.Fatal(err)
			}
			evaltest.Fill(t, b, p.Pipeline, documents, 4)
			r, err := pipeline.NewRunner(b, p, "", "keeps")
			if err != nil {
				t.Fatal(err)
			}
			r.Snapshots(300)
			r.Inject(&guarantees.Faults{}) // each snapshot is waited for
			if kept {
				r.KeepStreams()
			}
			working, stop := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- r.Run(working) }()
			last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
			if err != nil {
				t.Fatal(err)
			}
			tally := follow(ctx, t, b, p, last, nil)
			if err := r.Await(ctx, last); err != nil {
				t.Fatal(err)
			}
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if got, want := tally.Summary(p).PredictionsDigest, oracle(t, b, p, nil).Tally.Summary(p).PredictionsDigest; got != want {
				t.Errorf("digest %s, want %s", got, want)
			}
			first, err := b.FirstSequence(ctx, "kept-tok-0")
			if err != nil || kept != (first == 1) {
				t.Errorf("kept %t, and the stream begins at %d, %v", kept, first, err)
			}
			all, err := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: "kept-snap"}}.List(ctx)
			if err != nil || len(all["df/0"]) == 0 || len(all["df/0"]) > 3 {
				t.Errorf("%d snapshots of df/0, %v", len(all["df/0"]), err)
			}
		})
	}
}
