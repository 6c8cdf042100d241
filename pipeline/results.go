package pipeline

import (
	"context"
	"errors"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Results reads what a pipeline has committed, in log order: entries with
// their predictions, and the windows that closed.
type Results struct {
	in     *zipInput
	broker *broker.Broker
	plan   Plan
	loses  bool // documents may be missing
	unit   Unit
}

// OpenResults reads from the first record on, and goes on reading as more is
// committed.
func OpenResults(ctx context.Context, b *broker.Broker, p Plan) (*Results, error) {
	stages := []string{ClassifyStage, TopicsStage}
	if p.Partitions.Chained() {
		stages = stages[:1] // the chain's record holds the windows too
	}
	// Whoever looks wants to see what comes again.
	everything := guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}
	r := &Results{broker: b, plan: p, loses: p.Claim().Guarantee == guarantees.AtMostOnce}
	err := r.patiently(ctx, func() (err error) {
		r.in, err = openZip(ctx, reading{broker: b, plan: p, promise: everything}, stages)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// patiently repeats what fails because the broker is away, when it is back.
func (r *Results) patiently(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, broker.ErrNoBroker) || r.broker.Await(ctx) != nil || !r.broker.Connected() {
			return err
		}
	}
}

// Next waits for the next stretch of the log that is committed to the end of
// the graph. The unit is valid until the next call.
func (r *Results) Next(ctx context.Context) (*Unit, error) {
	err := r.patiently(ctx, func() error {
		r.unit.Reset()
		return r.in.next(ctx, &r.unit)
	})
	if err == nil && r.loses && r.unit.Trigger == "" {
		err = r.patiently(ctx, func() error { return r.fillHoles(ctx) })
	}
	return &r.unit, err
}

// fillHoles puts an entry for each lost document and label where a log message has none
// at all: a stage has lost it as a whole, and only the log knows what it held.
func (r *Results) fillHoles(ctx context.Context) error {
	u := &r.unit
	var all []Entry
	next := 0
	for sequence := u.From; sequence <= u.To; sequence++ {
		at := next
		for next < len(u.Entries) && u.Entries[next].Position.Sequence == sequence {
			next++
		}
		if next > at {
			all = append(all, u.Entries[at:next]...)
			continue
		}
		record, err := r.broker.Record(ctx, r.plan.Pipeline.LogStream().Name, sequence)
		if err != nil {
			return err
		}
		var read Unit
		read.AddLog(record)
		if err := NewTokenize(r.plan.Features, func(uint64) bool { return true }).Step(&read); err != nil {
			return err
		}
		for _, e := range read.Entries {
			switch e.Kind {
			case DocumentEntry:
				e.Kind, e.terms, e.termsEnd = LostEntry, 0, 0
				all = append(all, e)
			case LabelEntry:
				e.Fate = LabelLost
				all = append(all, e)
			}
		}
	}
	u.Entries = all
	return nil
}

// Close stops reading.
func (r *Results) Close() { r.in.close() }
