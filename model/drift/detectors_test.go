package drift

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// bits gives outcomes of one error after the other, and tells behind how many
// each alarm came.
func bits(d Detector, r *rand.Rand, rates []float64, each int) (alarms []int) {
	n := 0
	for _, rate := range rates {
		for range each {
			n++
			if _, ok := d.Outcome(r.Float64() < rate); ok {
				alarms = append(alarms, n)
			}
		}
	}
	return alarms
}

// Properties of the detectors of errors, with a fixed seed: a rise is found soon
// and once, a fall and a steady error never alarm.
func TestOnlyRisesOfTheErrorAlarm(t *testing.T) {
	tests := map[string]struct {
		rates []float64
		after int // the change, 0 for none
	}{
		"steady":            {[]float64{.2, .2, .2}, 0},
		"always wrong":      {[]float64{1, 1}, 0},
		"never wrong":       {[]float64{0, 0}, 0},
		"falls":             {[]float64{.4, .2, .05}, 0},
		"rises":             {[]float64{.2, .4}, 5000},
		"rises from none":   {[]float64{0, .1}, 5000},
		"falls, then rises": {[]float64{.4, .1, .4}, 10_000},
	}
	for name, test := range tests {
		for _, make := range []func() Detector{func() Detector { return newADWIN(ADWINDefault) }, func() Detector { return newPageHinkley(PageHinkleyDefault) }} {
			d := make()
			t.Run(name+"/"+d.Name(), func(t *testing.T) {
				const seed = 11
				got := bits(d, rand.New(rand.NewPCG(seed, 1)), test.rates, 5000)
				switch {
				case test.after == 0 && len(got) == 0:
				case test.after > 0 && len(got) == 1 && got[0] > test.after && got[0] < test.after+1500:
				default:
					t.Errorf("alarms behind %v, seed %d; the error rises behind %d (0: never)", got, seed, test.after)
				}
			})
		}
	}
}

// Property: the exponential histogram holds what a plain list of the last
// outcomes does, as many as its window has, but for how it groups them.
func TestADWINCountsItsWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newADWIN(rapid.Float64Range(0.0001, 0.5).Draw(t, "delta")).(*adwin)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var list []bool
		rate := 0.3
		for range rapid.IntRange(1, 3000).Draw(t, "outcomes") {
			if r.IntN(400) == 0 {
				rate = r.Float64()
			}
			wrong := r.Float64() < rate
			list = append(list, wrong)
			a.Outcome(wrong)
			if a.width > uint64(len(list)) {
				t.Fatalf("a window of %d after %d outcomes", a.width, len(list))
			}
			list = list[uint64(len(list))-a.width:]
			var inList, inRows, width uint64
			for _, wrong := range list {
				if wrong {
					inList++
				}
			}
			for i := range a.rows {
				for _, n := range a.rows[i].wrong[:a.rows[i].n] {
					inRows += n
					width += 1 << i
				}
			}
			if inList != a.wrong || inRows != a.wrong || width != a.width {
				t.Fatalf("%d of %d wrong, %d of %d in the rows, %d in a plain list", a.wrong, a.width, inRows, width, inList)
			}
		}
	})
}

// Property: the sum that Page-Hinkley keeps is the cumulated deviation less its
// lowest value, as the test is defined.
func TestPageHinkleyIsTheCumulatedDeviationAboveItsLowest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPageHinkley(1e9).(*pageHinkley)
		var sum, lowest, wrong float64
		for i, w := range rapid.SliceOfN(rapid.Bool(), 1, 500).Draw(t, "outcomes") {
			p.Outcome(w)
			x := 0.0
			if w {
				x = 1
			}
			wrong += x
			sum += x - wrong/float64(i+1) - pageHinkleySlack
			lowest = min(lowest, sum)
			if math.Abs(p.sum-(sum-lowest)) > 1e-9 {
				t.Fatalf("outcome %d: %v, by definition %v", i, p.sum, sum-lowest)
			}
		}
	})
}

// words draws terms as text has them: some very often, many seldom.
func words(r *rand.Rand, n int, topic uint64, share float64) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = uint64(math.Exp(r.Float64()*9)) * 0x9e3779b97f4a7c15
		if r.Float64() < share {
			out[i] = (topic<<32 + r.Uint64N(60)) * 0x9e3779b97f4a7c15
		}
	}
	return out
}

