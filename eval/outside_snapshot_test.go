package eval_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/state"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// Properties: with snapshots in the Redis too, or in files, of which each newest
// is damaged, the one before is used; the results are the oracle's.
func TestDamagedSnapshotsOutsideArePassedOver(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 600)
	for _, kind := range []string{"files", "redis"} {
		t.Run(kind, func(t *testing.T) {
			s := redistest.New(t)
			o := newOutside(t, s.URL, 2, guarantees.Promise{})
			files := state.Files{Dir: t.TempDir()}
			o.every = 80
			o.store = func(r *state.Redis) guarantees.SnapshotStore {
				if kind == "redis" {
					return r.Blobs()
				}
				return files
			}
			redis, err := state.OpenRedis(t.Context(), o.url, state.Options{Pipeline: "outside", Identity: o.broker.URL() + t.Name()})
			if err != nil {
				t.Fatal(err)
			}
			defer redis.Close()
			kept := guarantees.Snapshots{Store: o.store(redis)}
			for _, some := range [][][]byte{documents[:200], documents[200:400]} {
				fill(t, o.broker, o.plan.Pipeline, some, 4)
				o.settle = newer(t, kept, 2+1+2)
				tally, err := o.run(t)
				o.equals(t, tally, err)
			}
			o.settle = nil
			all, err := kept.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for part, of := range all {
				if len(of) < 2 {
					t.Fatalf("there are %d snapshots of %s: this proves nothing", len(of), part)
				}
				if err := kept.Save(t.Context(), of[0], []byte("something else")); err != nil {
					t.Fatal(err)
				}
			}
			fill(t, o.broker, o.plan.Pipeline, documents[400:], 4)
			o.rebuild = true // else df would not look at its snapshots
			tally, err := o.run(t)
			o.equals(t, tally, err)
		})
	}
}

// Properties, of a store that takes no snapshots: the work goes on, people are
// told once, and the results are the oracle's.
func TestAStoreThatTakesNoSnapshotsEndsNothing(t *testing.T) {
	o := newOutside(t, redistest.Start(t), 1, guarantees.Promise{})
	o.every = 100
	o.store = func(r *state.Redis) guarantees.SnapshotStore { return full{r.Blobs()} }
	fill(t, o.broker, o.plan.Pipeline, lines(t, "wikipedia-current-events.jsonl.gz", 600), 4)
	o.meet = func(u *pipeline.Unit) { // a run that ends cuts off what is being stored
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for end := time.Now().Add(30 * time.Second); u.To >= 150 && o.said("a snapshot cannot be stored") == 0 && time.Now().Before(end); {
			<-look.C
		}
	}
	tally, err := o.run(t)
	o.equals(t, tally, err)
	if o.said("a snapshot cannot be stored") != 1 {
		t.Errorf("people are told %q", o.told)
	}
}

// full is a store that has no room.
type full struct{ guarantees.SnapshotStore }

func (full) Put(context.Context, string, string, []byte) error {
	return errors.New("no space left on device")
}
