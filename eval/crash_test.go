package eval_test

import (
	"context"
	"testing"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline"
)

// often makes snapshots of all partitions come several times in a short run,
// where there are any.
func often(p guarantees.Promise) (every pipeline.Interval) {
	if p.Holds() {
		every.Documents = 200
	}
	return every
}

// crashPlan kills a stage's first partition in the middle. What is only there
// after a crash needs one before.
func crashPlan(stage string, point guarantees.Point) []guarantees.Fault {
	const middle = 600
	kill := guarantees.Fault{Kind: guarantees.Kill, Stage: stage, At: middle, Point: point}
	switch point {
	case guarantees.Opened, guarantees.Restored:
		kill.At = 2
	default:
		return []guarantees.Fault{kill}
	}
	return []guarantees.Fault{{Kind: guarantees.Kill, Stage: stage, At: middle, Point: guarantees.Stored}, kill}
}

// struck counts the faults that have struck.
func struck(t *testing.T, b *broker.Broker, p pipeline.Plan) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	strikes, err := pipeline.Fired{Broker: b, Pipeline: p.Pipeline}.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return len(strikes)
}
