package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ReaderOptions of a Reader. The zero value suits streams of large records.
type ReaderOptions struct {
	Ahead int // records taken ahead of the caller at most; 0 is 64
}

// Reader reads a stream in order from a sequence on. What it has read ahead is
// bounded by ReaderOptions.Ahead and by bytes. One goroutine at a time may use
// it.
type Reader struct {
	stream string
	ahead  int
	cons   jetstream.ConsumeContext

	mu      sync.Mutex
	room    sync.Cond     // the buffer has room, or the reader is closed
	filled  chan struct{} // holds a token when there may be something to read
	records []Record
	next    uint64 // the sequence that must come
	err     error
	closed  bool
	spare   []Record
}

// Read starts reading at sequence from (1 is the first). ErrGone from Next
// when records from there on have been deleted: nobody skips them in silence.
func (b *Broker) Read(ctx context.Context, stream string, from uint64, o ReaderOptions) (*Reader, error) {
	if from == 0 {
		from = 1
	}
	if o.Ahead == 0 {
		o.Ahead = 64
	}
	r := &Reader{stream: stream, ahead: o.Ahead, next: from, filled: make(chan struct{}, 1)}
	r.room.L = &r.mu
	c, err := b.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s cannot be read: %w", stream, err)
	}
	r.cons, err = c.Consume(r.take,
		jetstream.PullMaxMessagesWithBytesLimit(o.Ahead, readBytesMax),
		jetstream.ConsumeErrHandler(r.trouble))
	if err != nil {
		return nil, fmt.Errorf("stream %s cannot be read: %w", stream, err)
	}
	return r, nil
}

// take runs on the subscription's goroutine, for each message in turn.
func (r *Reader) take(m jetstream.Msg) {
	meta, err := m.Metadata()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.records) >= r.ahead && !r.closed {
		r.room.Wait()
	}
	switch {
	case r.closed || r.err != nil:
		return
	case err != nil:
		r.err = fmt.Errorf("stream %s: %w", r.stream, err)
	case meta.Sequence.Stream > r.next:
		r.err = fmt.Errorf("%w: %s has no %d..%d any more", ErrGone, r.stream, r.next, meta.Sequence.Stream-1)
	case meta.Sequence.Stream == r.next:
		r.next++
		r.records = append(r.records, Record{
			Subject: m.Subject(), Sequence: meta.Sequence.Stream, Time: meta.Timestamp,
			Header: Header(m.Headers()), Data: m.Data(),
		})
	}
	r.wake()
}

// trouble runs when the consumer reports an error. The ordered consumer mends
// most by itself (it makes itself anew behind the last record); a deleted
// stream it cannot.
func (r *Reader) trouble(_ jetstream.ConsumeContext, err error) {
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = fmt.Errorf("stream %s was deleted while it was read: %w", r.stream, err)
	r.wake()
}

func (r *Reader) wake() {
	select {
	case r.filled <- struct{}{}:
	default:
	}
}

// Next waits for records and returns all that have come, at least one. The
// slice is valid until the next call.
func (r *Reader) Next(ctx context.Context) ([]Record, error) {
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
func (r *Reader) swap() ([]Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.records) == 0 {
		return nil, r.err
	}
	clear(r.spare)
	out := r.records
	r.records, r.spare = r.spare[:0], out
	r.room.Signal()
	return out, nil
}

// Close stops the reader. It may be called more than once.
func (r *Reader) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	r.room.Broadcast()
	r.mu.Unlock()
	closed := r.cons.Closed()
	r.cons.Stop()
	<-closed
}
