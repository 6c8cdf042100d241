package pipeline

import (
	"context"

	"tidings/internal/broker"
)

// Results reads what a pipeline has committed, in log order: entries with
// their predictions, and the windows that closed.
type Results struct {
	in   *zipInput
	unit Unit
}

// OpenResults reads from the first record on, and goes on reading as more is
// committed.
func OpenResults(ctx context.Context, b *broker.Broker, p Plan) (*Results, error) {
	stages := []string{ClassifyStage, TopicsStage}
	if p.Partitions.Chained() {
		stages = stages[:1] // the chain's record holds the windows too
	}
	in, err := openZip(ctx, b, p, stages, nil)
	if err != nil {
		return nil, err
	}
	return &Results{in: in}, nil
}

// Next waits for the next stretch of the log that is committed to the end of
// the graph. The unit is valid until the next call.
func (r *Results) Next(ctx context.Context) (*Unit, error) {
	r.unit.Reset()
	err := r.in.next(ctx, &r.unit)
	return &r.unit, err
}

// Close stops reading.
func (r *Results) Close() { r.in.close() }
