package pipeline

import (
	"context"
	"fmt"
	"io"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Committed is one record of a partition's stream, as it stands there.
type Committed struct {
	guarantees.Header
	Sequence uint64 // in the stream
	Time     time.Time
	Unit     *Unit // what a done record holds; of others only the range. Valid until the next one is read
}

// PartitionReader reads the records of one partition's stream one by one, with
// fences, claims and repetitions, as they stand. It joins nothing and skips
// nothing; what counts no more it calls so (guarantees.Aborted).
type PartitionReader struct {
	Stage     string
	Partition int
	First     uint64 // sequence of the first record that is there still; above 1 what was before is purged
	Last      uint64 // of the last one when reading began

	reader  *broker.Reader
	name    string
	records []broker.Record
	data    []byte // of the record that was read last
	codec   codec
	unit    Unit
	next    uint64

	broker  *broker.Broker
	plan    Plan
	attempt guarantees.Attempt
}

// OpenPartition reads what a partition has committed up to now.
func OpenPartition(ctx context.Context, b *broker.Broker, p Plan, stage string, partition int) (*PartitionReader, error) {
	n, err := node(stage)
	if err != nil {
		return nil, err
	}
	r := &PartitionReader{Stage: stage, Partition: partition, broker: b, plan: p, name: p.Pipeline.partitionStream(n, partition).Name}
	if r.Last, err = b.LastSequence(ctx, r.name); err != nil {
		return nil, err
	}
	if r.First, err = b.FirstSequence(ctx, r.name); err != nil {
		return nil, err
	}
	if r.attempt, _, err = p.Attempt(ctx, b); err != nil {
		return nil, err
	}
	r.next = r.First
	if r.First <= r.Last {
		r.reader, err = b.Read(ctx, r.name, r.First, broker.ReaderOptions{})
	}
	return r, err
}

// Next is the next record, io.EOF behind the last one.
func (r *PartitionReader) Next(ctx context.Context) (c Committed, err error) {
	if r.next > r.Last || r.reader == nil {
		return c, io.EOF
	}
	if len(r.records) == 0 {
		if r.records, err = r.reader.Next(ctx); err != nil {
			return c, err
		}
	}
	record := r.records[0]
	r.records, r.next, r.data = r.records[1:], record.Sequence+1, record.Data
	c.Sequence, c.Time = record.Sequence, record.Time
	if c.Header, err = guarantees.ParseHeader(record); err != nil {
		return c, err
	}
	r.unit.Reset()
	r.unit.Trigger, r.unit.Part = c.Trigger, c.Part
	r.unit.From, r.unit.To = c.Span()
	c.Unit = &r.unit
	if c.Attempt > r.attempt.Number {
		if r.attempt, _, err = r.plan.Attempt(ctx, r.broker); err != nil {
			return c, err
		}
	}
	if c.Kind == guarantees.Done && !r.attempt.Counts(c.Header) {
		c.Kind = guarantees.Aborted
	}
	if c.Kind == guarantees.Done {
		r.unit.room(r.Partition + 1)
		if err = r.codec.decode(&r.unit, record.Data, r.Partition); err != nil {
			return c, fmt.Errorf("stream %s, record %d: %w", r.name, record.Sequence, err)
		}
	}
	return c, nil
}

// Close stops reading.
func (r *PartitionReader) Close() {
	if r.reader != nil {
		r.reader.Close()
	}
}

// Writers are the stages that write streams, in order: all of them, or classify
// alone where the whole graph is one worker.
func (p Plan) Writers() []Node { return p.writers() }

// Of is how many partitions a stage has.
func (p Partitions) Of(stage string) int {
	if n := p.of(stage); n != nil {
		return *n
	}
	return 0
}

// Owner is the partition, of n, to which a log message belongs at a stage that
// is divided by position.
func Owner(sequence uint64, n int) int { return blockOwner(sequence, n) }
