package guarantees

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"tidings/internal/broker"
)

// SnapshotBytesMax is the size of a snapshot above which none is read back.
const SnapshotBytesMax = 8 << 30

// Place is a place in a stream from which it can be read: behind log sequence
// At, from stream sequence Next on.
type Place struct {
	At   uint64 `json:"at"`
	Next uint64 `json:"next"`
}

// Snapshot describes a piece of state as it stood behind a log sequence.
type Snapshot struct {
	Part      string           `json:"part"`      // "df/0"
	At        uint64           `json:"at"`        // the last log sequence that it has met
	Documents uint64           `json:"documents"` // up to there
	Places    map[string]Place `json:"places"`    // by stream: from where inputs are read behind it
	// Attempt is in which attempt it was taken, where all partitions go back
	// together; else 0. Its places are of no use in another one that did not come
	// so far.
	Attempt uint64 `json:"attempt,omitempty"`
}

// SnapshotStore keeps pieces of state by name. Where they lie is its own
// business. Several processes use one.
type SnapshotStore interface {
	// Put stores a piece with a line that describes it, in the place of one of
	// that name. It is there as a whole or not at all, and an error changes
	// nothing.
	Put(ctx context.Context, name, about string, data []byte) error
	// List returns the line of each piece by its name.
	List(ctx context.Context) (about map[string]string, err error)
	// Get returns what Put stored, to the bit, or an error: broker.ErrNoBroker
	// when the broker went away, any other when it is not there, is damaged, or
	// has more than limit bytes.
	Get(ctx context.Context, name string, limit uint64) ([]byte, error)
	// Delete removes a piece, if it is there.
	Delete(ctx context.Context, name string) error
	// String tells people where it is: "bucket tidings-snap".
	String() string
}

// Snapshots are those of one pipeline. A snapshot saves time and decides
// nothing: it is used when it is not ahead of the partition's cursor, and what
// it says is what the inputs up to there would say again.
type Snapshots struct {
	Store SnapshotStore
}

// Objects are a bucket of the broker's object store.
type Objects struct {
	Broker *broker.Broker
	Bucket string
}

const snapshotMeta = "tidings-snapshot"

func (s Snapshot) name() string {
	name := s.Part + "@" + strconv.FormatUint(s.At, 10)
	if s.Attempt > 0 {
		name += "~" + strconv.FormatUint(s.Attempt, 10)
	}
	return name
}

// Save stores a snapshot. It is there as a whole or not at all.
func (s Snapshots) Save(ctx context.Context, snapshot Snapshot, data []byte) error {
	meta, err := json.Marshal(snapshot)
	if err != nil {
		return err
	}
	return s.Store.Put(ctx, snapshot.name(), string(meta), data)
}

// List returns all snapshots by part, the newest first.
func (s Snapshots) List(ctx context.Context) (map[string][]Snapshot, error) {
	stored, err := s.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string][]Snapshot{}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		var snapshot Snapshot
		if err := json.Unmarshal([]byte(stored[name]), &snapshot); err != nil || snapshot.name() != name {
			return nil, fmt.Errorf("%s holds %q, which is no snapshot of this program; delete it, or all that is there: it is made again", s.Store, name)
		}
		all[snapshot.Part] = append(all[snapshot.Part], snapshot)
	}
	for _, of := range all {
		slices.SortFunc(of, func(a, b Snapshot) int { return cmp.Compare(b.At, a.At) })
	}
	return all, nil
}

// Load returns what Save stored.
func (s Snapshots) Load(ctx context.Context, snapshot Snapshot) ([]byte, error) {
	return s.Store.Get(ctx, snapshot.name(), SnapshotBytesMax)
}

// snapshotsKept is how many snapshots of a part that nobody is behind are
// kept: the second is there should the first turn out damaged.
const snapshotsKept = 2

// Sweep deletes the snapshots of a part that nobody needs any more, given the
// cursor of the slowest partition that could go back to one, and returns the
// oldest that is kept.
func (s Snapshots) Sweep(ctx context.Context, of []Snapshot, cursor uint64) (oldest Snapshot, err error) {
	kept, enough := needed(of, cursor)
	for _, snapshot := range of[kept:] {
		if err := s.Store.Delete(ctx, snapshot.name()); err != nil {
			return oldest, err
		}
	}
	if enough {
		oldest = of[kept-1]
	}
	return oldest, nil
}

// Oldest is the snapshot that Sweep would return, the zero one where whoever
// starts may go back to the beginning.
func Oldest(of []Snapshot, cursor uint64) (oldest Snapshot) {
	if kept, enough := needed(of, cursor); enough {
		oldest = of[kept-1]
	}
	return oldest
}

// needed is how many of the snapshots, the newest, are needed, and whether none
// before them could be.
func needed(of []Snapshot, cursor uint64) (kept int, enough bool) {
	behind := 0
	for i, snapshot := range of {
		if snapshot.At <= cursor {
			behind++
		}
		if behind == snapshotsKept {
			return i + 1, true
		}
	}
	return len(of), false
}

// Put stores an object.
func (o Objects) Put(ctx context.Context, name, about string, data []byte) error {
	return o.Broker.PutObject(ctx, o.Bucket, broker.Object{Name: name, Meta: map[string]string{snapshotMeta: about}}, data)
}

// List lists the bucket; none where there is no bucket.
func (o Objects) List(ctx context.Context) (map[string]string, error) {
	objects, err := o.Broker.Objects(ctx, o.Bucket)
	if err != nil {
		return nil, err
	}
	about := make(map[string]string, len(objects))
	for _, object := range objects {
		about[object.Name] = object.Meta[snapshotMeta]
	}
	return about, nil
}

// Get returns an object's bytes.
func (o Objects) Get(ctx context.Context, name string, limit uint64) ([]byte, error) {
	return o.Broker.GetObject(ctx, o.Bucket, name, limit)
}

// Delete removes an object.
func (o Objects) Delete(ctx context.Context, name string) error {
	return o.Broker.DeleteObject(ctx, o.Bucket, name)
}

// String names the bucket.
func (o Objects) String() string { return "bucket " + o.Bucket }

// Delete deletes a snapshot.
func (s Snapshots) Delete(ctx context.Context, snapshot Snapshot) error {
	return s.Store.Delete(ctx, snapshot.name())
}
