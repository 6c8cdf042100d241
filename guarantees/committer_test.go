package guarantees_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

func partition(stream, worker string) guarantees.Partition {
	return guarantees.Partition{Name: "df/0", Stream: stream, Subject: stream, Worker: worker}
}

// content is what the unit from..to holds, so that a record tells whether it
// is the one it says it is.
func content(from, to uint64, worker string) []byte {
	return fmt.Appendf(nil, "%d..%d by %s", from, to, worker)
}

func commit(ctx context.Context, c *guarantees.Committer, length uint64, worker string) error {
	from := c.Cursor() + 1
	to := from + length - 1
	return c.Commit(ctx, guarantees.Unit{From: from, To: to, Record: content(from, to, worker)})
}

// tiles checks a partition's stream from its first record on, and returns the
// last log sequence that is covered and how many fences there are:
//   - epochs rise by one with each fence;
//   - a unit carries the epoch and the worker of the fence before it;
//   - units tile 1..cursor: none is missing, none comes twice.
func tiles(tb testing.TB, b *broker.Broker, stream string) (cursor, fences uint64) {
	tb.Helper()
	owner := ""
	for _, r := range brokertest.Records(tb, b, stream) {
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			tb.Fatal(err)
		}
		switch h.Kind {
		case guarantees.Fence:
			fences++
			owner = h.Worker
			if h.To != cursor {
				tb.Fatalf("record %d: a fence says cursor %d, it is %d", r.Sequence, h.To, cursor)
			}
		case guarantees.Done:
			if h.From != cursor+1 {
				tb.Fatalf("record %d covers %d..%d behind cursor %d", r.Sequence, h.From, h.To, cursor)
			}
			if string(r.Data) != string(content(h.From, h.To, h.Worker)) {
				tb.Fatalf("record %d holds %q", r.Sequence, r.Data)
			}
			cursor = h.To
		}
		if h.Epoch != fences || h.Worker != owner {
			tb.Fatalf("record %d is of epoch %d by %s, the partition is in epoch %d by %s", r.Sequence, h.Epoch, h.Worker, fences, owner)
		}
	}
	return cursor, fences
}

// Properties, of up to four workers that open, commit and wait in any order,
// with commits in flight while others open:
//   - the cursor after Open is where the last stored unit ends;
//   - once another has opened, Commit and Wait end with ErrFenced, and the
//     error names the worker who has the partition;
//   - nothing that was in flight then is visible behind the other's fence;
//   - what Wait said is durable is there, and the stream tiles.
func TestOpenFences(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	streams := 0
	fenced := 0
	property := func(rt *rapid.T) {
		streams++
		stream := fmt.Sprintf("s%d", streams)
		brokertest.Stream(t, b, stream)
		open := map[string]*guarantees.Committer{}
		defer func() {
			for _, c := range open {
				c.Close()
			}
		}()
		workers := []string{"a", "b", "c", "d"}
		owner := ""
		durable := uint64(0)
		check := func(who string, err error) {
			switch {
			case err == nil:
			case who == owner:
				rt.Fatalf("%s owns the partition: %v", who, err)
			case !errors.Is(err, guarantees.ErrFenced) || !strings.Contains(err.Error(), ": "+owner+" at "):
				rt.Fatalf("%s lost the partition to %s: %v", who, owner, err)
			default:
				fenced++
			}
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			who := rapid.SampledFrom(workers).Draw(rt, "who")
			c := open[who]
			do := rapid.SampledFrom([]string{"open", "commit", "commit", "commit", "wait"}).Draw(rt, "do")
			if c == nil {
				do = "open"
			}
			switch do {
			case "open":
				if c != nil {
					c.Close()
				}
				c, err := guarantees.Open(ctx, b, partition(stream, who))
				if err != nil {
					rt.Fatal(err)
				}
				open[who], owner = c, who
				fence, err := b.Last(ctx, stream, stream)
				if err != nil {
					rt.Fatal(err)
				}
				before, err := b.Record(ctx, stream, fence.Sequence-1)
				if fence.Sequence == 1 {
					if c.Cursor() != 0 {
						rt.Fatalf("the first cursor is %d", c.Cursor())
					}
				} else if h, headerErr := guarantees.ParseHeader(before); err != nil || headerErr != nil || c.Cursor() != h.To {
					rt.Fatalf("the cursor is %d, the record before the fence ends at %d (%v, %v)", c.Cursor(), h.To, err, headerErr)
				}
				if c.Cursor() < durable {
					rt.Fatalf("the cursor is %d, up to %d it was durable", c.Cursor(), durable)
				}
			case "commit":
				for range rapid.IntRange(1, 2*broker.InFlightMax).Draw(rt, "units") {
					err := commit(ctx, c, rapid.Uint64Range(1, 5).Draw(rt, "length"), who)
					if check(who, err); err != nil {
						break
					}
				}
			case "wait":
				err := c.Wait(ctx)
				if check(who, err); err == nil && who == owner {
					durable = c.Cursor()
				}
			}
		}
		for _, who := range workers {
			if c := open[who]; c != nil {
				err := c.Wait(ctx)
				if check(who, err); err == nil && who == owner {
					durable = c.Cursor()
				}
			}
		}
		if stored, _ := tiles(t, b, stream); stored != durable {
			rt.Fatalf("units are stored up to %d, durable up to %d", stored, durable)
		}
	}
	for round := 0; round == 0 || round < roundsMax && fenced == 0; round++ {
		rapid.Check(t, property)
	}
	if fenced == 0 {
		t.Error("nobody was ever fenced: the test proves nothing")
	}
	t.Logf("%d commits and waits were fenced", fenced)
}

