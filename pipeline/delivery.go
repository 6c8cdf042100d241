package pipeline

import (
	"context"
	"errors"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// delivery says to a fault plan what is delivered to whom.
func (r *reading) delivery(stream string) guarantees.Delivery {
	d := guarantees.Delivery{Stream: stream, Readers: r.readers, Ends: r.ends, Last: r.last}
	if stream == r.plan.Pipeline.LogStream().Name {
		d.Ends, d.Last = endsLog, r.lastOfLog
	}
	return d
}

// endsLog says whether a record of the log ends a source.
func endsLog(_ context.Context, r broker.Record) (bool, error) {
	return controls(r), nil
}

// ends says whether a record of a partition covers the log up to an end of a
// source.
func (r *reading) ends(ctx context.Context, record broker.Record) (bool, error) {
	h, err := guarantees.ParseHeader(record)
	if err != nil || h.Trigger != "" || h.Kind != guarantees.Done && h.Kind != guarantees.Hole {
		return false, err
	}
	_, to := h.Span()
	record, err = r.broker.Record(ctx, r.plan.Pipeline.LogStream().Name, to)
	if errors.Is(err, broker.ErrEmpty) {
		return false, nil // it was purged, and more has come since
	}
	if err != nil {
		return false, err
	}
	return endsLog(ctx, record)
}

// lastOfLog says whether a record is the log's last.
func (r *reading) lastOfLog(ctx context.Context, record broker.Record) (bool, error) {
	last, err := r.broker.LastSequence(ctx, r.plan.Pipeline.LogStream().Name)
	return record.Sequence >= last, err
}

// last says whether a partition's record is its last, and covers all of the log
// that there is.
func (r *reading) last(ctx context.Context, record broker.Record) (bool, error) {
	h, err := guarantees.ParseHeader(record)
	if err != nil || h.Kind == guarantees.Claimed {
		return false, err
	}
	return r.lastOfLog(ctx, broker.Record{Sequence: h.Through()})
}
