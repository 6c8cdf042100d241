package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Keep says how much of a log is kept. The zero value keeps all.
type Keep struct {
	Age   time.Duration // what was stored longer ago may go; 0: none for its age
	Bytes uint64        // of the log stream, about; 0: none for its size
}

// All says whether nothing is ever deleted.
func (k Keep) All() bool { return k == Keep{} }

// Trimming is how a log is trimmed.
type Trimming struct {
	Keep Keep
	Now  time.Time // by the broker's clock, about; it ages records
	// Snapshots is where the pipeline keeps them; nil: with the broker.
	Snapshots guarantees.SnapshotStore
	// Source is from which log sequence on a source's own records are needed by
	// whoever feeds it, given the last of them; nil: the last alone. Those of a
	// source that are needed stay where they are, though what stands between them
	// is deleted.
	Source func(ctx context.Context, source string, last broker.Record) (from uint64, err error)
}

// Trimmed tells what a look at a log found and did.
type Trimmed struct {
	Begin   uint64 // the log sequence from which the log is whole
	Last    uint64 // of its records
	Deleted uint64 // records of the log that this look deleted
	Records uint64 // of the log that are there
	Bytes   uint64 // of the log that are there
	Held    string // who needs records that need not be kept, "" when nobody
}

// ErrNoPlan reports that no process has ever worked on the pipeline: nobody can
// say what of its log will be needed.
var ErrNoPlan = errors.New("nothing has worked on this log yet, so nothing of it is deleted")

// Trim deletes from a pipeline's log, and from the predictions and windows that
// came of it, what need not be kept and nobody needs any more: it stands behind
// the cursor of each partition, behind the second newest snapshot of each piece
// of state, and behind what the projection has published. The last record of
// each source stays, whatever its age, for it says how far the source has been
// read. Several processes may trim a log.
func Trim(ctx context.Context, b *broker.Broker, name Name, t Trimming) (Trimmed, error) {
	p, err := Stored(ctx, b, name)
	if errors.Is(err, broker.ErrEmpty) {
		return Trimmed{}, ErrNoPlan
	}
	if err != nil {
		return Trimmed{}, err
	}
	x := &trim{broker: b, plan: p, how: t, log: name.LogStream().Name}
	if x.snapshots, err = p.SnapshotsIn(t.Snapshots, b); err != nil {
		return Trimmed{}, err
	}
	if err := x.look(ctx); err != nil || t.Keep.All() || x.found.Last == 0 {
		return x.found, err
	}
	before := x.found.Records
	for range trimRounds {
		from, err := x.wanted(ctx)
		if err == nil && from > x.found.Begin {
			from, err = x.limit(ctx, from)
		}
		if err != nil || from <= x.found.Begin {
			return x.done(before), err
		}
		if err := x.delete(ctx, from); err != nil {
			return x.done(before), err
		}
		if err := x.look(ctx); err != nil {
			return x.done(before), err
		}
	}
	return x.done(before), nil
}

// trimRounds is how often a log is looked at again before the next Trim: how
// many records are so many bytes is an estimate, and each round goes half the
// way.
const trimRounds = 8

// trim is one Trim.
type trim struct {
	broker *broker.Broker
	plan   Plan
	how    Trimming
	log    string
	found  Trimmed

	snapshots guarantees.Snapshots
}

func (x *trim) done(before uint64) Trimmed {
	x.found.Deleted = before - min(before, x.found.Records)
	return x.found
}

// look asks how the log is.
func (x *trim) look(ctx context.Context) error {
	s, err := x.broker.Stream(ctx, x.log)
	if err != nil {
		return err
	}
	x.found.Last, x.found.Records, x.found.Bytes = s.Last, s.Records, s.Bytes
	x.found.Begin, err = LogBegin(ctx, x.broker, x.plan.Pipeline)
	return err
}

// wanted is from which log sequence on the log is to be kept.
func (x *trim) wanted(ctx context.Context) (from uint64, err error) {
	from = x.found.Begin
	if x.how.Keep.Age > 0 {
		if from, err = x.stored(ctx, x.how.Now.Add(-x.how.Keep.Age)); err != nil {
			return 0, err
		}
	}
	if most := x.how.Keep.Bytes; most > 0 && x.found.Bytes > most && x.found.Records > 0 {
		mean := float64(x.found.Bytes) / float64(x.found.Records)
		from = max(from, x.found.Begin+uint64(math.Ceil(float64(x.found.Bytes-most)/mean/2)))
	}
	return min(from, x.found.Last), nil
}

// stored is the first log sequence that was stored at a time or later; the last
// one's when none was.
func (x *trim) stored(ctx context.Context, at time.Time) (uint64, error) {
	return StoredSince(ctx, x.broker, x.plan.Pipeline, x.found.Begin, x.found.Last, at)
}

