package evaltest

import (
	"testing"

	"tidings/eval/check"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Check says whether a pipeline keeps its claim, from its streams as they stand:
// what is not committed is on its way.
func Check(tb testing.TB, b *broker.Broker, p pipeline.Plan) check.Report {
	tb.Helper()
	return report(tb, b, p, false)
}

// CheckFinished says it of a run that does not go on: what is not committed is
// lost.
func CheckFinished(tb testing.TB, b *broker.Broker, p pipeline.Plan) check.Report {
	tb.Helper()
	return report(tb, b, p, true)
}

func report(tb testing.TB, b *broker.Broker, p pipeline.Plan, finished bool) check.Report {
	tb.Helper()
	h, err := check.Open(tb.Context(), b, p, nil)
	if err != nil {
		tb.Fatal(err)
	}
	h.Finished = finished
	r, err := check.Check(h)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
