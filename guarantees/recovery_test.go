package guarantees_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// deed is what a unit is to a trivial model: log messages from..to, or the same
// again because an input repeated itself.
type deed struct {
	from, to uint64
	trigger  string
}

// repeat is a place in the input at which it repeats itself: behind a log
// message, some messages before come again.
type repeat struct {
	behind uint64
	deed   deed
}

// account is a partition's stream, told in the simplest way: all its records.
type account []guarantees.Header

func readAccount(tb testing.TB, b *broker.Broker, stream string) (a account) {
	tb.Helper()
	for _, r := range brokertest.Records(tb, b, stream) {
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			tb.Fatal(err)
		}
		if h.Kind == guarantees.Rewound { // nothing behind it counts any more
			a = slices.DeleteFunc(a, func(d guarantees.Header) bool { return d.To > h.To })
		}
		a = append(a, h)
	}
	return a
}

// done is how many records say that a deed was done. All of its messages have
// to be equally often, or it was cut where it must not be.
func (a account) done(d deed) (n int) {
	for m := d.from; m <= d.to; m++ {
		times := 0
		for _, h := range a {
			if h.Kind == guarantees.Done && h.Trigger == d.trigger && (d.trigger != "" || h.From <= m && m <= h.To) {
				times++
			}
		}
		if m > d.from && times != n {
			return -1
		}
		n = times
	}
	return n
}

// settled says whether an ack stands behind a deed's record and speaks for it.
func (a account) settled(d deed) bool {
	done := d.trigger == ""
	settled := false
	for _, h := range a {
		switch {
		case h.Kind == guarantees.Done && d.trigger != "" && h.Trigger == d.trigger:
			done, settled = true, false
		case h.Kind == guarantees.Ack && (d.trigger != "" || d.to <= h.To):
			settled = done
		}
	}
	return settled
}

// cursor is the last log message that is done or lost.
func (a account) cursor() (to uint64) {
	for _, h := range a {
		if h.Kind == guarantees.Done || h.Kind == guarantees.Hole {
			to = max(to, h.To)
		}
	}
	return to
}

// wants is what a recovery has to say of a deed to a new owner.
func (a account) wants(recovery string, d deed) (applied int, open bool) {
	switch recovery {
	case guarantees.Claim, guarantees.Commit, guarantees.Replay, guarantees.BySnapshot:
		return min(a.done(d), 1), d.to > a.cursor()
	case guarantees.Kept:
		return a.done(d), !a.settled(d)
	}
	if a.settled(d) {
		return 1, false
	}
	return 0, true
}

// life is what owners one after the other do to a partition.
type life struct {
	rt      *rapid.T
	t       *testing.T
	ctx     context.Context
	broker  *broker.Broker
	p       guarantees.Partition
	n       uint64   // log messages
	repeats []repeat // by place

	deaths map[string]int // by what the owner did last
	epochs int

	complete uint64 // by snapshot: up to here all counts for ever
}

// Properties, of partitions whose owners die at random moments: behind a
// claim, behind the step, behind the record, or because they are replaced while
// they are in the middle; compared with a model that reads all the records:
//   - a new owner is told of each unit how often the state has met it, and
//     whether it is open, however its input is cut now, as long as units end at
//     Cuts;
//   - at-most-once: each message is done once or lost, and lost are exactly those
//     that were claimed and not done; there is a hole for each;
//   - at-least-once: each message is done, and again only while it is not
//     acknowledged; what an input repeats is done, too;
//   - exactly-once: each message is done once; by snapshot among the records that
//     count, and what is complete counts for ever;
//   - who is replaced in the middle gets ErrFenced.
func TestRecoveriesAgainstAModel(t *testing.T) {
	for _, recovery := range guarantees.Recoveries("") {
		t.Run(recovery, func(t *testing.T) {
			brokertest.NoLeaks(t)
			b := brokertest.Embed(t)
			promise, err := guarantees.NewPromise("", recovery)
			if err != nil {
				t.Fatal(err)
			}
			deaths, ways := map[string]int{}, []string{"begun", "stepped", "stored", "replaced"}
			streams := 0
			property := func(rt *rapid.T) {
				streams++
				stream := fmt.Sprintf("s%d", streams)
				brokertest.Stream(t, b, stream)
				p := partition(stream, "a")
				p.Promise = promise
				l := &life{rt: rt, t: t, ctx: brokertest.Context(t), broker: b, p: p, deaths: deaths}
				if promise.Holds() {
					l.p.Barriers = &guarantees.Barriers{Broker: b, Bucket: "b" + stream}
					if err := b.CreateBucket(l.ctx, l.p.Barriers.Bucket); err != nil {
						t.Fatal(err)
					}
				}
				l.n = rapid.Uint64Range(1, 20).Draw(rt, "messages")
				if promise.Guarantee == guarantees.AtLeastOnce {
					l.drawRepeats()
				}
				for alive := true; alive; {
					deeds := int(l.n) * 10
					if l.epochs < livesMax {
						deeds = rapid.IntRange(0, 15).Draw(rt, "deeds until death")
					}
					alive = !l.attempt(deeds)
				}
				l.check()
			}
			missing := func(how string) bool { return deaths[how] == 0 }
			for round := 0; round == 0 || round < roundsMax && slices.ContainsFunc(ways, missing); round++ {
				rapid.Check(t, property)
			}
			if i := slices.IndexFunc(ways, missing); i >= 0 {
				t.Errorf("nobody died %s: this proves too little (%v)", ways[i], deaths)
			}
			t.Logf("%d partitions, deaths %v", streams, deaths)
		})
	}
}

