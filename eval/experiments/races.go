package experiments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"tidings/eval/report"
	"tidings/eval/statistics"
	"tidings/features"
)

// What races are run with, as published.
const (
	RacesDocuments = 1_000 // the same in every run
	RacesRuns      = 10    // of which a label has to be the same in all

	// RacesDocumentsMin is how many documents the experiment needs: as many are
	// learnt beforehand as race.
	RacesDocumentsMin = 2 * RacesDocuments
)

// busy is how much of its time a partition that races works: frames come evenly,
// and take an exponentially distributed time.
const busy = .5

// racers and frames are the cases.
func racers() []int { return []int{2, 4, 8} }
func frames() []int { return []int{1, 8} }

// Jitter lists n documents in the order in which they come out of partitions that
// race: frames of so many documents are dealt to the partitions in turn, and each
// partition takes its own time for each. Within a partition the order stays.
func Jitter(random *rand.Rand, n, partitions, frame int) []int32 {
	type done struct {
		frame int
		at    float64
	}
	all := make([]done, (n+frame-1)/frame)
	free := make([]float64, partitions)
	for k := range all {
		p := k % partitions
		free[p] = max(free[p], float64(k)/float64(partitions)) + busy*random.ExpFloat64()
		all[k] = done{k, free[p]}
	}
	slices.SortStableFunc(all, func(a, b done) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	order := make([]int32, 0, n)
	for _, d := range all {
		for i := d.frame * frame; i < min((d.frame+1)*frame, n); i++ {
			order = append(order, int32(i))
		}
	}
	return order
}

// fork is a loop that goes its own way from here. Frozen, it shares the model,
// which must learn no more.
func (l *Loop) fork(frozen bool) *Loop {
	to := &Loop{corpus: l.corpus, vectorizer: features.NewVectorizer(l.corpus.options), model: l.model, n: l.n, df: slices.Clone(l.df)}
	if !frozen {
		to.model = l.model.Clone()
	}
	return to
}

// race is one case, run under as many seeds as there are.
type race struct {
	frozen            bool
	partitions, frame int
	vary, accuracy    []float64 // by seed, in percent
	spread            []float64 // by seed: of accuracy among the runs, in points
}

// Piped is what the pipeline itself did, under one order with so many partitions.
type Piped struct {
	Order            string // sorted or arrival
	Partitions, Runs int
	Vary             float64 // labels that are not the oracle's, in percent
	Accuracy         float64 // of all runs, in percent
}

// Races measures how many labels of the same documents vary from run to run where
// partitions race, and what becomes of accuracy. The last RacesDocuments of the
// corpus race; those before, at most TrainedMax, are learnt beforehand. piped are
// runs of the pipeline, which under the order sorted is to be free of it.
func Races(ctx context.Context, c *Corpus, s Setting, piped []Piped) (report.Experiment, error) {
	s = s.withDefaults()
	if err := c.Check(RacesDocumentsMin); err != nil {
		return report.Experiment{}, err
	}
	first := c.Documents() - RacesDocuments
	base, err := NewLoop(c, s.Model, s.Options)
	if err != nil {
		return report.Experiment{}, err
	}
	for i := max(0, first-TrainedMax); i < first; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return report.Experiment{}, ctx.Err()
		}
		base.Predict(i)
		if err := base.Learn(i); err != nil {
			return report.Experiment{}, err
		}
	}
	var all []*race
	for _, frozen := range []bool{true, false} {
		for _, frame := range frames() {
			for _, n := range racers() {
				all = append(all, &race{frozen: frozen, partitions: n, frame: frame,
					vary: make([]float64, s.Seeds), accuracy: make([]float64, s.Seeds), spread: make([]float64, s.Seeds)})
			}
		}
	}
	err = s.each(ctx, len(all)*s.Seeds, func(ctx context.Context, i int) error {
		return all[i/s.Seeds].run(ctx, base, s.Seed, i%s.Seeds)
	})
	if err != nil {
		return report.Experiment{}, err
	}
	return racesReport(all, piped, s, min(first, TrainedMax)), nil
}

// TrainedMax is how many documents are learnt before others race.
const TrainedMax = 30_000

// run lets the documents race RacesRuns times.
func (x *race) run(ctx context.Context, base *Loop, first uint64, seed int) error {
	c := base.corpus
	from := c.Documents() - RacesDocuments
	said := make([]int32, RacesDocuments) // by the first run
	same := make([]bool, RacesDocuments)
	var accuracies []float64
	random := rand.New(rand.NewPCG(first+uint64(seed), 2))
	for run := range RacesRuns {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l := base.fork(x.frozen)
		var right counted
		for _, i := range Jitter(random, RacesDocuments, x.partitions, x.frame) {
			label := l.Predict(from + int(i))
			switch {
			case run == 0:
				said[i], same[i] = label, true
			case said[i] != label:
				same[i] = false
			}
			if truth := c.documents[from+int(i)].label; truth != none {
				right.add(truth == label)
			}
			if x.frozen {
				continue
			}
			if err := l.Learn(from + int(i)); err != nil {
				return err
			}
		}
		accuracies = append(accuracies, right.percent())
	}
	var vary counted
	for _, s := range same {
		vary.add(!s)
	}
	x.vary[seed] = vary.percent()
	x.accuracy[seed] = statistics.Average(accuracies)
	x.spread[seed] = slices.Max(accuracies) - slices.Min(accuracies)
	return nil
}

// publishedRaces are the published shares of labels that vary, by nodes (Trofimov
// et al. 2019).
func publishedRaces() map[int][2]float64 {
	return map[int][2]float64{2: {0.9, 0.2}, 4: {1.7, 0.4}, 8: {1.9, 0.5}}
}

