package experiments

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// Crashed is what one run of the pipeline under faults came to, beside the oracle.
type Crashed struct {
	Accuracy, MacroF1        float64 // of first predictions, in points above the oracle's
	Test                     float64 // likewise, accuracy of documents that nobody learns
	Weights                  float64 // how far the model's are off, in percent; NaN: nobody has seen it at the end
	Labels                   float64 // that differ, in percent of the documents with a prediction
	DF                       float64 // error, in percent
	Windows                  float64 // whose popular topics are others, in percent
	Shares                   float64 // of topics, in points apart (total variation)
	Lost, Repeated           float64 // documents, in percent of all
	UpdatesLost, UpdatesMore float64 // likewise, of the model's
	StillMS                  float64 // the longest time in which no prediction was committed
	Equal                    bool    // to the oracle, to the bit
}

// CrashedRuns are the runs of the pipeline under one guarantee, one a seed of the
// faults.
type CrashedRuns struct {
	Name  string
	Exact bool // the claim is to equal the oracle
	Runs  []Crashed
}

// crashMeasure is one thing that is told of runs, by its mean.
type crashMeasure struct {
	column report.Column
	of     func(Crashed) float64
}

// crashMeasures are those of the second table.
func crashMeasures() []crashMeasure {
	return []crashMeasure{
		{report.Column{Name: "lost", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.Lost }},
		{report.Column{Name: "twice", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.Repeated }},
		{report.Column{Name: "updates lost", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.UpdatesLost }},
		{report.Column{Name: "updates twice", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.UpdatesMore }},
		{report.Column{Name: "df", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.DF }},
		{report.Column{Name: "weights", Unit: "%", Decimals: 2}, func(r Crashed) float64 { return r.Weights }},
		{report.Column{Name: "windows", Unit: "%", Decimals: 1}, func(r Crashed) float64 { return r.Windows }},
		{report.Column{Name: "shares", Decimals: 2}, func(r Crashed) float64 { return r.Shares }},
		{report.Column{Name: "still", Unit: "ms", Decimals: 0}, func(r Crashed) float64 { return r.StillMS }},
	}
}

