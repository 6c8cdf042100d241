package pipeline

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// hands are a clock that somebody moves.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time                       { return h.now }
func (h *hands) After(time.Duration) <-chan time.Time { return nil }

// stand is a pipeline of one worker, whose coordinators take turns by hand.
type stand struct {
	t         *testing.T
	ctx       context.Context
	broker    *broker.Broker
	plan      Plan
	clock     *hands
	committer *guarantees.Committer
}

func newStand(t *testing.T, every Interval) *stand {
	t.Helper()
	s := &stand{t: t, ctx: brokertest.Context(t), broker: brokertest.Embed(t), clock: &hands{time.Unix(1000, 0)}}
	s.plan = Plan{Pipeline: "p", Recovery: guarantees.BySnapshot, SnapshotEvery: every}.WithDefaults()
	if err := Create(s.ctx, s.broker, s.plan); err != nil {
		t.Fatal(err)
	}
	return s
}

// work takes the partition.
func (s *stand) work() {
	s.t.Helper()
	c, err := guarantees.Open(s.ctx, s.broker, guarantees.Partition{
		Name: "classify/0", Stream: "p-pred-0", Subject: "p.pred.0", Worker: "w",
		Promise: s.plan.Promise(""), Barriers: s.plan.barriers(s.broker),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	s.committer = c
}

// done reports what the partition has come to, having done it.
func (s *stand) done(at uint64) {
	s.t.Helper()
	u := guarantees.Unit{From: s.committer.Cursor() + 1, To: at}
	if err := errors.Join(s.committer.Begin(s.ctx, u), s.committer.Commit(s.ctx, u), s.committer.Wait(s.ctx), s.committer.Report(s.ctx, at)); err != nil {
		s.t.Fatal(err)
	}
}

// document puts one into the log.
func (s *stand) document(lines string) {
	s.t.Helper()
	s.put(ArticleRecord, "a", lines)
}

func (s *stand) put(kind, source, data string) {
	s.t.Helper()
	subject := s.plan.Pipeline.LogSubject(kind, source)
	last, err := s.broker.Last(s.ctx, "p-log", subject)
	if err != nil && !errors.Is(err, broker.ErrEmpty) {
		s.t.Fatal(err)
	}
	if _, err := s.broker.Put(s.ctx, "p-log", subject, subject, last.Sequence, nil, []byte(data)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) coordinator() *coordinator {
	s.t.Helper()
	snapshots, err := s.plan.SnapshotsIn(nil, s.broker)
	if err != nil {
		s.t.Fatal(err)
	}
	c := newCoordinator(s.broker, s.plan, snapshots, s.clock)
	s.t.Cleanup(func() {
		c.sweeping.stop()
		if c.log != nil {
			c.log.Close()
		}
	})
	if err := c.find(s.ctx); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// turn lets a coordinator take one, and tells of the last barrier and of what is
// complete: "2 at 5, complete 3".
func (s *stand) turn(c *coordinator, want string) {
	s.t.Helper()
	if err := c.turn(s.ctx); err != nil {
		s.t.Fatal(err)
	}
	a, err := c.barriers.Look(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.broker.Last(s.ctx, "p-log", s.plan.Pipeline.LogSubject(ControlRecord, BarrierSource))
	if err != nil && !errors.Is(err, broker.ErrEmpty) {
		s.t.Fatal(err)
	}
	var e Entry
	if err == nil {
		barrierEntry(&e, r.Data)
	}
	if got := fmt.Sprintf("%s at %d, complete %d", e.ID, r.Sequence, a.Complete); got != want {
		s.t.Errorf("%s, want %s", got, want)
	}
}

// Properties: there is no barrier before the interval has passed, before anybody
// works, while the one before is not complete, or while nothing has come; a
// barrier is complete as soon as it is reported.
func TestABarrierComesWhenItIsDue(t *testing.T) {
	s := newStand(t, Interval{Time: time.Second})
	c := s.coordinator()
	s.document("1")
	s.clock.now = s.clock.now.Add(time.Hour)
	s.turn(c, " at 0, complete 0") // nobody works
	s.work()
	s.turn(c, "1 at 2, complete 0")
	s.document("2")
	s.clock.now = s.clock.now.Add(time.Hour)
	s.turn(c, "1 at 2, complete 0") // it is not complete
	s.done(2)
	s.turn(c, "2 at 4, complete 2")
	s.done(4)
	s.turn(c, "2 at 4, complete 4")
	s.clock.now = s.clock.now.Add(time.Hour)
	s.turn(c, "2 at 4, complete 4") // nothing has come
	s.document("3")
	s.turn(c, "3 at 6, complete 4")
	s.done(6)
	s.document("4")
	s.clock.now = s.clock.now.Add(999 * time.Millisecond)
	s.turn(c, "3 at 6, complete 6")
	s.clock.now = s.clock.now.Add(time.Millisecond)
	s.turn(c, "4 at 8, complete 6")
}

// Properties: where a source ends a barrier comes at once, so that nothing waits for
// sources that are silent.
func TestTheEndOfASourceBringsABarrier(t *testing.T) {
	for _, every := range []Interval{{Time: time.Hour}, {Documents: 1000}} {
		s := newStand(t, every)
		c := s.coordinator()
		s.work()
		s.document("1")
		s.turn(c, " at 0, complete 0")
		s.put(ControlRecord, "b", IdleMark)
		s.turn(c, " at 0, complete 0")
		s.put(ControlRecord, "a", EndMark)
		s.turn(c, "1 at 4, complete 0")
		s.done(4)
		s.turn(c, "1 at 4, complete 4")
	}
}

// Properties: documents are counted, not messages; what does not fill an interval gets a
// barrier when nothing more comes.
func TestBarriersByDocuments(t *testing.T) {
	s := newStand(t, Interval{Documents: 4})
	c := s.coordinator()
	s.work()
	s.document("1\n2\n3")
	s.turn(c, " at 0, complete 0")
	s.document("4")
	s.turn(c, "1 at 3, complete 0")
	s.done(3)
	s.document("5")
	s.turn(c, "1 at 3, complete 3")
	s.clock.now = s.clock.now.Add(coordinateQuiet)
	s.turn(c, "2 at 5, complete 3")
}

// Properties: a coordinator that goes away between a barrier and its completion is
// replaced by one that completes it; two at once put one barrier; where all went
// back meanwhile, what was reported before completes nothing.
func TestACoordinatorIsReplaced(t *testing.T) {
	s := newStand(t, Interval{Time: time.Second})
	first := s.coordinator()
	s.work()
	s.document("1")
	s.clock.now = s.clock.now.Add(time.Second)
	s.turn(first, "1 at 2, complete 0")
	second := s.coordinator()
	s.clock.now = s.clock.now.Add(time.Hour)
	s.turn(second, "1 at 2, complete 0")
	s.done(2)
	s.turn(second, "1 at 2, complete 2")
	s.document("2")
	s.clock.now = s.clock.now.Add(time.Hour)
	s.turn(second, "2 at 4, complete 2")
	s.turn(first, "2 at 4, complete 2") // it loses, and finds the other's
	s.turn(first, "2 at 4, complete 2")
	s.done(4)
	s.work() // all go back, and the report is of the attempt before
	s.turn(first, "2 at 4, complete 2")
	s.turn(second, "2 at 4, complete 2")
	s.done(4)
	s.turn(first, "2 at 4, complete 4")
}