// Properties:
//   - a unit has to follow the cursor and to cover something; a refused one
//     changes nothing.
func TestUnitsAreContiguous(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	brokertest.Stream(t, b, "s")
	c, err := guarantees.Open(ctx, b, partition("s", "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := commit(ctx, c, 10, "a"); err != nil {
		t.Fatal(err)
	}
	for name, u := range map[string]guarantees.Unit{
		"zero":            {},
		"again":           {From: 1, To: 10},
		"overlapping":     {From: 10, To: 12},
		"with a gap":      {From: 12, To: 13},
		"empty":           {From: 11, To: 10},
		"backwards":       {From: 11, To: 5},
		"from the future": {From: 100, To: 100},
	} {
		err := c.Commit(ctx, u)
		if err == nil || !strings.Contains(err.Error(), "df/0") || !strings.Contains(err.Error(), "cursor 10") {
			t.Errorf("a unit %s gave %v", name, err)
		}
		if c.Cursor() != 10 {
			t.Errorf("after a unit %s the cursor is %d", name, c.Cursor())
		}
	}
	if err := errors.Join(commit(ctx, c, 1, "a"), c.Wait(ctx)); err != nil {
		t.Fatal(err)
	}
	if cursor, _ := tiles(t, b, "s"); cursor != 11 {
		t.Errorf("units are stored up to %d", cursor)
	}
}

// Properties:
//   - a partition whose last record another program wrote is not taken, and
//     nothing is written.
func TestOpenRefusesWhatItDoesNotKnow(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	brokertest.Stream(t, b, "s")
	if _, err := b.Put(ctx, "s", "s", "s", 0, broker.Header{"Tidings-Kind": {"future"}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := guarantees.Open(ctx, b, partition("s", "a")); err == nil || !strings.Contains(err.Error(), "future") {
		t.Errorf("opening it gave %v", err)
	}
	if last, err := b.LastSequence(ctx, "s"); last != 1 || err != nil {
		t.Errorf("%d records are there (%v)", last, err)
	}
	if _, err := guarantees.Open(ctx, b, partition("none", "a")); err == nil {
		t.Error("a partition without a stream is taken")
	}
}

// Properties, of three workers that take one partition from each other again
// and again, with pauses:
//   - units tile 1..n exactly once, whoever commits them;
//   - every worker gets somewhere, and every worker is fenced.
func TestWorkersFightForAPartition(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	brokertest.Stream(t, s.Broker, "s")
	const n = 6000
	var fighting sync.WaitGroup
	fenced, uncertain := [3]int{}, [3]int{}
	for i, b := range []*broker.Broker{s.Broker, brokertest.Connect(t, s.Address()), brokertest.Connect(t, s.Address())} {
		who := string(rune('a' + i))
		random := brokertest.Random(t)
		fighting.Go(func() {
			ctx := brokertest.Context(t)
			for done := false; !done; {
				c, err := guarantees.Open(ctx, b, partition("s", who))
				for err == nil && c.Cursor() < n {
					for range random.IntN(200) {
						runtime.Gosched()
					}
					err = commit(ctx, c, min(1+random.Uint64N(4), n-c.Cursor()), who)
					if random.IntN(6) == 0 && err == nil {
						err = c.Wait(ctx)
					}
				}
				if err == nil {
					err = c.Wait(ctx)
				}
				switch {
				case err == nil:
					done = true
				case errors.Is(err, guarantees.ErrFenced):
					fenced[i]++
				case errors.Is(err, guarantees.ErrUncertain):
					uncertain[i]++
				default:
					t.Errorf("%s: %v", who, err)
					done = true
				}
				if c != nil {
					c.Close()
				}
			}
		})
	}
	fighting.Wait()
	cursor, fences := tiles(t, s.Broker, "s")
	if cursor != n {
		t.Errorf("units are stored up to %d of %d", cursor, n)
	}
	t.Logf("%d fences; fenced %v, uncertain %v", fences, fenced, uncertain)
	if fenced[0]+fenced[1]+fenced[2] == 0 {
		t.Error("nobody was ever fenced: the test proves nothing")
	}
}
