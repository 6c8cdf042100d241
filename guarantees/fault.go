package guarantees

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings/internal/planted"
)

// ErrKilled reports that a fault killed the worker: whoever receives it drops
// all that it has in memory and begins as after a crash.
var ErrKilled = errors.New("killed by a fault")

// Point is a step of the way that a unit takes through a worker, at which it
// can be killed or paused.
type Point string

// The points, in order.
const (
	Opened   Point = "opened"   // the partition is taken
	Restored Point = "restored" // its state is what it was
	Taken    Point = "taken"    // a unit has been read
	Begun    Point = "begun"    // at-most-once: it is claimed
	Stepped  Point = "stepped"  // the state has met it
	Stored   Point = "stored"   // its record is stored
	Settled  Point = "settled"  // at-least-once: it is acknowledged, if it was its turn
	Saved    Point = "saved"    // a snapshot is stored
)

// Points lists the points in order.
func Points() []Point {
	return []Point{Opened, Restored, Taken, Begun, Stepped, Stored, Settled, Saved}
}

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults.
const (
	Kill          FaultKind = "kill"           // a worker drops all it has in memory
	Pause         FaultKind = "pause"          // a worker stands still, and does not notice
	DropAck       FaultKind = "drop-ack"       // a record is stored and reported as failed
	PublishFails  FaultKind = "publish-fail"   // a record is not stored, and reported as failed
	Duplicate     FaultKind = "duplicate"      // a record is delivered twice
	Reorder       FaultKind = "reorder"        // records are delivered out of order
	Delay         FaultKind = "delay"          // records are delivered late
	BrokerRestart FaultKind = "broker-restart" // the broker is stopped and started again
	SlowDisk      FaultKind = "slow-disk"      // storing takes long
	Disconnect    FaultKind = "disconnect"     // the connection is cut
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind      FaultKind
	Stage     string        // where; "": everywhere
	Partition int           // of the stage; -1: all
	At        uint64        // kill, pause, broker-restart, disconnect: with the unit that brings so many documents
	Point     Point         // of those with At: at which step; "" is the middle of a commit, between the two things that a promise has to do
	Share     float64       // drop-ack, publish-fail, duplicate, reorder: of the records, in [0, 1]; reorder: 0 is a tenth
	For       time.Duration // pause, delay, slow-disk
	Window    int           // reorder: a record comes up to Window-1 records late
}

// hits says whether the fault concerns a partition ("df/0").
func (f *Fault) hits(partition string) bool {
	stage, number, _ := strings.Cut(partition, "/")
	return (f.Stage == "" || f.Stage == stage) && (f.Partition < 0 || strconv.Itoa(f.Partition) == number)
}

// Strike says where and when a fault has struck.
type Strike struct {
	Fault    int       `json:"fault"`            // its place in the plan, from 0
	Place    string    `json:"place"`            // the partition: "df/0"
	Stream   string    `json:"stream,omitempty"` // delivery faults: what it read
	Sequence uint64    `json:"sequence"`         // the last log sequence of the unit; of delivery faults, of the record
	Time     time.Time `json:"time"`             // when it was stored
}

// Fired remembers which faults have struck, so that none does again after the
// crash that it causes. Fire stores a strike under a name, with its time, and
// says whether the name is new. The name can be a part of a NATS subject.
type Fired interface {
	Fire(ctx context.Context, name string, s Strike) (first bool, err error)
}

// Faults is a fault plan at work. A nil *Faults makes nothing go wrong. It is
// safe for concurrent use: it holds no state but what Fired stores.
type Faults struct {
	Plan  []Fault
	Seed  uint64
	Fired Fired
	// Sleep stands still for a time; its error is the context's. nil: the
	// goroutine does.
	Sleep func(ctx context.Context, d time.Duration) error
	// Pause is Sleep for the fault of that name: all of the worker has to stand
	// still, as long as it takes. nil: Sleep.
	Pause func(ctx context.Context, d time.Duration) error
	// Kill kills the process. nil: what it had in memory is dropped, and it
	// begins as after a crash.
	Kill func(ctx context.Context, partition string) error
	// Restart restarts the broker. nil: the one in this process.
	Restart func(ctx context.Context) error
	// Planted are mistakes on purpose, for tests of what has to find them. nil
	// everywhere else.
	Planted *planted.Set
}

// momentary says whether the fault strikes at a moment, and not all the time.
func (f *Fault) momentary() bool {
	s, _ := shapeOf(f.Kind)
	return s.at
}

// at lets happen what the plan wants here. What the worker has sent is stored
// before, so that the same plan and seed give the same streams again.
func (c *Committer) at(ctx context.Context, p Point, u Unit) error {
	f := c.partition.Faults
	if f == nil {
		return nil
	}
	for i := range f.Plan {
		fault := &f.Plan[i]
		if !fault.strikesAt(p, c.middle(), c.partition.Name, u) {
			continue
		}
		if err := c.Wait(ctx); err != nil {
			return err
		}
		if err := c.strike(ctx, i, u); err != nil {
			return err
		}
	}
	return nil
}

