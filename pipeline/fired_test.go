package pipeline

import (
	"testing"

	"tidings/guarantees"
	"tidings/internal/broker/brokertest"
)

// Properties: of all who tell that a fault strikes one is the first, for good;
// what has struck is listed in the plan's order; pipelines do not touch.
func TestAFaultStrikesOnce(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	mine, other := Fired{b, "mine"}, Fired{b, "other"}
	for _, s := range []guarantees.Strike{{Fault: 1, Place: "df/0", Sequence: 7}, {Fault: 0, Place: "df/1", Sequence: 9}, {Fault: 0, Place: "df/1", Sequence: 3}} {
		name := s.Place[:2] + "." + string(rune('0'+s.Fault)) + string(rune('0'+s.Sequence))
		for i := range 3 {
			first, err := mine.Fire(ctx, name, s)
			if err != nil || first != (i == 0) {
				t.Errorf("the %d. time, %+v: first %v, %v", i+1, s, first, err)
			}
		}
		if first, err := other.Fire(ctx, name, s); err != nil || !first {
			t.Errorf("in another pipeline, %+v: first %v, %v", s, first, err)
		}
	}
	strikes, err := mine.List(ctx)
	if err != nil || len(strikes) != 3 || strikes[0].Sequence != 3 || strikes[1].Sequence != 9 || strikes[2].Fault != 1 || strikes[0].Time.IsZero() {
		t.Errorf("%+v, %v", strikes, err)
	}
	if strikes, err := (Fired{b, "none"}).List(ctx); err != nil || len(strikes) > 0 {
		t.Errorf("where nothing struck: %+v, %v", strikes, err)
	}
}
