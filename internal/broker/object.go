package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Object describes what is stored under a name: bytes of any length, which
// appear as a whole or not at all.
type Object struct {
	Name  string
	Meta  map[string]string
	Bytes uint64
}

// objectTimeout is how long an object may be on its way in all.
const objectTimeout = 10 * time.Minute

// How often an object or a list is asked for, and how long one waits the first
// time; then twice as long each.
const (
	objectTries    = 5
	objectPatience = 10 * time.Second
	listPatience   = 2 * time.Second
)

// again calls f until it ends in time. The client reads chunks and lists by a
// consumer that counts what is still to come: where something is deleted
// meanwhile it can wait for ever, with no word from the server. Asked again, all
// is there.
func again(ctx context.Context, patience time.Duration, f func(context.Context) error) (err error) {
	for try := range objectTries {
		attempt, cancel := context.WithTimeout(ctx, patience<<try)
		err = f(attempt)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	return err
}

// PutObject stores an object in a bucket, which is made when missing.
func (b *Broker) PutObject(ctx context.Context, bucket string, o Object, data []byte) error {
	asking, done := b.askFor(ctx, objectTimeout, nil)
	store, err := b.js.CreateOrUpdateObjectStore(asking, jetstream.ObjectStoreConfig{Bucket: bucket})
	if err == nil {
		_, err = store.Put(asking, jetstream.ObjectMeta{Name: o.Name, Metadata: o.Meta}, bytes.NewReader(data))
	}
	if err = done(err); err != nil {
		return requestError("bucket "+bucket+", object "+o.Name, err)
	}
	return nil
}

// Objects lists what a bucket holds, nothing when there is no bucket.
func (b *Broker) Objects(ctx context.Context, bucket string) ([]Object, error) {
	asking, done := b.askFor(ctx, objectTimeout, nil)
	store, err := b.js.ObjectStore(asking, bucket)
	var infos []*jetstream.ObjectInfo
	if err == nil {
		err = again(asking, listPatience, func(ctx context.Context) (err error) {
			infos, err = store.List(ctx)
			return err
		})
	}
	err = done(err)
	if errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, requestError("bucket "+bucket, err)
	}
	var all []Object
	for _, i := range infos {
		all = append(all, Object{Name: i.Name, Meta: i.Metadata, Bytes: i.Size})
	}
	return all, nil
}

// GetObject returns an object's bytes, at most limit of them. ErrEmpty when
// there is none.
func (b *Broker) GetObject(ctx context.Context, bucket, name string, limit uint64) (data []byte, err error) {
	asking, done := b.askFor(ctx, objectTimeout, nil)
	err = again(asking, objectPatience, func(ctx context.Context) (err error) {
		data, err = b.getObject(ctx, bucket, name, limit)
		return err
	})
	switch err = done(err); {
	case err == nil || errors.Is(err, ErrTooLarge):
		return data, err
	case errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, fmt.Errorf("bucket %s, object %s: %w", bucket, name, ErrEmpty)
	}
	return nil, requestError("bucket "+bucket+", object "+name, err)
}

func (b *Broker) getObject(ctx context.Context, bucket, name string, limit uint64) (data []byte, err error) {
	store, err := b.js.ObjectStore(ctx, bucket)
	if err != nil {
		return nil, err
	}
	object, err := store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	info, err := object.Info()
	if err != nil {
		return nil, err
	}
	if info.Size > limit {
		return nil, fmt.Errorf("bucket %s, object %s has %d bytes, the limit is %d: %w", bucket, name, info.Size, limit, ErrTooLarge)
	}
	// Not to its end but to its size: the end can be missed.
	data = make([]byte, info.Size)
	if _, err := io.ReadFull(object, data); err != nil {
		return nil, err
	}
	want, err := jetstream.DecodeObjectDigest(info.Digest)
	if sum := sha256.Sum256(data); err == nil && !bytes.Equal(sum[:], want) {
		err = jetstream.ErrDigestMismatch
	}
	return data, err
}

// DeleteObject removes an object, if it is there.
func (b *Broker) DeleteObject(ctx context.Context, bucket, name string) error {
	asking, done := b.ask(ctx, nil)
	store, err := b.js.ObjectStore(asking, bucket)
	if err == nil {
		err = store.Delete(asking, name)
	}
	if err = done(err); err != nil && !errors.Is(err, jetstream.ErrBucketNotFound) && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return requestError("bucket "+bucket+", object "+name, err)
	}
	return nil
}

// Purge removes the records of a stream that stand before a sequence. The
// stream's last record always stays: it holds the cursor.
func (b *Broker) Purge(ctx context.Context, stream string, before uint64) error {
	asking, done := b.ask(ctx, nil)
	err := func() error {
		s, err := b.js.Stream(asking, stream)
		if err != nil {
			return err
		}
		state := s.CachedInfo().State
		if before = min(before, state.LastSeq); before <= state.FirstSeq {
			return nil
		}
		return s.Purge(asking, jetstream.WithPurgeSequence(before))
	}()
	if err = done(err); err != nil {
		return requestError("stream "+stream+" cannot be purged", err)
	}
	return nil
}
