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
	after  uint64
	unit   Unit
}

// OpenResults reads from the first record on, and goes on reading as more is
// committed. Where records have been deleted (Trim) it begins behind them.
func OpenResults(ctx context.Context, b *broker.Broker, p Plan) (*Results, error) {
	return OpenResultsBehind(ctx, b, p, 0)
}

// OpenResultsBehind reads what came of the log behind a sequence, or of what is
// kept of it: After tells.
func OpenResultsBehind(ctx context.Context, b *broker.Broker, p Plan, after uint64) (*Results, error) {
	return openResults(ctx, b, p, after, false)
}

// openResults reads also what is not released where early, which is a mistake on
// purpose.
func openResults(ctx context.Context, b *broker.Broker, p Plan, after uint64, early bool) (*Results, error) {
	stages := []string{ClassifyStage, TopicsStage}
	if p.Partitions.Chained() {
		stages = stages[:1] // the chain's record holds the windows too
	}
	// Whoever looks wants to see what comes again.
	everything := guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}
	r := &Results{broker: b, plan: p, loses: p.Claim().Guarantee == guarantees.AtMostOnce}
	err := r.patiently(ctx, func() error {
		from, err := p.resultsBehind(ctx, b, stages, after)
		if err != nil {
			return err
		}
		r.after = from.after
		g, err := resultsGate(ctx, b, p, early)
		if err != nil {
			return err
		}
		r.in, err = openZip(ctx, reading{broker: b, plan: p, promise: everything, after: from.after, places: from.places, gate: g}, stages)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// resultsBehind finds where each stream has to be read from to have all behind a
// log sequence, and from where on all of them have something.
func (p Plan) resultsBehind(ctx context.Context, b *broker.Broker, stages []string, after uint64) (restored, error) {
	r := restored{after: after, places: places{}}
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			return r, err
		}
		for i := range *p.Partitions.of(stage) {
			place, err := p.placeBehind(ctx, b, n, i, after)
			if err != nil {
				return r, err
			}
			r.places[p.Pipeline.partitionStream(n, i).Name] = place
			r.after = max(r.after, place.At)
		}
	}
	return r, nil
}

// After is the log sequence behind which the results begin.
func (r *Results) After() uint64 { return r.after }

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
	r.unit.After = r.after
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
