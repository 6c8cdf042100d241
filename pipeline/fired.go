package pipeline

import (
	"context"
	"errors"

	"tidings/internal/broker"
)

// Fired stores beside a pipeline's plan which faults have struck.
type Fired struct {
	Broker   *broker.Broker
	Pipeline Name
}

// Fire stores that a fault strikes, and says whether it is the first time.
func (f Fired) Fire(ctx context.Context, name string) (first bool, err error) {
	err = f.Broker.CreateKey(ctx, f.Pipeline.metaBucket(), "fault."+name, nil)
	if errors.Is(err, broker.ErrExists) {
		return false, nil
	}
	return err == nil, err
}
