package broker

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Finder finds records of one stream by their subject. It is safe for
// concurrent use.
type Finder struct {
	b      *Broker
	name   string
	stream jetstream.Stream
}

// Finder returns one for a stream that exists.
func (b *Broker) Finder(ctx context.Context, stream string) (*Finder, error) {
	asking, done := b.ask(ctx, nil)
	s, err := b.js.Stream(asking, stream)
	if err = done(err); err != nil {
		return nil, requestError("stream "+stream, err)
	}
	return &Finder{b: b, name: stream, stream: s}, nil
}

// From returns the first record at sequence or behind it whose subject matches
// (wildcards allowed), ErrEmpty when there is none. A replica that lags behind
// may answer: only a compare-and-set publish tells whether that is all.
func (f *Finder) From(ctx context.Context, subject string, sequence uint64) (Record, error) {
	asking, done := f.b.ask(ctx, nil)
	m, err := f.stream.GetMsg(asking, max(sequence, 1), jetstream.WithGetMsgSubject(subject))
	return record(f.name, m, done(err))
}

// scanRecords is how many records Scan has the server send at once.
const scanRecords = 1024

// Scan calls each with the records from one sequence to another, both
// inclusive, whose subject matches (wildcards allowed), in order. Records that
// are deleted are passed over. It stops at the first error of each and returns
// it; a record's data belongs to each.
func (b *Broker) Scan(ctx context.Context, stream, subject string, from, to uint64, each func(Record) error) error {
	asking, done := b.ask(ctx, nil)
	c, err := b.js.OrderedConsumer(asking, stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{subject},
		DeliverPolicy:  jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:    max(from, 1),
	})
	if err = done(err); err != nil {
		return requestError("stream "+stream+" cannot be read", err)
	}
	if c.CachedInfo().NumPending == 0 {
		return nil
	}
	m, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(scanRecords, pullBytesMax), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return requestError("stream "+stream+" cannot be read", err)
	}
	defer m.Stop()
	for {
		msg, err := m.Next(jetstream.NextContext(ctx))
		if err != nil {
			return requestError("stream "+stream+" cannot be read", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
		at := meta.Sequence.Stream
		if at <= to {
			err := each(Record{Subject: msg.Subject(), Sequence: at, Time: meta.Timestamp, Header: Header(msg.Headers()), Data: msg.Data()})
			if err != nil {
				return err
			}
		}
		if at >= to || meta.NumPending == 0 {
			return nil
		}
	}
}
