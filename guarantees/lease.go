package guarantees

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tidings/internal/broker"
)

// LeaseTTL is how long a process may be silent before others take what it had.
const LeaseTTL = 3 * time.Second

// MembersMax is how many processes may share one pipeline.
const MembersMax = 256

// LeaseOptions say what is shared, and who takes part.
type LeaseOptions struct {
	Broker     *broker.Broker
	Bucket     string
	Member     Member        // this process
	Partitions []string      // all that are shared, as Share wants them
	TTL        time.Duration // 0: LeaseTTL
	// Now is a clock that goes on; what it shows does not matter. A jump of it
	// counts as half a TTL at most.
	Now func() time.Time
	// Notice tells people what changed hands.
	Notice func(string)
}

// Leases are a process's part in dividing partitions among processes that come
// and go. They are kept in a bucket:
//
//	member.<id>           one a process; it rewrites it every third of the TTL
//	lease.<stage>.<n>     one a partition: who has it
//
// A process has gone when the revision of its key has not changed for the TTL,
// by the clock of whoever looks, over several looks: no clock is compared with
// another's, and who was asleep does not take the others for dead. Its leases
// are free then.
//
// Leases decide who tries, never who may: that is for the fence in the
// partition's stream alone. Whatever happens to the bucket costs time at most.
//
// One goroutine may use it.
type Leases struct {
	o         LeaseOptions
	last      time.Time          // of the last look
	silence   map[string]silence // by member id, of the others
	sinceBeat time.Duration      // since our key was written
	held      map[string]bool    // partitions whose leases are ours
	known     map[string]known   // by key: what we wrote last
	began     bool               // the bucket has been there
	revision  uint64             // of our key as we wrote it last, 0 before
	quiet     time.Duration      // so long we take nothing
	idle      time.Duration      // so long nobody has been willing to run something
}

// NewLeases prepares a process's part. Nothing is taken before the first Turn.
func NewLeases(o LeaseOptions) *Leases {
	o.TTL = cmp.Or(o.TTL, LeaseTTL)
	return &Leases{
		o: o, last: o.Now(), sinceBeat: o.TTL,
		silence: map[string]silence{}, held: map[string]bool{}, known: map[string]known{},
	}
}

// LookEvery is how often a Turn is due, if nothing is heard meanwhile.
func (l *Leases) LookEvery() time.Duration { return l.o.TTL / 12 }

// Changes tells that a Turn is due at once. stop has to be called.
func (l *Leases) Changes() (changed <-chan struct{}, stop func(), err error) {
	return l.o.Broker.Changes(l.o.Bucket, leaseKeys)
}

// Turn is what a process is to do.
type Turn struct {
	Keep    []string // run these
	Surplus []string // stop these, then GiveBack: others are to have them
}

// Turn looks who is there, takes what is free and this process's to have, and
// tells what it has. With an error, which is the broker's, nothing has changed:
// go on with what there is, and try again.
func (l *Leases) Turn(ctx context.Context) (Turn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.o.TTL)
	defer cancel()
	elapsed := l.elapsed()
	v, err := l.look(ctx, elapsed)
	if err == nil {
		err = l.renew(ctx, &v, elapsed)
	}
	if err != nil {
		return Turn{}, err
	}
	l.bury(ctx, &v)
	if err := l.keep(ctx, &v); err != nil {
		return Turn{}, err
	}
	target := Share(v.members, l.o.Partitions, v.owners)
	if l.quiet -= elapsed; l.quiet <= 0 {
		if err := l.take(ctx, &v, target); err != nil {
			return Turn{}, err
		}
	}
	l.miss(target, elapsed)
	var t Turn
	for _, p := range l.o.Partitions {
		switch {
		case !l.held[p]:
		case target[p] == l.o.Member.ID:
			t.Keep = append(t.Keep, p)
		default:
			t.Surplus = append(t.Surplus, p)
		}
	}
	return t, nil
}

// idleAfter is how many TTLs a partition is without anybody before people are
// told.
const idleAfter = 4

// miss tells, once, of partitions that nobody is willing to run.
func (l *Leases) miss(target map[string]string, elapsed time.Duration) {
	var missing []string
	for _, p := range l.o.Partitions {
		if target[p] == "" {
			missing = append(missing, p)
		}
	}
	before := l.idle
	if l.idle += elapsed; len(missing) == 0 {
		l.idle = 0
	}
	if limit := idleAfter * l.o.TTL; before < limit && l.idle >= limit {
		l.o.Notice(fmt.Sprintf("nobody is willing to run %s, and all that comes behind waits: start a process that is", list(missing)))
	}
}

// elapsed is the time since it was asked last. A clock that jumps, or a process
// that slept, moves it by half a TTL at most.
func (l *Leases) elapsed() time.Duration {
	now := l.o.Now()
	d := now.Sub(l.last)
	l.last = now
	return min(max(d, 0), l.o.TTL/2)
}

