package broker

import (
	"context"
	"errors"
	"fmt"
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
	asking, done := b.ask(ctx, nil)
	_, err := b.js.CreateStream(asking, jetstream.StreamConfig{
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
	if err = done(err); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
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
	asking, done := b.ask(ctx, nil)
	s, err := b.js.Stream(asking, stream)
	if err = done(err); err != nil {
		return 0, requestError("stream "+stream, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// FirstSequence is the sequence of the stream's first record, of an empty
// stream the next one's.
func (b *Broker) FirstSequence(ctx context.Context, stream string) (uint64, error) {
	asking, done := b.ask(ctx, nil)
	s, err := b.js.Stream(asking, stream)
	if err = done(err); err != nil {
		return 0, requestError("stream "+stream, err)
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return state.LastSeq + 1, nil
	}
	return state.FirstSeq, nil
}

// Last returns the stream's last record whose subject matches (wildcards
// allowed), ErrEmpty when there is none.
func (b *Broker) Last(ctx context.Context, stream, subject string) (Record, error) {
	asking, done := b.ask(ctx, nil)
	m, err := func() (*jetstream.RawStreamMsg, error) {
		s, err := b.js.Stream(asking, stream)
		if err != nil {
			return nil, err
		}
		return s.GetLastMsgForSubject(asking, subject)
	}()
	return record(stream, m, done(err))
}

// Record returns the record with a sequence, ErrEmpty when there is none.
func (b *Broker) Record(ctx context.Context, stream string, sequence uint64) (Record, error) {
	asking, done := b.ask(ctx, nil)
	m, err := func() (*jetstream.RawStreamMsg, error) {
		s, err := b.js.Stream(asking, stream)
		if err != nil {
			return nil, err
		}
		return s.GetMsg(asking, sequence)
	}()
	return record(stream, m, done(err))
}

func record(stream string, m *jetstream.RawStreamMsg, err error) (Record, error) {
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return Record{}, fmt.Errorf("stream %s: %w", stream, ErrEmpty)
	}
	if err != nil {
		return Record{}, requestError("stream "+stream, err)
	}
	return Record{Subject: m.Subject, Sequence: m.Sequence, Time: m.Time, Header: Header(m.Header), Data: m.Data}, nil
}

// Put stores a record when the last record on the subjects that match filter
// (which has to cover subject) is still the one with sequence expected, 0 for
// none. Filter "" is the whole stream; that costs the server less, for it need
// not look into the stream, and keeps no block of it in memory. It returns the
// new sequence. Errors: ErrConflict, ErrUnknown, ErrFull, ErrDisk.
func (b *Broker) Put(ctx context.Context, stream, subject, filter string, expected uint64, h Header, data []byte) (uint64, error) {
	msg := &nats.Msg{Subject: subject, Header: nats.Header(h), Data: b.tails.own(data)}
	if msg.Header == nil {
		msg.Header = nats.Header{}
	}
	asking, done := b.ask(ctx, b.problems.broken)
	expect := jetstream.WithExpectLastSequence(expected)
	if filter != "" {
		expect = jetstream.WithExpectLastSequenceForSubject(expected, filter)
	}
	ack, err := b.js.PublishMsg(asking, msg, jetstream.WithExpectStream(stream), expect, jetstream.WithRetryAttempts(0))
	if err = done(err); err != nil {
		err = b.publishError(stream, err)
		b.tails.tell(stream, msg, 0, err)
		return 0, err
	}
	b.tails.tell(stream, msg, ack.Sequence, nil)
	return ack.Sequence, nil
}

// CreateKey stores a value under a key of a bucket, which is made when
// missing. ErrExists when the key has a value.
func (b *Broker) CreateKey(ctx context.Context, bucket, key string, value []byte) error {
	asking, done := b.ask(ctx, nil)
	err := func() error {
		kv, err := b.js.CreateOrUpdateKeyValue(asking, jetstream.KeyValueConfig{Bucket: bucket})
		if err != nil {
			return err
		}
		_, err = kv.Create(asking, key, value)
		return err
	}()
	if err = done(err); errors.Is(err, jetstream.ErrKeyExists) {
		return ErrExists
	}
	if err != nil {
		return requestError("bucket "+bucket+", key "+key, err)
	}
	return nil
}

// Key returns the value of a key, ErrEmpty when it has none.
func (b *Broker) Key(ctx context.Context, bucket, key string) ([]byte, error) {
	asking, done := b.ask(ctx, nil)
	e, err := func() (jetstream.KeyValueEntry, error) {
		kv, err := b.js.KeyValue(asking, bucket)
		if err != nil {
			return nil, err
		}
		return kv.Get(asking, key)
	}()
	if err = done(err); errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrEmpty
	}
	if err != nil {
		return nil, requestError("bucket "+bucket+", key "+key, err)
	}
	return e.Value(), nil
}
