package pipeline

import (
	"context"

	"tidings/internal/broker"
)

// getter reads a few records of a stream, one request each. A reader that is
// made for them costs the server a consumer, of which it has only so many.
type getter struct {
	broker *broker.Broker
	stream string
	next   uint64
}

// Next returns the next record; it has to be there.
func (g *getter) Next(ctx context.Context) ([]broker.Record, error) {
	r, err := g.broker.Record(ctx, g.stream, g.next)
	if err != nil {
		return nil, err
	}
	g.next++
	return []broker.Record{r}, nil
}

// Close has nothing to do.
func (g *getter) Close() {}