// publishedAccuracy is the published one, whatever the number of nodes.
const publishedAccuracy = 77.3

func racesReport(all []*race, piped []Piped, s Setting, trained int) report.Experiment {
	e := report.Experiment{
		Name: "races", Title: "Is a result reproducible where partitions race?",
		Question: fmt.Sprintf("The same %d documents, %d runs: how many get a label that varies from run to run, and what becomes of accuracy?", RacesDocuments, RacesRuns),
		Notes: []string{
			fmt.Sprintf("Documents race in a plain loop: frames are dealt to the partitions in turn, come evenly, and take an exponentially distributed time, half of what lies between two; the order in which they come out is that in which df and the model meet them. %d documents are learnt beforehand. Means of %d seeds.", trained, s.Seeds),
			"Published are the figures of Trofimov et al. (2019): a model trained beforehand, Russian news of 90 topics, a node a partition, documents one by one. Their frozen model is the row to compare with; a model that learns as it goes they proposed and did not measure.",
			"The last rows are of the pipeline itself, exactly-once under the default faults, the first documents as often as there are runs: vary is how many labels are not the oracle's. Under arrival its records race only where messages of several documents do, on this machine.",
		},
	}
	t := report.Table{
		Name: "labels", Title: "Labels that vary from run to run", Remark: fmt.Sprintf("%d runs of %d documents; intervals over %d seeds, 95 %%", RacesRuns, RacesDocuments, s.Seeds),
		Columns: []report.Column{
			{Name: "model"}, {Name: "partitions"}, {Name: "frame"}, {Name: "vary", Unit: "%", Decimals: 2}, {Name: "from", Decimals: 2}, {Name: "to", Decimals: 2},
			{Name: "accuracy", Unit: "%", Decimals: 2}, {Name: "spread", Decimals: 2},
			{Name: "theirs vary", Unit: "%", Decimals: 1, Published: true}, {Name: "theirs right", Unit: "%", Decimals: 1, Published: true},
		},
	}
	f := report.Figure{Name: "vary", Title: "Labels that vary from run to run", X: report.Axis{Title: "partitions"}, Y: report.Axis{Title: "labels that vary, %"}}
	lines := map[string]int{}
	for _, x := range all {
		vary, accuracy := statistics.Mean(x.vary, s.resampling()), statistics.Average(x.accuracy)
		theirs, right := report.Cell{}, report.Cell{}
		if p := publishedRaces()[x.partitions]; x.frozen && x.frame == 1 {
			theirs, right = report.Number(p[0]), report.Number(publishedAccuracy)
		}
		t.Rows = append(t.Rows, []report.Cell{
			report.Text(x.model()), report.Number(float64(x.partitions)), report.Number(float64(x.frame)), report.Number(vary.Mean), report.Number(vary.Low), report.Number(vary.High),
			report.Number(accuracy), report.Number(statistics.Average(x.spread)), theirs, right,
		})
		name := fmt.Sprintf("%s, frames of %d", x.model(), x.frame)
		if _, known := lines[name]; !known {
			lines[name] = len(f.Lines)
			f.Lines = append(f.Lines, report.Line{Name: name})
		}
		l := &f.Lines[lines[name]]
		l.Points = append(l.Points, report.Point{X: float64(x.partitions), Y: vary.Mean, Low: vary.Low, High: vary.High})
	}
	theirs := report.Line{Name: "published", Published: true}
	for _, n := range racers() {
		p := publishedRaces()[n]
		theirs.Points = append(theirs.Points, report.Point{X: float64(n), Y: p[0], Low: p[0] - p[1], High: p[0] + p[1]})
	}
	f.Lines = append(f.Lines, theirs)
	for _, r := range piped {
		t.Rows = append(t.Rows, []report.Cell{
			report.Text("pipe, " + r.Order), report.Number(float64(r.Partitions)), {}, report.Number(r.Vary), {}, {}, report.Number(r.Accuracy), {}, {}, {},
		})
	}
	e.Tables, e.Figures = []report.Table{t}, []report.Figure{f}
	e.Claims = racesClaims(all, piped, s)
	return e
}

// model says what the model of a race does.
func (x *race) model() string {
	if x.frozen {
		return "frozen"
	}
	return "learning"
}

// racesClaims are made of the largest number of partitions, document by document.
func racesClaims(all []*race, piped []Piped, s Setting) (claims []report.Claim) {
	observed := func(format string, args ...any) {
		claims = append(claims, report.Claim{Holds: report.Observed, Text: fmt.Sprintf(format, args...)})
	}
	for _, x := range all {
		if x.partitions != 8 || x.frame != 1 {
			continue
		}
		vary := statistics.Mean(x.vary, s.resampling())
		observed("%s, %s: where 8 partitions race document by document %.2f %% of the labels vary between runs (%.2f to %.2f), while accuracy moves by %.2f points between the best and the worst run.",
			s.Model, x.model(), vary.Mean, vary.Low, vary.High, statistics.Average(x.spread))
	}
	worst, runs := 0.0, 0
	for _, r := range piped {
		if r.Order == "sorted" {
			worst, runs = max(worst, r.Vary), runs+r.Runs
		}
	}
	if runs > 0 {
		holds := report.Shown
		if worst > 0 {
			holds = report.Refuted
		}
		claims = append(claims, report.Claim{Holds: holds, Test: "each label of each run against the oracle's; equality needs no test",
			Text: fmt.Sprintf("Under the order sorted no label varies: %.2f %% in %d runs of the pipeline with 2, 4 and 8 partitions, under faults.", worst, runs)})
	}
	return claims
}
