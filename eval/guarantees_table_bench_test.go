package eval_test

import (
	"fmt"
	"slices"
	"strings"

	"tidings/guarantees"
)

// guaranteeColumn is a quantity of the table.
type guaranteeColumn struct {
	head string
	show func(r, yard *guaranteeRow) string
}

var guaranteeColumns = []guaranteeColumn{
	{"documents/s", func(r, _ *guaranteeRow) string {
		return whole(r.median(func(s guaranteeSample) float64 { return s.rate }))
	}},
	{"/ kept", func(r, yard *guaranteeRow) string {
		ratios := r.ratios(yard)
		return fmt.Sprintf("%.2f (%.2f to %.2f)", middle(ratios), slices.Min(ratios), slices.Max(ratios))
	}},
	{"CPU, µs", func(r, _ *guaranteeRow) string {
		return whole(r.median(func(s guaranteeSample) float64 { return s.cpu }))
	}},
	{"half load: p50, p95, p99, ms", func(r, _ *guaranteeRow) string {
		return r.quantiles(func(s guaranteeSample) quantiles { return s.half })
	}},
	{fmt.Sprintf("%d/s: p50, p95, p99, ms", guaranteesPerSecond), func(r, _ *guaranteeRow) string {
		return r.quantiles(func(s guaranteeSample) quantiles { return s.few })
	}},
	{"streams: B, messages", func(r, _ *guaranteeRow) string {
		return r.spent(func(s guaranteeSample) spent { return s.written })
	}},
	{"snapshots: B", func(r, _ *guaranteeRow) string {
		return whole(r.median(func(s guaranteeSample) float64 { return s.snapshots.bytes }))
	}},
	{"Redis: B, commands", func(r, _ *guaranteeRow) string {
		return r.spent(func(s guaranteeSample) spent { return s.redis })
	}},
	{"killed: visible, s", func(r, _ *guaranteeRow) string {
		return seconds(r.median(func(s guaranteeSample) float64 { return s.visible }))
	}},
	{"level, s", func(r, _ *guaranteeRow) string {
		return seconds(r.median(func(s guaranteeSample) float64 { return s.level }))
	}},
}

// printGuarantees prints the table, and what was aimed at beside what came of it.
func printGuarantees(rows []*guaranteeRow, rounds int) {
	yard := rows[slices.IndexFunc(rows, func(r *guaranteeRow) bool { return r.yard })]
	fmt.Printf("\n%d documents, %d partitions, medians of %d rounds:\n\n|", *guaranteesDocuments, *guaranteesPartitions, rounds)
	for _, c := range guaranteeColumns {
		fmt.Printf(" | %s", c.head)
	}
	fmt.Printf(" |\n|%s\n", strings.Repeat("---|", len(guaranteeColumns)+1))
	for _, r := range rows {
		fmt.Printf("| %s |", r.name)
		for _, c := range guaranteeColumns {
			fmt.Printf(" %s |", c.show(r, yard))
		}
		fmt.Println()
	}
	fmt.Printf("\nAims:\n\n")
	for _, r := range rows {
		printAim(r, yard, rows)
	}
	fmt.Println()
}

// printAim prints what was aimed at for a row.
func printAim(r, yard *guaranteeRow, rows []*guaranteeRow) {
	p99 := func(s guaranteeSample) float64 { return s.few.p99 }
	switch r.plan.Recovery {
	case guarantees.Replay:
		fmt.Printf("* %s: %.2f of kept's throughput (aim .95), %.2f and %.2f times its p99 at half load and at %d/s (aim 1.5)\n", r.name,
			middle(r.ratios(yard)), r.median(func(s guaranteeSample) float64 { return s.half.p99 })/yard.median(func(s guaranteeSample) float64 { return s.half.p99 }),
			r.median(p99)/yard.median(p99), guaranteesPerSecond)
	case guarantees.Commit:
		fmt.Printf("* %s: p99 at %d/s %.2f ms (aim 60)\n", r.name, guaranteesPerSecond, r.median(p99))
	case guarantees.BySnapshot:
		fmt.Printf("* %s: p50 at %d/s %.2f of the interval (aim .5)\n", r.name, guaranteesPerSecond,
			r.median(func(s guaranteeSample) float64 { return s.few.p50 })/float64(r.plan.SnapshotEvery.Time.Milliseconds()))
	}
	if r.plan.State != "" {
		for _, twin := range rows {
			if twin.plan.State == "" && twin.name == strings.Replace(r.name, ", Redis", "", 1) {
				fmt.Printf("* %s: %.2f of embedded (aim .3)\n", r.name, middle(r.ratios(twin)))
			}
		}
	}
}

// median is the median of a quantity.
func (r *guaranteeRow) median(of func(guaranteeSample) float64) float64 {
	var all []float64
	for _, s := range r.samples {
		all = append(all, of(s))
	}
	return middle(all)
}

// ratios are the throughputs by those of another row in the same rounds.
func (r *guaranteeRow) ratios(to *guaranteeRow) (all []float64) {
	for i, s := range r.samples {
		all = append(all, s.rate/to.samples[i].rate)
	}
	return all
}

func (r *guaranteeRow) quantiles(of func(guaranteeSample) quantiles) string {
	if r.median(func(s guaranteeSample) float64 { return of(s).p99 }) == 0 {
		return "" // not measured
	}
	var text []string
	for _, q := range []func(quantiles) float64{
		func(q quantiles) float64 { return q.p50 }, func(q quantiles) float64 { return q.p95 }, func(q quantiles) float64 { return q.p99 },
	} {
		text = append(text, significant(r.median(func(s guaranteeSample) float64 { return q(of(s)) })))
	}
	return strings.Join(text, ", ")
}

func (r *guaranteeRow) spent(of func(guaranteeSample) spent) string {
	bytes := r.median(func(s guaranteeSample) float64 { return of(s).bytes })
	if bytes == 0 {
		return ""
	}
	return whole(bytes) + ", " + significant(r.median(func(s guaranteeSample) float64 { return of(s).messages }))
}

// middle is the median.
func middle(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// significant shows two digits of what is small, and whole numbers of what is not.
func significant(v float64) string {
	switch {
	case v >= 10:
		return whole(v)
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return strings.TrimPrefix(fmt.Sprintf("%.2g", v), "0")
}

// seconds shows tenths; nothing of what was not measured.
func seconds(v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", v)
}

// whole shows a whole number with commas; nothing of 0.
func whole(v float64) string {
	text := fmt.Sprintf("%.0f", v)
	if text == "0" {
		return ""
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