// Properties of the terms detector, with a fixed seed: words that stay as they
// are never alarm, nor do topics that come and go as they always have; a new
// topic that fills a fifth of the documents' words does, within 1,500 documents
// and once; one giant document does not.
func TestTermsAlarmWhenWordsChange(t *testing.T) {
	const seed, change, documents = 5, 15_000, 20_000
	tests := map[string]struct {
		draw  func(r *rand.Rand, i int) []uint64
		alarm bool
	}{
		"the same": {func(r *rand.Rand, _ int) []uint64 { return words(r, 20, 0, 0) }, false},
		"topics of the week": {func(r *rand.Rand, i int) []uint64 {
			return words(r, 20, uint64(i/700), 0.1)
		}, false},
		"a new topic": {func(r *rand.Rand, i int) []uint64 {
			share := 0.0
			if i >= change {
				share = 0.2
			}
			return words(r, 20, 1, share)
		}, true},
		"one giant": {func(r *rand.Rand, i int) []uint64 {
			if i == change {
				return words(r, 100_000, 1, 1)
			}
			return words(r, 20, 0, 0)
		}, false},
		"no words at all":  {func(*rand.Rand, int) []uint64 { return []uint64{} }, false},
		"always one word":  {func(*rand.Rand, int) []uint64 { return []uint64{7} }, false},
		"two words, a lot": {func(_ *rand.Rand, i int) []uint64 { return []uint64{uint64(i % 2)} }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newTerms(TermsDefault)
			r := rand.New(rand.NewPCG(seed, 1))
			var got []int
			for i := range documents {
				if a, ok := d.Document(test.draw(r, i)); ok {
					got = append(got, i)
					if !(a.Statistic > a.Threshold && a.Statistic <= 1) {
						t.Errorf("%+v", a)
					}
				}
			}
			found := len(got) == 1 && got[0] >= change && got[0] < change+1500
			if found != test.alarm || !test.alarm && len(got) > 0 {
				t.Errorf("alarms at %v, seed %d; a change at %d: %v", got, seed, change, test.alarm)
			}
		})
	}
}

func TestTheBaselineAlarmsByNumberAlone(t *testing.T) {
	d := newEvery(3)
	for i := 1; i <= 10; i++ {
		d.Outcome(true)
		if _, ok := d.Document(nil); ok != (i%3 == 0) {
			t.Errorf("document %d: %v", i, ok)
		}
	}
}

// Property: a cut is found where the bound, computed as the paper writes it,
// is passed for the first time from the old end.
func TestADWINCutsWhereTheBoundSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newADWIN(rapid.Float64Range(0.0001, 0.5).Draw(t, "delta")).(*adwin)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(10, 4000).Draw(t, "outcomes")
		older, newer := r.Float64(), r.Float64()
		for i := range n {
			rate, one := older, uint64(0)
			if i > n/2 {
				rate = newer
			}
			if r.Float64() < rate {
				one = 1
			}
			a.width++
			a.wrong += one
			a.insert(one)
		}
		want, found, close := 0.0, false, false
		var n0, wrong0 float64
		width, mean := float64(a.width), a.mean()
		log := math.Log(2 / (a.delta / math.Log(width)))
		for i := len(a.rows) - 1; i >= 0 && !found; i-- {
			for _, wrong := range a.rows[i].wrong[:a.rows[i].n] {
				n0, wrong0 = n0+float64(uint64(1)<<i), wrong0+float64(wrong)
				n1 := width - n0
				if n0 < adwinPart || n1 < adwinPart || found {
					continue
				}
				m := 1 / (1/n0 + 1/n1)
				bound := math.Sqrt(2/m*mean*(1-mean)*log) + 2/(3*m)*log
				difference := (float64(a.wrong)-wrong0)/n1 - wrong0/n0
				close = close || math.Abs(math.Abs(difference)-bound) < 1e-9
				if math.Abs(difference) > bound {
					want, found = difference, true
				}
			}
		}
		got, _, cut := a.cut()
		if !close && (cut != found || math.Abs(got-want) > 1e-9) {
			t.Fatalf("cut %v at a difference of %v, by the bound %v at %v", cut, got, found, want)
		}
	})
}

// Property: a steady error, whatever it is, alarms less than once in 200,000
// outcomes. The slack of Page-Hinkley is chosen by this.
func TestSteadyErrorsHardlyEverAlarm(t *testing.T) {
	const seed, outcomes, oneIn = 9, 400_000, 200_000
	for _, d := range []Detector{newADWIN(ADWINDefault), newPageHinkley(PageHinkleyDefault)} {
		alarms := 0
		for _, rate := range []float64{.1, .2, .3, .4, .5} {
			alarms += len(bits(d.clone(), rand.New(rand.NewPCG(seed, uint64(rate*10))), []float64{rate}, outcomes))
		}
		if alarms*oneIn >= 5*outcomes {
			t.Errorf("%s: %d alarms in %d outcomes, seed %d", d.Name(), alarms, 5*outcomes, seed)
		}
	}
}
