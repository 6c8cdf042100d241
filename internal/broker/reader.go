package broker

import "context"

// ReaderOptions of a Reader. The zero value suits streams of large records.
type ReaderOptions struct {
	Ahead int // records taken ahead of the caller at most; 0 is 64
}

// Reader reads a stream in order from a sequence on: from the server, and
// where all that is stored passes through this process anyway, from the tail
// of that. Either way what it holds is bounded. One goroutine at a time may use
// it.
type Reader struct {
	broker  *Broker
	stream  string
	ahead   int
	next    uint64 // the sequence that comes next
	tail    *tail  // nil: there is none
	pull    *pull  // nil: the tail is read
	records []Record
}

// Read starts reading at sequence from (1 is the first). ErrGone from Next
// when records from there on have been deleted: nobody skips them in silence.
func (b *Broker) Read(ctx context.Context, stream string, from uint64, o ReaderOptions) (*Reader, error) {
	r := &Reader{broker: b, stream: stream, ahead: o.Ahead, next: max(from, 1)}
	if r.ahead == 0 {
		r.ahead = 64
	}
	var err error
	if r.tail, err = b.tail(ctx, stream); err != nil {
		return nil, err
	}
	if r.tail == nil || !r.tail.joins(r.next) {
		r.pull, err = b.pull(ctx, stream, r.next, r.ahead)
	}
	return r, err
}

// Next waits for records and returns all that have come, at least one. The
// slice is valid until the next call.
func (r *Reader) Next(ctx context.Context) (records []Record, err error) {
	for len(records) == 0 && err == nil {
		if r.pull == nil {
			records, err = r.fromTail(ctx)
			continue
		}
		if r.tail != nil && r.tail.joins(r.next) {
			r.pull.stop()
			r.pull = nil
			continue
		}
		records, err = r.pull.wait(ctx)
	}
	if len(records) > 0 {
		r.next = records[len(records)-1].Sequence + 1
	}
	return records, err
}

// fromTail returns what the tail has; where it does not reach back to the next
// record any more, it goes over to the server.
func (r *Reader) fromTail(ctx context.Context) (records []Record, err error) {
	clear(r.records)
	records, more, ok := r.tail.from(r.records[:0], r.next, r.ahead)
	switch {
	case !ok:
		r.pull, err = r.broker.pull(ctx, r.stream, r.next, r.ahead)
		return nil, err
	case len(records) > 0:
		r.records = records
		return records, nil
	}
	select {
	case <-more:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close stops the reader. It may be called more than once.
func (r *Reader) Close() {
	if r.pull != nil {
		r.pull.stop()
	}
}
