package main

import (
	"fmt"
	"math"
	"slices"

	"tidings/eval/report"
	"tidings/eval/statistics"
	"tidings/guarantees"
)

// beside is one plan beside another, measured in the same rounds.
type beside struct {
	of, other *latencyOf
	p50, p99  roundDifferences
	faster    statistics.Estimate // throughput, of the other's in the same round
}

// roundDifferences are what a latency adds to another, in ms, one a round.
type roundDifferences struct {
	quantile string
	adds     []float64
	mean     statistics.Estimate
	differs  float64 // adjusted p that their mean is not 0
	within   float64 // adjusted p that it is less than the margin
}

// besideKept sets each plan beside at-least-once by kept, where that was measured.
func (c *latencies) besideKept(all []*latencyOf) (pairs []*beside) {
	kept := slices.IndexFunc(all, func(l *latencyOf) bool { return l.plan.Recovery == guarantees.Kept })
	if kept < 0 {
		return nil
	}
	for i, l := range all {
		if i != kept {
			pairs = append(pairs, newBeside(l, all[kept], c.Seed))
		}
	}
	c.test(pairs)
	return pairs
}

func newBeside(of, other *latencyOf, seed uint64) *beside {
	resampling := statistics.Resampling{Seed: seed}
	differences := func(quantile string, a, b []float64) (d roundDifferences) {
		d.quantile = quantile
		for i := range a {
			d.adds = append(d.adds, a[i]-b[i])
		}
		d.mean = statistics.Mean(d.adds, resampling)
		return d
	}
	b := &beside{of: of, other: other, p50: differences("p50", of.p50, other.p50), p99: differences("p99", of.p99, other.p99)}
	var ratios []float64
	for i := range of.perSecond {
		ratios = append(ratios, of.perSecond[i]/other.perSecond[i])
	}
	b.faster = statistics.Mean(ratios, resampling)
	return b
}

// test makes the tests that were to be made: at each quantile, of every pair, whether
// it adds anything, and whether that is less than the margin; each adjusted for the
// number of pairs (Holm).
func (c *latencies) test(pairs []*beside) {
	for _, of := range []func(*beside) *roundDifferences{
		func(b *beside) *roundDifferences { return &b.p50 },
		func(b *beside) *roundDifferences { return &b.p99 },
	} {
		var differs, within []float64
		for _, b := range pairs {
			d := of(b)
			differs = append(differs, statistics.SignFlip(d.adds, statistics.Resampling{Seed: c.Seed}))
			within = append(within, statistics.Equivalent(d.adds, c.Margin).P)
		}
		differs, within = statistics.Holm(differs), statistics.Holm(within)
		for i, b := range pairs {
			of(b).differs, of(b).within = differs[i], within[i]
		}
	}
}

// claims say what the tests of a pair, of so many, have shown.
func (c *latencies) claims(b *beside, of int) (claims []report.Claim) {
	for _, d := range []*roundDifferences{&b.p50, &b.p99} {
		signs := fmt.Sprintf("signs tossed, %d rounds, %s adjusted by Holm", len(d.adds), counted(uint64(of), "test"))
		claim := report.Claim{Holds: report.Open, P: d.differs, Test: signs, Text: fmt.Sprintf("%s beside %s: %+.2f ms at %s (%+.2f to %+.2f)",
			sentence(b.of.name), b.other.name, d.mean.Mean, d.quantile, d.mean.Low, d.mean.High)}
		switch {
		case d.within < .05:
			claim.Holds, claim.P = report.Shown, d.within
			claim.Test = fmt.Sprintf("two one-sided t tests against %v ms, %d rounds, %s adjusted by Holm", c.Margin, len(d.adds), counted(uint64(of), "test"))
			claim.Text += fmt.Sprintf(", which is within %v ms.", c.Margin)
		case d.differs < .05:
			claim.Holds = report.Shown
			claim.Text += ": it makes a difference."
		case math.Ldexp(float64(of), 1-len(d.adds)) >= .05: // the least that p can be
			claim.Text += fmt.Sprintf("; so few rounds cannot decide, take %d.", latencyRounds)
		default:
			claim.Text += "; the rounds do not decide."
		}
		claims = append(claims, claim)
	}
	return claims
}

// besideTable has what each plan adds.
func besideTable(pairs []*beside, rounds int) report.Table {
	t := report.Table{
		Name: "beside", Title: "Beside " + pairs[0].other.name, Remark: fmt.Sprintf("ms more, means over %d rounds with their intervals", rounds),
		Columns: []report.Column{
			{Name: "run"}, {Name: "p50 adds", Unit: "ms", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2},
			{Name: "p99 adds", Unit: "ms", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2},
			{Name: "throughput", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2},
		},
	}
	for _, b := range pairs {
		row := []report.Cell{report.Text(b.of.name)}
		for _, e := range []statistics.Estimate{b.p50.mean, b.p99.mean, b.faster} {
			row = append(row, report.Number(e.Mean), report.Number(e.Low), report.Number(e.High))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
