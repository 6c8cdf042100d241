package broker

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Subjects counts the records of a stream by subject, of those that match
// filter (wildcards allowed).
func (b *Broker) Subjects(ctx context.Context, stream, filter string) (map[string]uint64, error) {
	asking, done := b.ask(ctx, nil)
	info, err := func() (*jetstream.StreamInfo, error) {
		s, err := b.js.Stream(asking, stream)
		if err != nil {
			return nil, err
		}
		return s.Info(asking, jetstream.WithSubjectFilter(filter))
	}()
	if err = done(err); err != nil {
		return nil, requestError("stream "+stream, err)
	}
	return info.State.Subjects, nil
}

// PurgeSubject removes the records on one subject of a stream that stand before
// a sequence. Others before them may stay, so that the stream then has gaps:
// who reads it from the beginning meets ErrGone.
func (b *Broker) PurgeSubject(ctx context.Context, stream, subject string, before uint64) error {
	asking, done := b.askFor(ctx, objectTimeout, nil) // each record is looked for
	err := func() error {
		s, err := b.js.Stream(asking, stream)
		if err != nil || before <= s.CachedInfo().State.FirstSeq {
			return err
		}
		return s.Purge(asking, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(before))
	}()
	if err = done(err); err != nil {
		return requestError("stream "+stream+" cannot be purged", err)
	}
	return nil
}

// KeyEntry is a key of a bucket with its value and revision, ErrEmpty when it
// has none.
func (b *Broker) KeyEntry(ctx context.Context, bucket, key string) (Entry, error) {
	asking, done := b.ask(ctx, nil)
	e, err := func() (jetstream.KeyValueEntry, error) {
		kv, err := b.js.KeyValue(asking, bucket)
		if err != nil {
			return nil, err
		}
		return kv.Get(asking, key)
	}()
	if err = done(err); errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrKeyNotFound) {
		return Entry{Key: key}, ErrEmpty
	}
	if err != nil {
		return Entry{}, requestError("bucket "+bucket+", key "+key, err)
	}
	return Entry{Key: key, Value: e.Value(), Revision: e.Revision(), Time: e.Created()}, nil
}
