package eval_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Windows count what was predicted, so their shares are wrong as far as the
// model is. Properties, on the Wikipedia stream, each document predicted before
// it is learnt, of months with at least 100 documents and years from 2011 on, for
// in 2010 the model begins with nothing:
//   - the total variation of a month's predicted shares from the true ones is at
//     most .07 in the mean of a year;
//   - it is much less than the share of wrong predictions, most of which cancel
//     each other out;
//   - it is less than that of the month before, which is what somebody would
//     guess who reads nothing.
func TestQualityOfPredictedShares(t *testing.T) {
	p := pipeline.Plan{}.WithDefaults()
	o, err := eval.NewOracle(p)
	if err != nil {
		t.Fatal(err)
	}
	months := shares{}
	o.Each = func(e *pipeline.Entry, _ []uint32) { months.add(e) }
	for i, line := range lines(t, "wikipedia-current-events.jsonl.gz", 0) {
		r := broker.Record{Subject: p.Pipeline.LogSubject(pipeline.ArticleRecord, "test"), Sequence: uint64(i + 1), Data: line}
		if err := o.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	years := months.years()
	for _, year := range slices.Sorted(maps.Keys(years)) {
		y := years[year]
		if year == "2010" {
			continue
		}
		if y.predicted > .07 {
			t.Errorf("%s: the predicted shares of labels are %.3f from the true ones in the mean of its months", year, y.predicted)
		}
		if y.predicted > y.wrong/2 {
			t.Errorf("%s: the predicted shares of labels are %.3f from the true ones, more than half of the %.3f that are wrong", year, y.predicted, y.wrong)
		}
		if y.predicted > y.before {
			t.Errorf("%s: the predicted shares of labels are %.3f from the true ones, those of the month before %.3f", year, y.predicted, y.before)
		}
	}
	t.Logf("total variation of predicted from true shares of labels\n%s", months.table(years))
}

// shares counts labels by month of event time, as predicted and as people gave
// them.
type shares map[string]*labelCounts

type labelCounts struct {
	predicted, given map[string]int
	wrong, documents int
}

func (s shares) add(e *pipeline.Entry) {
	month := time.Unix(0, e.Time).UTC().Format("2006-01")
	c := s[month]
	if c == nil {
		c = &labelCounts{predicted: map[string]int{}, given: map[string]int{}}
		s[month] = c
	}
	c.predicted[e.Label]++
	c.given[e.Truth]++
	c.documents++
	if e.Label != e.Truth {
		c.wrong++
	}
}

// variation is the total variation of two counts as shares: half of the sum of
// their differences, 0 where they are equal, 1 where they have nothing in common.
func variation(a, b map[string]int) (sum float64) {
	all := map[string]bool{}
	for _, counts := range []map[string]int{a, b} {
		for label := range counts {
			all[label] = true
		}
	}
	na, nb := total(a), total(b)
	for _, label := range slices.Sorted(maps.Keys(all)) {
		sum += max(float64(a[label])/na-float64(b[label])/nb, 0)
	}
	return sum
}

func total(counts map[string]int) float64 {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(max(sum, 1))
}

// yearOfShares has the means of a year's months: how far predicted shares are
// from the true ones, how far those of the month before, and the share of wrong
// predictions.
type yearOfShares struct {
	months                   [12]string
	predicted, before, wrong float64
}

// documentsOfShares is how many a month has at least whose shares mean something.
const documentsOfShares = 100

func (s shares) years() map[string]*yearOfShares {
	years := map[string]*yearOfShares{}
	n := map[string]float64{}
	var before map[string]int
	for _, month := range slices.Sorted(maps.Keys(s)) { // in order, so that sums are the same each time
		year, c := month[:4], s[month]
		if c.documents < documentsOfShares {
			continue
		}
		if years[year] == nil {
			years[year] = &yearOfShares{}
		}
		y := years[year]
		v := variation(c.predicted, c.given)
		y.months[int(month[5]-'0')*10+int(month[6]-'0')-1] = short(v)
		y.predicted += v
		y.before += variation(before, c.given)
		y.wrong += float64(c.wrong) / float64(c.documents)
		n[year]++
		before = c.given
	}
	for year, y := range years {
		y.predicted, y.before, y.wrong = y.predicted/n[year], y.before/n[year], y.wrong/n[year]
	}
	return years
}

// table is a row a year, ready for a document.
func (s shares) table(years map[string]*yearOfShares) string {
	var b strings.Builder
	for _, year := range slices.Sorted(maps.Keys(years)) {
		y := years[year]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", year, strings.Join(y.months[:], " | "), short(y.predicted), short(y.before), short(y.wrong))
	}
	return b.String()
}

func short(share float64) string { return strings.TrimPrefix(fmt.Sprintf("%.3f", share), "0") }
