package guarantees_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
)

// released is a partition whose records stages alone read.
func released(stream, worker string) guarantees.Partition {
	p := partition(stream, worker)
	p.Promise, p.Between = guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Replay}, true
	return p
}

// publisher is an owner of a released partition, alive or a zombie.
type publisher struct {
	c    *guarantees.Committer
	at   uint64
	dead bool // it knows that it was replaced
}

// Properties, of owners one after the other who go back to some message that they
// know to be stored and publish from there, cut as they like, while those
// they replaced go on for as long as they can:
//   - who takes only what is above its mark gets each message once, in order,
//     and never finds that a fence leaves something out;
//   - who was replaced gets ErrFenced, or has stored only what is right;
//   - epochs rise with fences.
func TestReleasedRecordsAreWholeAboveAMark(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	streams, zombies, repeated, cut := 0, 0, 0, 0
	property := func(rt *rapid.T) {
		streams++
		stream := fmt.Sprintf("s%d", streams)
		brokertest.Stream(t, b, stream)
		ctx := brokertest.Context(t)
		n := rapid.Uint64Range(1, 40).Draw(rt, "messages")
		var all []*publisher
		defer func() {
			for _, p := range all {
				p.c.Close()
			}
		}()
		stored := uint64(0) // a snapshot could stand up to here
		publish := func(p *publisher) error {
			to := min(n, p.at+rapid.Uint64Range(1, 6).Draw(rt, "length"))
			u := guarantees.Unit{From: p.at + 1, To: to, Record: content(p.at+1, to, "a")}
			p.at = to
			return errors.Join(p.c.Begin(ctx, u), p.c.Commit(ctx, u))
		}
		for owner := 0; owner == 0 || all[owner-1].at < n; owner++ {
			c, err := guarantees.Open(ctx, b, released(stream, fmt.Sprint(owner)))
			if err != nil {
				rt.Fatal(err)
			}
			p := &publisher{c: c, at: rapid.Uint64Range(0, stored).Draw(rt, "back to")}
			if err := c.Rewind(ctx, p.at); err != nil {
				rt.Fatal(err)
			}
			all = append(all, p)
			units := rapid.IntRange(0, 12).Draw(rt, "units")
			for ; (units > 0 || owner > 3) && p.at < n; units-- {
				if err := publish(p); err != nil {
					rt.Fatal(err)
				}
				if i := rapid.IntRange(-2, owner-1).Draw(rt, "zombie"); i >= 0 && all[i].at < n && !all[i].dead {
					zombies++
					err := publish(all[i])
					if err != nil && !errors.Is(err, guarantees.ErrFenced) {
						rt.Fatal(err)
					}
					all[i].dead = err != nil
				}
			}
			if rapid.Bool().Draw(rt, "snapshot") {
				if err := c.SnapshotDurable()(ctx); err != nil {
					rt.Fatal(err)
				}
				stored = max(stored, p.at)
			}
		}
		for i, p := range all {
			if err := p.c.Wait(ctx); err != nil && (i == len(all)-1 || !errors.Is(err, guarantees.ErrFenced)) {
				rt.Fatal(err)
			}
		}
		mark, epoch, tail := uint64(0), uint64(0), false
		for _, h := range readAccount(t, b, stream) {
			switch {
			case h.Kind == guarantees.Fence && (h.From > mark+1 || h.Epoch <= epoch):
				rt.Fatalf("a fence %+v behind mark %d and epoch %d", h, mark, epoch)
			case h.Kind == guarantees.Fence:
				epoch = h.Epoch
			case h.From > mark+1:
				rt.Fatalf("a gap: %+v behind mark %d", h, mark)
			default:
				if h.From <= mark {
					repeated++
					if h.To > mark {
						cut++
					}
				}
				mark = max(mark, h.To)
			}
			tail = mark == n
		}
		if !tail {
			rt.Fatalf("it ends at %d of %d", mark, n)
		}
	}
	missing := func() bool { return zombies == 0 || repeated == 0 || cut == 0 }
	for round := 0; round == 0 || round < roundsMax && missing(); round++ {
		rapid.Check(t, property)
	}
	if missing() {
		t.Errorf("%d units by zombies, %d repeated, %d of them in part: this proves too little", zombies, repeated, cut)
	}
	t.Logf("%d partitions, %d units by zombies, %d repeated, %d of them in part", streams, zombies, repeated, cut)
}

