package guarantees

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
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
	Point     Point         // kill, pause: at which step; "" is Stored
	Share     float64       // drop-ack, publish-fail, duplicate: of the records, in [0, 1]
	For       time.Duration // pause, delay, slow-disk
	Window    int           // reorder: among so many records
}

// hits says whether the fault concerns a partition ("df/0").
func (f *Fault) hits(partition string) bool {
	stage, number, _ := strings.Cut(partition, "/")
	return (f.Stage == "" || f.Stage == stage) && (f.Partition < 0 || fmt.Sprint(f.Partition) == number)
}

// Fired remembers which faults have struck, so that none does again after the
// crash that it causes. Fire stores a name and says whether it is new.
type Fired interface {
	Fire(ctx context.Context, name string) (first bool, err error)
}

// Faults is a fault plan at work. A nil *Faults makes nothing go wrong. It is
// safe for concurrent use: it holds no state but what Fired stores.
type Faults struct {
	Plan  []Fault
	Seed  uint64
	Fired Fired
	// Sleep stands still for a time; its error is the context's.
	Sleep func(ctx context.Context, d time.Duration) error
}

// at kills or pauses the worker where the plan says so. What it has sent is
// stored before, so that the same plan and seed give the same streams again.
func (c *Committer) at(ctx context.Context, p Point, u Unit) error {
	f := c.partition.Faults
	if f == nil {
		return nil
	}
	for i := range f.Plan {
		fault := &f.Plan[i]
		if !fault.strikesAt(p, c.partition.Name, u) {
			continue
		}
		if err := c.Wait(ctx); err != nil {
			return err
		}
		if err := f.strike(ctx, i, c.partition.Name); err != nil {
			return err
		}
	}
	return nil
}

// At is for the points that are not a Committer's own.
func (c *Committer) At(ctx context.Context, p Point, u Unit) error { return c.at(ctx, p, u) }

func (f *Fault) strikesAt(p Point, partition string, u Unit) bool {
	point := f.Point
	if point == "" {
		point = Stored
	}
	return (f.Kind == Kill || f.Kind == Pause) && p == point && u.Documents >= f.At && f.hits(partition)
}

// strike lets a fault happen, once.
func (f *Faults) strike(ctx context.Context, i int, partition string) error {
	fault := &f.Plan[i]
	first, err := f.Fired.Fire(ctx, fmt.Sprintf("%d.%s", i, strings.ReplaceAll(partition, "/", ".")))
	if err != nil || !first {
		return err
	}
	if fault.Kind == Pause {
		return f.Sleep(ctx, fault.For)
	}
	return fmt.Errorf("%s: %w", partition, ErrKilled)
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
		first, err := f.Fired.Fire(ctx, fmt.Sprintf("%d.%s.%d", i, strings.ReplaceAll(partition, "/", "."), u.From))
		if first && err == nil {
			return true
		}
	}
	return false
}

// chance draws a number for a record from the seed: the same one each time.
func (f *Faults) chance(i int, place string, at uint64, share float64) bool {
	b := binary.LittleEndian.AppendUint64(nil, f.Seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(i))
	b = binary.LittleEndian.AppendUint64(b, at)
	return float64(xxhash.Sum64(append(b, place...))>>11)/(1<<53) < share
}
