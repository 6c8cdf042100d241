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

// The client asks for more when it has less than half of pullRecords to come,
// but not while its last request is still being sent. When all of them come in
// that moment, as small ones do on a busy machine, it never asks again, until
// it misses the server's heartbeat.
const (
	pullRecords   = 1 << 14
	pullHeartbeat = 500 * time.Millisecond // the least there is; twice that is missed
)

// pull fetches a stream's records from the server, in order. What it has read
// ahead is bounded by its ahead, and by aheadBytesMax and one record; no more
// than pullBytesMax is on its way from the server at a time. When the server
// goes away it waits for it to come back and goes on. One goroutine at a time
// may use it.
type pull struct {
	js     jetstream.JetStream
	stream string
	ahead  int
	cons   jetstream.ConsumeContext

	looking sync.WaitGroup     // whether the stream is still there
	cancel  context.CancelFunc // of looking

	mu      sync.Mutex
	room    sync.Cond     // the buffer has room, or the reader is closed
	filled  chan struct{} // holds a token when there may be something to read
	records []Record
	bytes   int    // of records
	next    uint64 // the sequence that must come
	err     error
	closed  bool
	looks   bool // somebody is looking
	spare   []Record
}

// pull starts at sequence from.
func (b *Broker) pull(ctx context.Context, stream string, from uint64, ahead int) (*pull, error) {
	looking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &pull{js: b.js, stream: stream, ahead: ahead, next: from, filled: make(chan struct{}, 1), cancel: cancel}
	r.room.L = &r.mu
	asking, done := b.ask(ctx, nil)
	if err := done(r.consume(asking, looking, from)); err != nil {
		cancel()
		return nil, requestError("stream "+stream+" cannot be read", err)
	}
	return r, nil
}

func (r *pull) consume(ctx, looking context.Context, from uint64) error {
	s, err := r.js.Stream(ctx, r.stream)
	if err != nil {
		return err
	}
	// A consumer asked for what is gone begins behind it, or waits for ever.
	if first := s.CachedInfo().State.FirstSeq; first > from {
		r.err = r.gone(first)
		r.wake()
		return nil
	}
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return err
	}
	r.cons, err = c.Consume(r.take,
		jetstream.PullMaxMessagesWithBytesLimit(pullRecords, pullBytesMax),
		jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { r.trouble(looking, err) }))
	return err
}

func (r *pull) gone(first uint64) error {
	return fmt.Errorf("%w: %s has no %d..%d any more", ErrGone, r.stream, r.next, first-1)
}

// take runs on the subscription's goroutine, for each message in turn.
func (r *pull) take(m jetstream.Msg) {
	meta, err := m.Metadata()
	r.mu.Lock()
	defer r.mu.Unlock()
	for (len(r.records) >= r.ahead || r.bytes >= aheadBytesMax) && !r.closed {
		r.room.Wait()
	}
	switch {
	case r.closed || r.err != nil:
		return
	case err != nil:
		r.err = fmt.Errorf("stream %s: %w", r.stream, err)
	case meta.Sequence.Stream > r.next:
		r.err = r.gone(meta.Sequence.Stream)
	case meta.Sequence.Stream == r.next:
		r.next++
		r.bytes += len(m.Data())
		r.records = append(r.records, Record{
			Subject: m.Subject(), Sequence: meta.Sequence.Stream, Time: meta.Timestamp,
			Header: Header(m.Headers()), Data: m.Data(),
		})
	}
	r.wake()
}

// trouble runs when the consumer reports an error, and must not wait. The
// ordered consumer mends most by itself: it makes itself anew behind the last
// record, and tries for ever. When the stream is deleted that is in vain.
func (r *pull) trouble(ctx context.Context, err error) {
	if !errors.Is(err, jetstream.ErrConsumerDeleted) && !errors.Is(err, jetstream.ErrNoHeartbeat) && !errors.Is(err, nats.ErrNoResponders) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.looks {
		return
	}
	r.looks = true
	r.looking.Go(func() { r.look(ctx) })
}

// look finds out whether the stream is still there.
func (r *pull) look(ctx context.Context) {
	_, err := r.js.Stream(ctx, r.stream)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = false
	if errors.Is(err, jetstream.ErrStreamNotFound) && r.err == nil {
		r.err = fmt.Errorf("stream %s was deleted while it was read: %w", r.stream, err)
		r.wake()
	}
}

func (r *pull) wake() {
	select {
	case r.filled <- struct{}{}:
	default:
	}
}

// wait waits for records and returns all that have come, at least one. The
// slice is valid until the next call.
func (r *pull) wait(ctx context.Context) ([]Record, error) {
	for {
		if records, err := r.swap(); len(records) > 0 || err != nil {
			return records, err
		}
		select {
		case <-r.filled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// swap takes what has come and hands the emptied slice back to the filler.
func (r *pull) swap() ([]Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.records) == 0 {
		return nil, r.err
	}
	clear(r.spare)
	out := r.records
	r.records, r.spare, r.bytes = r.spare[:0], out, 0
	r.room.Signal()
	return out, nil
}

// stop ends it. It may be called more than once. While the server is
// away it can take ten seconds: the consumer is then waiting to try again.
func (r *pull) stop() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	r.room.Broadcast()
	r.mu.Unlock()
	r.cancel()
	r.looking.Wait()
	if r.cons == nil {
		return
	}
	closed := r.cons.Closed()
	r.cons.Stop()
	<-closed
}