// Properties: who was replaced learns of it by its own next records, though
// they are stored; a later owner does not mind an earlier one's.
func TestAReplacedPublisherLearnsOfIt(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	brokertest.Stream(t, b, "s")
	ctx := brokertest.Context(t)
	var all []*guarantees.Committer
	for _, who := range []string{"a", "b"} {
		c, err := guarantees.Open(ctx, b, released("s", who))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Rewind(ctx, 0); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	unit := func(at uint64) guarantees.Unit {
		return guarantees.Unit{From: at, To: at, Record: content(at, at, "a")}
	}
	if err := errors.Join(all[1].Commit(ctx, unit(1)), all[1].Wait(ctx)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(all[0].Commit(ctx, unit(1)), all[0].Wait(ctx)); !errors.Is(err, guarantees.ErrFenced) {
		t.Errorf("the first owner gets %v, want %v", err, guarantees.ErrFenced)
	}
	if err := errors.Join(all[1].Commit(ctx, unit(2)), all[1].Wait(ctx)); err != nil {
		t.Errorf("the second owner gets %v", err)
	}
	if got := len(brokertest.Records(t, b, "s")); got != 5 {
		t.Errorf("%d records, want two fences and three units", got)
	}
}

// Properties, of a fault that keeps a released record from being stored: the one
// behind it is stored, then both are made again, by ErrUncertain; without a
// next one, Lost and Wait tell; a snapshot is not durable.
func TestALostReleasedRecordIsNoticedLate(t *testing.T) {
	for _, next := range []bool{true, false} {
		b := brokertest.Embed(t)
		brokertest.Stream(t, b, "s")
		ctx := brokertest.Context(t)
		p := released("s", "a")
		p.Faults = &guarantees.Faults{Plan: []guarantees.Fault{{Kind: guarantees.PublishFails, Partition: -1, Share: 1}}, Fired: &firedOnce{}}
		c, err := guarantees.Open(ctx, b, p)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := errors.Join(c.Rewind(ctx, 0), c.Commit(ctx, guarantees.Unit{From: 1, To: 1})); err != nil {
			t.Fatal(err)
		}
		errs := []error{c.Lost(), c.Wait(ctx), c.SnapshotDurable()(ctx)}
		want := []string{"fence"}
		if next {
			p.Faults.Plan[0].Share = 0
			errs, want = []error{c.Commit(ctx, guarantees.Unit{From: 2, To: 2})}, append(want, "done")
		}
		for _, err := range errs {
			if !errors.Is(err, guarantees.ErrUncertain) {
				t.Errorf("got %v, want %v", err, guarantees.ErrUncertain)
			}
		}
		var got []string
		for _, r := range brokertest.Records(t, b, "s") {
			h, err := guarantees.ParseHeader(r)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(h.Kind))
		}
		if !slices.Equal(got, want) {
			t.Errorf("records %v, want %v", got, want)
		}
	}
}

// Properties, of two who take a released partition at once: whoever announces
// itself last has it. The other one learns of that where it goes back, or, if it was
// faster there, with its next record; and both are told how far the partition has
// come, though nobody has read its records.
func TestOfTwoWhoAnnounceThemselvesTheSecondHasThePartition(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	for _, faster := range []bool{false, true} {
		stream := fmt.Sprintf("s%t", faster)
		brokertest.Stream(t, b, stream)
		announced := func(worker string, worked uint64) *guarantees.Committer {
			c, err := guarantees.Open(ctx, b, released(stream, worker))
			if err == nil {
				err = c.Announce(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Cursor() != worked {
				t.Errorf("the partition has come to %d, %s is told %d", worked, worker, c.Cursor())
			}
			t.Cleanup(c.Close)
			return c
		}
		publish := func(c *guarantees.Committer, from, to uint64) error {
			u := guarantees.Unit{From: from, To: to, Record: content(from, to, "a")}
			return errors.Join(c.Begin(ctx, u), c.Commit(ctx, u), c.Wait(ctx))
		}
		before := announced("before", 0)
		if err := errors.Join(before.Rewind(ctx, 0), publish(before, 1, 5)); err != nil {
			t.Fatal(err)
		}
		first := announced("first", 5)
		if faster {
			if err := first.Rewind(ctx, 3); err != nil {
				t.Fatal(err)
			}
		}
		worked := uint64(5)
		if faster {
			worked = 3 // its fence says so
		}
		second := announced("second", worked)
		if first.Epoch() >= second.Epoch() {
			t.Errorf("epochs %d, then %d", first.Epoch(), second.Epoch())
		}
		var err error
		if !faster {
			err = first.Rewind(ctx, 3)
		}
		if err2 := errors.Join(second.Rewind(ctx, 5), publish(second, 6, 7)); err2 != nil {
			t.Fatal(err2)
		}
		if faster {
			err = publish(first, 4, 6)
		}
		if !errors.Is(err, guarantees.ErrFenced) {
			t.Errorf("faster %t: the first is told %v, want %v", faster, err, guarantees.ErrFenced)
		}
	}
}
