package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"tidings/internal/broker"
)

// Stored returns the plan that a pipeline was created with, broker.ErrEmpty
// when there is none.
func Stored(ctx context.Context, b *broker.Broker, name Name) (p Plan, err error) {
	stored, err := b.Key(ctx, name.metaBucket(), planKey)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(stored, &p); err != nil {
		return p, fmt.Errorf("the stored plan of pipeline %s cannot be read: %w", name, err)
	}
	return p, nil
}

// Differs compares a plan with the one that its pipeline was created with: nil
// when a process with this plan can go on with it, or a *PlanError.
func (p Plan) Differs(stored Plan) error {
	a, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return comparePlans(p.Pipeline, a, b)
}

// Streams are those that the pipeline consists of: the log, and what its
// partitions write.
func (p Plan) Streams() []broker.Stream {
	streams := []broker.Stream{p.Pipeline.LogStream()}
	for _, n := range p.writers() {
		for i := range *p.Partitions.of(n.Stage) {
			streams = append(streams, p.Pipeline.partitionStream(n, i))
		}
	}
	return streams
}