// roundsMax is how often all is drawn again until everything has come that a test is
// about.
const roundsMax = 10

// livesMax is how many owners may die before one lives to the end.
const livesMax = 4

func (l *life) drawRepeats() {
	for i := range rapid.IntRange(0, 3).Draw(l.rt, "repeats") {
		from := rapid.Uint64Range(1, l.n).Draw(l.rt, "from")
		to := rapid.Uint64Range(from, l.n).Draw(l.rt, "to")
		l.repeats = append(l.repeats, repeat{
			behind: rapid.Uint64Range(to, l.n).Draw(l.rt, "behind"),
			deed:   deed{from, to, fmt.Sprintf("tok/0@%d", i+1)},
		})
	}
	slices.SortStableFunc(l.repeats, func(a, b repeat) int { return int(int64(a.behind - b.behind)) })
}

// attempt is the life of one owner. It says whether it reached the end.
func (l *life) attempt(deeds int) (reached bool) {
	before := readAccount(l.t, l.broker, l.p.Stream)
	c, err := guarantees.Open(l.ctx, l.broker, l.p)
	if err != nil {
		l.rt.Fatal(err)
	}
	defer c.Close()
	if err := c.Wait(l.ctx); err != nil { // for a hole
		l.rt.Fatal(err)
	}
	l.epochs++
	now := readAccount(l.t, l.broker, l.p.Stream)
	if l.p.Promise.Guarantee == guarantees.AtMostOnce {
		l.wantHole(before, now)
	}
	if c.Cursor() != now.cursor() {
		l.rt.Fatalf("the cursor is %d, want %d", c.Cursor(), now.cursor())
	}
	if resume := now.resume(l.p.Promise); c.Resume() != resume {
		l.rt.Fatalf("it is resumed behind %d, want %d", c.Resume(), resume)
	}
	if l.p.Promise.Holds() && c.Cursor() != l.complete {
		l.rt.Fatalf("attempt %d begins behind %d, complete is %d", c.Attempt().Number, c.Cursor(), l.complete)
	}
	repeats := l.repeats
	for at := uint64(0); at < l.n || len(repeats) > 0; {
		d := deed{}
		if len(repeats) > 0 && repeats[0].behind == at {
			d, repeats = repeats[0].deed, repeats[1:]
		} else {
			d = l.unit(c, at, repeats)
			at = d.to
		}
		u := guarantees.Unit{From: d.from, To: d.to, Trigger: d.trigger, Record: content(d.from, d.to, "a")}
		applied, open := now.wants(l.p.Promise.Recovery, d)
		if got := c.Applied(u); got != applied || c.Open(u) != open {
			l.rt.Fatalf("epoch %d, %+v: applied %d, open %v; want %d, %v\n%+v", l.epochs, d, got, c.Open(u), applied, open, now)
		}
		if !open {
			continue
		}
		if deeds--; deeds < 0 {
			return l.die(c, u)
		}
		if err := errors.Join(c.Begin(l.ctx, u), c.Commit(l.ctx, u)); err != nil {
			l.rt.Fatal(err)
		}
		if rapid.IntRange(0, 9).Draw(l.rt, "leisure") == 0 {
			if err := c.Rest(l.ctx); err != nil {
				l.rt.Fatal(err)
			}
		}
		l.barrier(c, d.to)
	}
	if err := errors.Join(c.Rest(l.ctx), c.Wait(l.ctx)); err != nil {
		l.rt.Fatal(err)
	}
	return true
}