// StoredSince is the first of a range of log sequences that was stored at a
// time or later; the last one when none was.
func StoredSince(ctx context.Context, b *broker.Broker, name Name, first, last uint64, at time.Time) (uint64, error) {
	low, high := first, last
	for low < high {
		middle := low + (high-low)/2
		r, err := b.Record(ctx, name.LogStream().Name, middle)
		if err != nil {
			return 0, err
		}
		if r.Time.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// limit is how far one may go: from, or less where somebody needs what is
// before.
func (x *trim) limit(ctx context.Context, from uint64) (uint64, error) {
	x.found.Held = ""
	hold := func(need uint64, who string) {
		if need < from {
			from, x.found.Held = need, who
		}
	}
	snapshots, err := x.snapshots.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, n := range x.plan.writers() {
		for part, partitions := range x.plan.pieceNames(n) {
			cursor, err := x.plan.slowest(ctx, x.broker, n, partitions)
			if err != nil {
				return 0, err
			}
			hold(cursor+1, fmt.Sprintf("%s has worked up to %d/0", part, cursor))
			if promise := x.plan.Promise(n.Stage); !promise.Marks() {
				hold(1, fmt.Sprintf("%s reads its inputs from their beginning when it starts, for that is how %s works", part, promise))
			}
			if n.State != "" || x.plan.Releases(n.Stage) {
				oldest := guarantees.Oldest(snapshots[part], cursor)
				hold(oldest.At+1, fmt.Sprintf("the last two snapshots of %s reach back to %d/0 (one is made each %d documents, with --store, --nats or --listen)", part, oldest.At, SnapshotEvery))
			}
		}
	}
	if x.plan.Races() {
		hold(1, fmt.Sprintf("records are met as they arrive (--order %s), and what came of them is read from its beginning", x.plan.Order))
	}
	published, err := publishedTo(ctx, x.broker, x.plan.Pipeline)
	if err != nil {
		return 0, err
	}
	hold(published, fmt.Sprintf("what stands behind %d/0 is not published for outside readers yet", published))
	return from, nil
}

// delete deletes what stands before a log sequence, results first: where they
// begin later than the log nothing is missed. Where the log begins is noted
// before, for it is not to be seen in a stream that has gaps.
func (x *trim) delete(ctx context.Context, from uint64) error {
	cuts := map[string]uint64{}
	for _, n := range x.plan.writers() {
		if n.Stage != ClassifyStage && n.Stage != TopicsStage {
			continue // sweep deletes from the others
		}
		for i := range *x.plan.Partitions.of(n.Stage) {
			place, err := x.plan.placeBehind(ctx, x.broker, n, i, from-1)
			if err != nil {
				return err
			}
			cuts[x.plan.Pipeline.partitionStream(n, i).Name] = place.Next
			from = min(from, place.At+1)
		}
	}
	if from <= x.found.Begin {
		return nil
	}
	if err := x.needed(ctx, cuts); err != nil {
		return err
	}
	if err := noteBegin(ctx, x.broker, x.plan.Pipeline, from); err != nil {
		return err
	}
	for stream, before := range cuts {
		if err := x.broker.Purge(ctx, stream, before); err != nil {
			return err
		}
	}
	if err := x.published(ctx, from); err != nil {
		return err
	}
	return x.purgeLog(ctx, from)
}

// needed holds back what a stage would read again of another's results.
func (x *trim) needed(ctx context.Context, cuts map[string]uint64) error {
	snapshots, err := x.snapshots.List(ctx)
	if err != nil {
		return err
	}
	for _, n := range x.plan.writers() {
		if n.State == "" {
			continue
		}
		for part, partitions := range x.plan.pieceNames(n) {
			cursor, err := x.plan.slowest(ctx, x.broker, n, partitions)
			if err != nil {
				return err
			}
			oldest := guarantees.Oldest(snapshots[part], cursor)
			for _, input := range x.plan.inputs(n) {
				if before, cut := cuts[input]; cut {
					cuts[input] = min(before, max(oldest.Places[input].Next, 1))
				}
			}
		}
	}
	return nil
}

// published deletes what was published of the log before a sequence.
func (x *trim) published(ctx context.Context, from uint64) error {
	stream := x.plan.Pipeline.OutStream().Name
	s, err := x.broker.Stream(ctx, stream)
	if errors.Is(err, broker.ErrEmpty) || err == nil && s.Records == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	// The first message of something at or behind the sequence.
	low, high := s.First, s.Last
	for low < high {
		middle := low + (high-low)/2
		r, err := x.broker.Record(ctx, stream, middle)
		if err != nil && !errors.Is(err, broker.ErrEmpty) { // there may be gaps, of what was deleted before
			return err
		}
		if at, known := placeOf(r); err != nil || !known || at.to < from {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for _, kind := range []string{predictionLines, windowLines, lateLines, deadLetterLines} {
		subject := string(x.plan.Pipeline) + ".out." + kind
		last, err := x.broker.Last(ctx, stream, subject)
		if errors.Is(err, broker.ErrEmpty) {
			continue
		}
		if err == nil { // the last one says how far it came
			err = x.broker.PurgeSubject(ctx, stream, subject, min(low, last.Sequence))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// purgeLog deletes records of the log before a sequence, but those that the
// source they come from needs.
func (x *trim) purgeLog(ctx context.Context, from uint64) error {
	subjects, err := x.broker.Subjects(ctx, x.log, x.plan.Pipeline.LogSubject("*", ">"))
	if err != nil {
		return err
	}
	names := make([]string, 0, len(subjects))
	for subject := range subjects {
		names = append(names, subject)
	}
	slices.Sort(names)
	needs := make([]uint64, len(names))
	floor := from
	for i, subject := range names {
		if needs[i], err = x.sourceNeeds(ctx, subject, from); err != nil {
			return err
		}
		floor = min(floor, needs[i])
	}
	if err := x.broker.Purge(ctx, x.log, floor); err != nil || floor == from {
		return err
	}
	for i, subject := range names {
		if err := x.broker.PurgeSubject(ctx, x.log, subject, min(from, needs[i])); err != nil {
			return err
		}
	}
	return nil
}

// sourceNeeds is from where on the records of a subject stay.
func (x *trim) sourceNeeds(ctx context.Context, subject string, from uint64) (uint64, error) {
	last, err := x.broker.Last(ctx, x.log, subject)
	if errors.Is(err, broker.ErrEmpty) {
		return from, nil
	}
	need := min(last.Sequence, from)
	kind, source := logTokens(subject)
	if err != nil || x.how.Source == nil || kind != ArticleRecord || strings.ContainsAny(source, "*>") {
		return need, err
	}
	of, err := x.how.Source(ctx, source, last)
	return min(need, of), err
}
