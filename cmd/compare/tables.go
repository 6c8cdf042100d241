package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings/eval"
	"tidings/guarantees"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// name is how a run is called in tables.
func (x *experiment) name(i int) string {
	p := x.plans[i]
	name := guarantees.Promise{Guarantee: p.Guarantee, Recovery: p.Recovery}.String()
	if p.Races() {
		name = inArrival(p)
	}
	for _, stage := range pipeline.Stages() {
		if promise, own := p.Stages[stage]; own {
			name += ", " + stage + " " + promise.Guarantee
		}
	}
	if len(x.flags.Partitions) > 1 {
		name += ", partitions " + p.Partitions.String()
	}
	return name
}

// inArrival is how a run that meets records as they arrive is called: by its
// guarantee where that is reached as everywhere, else by its recovery.
func inArrival(p pipeline.Plan) string {
	switch p.Recovery {
	case guarantees.BySnapshot:
		return p.Recovery + ", arrival"
	case guarantees.Unaligned: // there is it nowhere else
		return guarantees.Promise{Guarantee: p.Guarantee, Recovery: p.Recovery}.String()
	}
	return p.Guarantee + ", arrival"
}

// short is how a run is called while it works.
func (x *experiment) short(i int) string {
	name := x.plans[i].Guarantee
	if r := x.plans[i].Recovery; r == guarantees.Rollback || r == guarantees.Unaligned {
		name = r
	}
	return fmt.Sprintf("%d/%d %s", i+2, len(x.plans)+1, name)
}

// status is what is going on.
type status struct {
	run, doing       string
	documents, total uint64
	right, labelled  uint64
	since            time.Time
}

func (x *experiment) show(s status) {
	if s.doing != "" {
		s.run, _, _ = strings.Cut(s.run, " ")
		s.run += " " + s.doing
	}
	to := terminal.Status{Stage: s.run, Documents: s.documents, Total: s.total, Labelled: s.labelled}
	if s.labelled > 0 {
		to.Accuracy = float64(s.right) / float64(s.labelled)
	}
	if took := time.Since(s.since).Seconds(); !s.since.IsZero() && took > 0 {
		to.Rate = float64(s.documents) / took
	}
	x.progress.Show(to)
}

// inShort is a run's line while the others are still to come.
func inShort(o *eval.Outcome, number, of int) string {
	line := fmt.Sprintf("%d of %d, %s: %s, %.2f %% right", number, of, o.Run, counted(o.Documents, "document"), 100*o.Accuracy)
	if o.Guarantee == "" {
		return line
	}
	line += fmt.Sprintf(", %s not the oracle's, %d lost, %d repeated", counted(o.Differ, "label"), o.Lost, o.Repeated)
	if what := o.Broken(); what != "" {
		line += ", CLAIM BROKEN"
	}
	return line
}

// tables are the result for people.
func (x *experiment) tables() []terminal.Table {
	results := terminal.Table{
		Title: "What came out", Remark: fmt.Sprintf("of %s, seed %d", counted(x.truth.Tally.Documents, "document"), x.flags.Seed),
		Heads: []string{"run", "accuracy", "macro-F1", "differ %", "windows", "shares", "equal"},
	}
	learnt := terminal.Table{
		Title: "What was learnt", Remark: x.testRemark(),
		Heads: []string{"run", "test accuracy", "macro-F1", "df %", "weights %", "updates lost", "twice"},
	}
	delivery := terminal.Table{
		Title: "What was lost and repeated, and how fast", Remark: x.loadRemark(),
		Heads: []string{"run", "lost", "twice", "docs/s", "still ms", "p50 ms", "p99 ms"},
	}
	for i, o := range x.outcomes {
		results.Rows = append(results.Rows, resultCells(o))
		learnt.Rows = append(learnt.Rows, learntCells(o))
		delivery.Rows = append(delivery.Rows, deliveryCells(o))
		if o.Broken() != "" {
			results.Bad, learnt.Bad, delivery.Bad = append(results.Bad, i), append(learnt.Bad, i), append(delivery.Bad, i)
		}
	}
	delivery.Notes = append(x.words(), x.faultNotes()...)
	return []terminal.Table{results, learnt, delivery}
}

func (x *experiment) testRemark() string {
	if x.outcomes[0].Test.Documents == 0 {
		return ""
	}
	return fmt.Sprintf("%s for the test, not learnt", counted(x.outcomes[0].Test.Documents, "document"))
}

func (x *experiment) loadRemark() string {
	if x.flags.Load == 0 {
		return ""
	}
	return fmt.Sprintf("latency at %.0f documents/s without faults", x.flags.Load)
}

const nothing = "–"

func resultCells(o *eval.Outcome) []string {
	cells := []string{o.Run, fmt.Sprintf("%.4f", o.Accuracy), fmt.Sprintf("%.4f", o.MacroF1)}
	if o.Guarantee == "" {
		return append(cells, nothing, fmt.Sprintf("of %d", o.Windows), nothing, nothing)
	}
	equal := "no"
	if o.Equal {
		equal = "yes"
	}
	return append(cells, fmt.Sprintf("%.2f", o.DifferPercent), count(o.WindowsChanged), fmt.Sprintf("%.2f", o.SharesApart), equal)
}

func learntCells(o *eval.Outcome) []string {
	cells := []string{o.Run, nothing, nothing}
	if o.Test.Documents > 0 {
		cells = []string{o.Run, fmt.Sprintf("%.4f", o.Test.Accuracy), fmt.Sprintf("%.4f", o.Test.MacroF1)}
	}
	if o.Guarantee == "" {
		return append(cells, nothing, nothing, nothing, nothing)
	}
	apart := nothing
	if o.Weights != nil {
		apart = fmt.Sprintf("%.2f", o.Weights.Percent)
	}
	return append(cells, fmt.Sprintf("%.2f", o.DFError), apart, count(o.Updates.Lost), count(o.Updates.Repeated))
}

func deliveryCells(o *eval.Outcome) []string {
	perSecond := fmt.Sprintf("%.0f", o.PerSecond)
	if o.Guarantee == "" {
		return []string{o.Run, nothing, nothing, perSecond, nothing, nothing, nothing}
	}
	p50, p99 := nothing, nothing
	if o.Latency != nil {
		p50, p99 = fmt.Sprintf("%.1f", o.Latency.P50), fmt.Sprintf("%.1f", o.Latency.P99)
	}
	return []string{o.Run, count(o.Lost), count(o.Repeated), perSecond, fmt.Sprintf("%.0f", o.RecoveryMS), p50, p99}
}

// counted writes a number with its noun.
func counted(n uint64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return count(n) + " " + noun
}

func count(n uint64) string { return strconv.FormatUint(n, 10) }
