package guarantees

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tidings/internal/broker"
)

// Barriers are where the partitions of a pipeline agree on an Attempt: a bucket
// with
//
//	attempt.state             the Attempt; compare-and-set decides who changes it
//	report.<stage>.<n>        the last barrier at which a partition saved its state
//
// That a barrier becomes complete and that an attempt ends are both one write to
// the same key, so of two that happen at once one comes first. It is safe for
// concurrent use; it owns no state.
type Barriers struct {
	Broker *broker.Broker
	Bucket string
	// Plan plans barriers in what the log holds behind a sequence, when an
	// attempt begins there. nil: none.
	Plan func(ctx context.Context, behind uint64) (Planned, error)
}

const (
	attemptKeys = "attempt."
	stateKey    = attemptKeys + "state"
	reportKeys  = "report."
)

// report is what a partition has reported.
type report struct {
	Attempt uint64 `json:"attempt"`
	At      uint64 `json:"at"`
}

func reportKey(partition string) string {
	return reportKeys + strings.ReplaceAll(partition, "/", ".")
}

// Look reads the attempt, the zero value when there has been none.
func (b *Barriers) Look(ctx context.Context) (a Attempt, err error) {
	e, err := b.Broker.KeyEntry(ctx, b.Bucket, stateKey)
	if errors.Is(err, broker.ErrEmpty) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(e.Value, &a); err != nil {
		return a, fmt.Errorf("bucket %s, key %s does not tell which records count: %w; another program wrote it", b.Bucket, stateKey, err)
	}
	a.revision = e.Revision
	if n := len(a.Releases); n > 0 && a.Releases[n-1].Time == 0 {
		a.Releases[n-1].Time = e.Time.UnixNano()
	}
	return a, nil
}

// store changes the attempt, broker.ErrConflict if somebody else did.
func (b *Barriers) store(ctx context.Context, a *Attempt) error {
	value, err := json.Marshal(a)
	if err != nil {
		return err
	}
	revision, err := b.Broker.SetKey(ctx, b.Bucket, stateKey, value, a.revision)
	if err == nil {
		a.revision = revision
	}
	return err
}

// join is for whoever takes a partition: it takes part in the present attempt,
// unless the partition has been worked on in that one. Then whoever had it has
// failed or gone, and all partitions begin another attempt behind the last
// complete barrier.
func (b *Barriers) join(ctx context.Context, last uint64) (Attempt, error) {
	for {
		a, err := b.Look(ctx)
		if err != nil || a.Number > last {
			return a, err
		}
		if a.Number < last {
			return a, fmt.Errorf("bucket %s is at attempt %d, and a stream tells of attempt %d: somebody deleted the bucket or put an older one in its place, and which records count is not known; read the source into another --pipeline", b.Bucket, a.Number, last)
		}
		n, err := a.next()
		if err == nil && b.Plan != nil {
			n.Planned, err = b.Plan(ctx, n.Complete)
		}
		if err == nil {
			err = b.store(ctx, &n)
		}
		if err == nil || !errors.Is(err, broker.ErrConflict) {
			return n, err
		}
	}
}

// Report tells that a partition's records up to a barrier are stored, and its
// state there is saved. ErrRewound: in an attempt that has ended.
func (b *Barriers) Report(ctx context.Context, partition string, attempt, at uint64) error {
	value, err := json.Marshal(report{attempt, at})
	if err != nil {
		return err
	}
	for {
		e, err := b.Broker.KeyEntry(ctx, b.Bucket, reportKey(partition))
		if err != nil && !errors.Is(err, broker.ErrEmpty) {
			return err
		}
		var before report
		if err == nil && json.Unmarshal(e.Value, &before) == nil && before.Attempt > attempt {
			return fmt.Errorf("%s: %w", partition, ErrRewound)
		}
		_, err = b.Broker.SetKey(ctx, b.Bucket, reportKey(partition), value, e.Revision)
		if !errors.Is(err, broker.ErrConflict) {
			return err
		}
	}
}

// Settle completes the last barrier that all of the partitions have reported,
// if there is a new one, and returns the attempt as it is then.
func (b *Barriers) Settle(ctx context.Context, partitions []string) (Attempt, error) {
	for {
		a, err := b.Look(ctx)
		if err != nil || a.Number == 0 {
			return a, err
		}
		at, err := b.reported(ctx, partitions, a.Number)
		if err != nil || at <= a.Complete {
			return a, err
		}
		a.release(at)
		if err = b.store(ctx, &a); err == nil || !errors.Is(err, broker.ErrConflict) {
			return a, err
		}
	}
}

// reported is the last barrier that all partitions have come to in an attempt:
// each meets all of them in order, so the one that the last of them is at.
func (b *Barriers) reported(ctx context.Context, partitions []string, attempt uint64) (at uint64, err error) {
	entries, err := b.Broker.Entries(ctx, b.Bucket)
	if err != nil {
		return 0, err
	}
	reports := map[string]report{}
	for _, e := range entries {
		var r report
		if strings.HasPrefix(e.Key, reportKeys) && json.Unmarshal(e.Value, &r) == nil && r.Attempt == attempt {
			reports[e.Key] = r
		}
	}
	at = ^uint64(0)
	for _, p := range partitions {
		at = min(at, reports[reportKey(p)].At)
	}
	return at, nil
}

// Changes tells that the attempt has changed: soon, but it may miss some. stop
// has to be called.
func (b *Barriers) Changes() (changed <-chan struct{}, stop func(), err error) {
	return b.Broker.Changes(b.Bucket, attemptKeys)
}

// Reports tells that a partition has reported, likewise.
func (b *Barriers) Reports() (changed <-chan struct{}, stop func(), err error) {
	return b.Broker.Changes(b.Bucket, reportKeys)
}
