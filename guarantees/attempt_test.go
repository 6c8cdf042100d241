package guarantees_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
)

// Properties, of barriers planned anywhere: units that end at Limit, however they
// are cut else, end at each of them and lie across none; behind Through there are
// none.
func TestUnitsEndAtPlannedBarriers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guarantees.Planned{Behind: rapid.Uint64Range(0, 30).Draw(t, "behind"), Every: rapid.Uint64Range(0, 9).Draw(t, "every")}
		p.Through = p.Behind + rapid.Uint64Range(0, 40).Draw(t, "length")
		for at := rapid.Uint64Range(0, p.Behind).Draw(t, "begin"); at < p.Through+10; {
			to := p.Limit(at+1, at+rapid.Uint64Range(1, 20).Draw(t, "unit"))
			if to <= at {
				t.Fatalf("%+v: a unit %d..%d", p, at+1, to)
			}
			for s := at + 1; s <= to; s++ {
				barrier := p.Every > 0 && s > p.Behind && s <= p.Through && (s-p.Behind)%p.Every == 0
				if p.At(s) != barrier || barrier && s < to {
					t.Fatalf("%+v: a unit %d..%d, At(%d) is %v, want %v", p, at+1, to, s, p.At(s), barrier)
				}
			}
			at = to
		}
	})
}

// Properties, of partitions that come and go in any order, compared with a model
// that remembers where each attempt ended:
//   - whoever comes takes part in the present attempt, or in a new one if its
//     partition has been worked on in it; the new one begins behind what is complete;
//   - what an attempt says counts up to where it ended, for good;
//   - a barrier is complete when all have reported it, in this attempt.
func TestWhatCountsIsWhatWasComplete(t *testing.T) {
	b := brokertest.Embed(t)
	buckets := 0
	rapid.Check(t, func(rt *rapid.T) {
		buckets++
		ctx := brokertest.Context(t)
		name := fmt.Sprintf("m%d", buckets)
		barriers := &guarantees.Barriers{Broker: b, Bucket: name}
		if err := b.CreateBucket(ctx, name); err != nil {
			t.Fatal(err)
		}
		all := []string{"df/0", "df/1"}
		reports := map[string][2]uint64{} // attempt, at
		ends := []uint64{0}               // by attempt: up to where it counts
		complete, before := uint64(0), guarantees.Attempt{}
		if a, err := barriers.Look(ctx); err != nil || a.Number != 0 {
			rt.Fatalf("before anything: %+v, %v", a, err)
		}
		streams := map[string]string{}
		for _, p := range all {
			streams[p] = name + p[3:]
			brokertest.Stream(t, b, streams[p])
		}
		worked := map[string]uint64{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			p := rapid.SampledFrom(all).Draw(rt, "partition")
			part := partition(streams[p], "w")
			part.Name, part.Barriers, part.Promise = p, barriers, guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.BySnapshot}
			c, err := guarantees.Open(ctx, b, part)
			if err != nil {
				rt.Fatal(err)
			}
			number := c.Attempt().Number
			want := max(before.Number, 1)
			if worked[p] == before.Number && before.Number > 0 {
				want++
				ends = append(ends, complete)
			}
			if number != want || c.Cursor() != complete {
				rt.Fatalf("%s takes part in attempt %d behind %d, want %d behind %d", p, number, c.Cursor(), want, complete)
			}
			at := complete
			for range rapid.IntRange(0, 2).Draw(rt, "units") {
				u := guarantees.Unit{From: at + 1, To: at + 5, Record: []byte("x")}
				if err := errors.Join(c.Begin(ctx, u), c.Commit(ctx, u), c.Wait(ctx)); err != nil {
					rt.Fatal(err)
				}
				at += 5
				worked[p] = number
				if rapid.Bool().Draw(rt, "reported") {
					if err := c.Report(ctx, at); err != nil {
						rt.Fatal(err)
					}
					reports[p] = [2]uint64{number, at}
				}
			}
			c.Close()
			all := ^uint64(0)
			for _, p := range []string{"df/0", "df/1"} {
				if r := reports[p]; r[0] == number {
					all = min(all, r[1])
				} else {
					all = 0
				}
			}
			complete = max(complete, all)
			if before, err = barriers.Settle(ctx, []string{"df/0", "df/1"}); err != nil || before.Complete != complete || before.Number != number {
				rt.Fatalf("attempt %d, complete %d, %v; want %d, %d", before.Number, before.Complete, err, number, complete)
			}
			for attempt := uint64(1); attempt <= number+1; attempt++ {
				for to := uint64(0); to < complete+20; to++ {
					want := attempt == number || attempt < number && to <= ends[attempt]
					if got := before.Valid(attempt, to); got != want {
						rt.Fatalf("attempt %d, up to %d: counts %v, want %v (%+v, ends %v)", attempt, to, got, want, before, ends)
					}
				}
			}
			if complete > 0 && before.ReleasedAt(complete) == 0 && before.Releases[len(before.Releases)-1].Time != 0 {
				rt.Fatalf("when it was released is not known: %+v", before)
			}
		}
	})
}

// Properties: who reports in an attempt that has ended is told so, and changes
// nothing.
func TestALateReportChangesNothing(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	brokertest.Stream(t, b, "s")
	barriers := &guarantees.Barriers{Broker: b, Bucket: "b"}
	if err := b.CreateBucket(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	p := partition("s", "a")
	p.Barriers, p.Promise = barriers, guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.BySnapshot}
	zombie, err := guarantees.Open(ctx, b, p)
	if err != nil {
		t.Fatal(err)
	}
	defer zombie.Close()
	u := guarantees.Unit{From: 1, To: 5, Record: []byte("x")}
	if err := errors.Join(zombie.Begin(ctx, u), zombie.Commit(ctx, u), zombie.Wait(ctx)); err != nil {
		t.Fatal(err)
	}
	next, err := guarantees.Open(ctx, b, p)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := zombie.Owned(ctx); !errors.Is(err, guarantees.ErrFenced) {
		t.Errorf("the zombie owns it: %v", err)
	}
	if err := next.Report(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if err := zombie.Report(ctx, 5); !errors.Is(err, guarantees.ErrRewound) {
		t.Errorf("the zombie reports: %v", err)
	}
	if a, err := barriers.Settle(ctx, []string{p.Name}); err != nil || a.Complete != 3 || a.Number != 2 {
		t.Errorf("attempt %d, complete %d, %v", a.Number, a.Complete, err)
	}
}