// renew writes our key when it is time, or when it is not there.
func (l *Leases) renew(ctx context.Context, v *view, elapsed time.Duration) error {
	l.sinceBeat += elapsed
	switch {
	case v.revision == 0 && l.revision > 0:
		// Somebody deleted it, or took us for dead. Where all keys are gone,
		// others may still run what they had: let them say so.
		l.quiet = l.o.TTL
	case v.revision > 0 && l.sinceBeat < l.o.TTL/3:
		return nil
	}
	return l.Renew(ctx)
}

// Renew tells the others that this process lives. Turn does it, too: it is for
// a time in which there are no turns.
func (l *Leases) Renew(ctx context.Context) error {
	value, err := json.Marshal(member{Name: l.o.Member.Name, Willing: l.o.Member.Willing})
	if err != nil {
		return err
	}
	l.revision, err = l.o.Broker.WriteKey(ctx, l.o.Bucket, memberKeys+l.o.Member.ID, value)
	if err == nil {
		l.sinceBeat = 0
	}
	return err
}

// bury removes the keys of members that have gone. That others do so too, or
// that it fails, does no harm.
func (l *Leases) bury(ctx context.Context, v *view) {
	for _, e := range v.gone {
		_ = l.o.Broker.RemoveKey(ctx, l.o.Bucket, e.Key, e.Revision)
	}
}

// keep finds out which of the leases that we held are still ours, and writes
// those again that somebody deleted.
func (l *Leases) keep(ctx context.Context, v *view) error {
	lost := map[string][]string{}
	for _, p := range l.o.Partitions {
		e, there := v.leases[p]
		switch owner := parseLease(e).Owner; {
		case owner == l.o.Member.ID:
			l.held[p] = true
		case !l.held[p]:
		case !there:
			if err := l.write(ctx, v, p, lease{Owner: l.o.Member.ID, Name: l.o.Member.Name, Epoch: 1}); err != nil && !errors.Is(err, broker.ErrConflict) {
				return err
			}
		default:
			delete(l.held, p)
			by := parseLease(e).Name
			lost[by] = append(lost[by], p)
		}
	}
	for _, by := range slices.Sorted(maps.Keys(lost)) {
		l.o.Notice(fmt.Sprintf("lost %s to %s, which took this process for dead; nothing that was done here since was committed", list(lost[by]), cmp.Or(by, "another process")))
	}
	return nil
}

// take takes what is ours to have and free.
func (l *Leases) take(ctx context.Context, v *view, target map[string]string) error {
	taken := map[lease][]string{} // by how it was left
	for _, p := range l.o.Partitions {
		if target[p] != l.o.Member.ID || l.held[p] || v.owners[p] != "" {
			continue
		}
		before := parseLease(v.leases[p])
		err := l.write(ctx, v, p, lease{Owner: l.o.Member.ID, Name: l.o.Member.Name, Epoch: before.Epoch + 1})
		if errors.Is(err, broker.ErrConflict) {
			continue // somebody was faster
		}
		if err != nil {
			return err
		}
		l.held[p] = true
		left := lease{Owner: before.Owner, Name: before.Name}
		taken[left] = append(taken[left], p)
	}
	l.tell(taken)
	return nil
}

func (l *Leases) tell(taken map[lease][]string) {
	var lines []string
	for left, partitions := range taken {
		line := "runs " + list(partitions)
		switch {
		case left.Owner != "":
			line = fmt.Sprintf("took over %s from %s, which does not answer any more", list(partitions), left.Name)
		case left.Name != "":
			line = fmt.Sprintf("took over %s from %s, which handed over", list(partitions), left.Name)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	for _, line := range lines {
		l.o.Notice(line)
	}
}

// write stores a lease on top of what the view shows.
func (l *Leases) write(ctx context.Context, v *view, partition string, to lease) error {
	value, err := json.Marshal(to)
	if err != nil {
		return err
	}
	key := leaseKey(partition)
	revision, err := l.o.Broker.SetKey(ctx, l.o.Bucket, key, value, v.leases[partition].Revision)
	if err != nil {
		return err
	}
	e := broker.Entry{Key: key, Value: value, Revision: revision}
	v.leases[partition], l.known[key] = e, known{entry: e}
	return nil
}

// GiveBack frees leases whose partitions have been stopped, for others to take
// at once.
func (l *Leases) GiveBack(ctx context.Context, partitions []string) error {
	if len(partitions) == 0 {
		return nil
	}
	entries, err := l.o.Broker.Entries(ctx, l.o.Bucket)
	if err != nil {
		return err
	}
	v := view{leases: map[string]broker.Entry{}}
	for _, e := range entries {
		for _, p := range partitions {
			if e.Key == leaseKey(p) {
				v.leases[p] = e
			}
		}
	}
	var errs []error
	for _, p := range partitions {
		before := parseLease(v.leases[p])
		if delete(l.held, p); before.Owner != l.o.Member.ID {
			continue
		}
		err := l.write(ctx, &v, p, lease{Name: l.o.Member.Name, Epoch: before.Epoch})
		if !errors.Is(err, broker.ErrConflict) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Leave takes leave: who is gone need not be waited for.
func (l *Leases) Leave(ctx context.Context) error {
	return l.o.Broker.RemoveKey(ctx, l.o.Bucket, memberKeys+l.o.Member.ID, l.revision)
}