// barrier lets there be a barrier behind a unit, now and then.
func (l *life) barrier(c *guarantees.Committer, at uint64) {
	if !l.p.Promise.Holds() || rapid.IntRange(0, 2).Draw(l.rt, "barrier") > 0 {
		return
	}
	if err := errors.Join(c.Wait(l.ctx), c.Report(l.ctx, at)); err != nil {
		l.rt.Fatal(err)
	}
	if rapid.Bool().Draw(l.rt, "nobody completes it") {
		return
	}
	a, err := l.p.Barriers.Settle(l.ctx, []string{l.p.Name})
	if err != nil || a.Complete != at {
		l.rt.Fatalf("complete is %d, %v; want %d", a.Complete, err, at)
	}
	l.complete = at
}

// resume is the message behind which units may have to be done.
func (a account) resume(p guarantees.Promise) (to uint64) {
	if p.Guarantee != guarantees.AtLeastOnce {
		return a.cursor()
	}
	for _, h := range a {
		if h.Kind == guarantees.Ack {
			to = max(to, h.To)
		}
	}
	return to
}

// wantHole wants a hole for a claim that nobody followed, and no other.
func (l *life) wantHole(before, now account) {
	claimed := deed{}
	for _, h := range before {
		switch h.Kind {
		case guarantees.Claimed:
			claimed = deed{from: h.From, to: h.To}
		case guarantees.Done, guarantees.Hole:
			claimed = deed{}
		}
	}
	got := deed{}
	for _, h := range now[len(before):] {
		if h.Kind == guarantees.Hole {
			got = deed{from: h.From, to: h.To}
		}
	}
	if got != claimed {
		l.rt.Fatalf("the hole is %+v, claimed and not done is %+v", got, claimed)
	}
}

// unit cuts the next unit as this owner likes, but at the cuts.
func (l *life) unit(c *guarantees.Committer, at uint64, repeats []repeat) deed {
	to := min(l.n, at+rapid.Uint64Range(1, 6).Draw(l.rt, "length"))
	cuts := c.Cuts()
	if len(repeats) > 0 {
		cuts = append(cuts, repeats[0].behind)
	}
	for _, cut := range cuts {
		if cut > at && cut < to {
			to = cut
		}
	}
	return deed{from: at + 1, to: to}
}

// die ends the owner's life in the middle of a unit.
func (l *life) die(c *guarantees.Committer, u guarantees.Unit) (reached bool) {
	how := rapid.SampledFrom([]string{"taken", "begun", "stepped", "stored", "replaced"}).Draw(l.rt, "death")
	l.deaths[how]++
	if how == "taken" {
		return false
	}
	if err := errors.Join(c.Begin(l.ctx, u), c.Wait(l.ctx)); err != nil {
		l.rt.Fatal(err)
	}
	switch how {
	case "stored":
		if err := errors.Join(c.Commit(l.ctx, u), c.Wait(l.ctx)); err != nil {
			l.rt.Fatal(err)
		}
		return false
	case "replaced":
		reached = l.attempt(rapid.IntRange(0, 5).Draw(l.rt, "deeds of the other"))
		if err := errors.Join(c.Commit(l.ctx, u), c.Wait(l.ctx)); !errors.Is(err, guarantees.ErrFenced) {
			l.rt.Fatalf("the one who was replaced gets %v", err)
		}
	}
	return reached
}

// check looks at the whole stream in the end.
func (l *life) check() {
	a := readAccount(l.t, l.broker, l.p.Stream)
	done, lost := map[uint64]int{}, map[uint64]int{}
	acked := uint64(0)
	for _, h := range a {
		switch h.Kind {
		case guarantees.Ack:
			acked = max(acked, h.To)
		case guarantees.Hole:
			for m := h.From; m <= h.To; m++ {
				lost[m]++
			}
		case guarantees.Done:
			if h.Trigger != "" {
				continue
			}
			for m := h.From; m <= h.To; m++ {
				if done[m]++; done[m] > 1 && m <= acked {
					l.rt.Fatalf("message %d is done again although it was acknowledged", m)
				}
			}
		}
	}
	for m := uint64(1); m <= l.n; m++ {
		switch l.p.Promise.Guarantee {
		case guarantees.AtMostOnce:
			if done[m]+lost[m] != 1 {
				l.rt.Fatalf("message %d is done %d times and lost %d times", m, done[m], lost[m])
			}
		case guarantees.AtLeastOnce:
			if done[m] < 1 || lost[m] > 0 || m > acked {
				l.rt.Fatalf("message %d is done %d times, lost %d times, acknowledged are those up to %d", m, done[m], lost[m], acked)
			}
		default:
			if done[m] != 1 || lost[m] > 0 {
				l.rt.Fatalf("message %d is done %d times and lost %d times", m, done[m], lost[m])
			}
		}
	}
	for _, r := range l.repeats {
		if n := a.done(r.deed); n < 1 || !a.settled(r.deed) {
			l.rt.Fatalf("%+v is done %d times, acknowledged: %v", r, n, a.settled(r.deed))
		}
	}
}

