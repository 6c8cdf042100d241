package drift

// PageHinkleyDefault is the threshold lambda of the page-hinkley detector when
// none is given.
const PageHinkleyDefault = 50

const (
	pageHinkleySlack = 0.02 // delta: a rise of the error that does not count
	pageHinkleyLeast = 30   // outcomes before the first alarm
)

// pageHinkley is the test of Page (1954, "Continuous Inspection Schemes",
// section 2) in the form of Hinkley, for errors that rise (Gama, Zliobaite,
// Bifet, Pechenizkiy and Bouchachia 2014, "A Survey on Concept Drift
// Adaptation", section 3.2): it sums how far each outcome lies above the mean of
// all outcomes so far and a slack delta, and alarms where the sum stands more
// than lambda above its lowest value. Then it begins anew. It keeps that
// difference alone, which is never below 0, so that no sum runs away.
//
// The statistic is the difference, the threshold lambda.
//
// Parameters: lambda, usually 20 to 200, in errors; about the errors beyond the
// expected that it takes to alarm. delta, usually 0.005 to 0.05, is 0.02: with
// the usual 0.005 the sum of a steady error of .2 to .3 wanders above 50 by
// chance about once in 50,000 outcomes.
//
// Memory: 24 bytes.
type pageHinkley struct {
	wordless
	lambda   float64
	outcomes uint64 // since it began
	wrong    uint64 // of them
	sum      float64
}

func newPageHinkley(lambda float64) Detector { return &pageHinkley{lambda: lambda} }

func (p *pageHinkley) Name() string { return PageHinkley }

func (p *pageHinkley) Bytes() int64 { return 32 }

func (p *pageHinkley) Outcome(wrong bool) (Alarm, bool) {
	one := 0.0
	p.outcomes++
	if wrong {
		p.wrong++
		one = 1
	}
	mean := float64(p.wrong) / float64(p.outcomes)
	p.sum = max(0, p.sum+(one-mean-pageHinkleySlack))
	if p.sum <= p.lambda || p.outcomes < pageHinkleyLeast {
		return Alarm{}, false
	}
	alarm := Alarm{PageHinkley, p.sum, p.lambda}
	p.outcomes, p.wrong, p.sum = 0, 0, 0
	return alarm, true
}

func (p *pageHinkley) clone() Detector {
	q := *p
	return &q
}

func (p *pageHinkley) state(e *encoder) {
	e.uint64(p.outcomes)
	e.uint64(p.wrong)
	e.float(p.sum)
}

func (p *pageHinkley) restore(d *decoder) {
	p.outcomes, p.wrong, p.sum = d.uint64(), d.uint64(), d.float()
	d.check(p.wrong <= p.outcomes, "errors among outcomes")
	d.check(p.sum >= 0, "a sum")
}