// At is for the points that are not a Committer's own.
func (c *Committer) At(ctx context.Context, p Point, u Unit) error { return c.at(ctx, p, u) }

// middle is where a crash does what the promise allows at worst: between claim
// and record, or behind a record that is not acknowledged.
func (c *Committer) middle() Point {
	if c.partition.Promise.OrDefault().Guarantee == AtMostOnce {
		return Stepped
	}
	return Stored
}

func (f *Fault) strikesAt(p, middle Point, partition string, u Unit) bool {
	point := f.Point
	if point == "" {
		point = middle
	}
	return f.momentary() && p == point && u.Documents >= f.At && f.hits(partition)
}

// strike lets a fault happen, once: kill and pause in each partition that they
// concern, a restart and a cut in the first that comes there.
func (c *Committer) strike(ctx context.Context, i int, u Unit) error {
	f, name := c.partition.Faults, strconv.Itoa(i)
	fault := &f.Plan[i]
	if fault.Kind == Kill || fault.Kind == Pause {
		name = f.name(i, c.partition.Name)
	}
	first, err := f.Fired.Fire(ctx, name, Strike{Fault: i, Place: c.partition.Name, Sequence: u.To})
	if err != nil || !first {
		return err
	}
	switch fault.Kind {
	case Pause:
		if f.Pause != nil {
			return f.Pause(ctx, fault.For)
		}
		return f.sleep(ctx, fault.For)
	case BrokerRestart:
		err = f.restart(ctx, c)
	case Disconnect:
		err = c.broker.Disconnect(ctx)
	default:
		if f.Kill != nil {
			return f.Kill(ctx, c.partition.Name)
		}
		return fmt.Errorf("%s: %w", c.partition.Name, ErrKilled)
	}
	if err != nil {
		return err
	}
	return c.uncertain(errors.New("a fault: the connection was away"))
}

func (f *Faults) restart(ctx context.Context, c *Committer) error {
	if f.Restart != nil {
		return f.Restart(ctx)
	}
	return c.broker.Restart(ctx)
}

func (f *Faults) sleep(ctx context.Context, d time.Duration) error {
	if f.Sleep != nil {
		return f.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// name is what a strike of a fault in a partition is stored under.
func (f *Faults) name(i int, partition string) string {
	return strconv.Itoa(i) + "." + strings.ReplaceAll(partition, "/", ".")
}

// fails says whether a fault of the kind hits a unit's record. It is decided
// by the seed and the unit, and happens once.
func (f *Faults) fails(ctx context.Context, kind FaultKind, partition string, u Unit) bool {
	if f == nil {
		return false
	}
	for i := range f.Plan {
		fault := &f.Plan[i]
		if fault.Kind != kind || !fault.hits(partition) || u.Trigger != "" || !f.chance(i, partition, u.From, fault.Share) {
			continue
		}
		name := f.name(i, partition) + "." + strconv.FormatUint(u.From, 10)
		first, err := f.Fired.Fire(ctx, name, Strike{Fault: i, Place: partition, Sequence: u.To})
		if first && err == nil {
			return true
		}
	}
	return false
}

// slows makes the partition's records be answered late, if the plan says so.
func (c *Committer) slows(ctx context.Context) error {
	f := c.partition.Faults
	if f == nil {
		return nil
	}
	var late time.Duration
	for i, fault := range f.Plan {
		if fault.Kind != SlowDisk || !fault.hits(c.partition.Name) {
			continue
		}
		if _, err := f.Fired.Fire(ctx, f.name(i, c.partition.Name), Strike{Fault: i, Place: c.partition.Name, Sequence: c.history.Cursor}); err != nil {
			return err
		}
		late += fault.For
	}
	if late > 0 {
		c.appender.Slow(func() { _ = f.sleep(ctx, late) })
	}
	return nil
}

// chance draws for a record from the seed: the same each time.
func (f *Faults) chance(i int, place string, at uint64, share float64) bool {
	return float64(f.draw(i, place, at)>>11)/(1<<53) < share
}

// draw is a number that depends on the seed, the fault, a place and a record.
func (f *Faults) draw(i int, place string, at uint64) uint64 {
	b := binary.LittleEndian.AppendUint64(nil, f.Seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(i))
	b = binary.LittleEndian.AppendUint64(b, at)
	return xxhash.Sum64(append(b, place...))
}

// Has says whether the plan has a fault of the kind.
func (f *Faults) Has(kind FaultKind) bool {
	return f != nil && slices.ContainsFunc(f.Plan, func(fault Fault) bool { return fault.Kind == kind })
}
