package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Entry is a key of a bucket with its value. Revision grows with each write to
// the bucket; no two values of a key have the same.
type Entry struct {
	Key      string
	Value    []byte
	Revision uint64
	Time     time.Time // when it was stored; of KeyEntry alone
}

// EntriesMax is how many keys a bucket may have for Entries to list them: the
// server answers no more at once.
const EntriesMax = 1024

func bucketStream(bucket string) string    { return "KV_" + bucket }
func keySubject(bucket, key string) string { return "$KV." + bucket + "." + key }
func lastOfEach(bucket string) string      { return "$JS.API.DIRECT.GET." + bucketStream(bucket) }

// CreateBucket makes a bucket that remembers one value a key, or leaves it as it
// is when it exists.
func (b *Broker) CreateBucket(ctx context.Context, bucket string) error {
	asking, done := b.ask(ctx, nil)
	_, err := b.js.CreateOrUpdateKeyValue(asking, jetstream.KeyValueConfig{Bucket: bucket})
	if err = done(err); err != nil {
		return requestError("bucket "+bucket+" cannot be made", err)
	}
	return nil
}

// Entries are all keys of a bucket as they stood at one moment. ErrEmpty: there
// is no such bucket. A replica that lags behind may answer.
func (b *Broker) Entries(ctx context.Context, bucket string) ([]Entry, error) {
	asking, done := b.ask(ctx, nil)
	entries, err := b.entries(asking, bucket)
	if errors.Is(err, nats.ErrNoResponders) { // of what does not exist, or nobody answers
		if _, found := b.js.Stream(asking, bucketStream(bucket)); errors.Is(found, jetstream.ErrStreamNotFound) {
			_ = done(nil)
			return nil, fmt.Errorf("bucket %s: %w", bucket, ErrEmpty)
		}
	}
	if err = done(err); err != nil {
		return nil, requestError("bucket "+bucket, err)
	}
	return entries, nil
}

// entries asks for the last message of each subject, which come one by one.
func (b *Broker) entries(ctx context.Context, bucket string) ([]Entry, error) {
	prefix := keySubject(bucket, "")
	request, err := json.Marshal(map[string][]string{"multi_last": {prefix + ">"}})
	if err != nil {
		return nil, err
	}
	inbox := b.nc.NewInbox()
	answers := make(chan *nats.Msg, EntriesMax+1)
	s, err := b.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Unsubscribe() }()
	if err := b.nc.PublishRequest(lastOfEach(bucket), inbox, request); err != nil {
		return nil, err
	}
	var all []Entry
	for {
		var m *nats.Msg
		select {
		case m = <-answers:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		switch status := m.Header.Get("Status"); status {
		case "":
		case "204": // the end
			return all, nil
		case "503":
			return nil, nats.ErrNoResponders
		case "404":
			if len(all) == 0 && m.Header.Get("Description") == "No Results" {
				return nil, nil
			}
			fallthrough
		default:
			return nil, fmt.Errorf("the server answers %s %s", status, m.Header.Get("Description"))
		}
		revision, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the server answers with a key that has no revision: %w", err)
		}
		if deleted := m.Header.Get("KV-Operation") != ""; !deleted {
			key := strings.TrimPrefix(m.Header.Get(jetstream.SubjectHeader), prefix)
			all = append(all, Entry{Key: key, Value: m.Data, Revision: revision})
		}
	}
}

// SetKey stores a value when the key's revision is still the expected one, 0
// for no value, and returns the new revision. Errors as of Put.
func (b *Broker) SetKey(ctx context.Context, bucket, key string, value []byte, expected uint64) (revision uint64, err error) {
	subject := keySubject(bucket, key)
	return b.Put(ctx, bucketStream(bucket), subject, subject, expected, nil, value)
}

// WriteKey stores a value whatever the key had, and returns the new revision.
// It is for keys that one process alone writes.
func (b *Broker) WriteKey(ctx context.Context, bucket, key string, value []byte) (revision uint64, err error) {
	asking, done := b.ask(ctx, b.problems.broken)
	ack, err := b.js.Publish(asking, keySubject(bucket, key), value, jetstream.WithExpectStream(bucketStream(bucket)), jetstream.WithRetryAttempts(0))
	if err = done(err); err != nil {
		return 0, b.publishError(bucketStream(bucket), err)
	}
	return ack.Sequence, nil
}

// RemoveKey removes a key without a trace unless it has been written since the
// revision.
func (b *Broker) RemoveKey(ctx context.Context, bucket, key string, revision uint64) error {
	asking, done := b.ask(ctx, nil)
	err := func() error {
		s, err := b.js.Stream(asking, bucketStream(bucket))
		if err != nil {
			return err
		}
		return s.Purge(asking, jetstream.WithPurgeSubject(keySubject(bucket, key)), jetstream.WithPurgeSequence(revision+1))
	}()
	if err = done(err); err == nil || errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return requestError("bucket "+bucket+", key "+key, err)
}

// Changes tells that keys that begin with a prefix, which ends in a dot, have
// been written: soon, but it may miss some. stop has to be called. Until then
// a write to such a key waits for its answer in vain when the bucket is deleted,
// for the server takes who listens for somebody who might answer.
func (b *Broker) Changes(bucket, prefix string) (changed <-chan struct{}, stop func(), err error) {
	to := make(chan struct{}, 1)
	s, err := b.nc.Subscribe(keySubject(bucket, prefix+">"), func(*nats.Msg) {
		select {
		case to <- struct{}{}:
		default: // there is one waiting
		}
	})
	if err != nil {
		return nil, nil, requestError("bucket "+bucket, err)
	}
	return to, func() { _ = s.Unsubscribe() }, nil
}
