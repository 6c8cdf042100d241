package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Header is a record's header: NATS header lines by name.
type Header map[string][]string

// Get returns the first value of a name, "" when there is none.
func (h Header) Get(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set makes value the only one of a name.
func (h Header) Set(name, value string) { h[name] = []string{value} }

// Record is one message of a stream. Data is not copied; it belongs to the
// record.
type Record struct {
	Subject  string
	Sequence uint64 // in its stream, from 1
	Time     time.Time
	Header   Header
	Data     []byte
}

// Stream describes a stream. It keeps everything until it is purged: limits
// retention, no age limit, and a full stream refuses instead of forgetting.
type Stream struct {
	Name        string
	Subjects    []string
	Description string
	BytesMax    int64 // 0: as much as the server allows
}

// CreateStream makes the stream, or leaves it as it is when it exists.
func (b *Broker) CreateStream(ctx context.Context, s Stream) error {
	bytesMax := s.BytesMax
	if bytesMax == 0 {
		bytesMax = -1
	}
	_, err := b.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:        s.Name,
		Description: s.Description,
		Subjects:    s.Subjects,
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		MaxBytes:    bytesMax,
		MaxMsgSize:  -1,
		AllowDirect: true,
		// Identity is the position in the log. Ids only tie an Appender's
		// records together; nothing relies on the window of time in which the
		// server knows them again, so it is the shortest there is.
		Duplicates: 100 * time.Millisecond,
	})
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil
	}
	if err != nil {
		return requestError("stream "+s.Name+" cannot be made", err)
	}
	return nil
}

// LastSequence is the sequence of the stream's last record, 0 when it never
// had one. It survives a purge.
func (b *Broker) LastSequence(ctx context.Context, stream string) (uint64, error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return 0, requestError("stream "+stream, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// Last returns the stream's last record whose subject matches (wildcards
// allowed), ErrEmpty when there is none.
func (b *Broker) Last(ctx context.Context, stream, subject string) (Record, error) {
	s, err := b.js.Stream(ctx, stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return Record{}, fmt.Errorf("stream %s: %w", stream, ErrEmpty)
	}
	if err != nil {
		return Record{}, requestError("stream "+stream, err)
	}
	m, err := s.GetLastMsgForSubject(ctx, subject)
	return record(stream, m, err)
}

// Record returns the record with a sequence, ErrEmpty when there is none.
func (b *Broker) Record(ctx context.Context, stream string, sequence uint64) (Record, error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return Record{}, requestError("stream "+stream, err)
	}
	m, err := s.GetMsg(ctx, sequence)
	return record(stream, m, err)
}

func record(stream string, m *jetstream.RawStreamMsg, err error) (Record, error) {
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Record{}, ErrEmpty
	}
	if err != nil {
		return Record{}, requestError("stream "+stream, err)
	}
	return Record{Subject: m.Subject, Sequence: m.Sequence, Time: m.Time, Header: Header(m.Header), Data: m.Data}, nil
}

// Put stores a record when the last record on the subjects that match filter
// (which has to cover subject) is still the one with sequence expected, 0 for
// none. It returns the new sequence. Errors: ErrConflict, ErrUnknown, ErrFull,
// ErrDisk.
func (b *Broker) Put(ctx context.Context, stream, subject, filter string, expected uint64, h Header, data []byte) (uint64, error) {
	msg := &nats.Msg{Subject: subject, Header: nats.Header(h), Data: data}
	if msg.Header == nil {
		msg.Header = nats.Header{}
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-b.problems.broken:
			cancel()
		case <-ctx.Done():
		}
	})
	defer watching.Wait()
	defer cancel()
	ack, err := b.js.PublishMsg(ctx, msg,
		jetstream.WithExpectStream(stream),
		jetstream.WithExpectLastSequenceForSubject(expected, filter),
		jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, b.publishError(stream, err)
	}
	return ack.Sequence, nil
}

// CreateKey stores a value under a key of a bucket, which is made when
// missing. ErrExists when the key has a value.
func (b *Broker) CreateKey(ctx context.Context, bucket, key string, value []byte) error {
	kv, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: bucket})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, err)
	}
	if _, err = kv.Create(ctx, key, value); errors.Is(err, jetstream.ErrKeyExists) {
		return ErrExists
	}
	return err
}

// Key returns the value of a key, ErrEmpty when it has none.
func (b *Broker) Key(ctx context.Context, bucket, key string) ([]byte, error) {
	kv, err := b.js.KeyValue(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	e, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s, key %s: %w", bucket, key, err)
	}
	return e.Value(), nil
}
