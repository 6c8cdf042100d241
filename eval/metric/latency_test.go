package metric

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// For any durations: quantiles are the exact ones or up to a thousandth and a
// microsecond more, they grow with q and end at the maximum; the order does
// not matter, and two halves merged are the whole.
func TestLatencyProperties(t *testing.T) {
	duration := rapid.Custom(func(t *rapid.T) time.Duration {
		top := rapid.SampledFrom([]time.Duration{time.Microsecond, time.Millisecond, time.Second, LatencyMax}).Draw(t, "up to")
		return time.Duration(rapid.Int64Range(0, int64(top)).Draw(t, "duration"))
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(duration, 1, 100).Draw(t, "durations")
		whole := latency(all)
		if whole.Summary() != latency(rapid.Permutation(all).Draw(t, "order")).Summary() {
			t.Fatal("the order matters")
		}
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		merged := latency(all[:cut])
		merged.Merge(latency(all[cut:]))
		if merged.Summary() != whole.Summary() {
			t.Fatalf("merged %+v, whole %+v", merged.Summary(), whole.Summary())
		}
		sorted := slices.Sorted(slices.Values(all))
		before := 0.
		for _, q := range []float64{0, .01, .5, .95, .99, 1} {
			rank := min(max(int(q*float64(len(all))+.5), 1), len(all))
			exact := float64(sorted[rank-1]) / 1e6
			got := whole.Quantile(q)
			if q > 0 && !(got >= exact && got <= exact*1.001+.001) || got < before {
				t.Fatalf("quantile %v is %v ms, exactly %v ms, before %v", q, got, exact, before)
			}
			before = got
		}
		if last := float64(sorted[len(sorted)-1]) / 1e6; whole.Max() != last || whole.Quantile(1) != last {
			t.Fatalf("max %v, quantile 1 %v, longest %v", whole.Max(), whole.Quantile(1), last)
		}
	})
}

func latency(durations []time.Duration) *Latency {
	l := new(Latency)
	for _, d := range durations {
		l.Record(d)
	}
	return l
}

func TestLatencyOfAThousandMilliseconds(t *testing.T) {
	var l Latency
	for i := 1000; i > 0; i-- {
		l.Record(time.Duration(i) * time.Millisecond)
	}
	near(t, "p50", l.P50(), 500, .5)
	near(t, "p95", l.P95(), 950, .95)
	near(t, "p99", l.P99(), 990, .99)
	near(t, "max", l.Max(), 1000, 0)
	want := LatencySummary{Count: 1000, P50MS: l.P50(), P95MS: l.P95(), P99MS: l.P99(), MaxMS: 1000}
	if got := l.Summary(); got != want {
		t.Errorf("summary %+v, want %+v", got, want)
	}
}

func TestLatencyBeyondItsLimits(t *testing.T) {
	var l Latency
	if l.Summary() != (LatencySummary{}) {
		t.Errorf("nothing recorded: %+v", l.Summary())
	}
	l.Merge(&Latency{})
	l.Record(-time.Second)
	near(t, "negative", l.Quantile(1), 0, 0)
	l.Record(math.MaxInt64)
	if l.Count() != 2 || l.Beyond() != 1 {
		t.Errorf("%d recorded, %d beyond", l.Count(), l.Beyond())
	}
	near(t, "the longest", l.Max(), math.MaxInt64/1e6, 0)
	near(t, "its quantile", l.Quantile(1), 3.6e6, 3.6e3)
}

func TestLatencyRecordAllocatesNothing(t *testing.T) {
	l := latency([]time.Duration{1})
	if n := testing.AllocsPerRun(1000, func() { l.Record(3 * time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLatencyRecord(b *testing.B) {
	var l Latency
	b.ReportAllocs()
	d := time.Duration(0)
	for b.Loop() {
		l.Record(d)
		d = (d + 997*time.Microsecond) % time.Second
	}
}