// Properties: what cannot follow is refused, with what is wrong with the stream;
// what was before a stream's first record does not matter.
func TestAStreamWithAGapIsNotTaken(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	kept, err := guarantees.NewPromise("", guarantees.Kept)
	if err != nil {
		t.Fatal(err)
	}
	type record struct {
		kind     string
		from, to uint64
	}
	tests := map[string]struct {
		records []record
		cursor  uint64
		says    string
	}{
		"in order":                {records: []record{{"done", 1, 3}, {"done", 4, 4}}, cursor: 4},
		"purged beginning":        {records: []record{{"done", 7, 9}, {"done", 10, 12}}, cursor: 12},
		"purged up to a fence":    {records: []record{{"fence", 8, 7}, {"done", 8, 9}}, cursor: 9},
		"purged up to a claim":    {records: []record{{"claim", 8, 9}, {"done", 8, 9}}, cursor: 9},
		"purged up to an ack":     {records: []record{{"ack", 8, 7}, {"done", 8, 9}}, cursor: 9},
		"again":                   {records: []record{{"done", 1, 9}, {"done", 3, 9}, {"done", 3, 4}}, cursor: 9},
		"gap":                     {records: []record{{"done", 1, 3}, {"done", 5, 6}}, says: "record 2: a record covers 5..6, but the one before ended at 3"},
		"gap behind a hole":       {records: []record{{"done", 1, 3}, {"hole", 4, 5}, {"done", 7, 7}}, says: "record 3: a record covers 7..7, but the one before ended at 5"},
		"half again and half new": {records: []record{{"done", 1, 3}, {"done", 2, 4}}, says: "record 2: a record covers 2..4, half of it again"},
	}
	streams := 0
	for name, test := range tests {
		streams++
		stream := fmt.Sprintf("s%d", streams)
		t.Run(name, func(t *testing.T) {
			brokertest.Stream(t, b, stream)
			for i, r := range test.records {
				h := broker.Header{"Tidings-Kind": {r.kind}, "Tidings-Epoch": {"1"}, "Tidings-From": {fmt.Sprint(r.from)}, "Tidings-To": {fmt.Sprint(r.to)}}
				if _, err := b.Put(ctx, stream, stream, stream, uint64(i), h, nil); err != nil {
					t.Fatal(err)
				}
			}
			p := partition(stream, "a")
			p.Promise = kept
			c, err := guarantees.Open(ctx, b, p)
			if test.says != "" {
				if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "stream "+stream) || !strings.Contains(err.Error(), "--pipeline") {
					t.Errorf("error %v, want one that says %q", err, test.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Cursor() != test.cursor {
				t.Errorf("cursor %d, want %d", c.Cursor(), test.cursor)
			}
		})
	}
}

// Properties: a unit that an input brought again lies before the cursor; one
// that does not is refused.
func TestATriggeredUnitLiesBeforeTheCursor(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	brokertest.Stream(t, b, "s")
	p := partition("s", "a")
	p.Promise = guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}
	c, err := guarantees.Open(ctx, b, p)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Commit(ctx, guarantees.Unit{From: 1, To: 5}); err != nil {
		t.Fatal(err)
	}
	for _, u := range []guarantees.Unit{{From: 4, To: 6, Trigger: "log@4"}, {From: 6, To: 6, Trigger: "log@6"}} {
		if err := errors.Join(c.Begin(ctx, u), c.Commit(ctx, u)); err == nil {
			t.Errorf("%+v is taken", u)
		}
	}
	if err := errors.Join(c.Commit(ctx, guarantees.Unit{From: 2, To: 5, Trigger: "log@2"}), c.Commit(ctx, guarantees.Unit{From: 6, To: 6}), c.Wait(ctx)); err != nil {
		t.Error(err)
	}
}
