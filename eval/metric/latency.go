package metric

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a Latency can tell apart: microseconds up to an hour, in steps of less
// than a thousandth of the value.
const (
	LatencyMax           = time.Hour
	latencyDigits        = 3
	latencyUnit          = time.Microsecond
	unitsPerMS           = float64(time.Millisecond / latencyUnit)
	latencyUnitsMaxValue = int64(LatencyMax / latencyUnit)
)

// Latency counts durations and tells their quantiles, in a high dynamic range
// histogram (Tene, hdrhistogram.org) of fixed size, about 200 KB from the
// first duration on.
//
// A duration is rounded up to microseconds. One that is longer than LatencyMax
// counts as LatencyMax, and as Beyond; a negative one, of a clock that was set
// back, counts as 0. Max is exact, whatever its length.
type Latency struct {
	histogram *hdrhistogram.Histogram
	longest   time.Duration
	beyond    uint64
}

// Record counts one duration.
func (l *Latency) Record(d time.Duration) {
	if l.histogram == nil {
		l.histogram = newHistogram()
	}
	d = max(d, 0)
	l.longest = max(l.longest, d)
	if d > LatencyMax {
		l.beyond++
		d = LatencyMax
	}
	units := int64((d + latencyUnit - 1) / latencyUnit)
	_ = l.histogram.RecordValue(units) // fails only outside the range that it was made for
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, latencyUnitsMaxValue, latencyDigits)
}

// Merge adds what other recorded, as if all had been recorded by one.
func (l *Latency) Merge(other *Latency) {
	if other.histogram == nil {
		return
	}
	if l.histogram == nil {
		l.histogram = newHistogram()
	}
	l.histogram.Merge(other.histogram) // drops nothing: the ranges are equal
	l.longest = max(l.longest, other.longest)
	l.beyond += other.beyond
}

// Count is how many durations were recorded.
func (l *Latency) Count() uint64 {
	if l.histogram == nil {
		return 0
	}
	return uint64(l.histogram.TotalCount())
}

// Beyond is how many durations were longer than LatencyMax.
func (l *Latency) Beyond() uint64 { return l.beyond }

// Quantile is the duration in milliseconds at rank q x Count, rounded to the
// nearest rank from 1 on, q in [0, 1]. It is not less than the exact one, and
// more by at most a thousandth and 1 microsecond; what is Beyond counts as
// LatencyMax. It is 0 when nothing was recorded.
func (l *Latency) Quantile(q float64) float64 {
	if l.histogram == nil {
		return 0
	}
	ms := float64(l.histogram.ValueAtQuantile(100*q)) / unitsPerMS
	return min(ms, l.Max()) // the histogram's step may end above the longest
}

// P50 is the median in milliseconds.
func (l *Latency) P50() float64 { return l.Quantile(.50) }

// P95 is the duration in milliseconds that 95 % did not exceed.
func (l *Latency) P95() float64 { return l.Quantile(.95) }

// P99 is the duration in milliseconds that 99 % did not exceed.
func (l *Latency) P99() float64 { return l.Quantile(.99) }

// Max is the longest duration in milliseconds, exactly.
func (l *Latency) Max() float64 {
	return float64(l.longest) / float64(time.Millisecond)
}

// LatencySummary is a Latency in a few numbers, for reports.
type LatencySummary struct {
	Count  uint64  `json:"count"`
	P50MS  float64 `json:"p50_ms"`
	P95MS  float64 `json:"p95_ms"`
	P99MS  float64 `json:"p99_ms"`
	MaxMS  float64 `json:"max_ms"`
	Beyond uint64  `json:"beyond,omitempty"` // longer than LatencyMax: the quantiles may be too small
}

// Summary returns the numbers as they are now.
func (l *Latency) Summary() LatencySummary {
	return LatencySummary{Count: l.Count(), P50MS: l.P50(), P95MS: l.P95(), P99MS: l.P99(), MaxMS: l.Max(), Beyond: l.beyond}
}
