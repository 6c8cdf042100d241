package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tidings/eval/metric"
	"tidings/eval/report"
	"tidings/eval/statistics"
	"tidings/features"
	"tidings/model"
)

// ErrNoTimes reports documents that cannot be put into months.
var ErrNoTimes = errors.New("no event times")

// Limits of Drift.
const (
	DriftDocumentsMin  = 2_000
	periodDocumentsMin = 20 // labelled ones; with fewer, shares of a period say nothing
	periodsMin         = 8  // behind the freeze, or a shorter kind of period is taken
	blockOfDrift       = 500
)

// DriftOptions says how Drift is made. The zero value works.
type DriftOptions struct {
	Setting
	// Freeze is when the frozen model learns its last document. Zero: the event time
	// of the document in the middle.
	Freeze time.Time
	// HalfLife is that of the df that forgets. Zero: a tenth of the documents.
	HalfLife features.HalfLife
}

// Check tells all that is wrong with the options, or nil.
func (o DriftOptions) Check() error { return errors.Join(o.Setting.Check(), o.HalfLife.Check()) }

// The ways to go on behind the date: arms of the experiment.
const (
	frozenArm   = iota // df counts on
	learningArm        // df counts on
	frozenForgets
	learningForgets
	arms
)

func armNames() [arms]string {
	return [arms]string{"frozen", "learning", "frozen, df forgets", "learning, df forgets"}
}

// drift is one call of Drift.
type drift struct {
	corpus  *Corpus
	options DriftOptions
	from    int // the first document that a frozen model does not learn
	every   string
	periods []period
	models  []*driftModel
	tests   *family // of which each difference is of a period
}

// period is a slice of event time behind the freeze.
type period struct {
	name  string
	truth []int // documents by label
	total int
}

// driftModel is what one model made of the documents behind the date.
type driftModel struct {
	name  string
	said  [arms][]int32 // by document behind the date
	runs  [arms]armRun
	pairs []*driftPair
}

// armRun is what one arm did in each period.
type armRun struct {
	accuracy  counted
	right     []counted // by period
	shares    [][]int   // by period, by label
	variation []float64 // by period: half the sum of |predicted - true| shares, in points
}

// driftPair compares two arms.
type driftPair struct {
	first, second int
	accuracy      statistics.Estimate // of the second less the first, in points, over blocks of documents
	mcnemar       metric.McNemar
	p             float64 // of mcnemar, adjusted
	within        float64 // that accuracy is the same but for the margin, adjusted; over blocks of documents
	variation     paired  // likewise of total variation, by period
}

// Drift measures what it costs to stop learning: a model that is frozen at a date
// against the same one learning on, with a df that never forgets and with one that
// does.
func Drift(ctx context.Context, c *Corpus, o DriftOptions) (report.Experiment, error) {
	if err := o.Check(); err != nil {
		return report.Experiment{}, err
	}
	o.Setting = o.Setting.withDefaults()
	if err := c.Check(DriftDocumentsMin); err != nil {
		return report.Experiment{}, err
	}
	d := &drift{corpus: c, options: o}
	if err := d.divide(); err != nil {
		return report.Experiment{}, err
	}
	if err := d.run(ctx); err != nil {
		return report.Experiment{}, err
	}
	d.test()
	return d.report(), nil
}

// divide finds where the frozen model stops, and the periods behind.
func (d *drift) divide() error {
	c, o := d.corpus, &d.options
	if o.HalfLife == (features.HalfLife{}) {
		o.HalfLife.Documents = min(max(uint64(len(c.documents)/10), features.HalfLifeDocumentsMin), features.HalfLifeDocumentsMax)
	}
	if o.Freeze.IsZero() {
		middle := c.documents[len(c.documents)/2].time
		if middle == features.NoTime {
			return fmt.Errorf("%w: the document in the middle has none; shares by month need documents with times", ErrNoTimes)
		}
		o.Freeze = time.Unix(0, middle).UTC()
	}
	d.from = slices.IndexFunc(c.documents, func(x document) bool { return x.time != features.NoTime && x.time >= o.Freeze.UnixNano() })
	timed := slices.ContainsFunc(c.documents, func(x document) bool { return x.time != features.NoTime })
	switch {
	case !timed:
		return fmt.Errorf("%w: none of %d documents has one; shares by month need documents with times", ErrNoTimes, len(c.documents))
	case d.from < DriftDocumentsMin/4:
		return fmt.Errorf("%w: %d before %s or none behind it; a model needs %d to learn before it is frozen, name another date", ErrTooFew, max(d.from, 0), o.Freeze.Format(time.DateOnly), DriftDocumentsMin/4)
	}
	for _, every := range []string{"month", "week", "day", "hour"} {
		d.every, d.periods = every, d.slices(every)
		if len(d.periods) >= periodsMin {
			return nil
		}
	}
	return fmt.Errorf("%w: only %d hours behind %s have %d labelled documents; %d are needed", ErrTooFew, len(d.periods), o.Freeze.Format(time.DateTime), periodDocumentsMin, periodsMin)
}

