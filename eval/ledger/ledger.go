// Package ledger lists which labelled documents a model learnt, and in which
// order, and says in what two such lists differ.
//
// No run writes that list. Each record of a classify partition names its range
// of the log and the version of the model before and behind it, a chain hash of
// (position, label); the list is the labelled documents of that range, read
// from the log again, and it is proved by coming to the same hash.
//
// The one rule to keep: everything here reads streams as they stand and holds a
// bounded part of them. It owns no state and writes none.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"tidings"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Update is one labelled document that a replica of the model learnt.
type Update struct {
	Replica  int              // the classify partition
	Position tidings.Position // in the log
	ID       string
	Label    string
	Chain    uint64 // behind it
	Record   uint64 // of the partition's stream that brought it; 0: of the oracle

	takes *pipeline.Promotion // no update, but a version that takes over
}

// behind is the version behind an update, or behind a version that takes over.
func (u *Update) behind(at pipeline.Version) pipeline.Version {
	if u.takes != nil {
		return u.takes.Version()
	}
	return at.Add(u.Position, u.Label)
}

// Proof is what following the chain through a partition's stream came to.
type Proof struct {
	Records  uint64 // with updates or without
	Updates  uint64
	Untraced uint64 // records of an older program, which tell no version
	Broken   uint64 // records whose documents do not lead from one version to the next
	First    []Break
}

// BreaksMax is how many breaks a Proof keeps.
const BreaksMax = 5

// Break is a record whose documents do not lead from its version before to its
// version behind, or that does not go on where the one before left off.
type Break struct {
	Replica  int    `json:"replica"`
	Record   uint64 `json:"record"`
	From     uint64 `json:"from"`
	To       uint64 `json:"to"`
	Problem  string `json:"problem"`
	Want     string `json:"want"` // version: updates and chain
	Recorded string `json:"recorded"`
}

func (b Break) String() string {
	return fmt.Sprintf("classify/%d, record %d (log messages %d..%d): %s: want %s, recorded %s", b.Replica, b.Record, b.From, b.To, b.Problem, b.Want, b.Recorded)
}

func version(v pipeline.Version) string {
	return fmt.Sprintf("%d@%s", v.Updates, pipeline.Digest(v.Chain))
}

// Expand reads the ledger of one replica of a pipeline and proves it. each, if
// not nil, sees every update, those applied again too.
func Expand(ctx context.Context, b *broker.Broker, p pipeline.Plan, replica int, each func(Update) error) (Proof, error) {
	r, err := pipeline.OpenPartition(ctx, b, p, pipeline.ClassifyStage, replica)
	if err != nil {
		return Proof{}, err
	}
	defer r.Close()
	l := newLog(b, p)
	defer l.close()
	f := NewFollower(p.Promise(pipeline.ClassifyStage), replica)
	if p.Start.Number > 0 {
		f.Starts(p.Start.Version())
	}
	if r.First > 1 {
		f.Begins()
	}
	for {
		c, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return f.Proof, nil
		}
		if err != nil {
			return f.Proof, err
		}
		updates := []Update{}
		if c.Kind == guarantees.Done {
			if updates, err = l.updates(ctx, &c, p.Partitions.Tokenize); err != nil {
				return f.Proof, err
			}
		}
		updates = f.fresh(updates)
		at := f.Record(c.Sequence, c.Header, c.Unit.Learnt, c.Unit.Traced, updates)
		for _, u := range updates {
			at = u.behind(at)
			u.Replica, u.Chain, u.Record = replica, at.Chain, c.Sequence
			if each == nil || u.takes != nil {
				continue
			}
			if err := each(u); err != nil {
				return f.Proof, err
			}
		}
	}
}

// Follower follows a replica's versions through the records of its partition.
type Follower struct {
	Proof Proof

	promise guarantees.Promise
	replica int
	cursor  uint64              // the furthest that the stream has come
	fenced  uint64              // as it was at the last fence
	took    [2]tidings.Position // where the last version took over: so far, and up to the last acknowledgement
	next    *pipeline.Version
	acked   *pipeline.Version
}

// NewFollower starts with a model that has learnt nothing.
func NewFollower(p guarantees.Promise, replica int) *Follower {
	return &Follower{promise: p.OrDefault(), replica: replica, next: new(pipeline.Version), acked: new(pipeline.Version)}
}

// Starts tells with which version the model begins.
func (f *Follower) Starts(v pipeline.Version) { f.next, f.acked = &v, &v }

// fresh leaves out versions that took over before: what a record says again does
// not make them take over again.
func (f *Follower) fresh(updates []Update) []Update {
	return slices.DeleteFunc(updates, func(u Update) bool {
		if u.takes == nil {
			return false
		}
		again := u.Position.Compare(f.took[0]) <= 0
		if !again {
			f.took[0] = u.Position
		}
		return again
	})
}

// Begins tells that what was before is purged: the first record is believed.
func (f *Follower) Begins() { f.next, f.acked = nil, nil }

// Record takes the next record with the updates that the log says it brought,
// and returns the version before them.
func (f *Follower) Record(sequence uint64, h guarantees.Header, l pipeline.Learnt, traced bool, updates []Update) pipeline.Version {
	switch h.Kind {
	case guarantees.Fence:
		f.opened()
		return l.Before
	case guarantees.Ack:
		f.acked, f.took[1] = f.next, f.took[0]
		return l.Before
	case guarantees.Done:
	default:
		return l.Before
	}
	f.Proof.Records++
	for i := range updates {
		if updates[i].takes == nil {
			f.Proof.Updates++
		}
	}
	before := l.Before
	again := h.Trigger != "" || h.To <= f.fenced
	f.cursor = max(f.cursor, h.To)
	if !traced {
		f.Proof.Untraced++
		f.next = nil
		return before
	}
	// Kept goes on top of what it had done before: only the first time through
	// leads straight from one record to the next.
	if f.next != nil && *f.next != before && !f.jumps(again) {
		f.broken(sequence, h, "it does not go on where the record before it left the model", *f.next, before)
	}
	at := before
	for _, u := range updates {
		at = u.behind(at)
	}
	if at != l.After {
		f.broken(sequence, h, "the labelled documents of the log do not lead to its version", at, l.After)
	}
	f.next = &l.After
	return before
}

// jumps says whether a record need not go on where the one before left off: Kept
// does again what it had done, and without alignment a snapshot holds updates of
// records that count no more.
func (f *Follower) jumps(again bool) bool {
	return f.promise.Recovery == guarantees.Kept && again || f.promise.Recovery == guarantees.Unaligned
}

// opened is for a new owner: what it begins with.
func (f *Follower) opened() {
	f.fenced = f.cursor
	switch {
	case f.promise.Marks(): // it goes on where the last record ended
	case f.promise.Recovery == guarantees.Rollback:
		f.next, f.took[0] = f.acked, f.took[1]
	default:
		f.next = nil // it builds its state in another order
	}
}

func (f *Follower) broken(sequence uint64, h guarantees.Header, problem string, want, recorded pipeline.Version) {
	f.Proof.Broken++
	if len(f.Proof.First) < BreaksMax {
		f.Proof.First = append(f.Proof.First, Break{f.replica, sequence, h.From, h.To, problem, version(want), version(recorded)})
	}
}
