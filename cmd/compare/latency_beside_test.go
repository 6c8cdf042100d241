package main

import (
	"fmt"
	"strings"
	"testing"

	"tidings/eval/report"
	"tidings/guarantees"
	"tidings/pipeline"
)

// Properties, of latencies made by hand, round by round beside at-least-once by
// kept:
//   - one that adds much in each round is shown to, one that adds little to be
//     within the margin, however much all of them vary from round to round;
//   - where rounds differ, or there are too few of them, nothing is shown;
//   - several comparisons are adjusted for their number.
func TestLatenciesAreComparedWithinTheirRounds(t *testing.T) {
	tests := map[string]struct {
		adds   func(round int) float64
		rounds int
		others int
		want   report.Verdict
		says   string
	}{
		"much more":                  {func(round int) float64 { return 500 + float64(round) }, 10, 0, report.Shown, "+504.50 ms at p50 (+502.60 to +506.10): it makes a difference."},
		"much more, 7 comparisons":   {func(round int) float64 { return 500 + float64(round) }, 10, 6, report.Shown, "it makes a difference"},
		"much more, too few rounds":  {func(round int) float64 { return 500 + float64(round) }, 5, 0, report.Open, "; so few rounds cannot decide, take 10."},
		"one comparison decides":     {func(round int) float64 { return 500 + float64(round) }, 6, 0, report.Shown, "it makes a difference"},
		"where seven do not":         {func(round int) float64 { return 500 + float64(round) }, 6, 6, report.Open, "so few rounds cannot decide"},
		"a little":                   {func(round int) float64 { return .01 * float64(round) }, 10, 6, report.Shown, "which is within 1 ms."},
		"nothing":                    {func(int) float64 { return 0 }, 10, 6, report.Shown, "+0.00 ms at p50 (+0.00 to +0.00), which is within 1 ms."},
		"one way and the other":      {func(round int) float64 { return 20 * float64(round%2*2-1) }, 10, 6, report.Open, "the rounds do not decide"},
		"one round, whatever it was": {func(int) float64 { return 500 }, 1, 0, report.Open, "+500.00 ms at p50"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kept := measured(test.rounds, guarantees.Kept, func(int) float64 { return 0 })
			all := []*latencyOf{measured(test.rounds, guarantees.Commit, test.adds), kept}
			for range test.others {
				all = append(all, measured(test.rounds, guarantees.Rollback, test.adds))
			}
			c := &latencies{Margin: 1}
			pairs := c.besideKept(all)
			if len(pairs) != 1+test.others || pairs[0].other != kept {
				t.Fatalf("%d comparisons, beside %s", len(pairs), pairs[0].other.name)
			}
			claims := c.claims(pairs[0], len(pairs))
			if claims[0].Holds != test.want || !strings.Contains(claims[0].Text, test.says) || !strings.Contains(claims[0].Test, fmt.Sprintf("%d rounds, %s", test.rounds, counted(uint64(1+test.others), "test"))) {
				t.Errorf("%+v", claims[0])
			}
			if f := pairs[0].faster; f.Mean != 2 || f.Low != 2 || f.High != 2 {
				t.Errorf("twice as fast in each round, and %+v", f)
			}
		})
	}
	if pairs := (&latencies{}).besideKept([]*latencyOf{measured(3, guarantees.Commit, func(int) float64 { return 0 })}); pairs != nil {
		t.Errorf("beside nothing: %+v", pairs)
	}
}

// measured has other latencies each round, and what it adds to them; all but kept
// are twice as fast.
func measured(rounds int, recovery string, adds func(round int) float64) *latencyOf {
	l := &latencyOf{name: recovery, plan: pipeline.Plan{Recovery: recovery}}
	for round := range rounds {
		noise := float64(round * round % 7)
		l.p50, l.p99 = append(l.p50, 1+noise+adds(round)), append(l.p99, 3+noise+adds(round))
		perSecond := 1000 + 100*noise
		if recovery != guarantees.Kept {
			perSecond *= 2
		}
		l.perSecond = append(l.perSecond, perSecond)
	}
	return l
}
