package experiments

import (
	"fmt"

	"tidings/eval/statistics"
)

// paired is what tests say of differences, one a seed.
type paired struct {
	differences []float64
	mean        statistics.Estimate
	differs     float64 // adjusted p that their mean is not 0
	within      float64 // adjusted p that it is within the margin
}

// family is tests that are made together, and adjusted for their number.
type family struct {
	setting Setting
	all     []*paired
}

// add puts the differences of the outcomes into one more test.
func (f *family) add(to *paired, outcomes []*Outcome, measure func(o *Outcome) float64) {
	to.differences = make([]float64, len(outcomes))
	for seed, o := range outcomes {
		to.differences[seed] = measure(o)
	}
	f.take(to)
}

// take tests what to has.
func (f *family) take(to *paired) {
	to.mean = statistics.Mean(to.differences, f.setting.resampling())
	f.all = append(f.all, to)
}

// adjust makes the tests, and adjusts them (Holm).
func (f *family) adjust() {
	var differs, within []float64
	for _, t := range f.all {
		differs = append(differs, statistics.SignFlip(t.differences, f.setting.resampling()))
		within = append(within, statistics.Equivalent(t.differences, f.setting.Margin).P)
	}
	differs, within = statistics.Holm(differs), statistics.Holm(within)
	for i, t := range f.all {
		t.differs, t.within = differs[i], within[i]
	}
}

// The tests of paired differences, in words.
const (
	signsTossed = "signs tossed, %d seeds, %d tests adjusted by Holm"
	twoOneSided = "two one-sided t tests against %v points, %d seeds, %d tests adjusted by Holm"
)

func (f *family) signs() string { return fmt.Sprintf(signsTossed, f.setting.Seeds, len(f.all)) }
func (f *family) equal() string {
	return fmt.Sprintf(twoOneSided, f.setting.Margin, f.setting.Seeds, len(f.all))
}

// blockOfDocuments is how many neighbours are drawn together where documents are
// resampled.
const blockOfDocuments = 50

// inBlocks is the change of the accuracy of first predictions, in points, with an
// interval over seeds and over blocks of documents.
func (s Setting) inBlocks(outcomes []*Outcome, truth *Outcome) statistics.Estimate {
	var series [][]float64
	for _, o := range outcomes {
		changes, _ := o.right(truth)
		series = append(series, changes)
	}
	e := statistics.MeanOfBlocks(series, blockOfDocuments, statistics.Resampling{Seed: s.Seed, Samples: 2000})
	return statistics.Estimate{Mean: 100 * e.Mean, Low: 100 * e.Low, High: 100 * e.High, N: e.N}
}

// accuracyThan is how much the accuracy of first predictions differs from
// another's, in points, on what both met.
func (o *Outcome) accuracyThan(truth *Outcome) float64 {
	changes, _ := o.right(truth)
	return 100 * statistics.Average(changes)
}