// of is one value a run, but of those that have none.
func (c CrashedRuns) of(measure func(Crashed) float64) (values []float64) {
	for _, r := range c.Runs {
		if v := measure(r); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return values
}

// mean is the cell of a measure, empty where no run has it.
func (c CrashedRuns) mean(measure func(Crashed) float64) report.Cell {
	values := c.of(measure)
	if len(values) == 0 {
		return report.Cell{}
	}
	return report.Number(statistics.Average(values))
}

// equal counts the runs that are the oracle to the bit.
func (c CrashedRuns) equal() (n int) {
	for _, r := range c.Runs {
		if r.Equal {
			n++
		}
	}
	return n
}

// Crashes sets what the pipeline did under faults, guarantee by guarantee, beside
// the oracle, with the certainty that so many seeds give. faults says in words what
// went wrong in each run.
func Crashes(all []CrashedRuns, s Setting, faults string) report.Experiment {
	s = s.withDefaults()
	e := report.Experiment{
		Name: "crashes", Title: "What do crashes do under each guarantee?",
		Question: "The pipeline itself, under faults: how far are accuracy, labels, document frequencies and topics from the oracle's, and what was lost or came twice?",
		Notes: []string{
			fmt.Sprintf("Each seed has faults of its own: %s. All guarantees meet those of the same seed, and are compared with the oracle, so that differences are paired. Intervals are over seeds, 95 %% (bias-corrected and accelerated bootstrap).", faults),
			"Accuracy and macro-F1 are of first predictions, in points above or below the oracle's; of documents that were lost there is none, so where those are difficult ones the rest looks better. So it does without alignment (unaligned), where all that is seen of a document may be said by a model that has learnt it. Test is accuracy on one document in ten, which nobody learns; weights are how far those of the model at the end are from the oracle's (Euclidean distance of their length). Windows are those with other popular topics, shares how far the topics' shares of a window are off (total variation), still the longest time in which no prediction was committed.",
			fmt.Sprintf("A difference of accuracy below %v points was said beforehand not to matter.", s.Margin),
		},
	}
	accuracy := make([]paired, len(all))
	tests := &family{setting: s}
	for i, c := range all {
		accuracy[i].differences = c.of(func(r Crashed) float64 { return r.Accuracy })
		if c.Exact {
			accuracy[i].mean = statistics.Mean(accuracy[i].differences, s.resampling())
			continue // equality needs no test
		}
		tests.take(&accuracy[i])
	}
	tests.adjust()
	results := report.Table{
		Name: "results", Title: "What came out under faults", Remark: fmt.Sprintf("%s, means of %d seeds", s.Model, s.Seeds),
		Columns: []report.Column{
			{Name: "run"}, {Name: "accuracy", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "macro-F1", Decimals: 2}, {Name: "test", Decimals: 2},
			{Name: "labels", Unit: "%", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2}, {Name: "equal runs"},
		},
	}
	delivery := report.Table{Name: "delivery", Title: "What was lost and came twice", Remark: fmt.Sprintf("means of %d seeds", s.Seeds), Columns: []report.Column{{Name: "run"}}}
	for _, m := range crashMeasures() {
		delivery.Columns = append(delivery.Columns, m.column)
	}
	f := report.Figure{Name: "labels", Title: "Labels that are not the oracle's", Y: report.Axis{Title: "%"}, Bars: []report.Bars{{Name: "labels"}}}
	for i, c := range all {
		labels := statistics.Mean(c.of(func(r Crashed) float64 { return r.Labels }), s.resampling())
		m := accuracy[i].mean
		results.Rows = append(results.Rows, []report.Cell{
			report.Text(c.Name), report.Number(m.Mean), report.Number(m.Low), report.Number(m.High),
			c.mean(func(r Crashed) float64 { return r.MacroF1 }),
			c.mean(func(r Crashed) float64 { return r.Test }),
			report.Number(labels.Mean), report.Number(labels.Low), report.Number(labels.High), report.Number(float64(c.equal())),
		})
		row := []report.Cell{report.Text(c.Name)}
		for _, m := range crashMeasures() {
			row = append(row, c.mean(m.of))
		}
		delivery.Rows = append(delivery.Rows, row)
		f.Names, f.Bars[0].Values = append(f.Names, c.Name), append(f.Bars[0].Values, labels.Mean)
		e.Claims = append(e.Claims, c.claims(&accuracy[i], labels, tests)...)
	}
	e.Tables, e.Figures = []report.Table{results, delivery}, []report.Figure{f}
	return e
}

// claims say what became of accuracy and of labels under one guarantee.
func (c CrashedRuns) claims(accuracy *paired, labels statistics.Estimate, tests *family) []report.Claim {
	if c.Exact {
		holds, text := report.Shown, fmt.Sprintf("%s: all %d runs are the oracle to the bit.", c.Name, len(c.Runs))
		if n := c.equal(); n < len(c.Runs) {
			holds, text = report.Refuted, fmt.Sprintf("%s: %d of %d runs are not the oracle's.", c.Name, len(c.Runs)-n, len(c.Runs))
		}
		return []report.Claim{{Holds: holds, Text: text, Test: "digests of predictions, df, model, updates and windows; equality needs no test"}}
	}
	differs := report.Claim{Holds: report.Open, P: accuracy.differs, Test: tests.signs(), Text: fmt.Sprintf("%s: accuracy changes by %s points.", c.Name, interval(accuracy.mean))}
	if accuracy.differs < .05 {
		differs.Holds = report.Shown
	}
	claims := []report.Claim{differs}
	if accuracy.within < .05 {
		claims = append(claims, report.Claim{Holds: report.Shown, P: accuracy.within, Test: tests.equal(),
			Text: fmt.Sprintf("%s: accuracy stays within %v points, while %.2f %% of the labels are others (%.2f to %.2f).", c.Name, tests.setting.Margin, labels.Mean, labels.Low, labels.High)})
	}
	above := 0
	for _, r := range c.Runs {
		if r.Accuracy > 0 {
			above++
		}
	}
	if above > 0 {
		best := slices.MaxFunc(c.Runs, func(a, b Crashed) int { return cmp.Compare(a.Accuracy, b.Accuracy) })
		claims = append(claims, report.Claim{Holds: report.Observed, Text: fmt.Sprintf("%s: in %d of %d runs accuracy is above the oracle's, in one by %.2f points while %.2f %% of its labels are others: one run proves nothing.",
			c.Name, above, len(c.Runs), best.Accuracy, best.Labels)})
	}
	return claims
}