// startOf names the slice of time that a document is in.
func startOf(every string, at int64) string {
	t := time.Unix(0, at).UTC()
	switch every {
	case "month":
		return t.Format("2006-01")
	case "week":
		return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
	case "day":
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15h")
}

// slices are the periods that have enough documents, in order of time.
func (d *drift) slices(every string) (all []period) {
	of := map[string]int{}
	for _, x := range d.corpus.documents[d.from:] {
		if x.label == none || x.time == features.NoTime {
			continue
		}
		name := startOf(every, x.time)
		i, known := of[name]
		if !known {
			i = len(all)
			of[name] = i
			all = append(all, period{name: name, truth: make([]int, len(d.corpus.labels))})
		}
		all[i].truth[x.label]++
		all[i].total++
	}
	all = slices.DeleteFunc(all, func(p period) bool { return p.total < periodDocumentsMin })
	slices.SortFunc(all, func(a, b period) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return all
}

func (d *drift) run(ctx context.Context) error {
	o := d.options
	for _, name := range append([]string{o.Model}, o.Others...) {
		d.models = append(d.models, &driftModel{name: name})
	}
	err := o.each(ctx, 2*len(d.models), func(ctx context.Context, i int) error {
		m, half := d.models[i/2], features.HalfLife{}
		arm := frozenArm
		if i%2 == 1 {
			arm, half = frozenForgets, o.HalfLife
		}
		return d.follow(ctx, m, arm, half)
	})
	for _, m := range d.models {
		for arm := range arms {
			m.runs[arm] = d.count(m.said[arm])
		}
	}
	return err
}

// follow runs two arms, which see the same vectors: the model that learns on, and
// what it was at the date.
func (d *drift) follow(ctx context.Context, m *driftModel, arm int, half features.HalfLife) error {
	l, err := newForgetting(d.corpus, m.name, d.options.Options, half)
	if err != nil {
		return err
	}
	var frozen model.Model
	var scores []float64
	for i := range d.corpus.documents {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if i == d.from {
			frozen = l.model.Clone()
		}
		said := l.Predict(i)
		if frozen != nil {
			before := none
			scores = frozen.Predict(l.vector, scores)
			if best := model.Best(frozen.Labels(), scores); best >= 0 {
				before = l.number(best)
			}
			m.said[arm], m.said[arm+1] = append(m.said[arm], before), append(m.said[arm+1], said)
		}
		if err := l.Learn(i); err != nil {
			return err
		}
	}
	return nil
}

// count adds up what an arm said, period by period.
func (d *drift) count(said []int32) (r armRun) {
	of := map[string]int{}
	for i, p := range d.periods {
		of[p.name] = i
		r.shares = append(r.shares, make([]int, len(d.corpus.labels)))
	}
	r.right = make([]counted, len(d.periods))
	for i, label := range said {
		x := d.corpus.documents[d.from+i]
		if x.label == none {
			continue
		}
		r.accuracy.add(label == x.label)
		if x.time == features.NoTime {
			continue
		}
		if p, known := of[startOf(d.every, x.time)]; known {
			r.right[p].add(label == x.label)
			if label != none {
				r.shares[p][label]++
			}
		}
	}
	for i, p := range d.periods {
		distance := 0.0
		for l, want := range p.truth {
			distance += abs(percent(r.shares[i][l], p.total) - percent(want, p.total))
		}
		r.variation = append(r.variation, distance/2)
	}
	return r
}

func abs(x float64) float64 { return max(x, -x) }

func percent(n, of int) float64 { return counted{of, n}.percent() }

// test makes the tests that were to be made: learning on against being frozen, with
// each df, and a df that forgets against one that does not, for each; by McNemar over
// the documents, and by tossed signs over the periods.
func (d *drift) test() {
	d.tests = &family{setting: d.options.Setting}
	var p, within []float64
	for _, m := range d.models {
		for _, of := range [][2]int{{frozenArm, learningArm}, {frozenForgets, learningForgets}, {frozenArm, frozenForgets}, {learningArm, learningForgets}} {
			x := &driftPair{first: of[0], second: of[1]}
			var changes []float64
			for i := range m.said[of[0]] {
				truth := d.corpus.documents[d.from+i].label
				if truth == none {
					continue
				}
				was, is := m.said[of[0]][i] == truth, m.said[of[1]][i] == truth
				x.mcnemar.Add(is, was)
				change := 0.0
				switch {
				case is && !was:
					change = 100
				case was && !is:
					change = -100
				}
				changes = append(changes, change)
			}
			x.accuracy = statistics.MeanOfBlocks([][]float64{changes}, blockOfDrift, statistics.Resampling{Seed: d.options.Seed, Samples: 2000})
			for i := range d.periods {
				x.variation.differences = append(x.variation.differences, m.runs[of[1]].variation[i]-m.runs[of[0]].variation[i])
			}
			d.tests.take(&x.variation)
			p = append(p, x.mcnemar.P())
			within = append(within, statistics.Equivalent(blockMeans(changes), d.options.Margin).P)
			m.pairs = append(m.pairs, x)
		}
	}
	d.tests.adjust()
	p, within = statistics.Holm(p), statistics.Holm(within)
	for i := range p {
		d.models[i/4].pairs[i%4].p, d.models[i/4].pairs[i%4].within = p[i], within[i]
	}
}

// blockMeans are those of neighbours, which are taken as independent of each other.
func blockMeans(values []float64) (means []float64) {
	for block := range slices.Chunk(values, blockOfDrift) {
		means = append(means, statistics.Average(block))
	}
	return means
}
