package drift

import "math"

// ADWINDefault is the confidence of the adwin detector when none is given.
const ADWINDefault = 0.002

const (
	adwinBuckets = 5  // of each size, M of section 4
	adwinRows    = 48 // of sizes 1, 2, 4...: more documents than there will be
	adwinEvery   = 32 // outcomes between two looks
	adwinPart    = 5  // outcomes that each side of a cut has at least
)

// adwin is ADWIN2 (Bifet and Gavalda 2007, "Learning from Time-Changing Data
// with Adaptive Windowing", sections 3 and 4) on errors: a window that grows as
// long as no two parts of it differ, and drops its oldest outcomes as soon as
// some cut into an older and a newer part shows means further apart than chance
// explains at confidence delta: more than
//
//	sqrt(2/m * v * ln(2/d)) + 2/(3m) * ln(2/d),  1/m = 1/n0 + 1/n1, d = delta / ln n
//
// with v the variance of the window. It alarms only where the error of the
// window has risen by that; the window shrinks on a fall as well, silently.
// After an alarm it begins anew, so that one rise is one alarm: as in the paper,
// going on with what is left of the window, a rise alarms again and again while
// the old outcomes leave it.
//
// The statistic is the error of the newer part less that of the older, the
// threshold the bound.
//
// Parameter: delta, usually 0.0001 to 0.05; 0.002 is the usual default. A
// smaller one alarms later and more rarely.
//
// Outcomes are bits, so that an exponential histogram of counts is all there is
// to keep, in whole numbers: 48 rows of up to 6 buckets, 2.4 KB.
type adwin struct {
	wordless
	delta   float64
	rows    [adwinRows]adwinRow
	width   uint64 // outcomes in the window
	wrong   uint64 // of them
	pending uint8  // outcomes since the last look
}

// adwinRow holds buckets of one size, oldest first: how many outcomes of each
// were wrong.
type adwinRow struct {
	n     int
	wrong [adwinBuckets + 1]uint64
}

func newADWIN(delta float64) Detector { return &adwin{delta: delta} }

func (a *adwin) Name() string { return ADWIN }

func (a *adwin) Bytes() int64 { return adwinRows*(adwinBuckets+2)*8 + 32 }

func (a *adwin) Outcome(wrong bool) (Alarm, bool) {
	one := uint64(0)
	if wrong {
		one = 1
	}
	a.width++
	a.wrong += one
	a.insert(one)
	if a.pending++; a.pending < adwinEvery {
		return Alarm{}, false
	}
	a.pending = 0
	return a.look()
}

// insert puts a bucket of one outcome at the new end, and joins the oldest two
// of each size of which there are too many.
func (a *adwin) insert(one uint64) {
	for i := range a.rows {
		row := &a.rows[i]
		row.wrong[row.n] = one
		if row.n++; row.n <= adwinBuckets {
			return
		}
		if i == len(a.rows)-1 {
			a.drop()
			return
		}
		one = row.wrong[0] + row.wrong[1]
		row.shift(2)
	}
}

// shift forgets the oldest n buckets.
func (r *adwinRow) shift(n int) {
	copy(r.wrong[:], r.wrong[n:r.n])
	r.n -= n
	clear(r.wrong[r.n:])
}

// drop forgets the oldest bucket.
func (a *adwin) drop() {
	for i := len(a.rows) - 1; i >= 0; i-- {
		if row := &a.rows[i]; row.n > 0 {
			a.width -= 1 << i
			a.wrong -= row.wrong[0]
			row.shift(1)
			return
		}
	}
}

// look shrinks the window until no cut of it shows a change, and tells whether
// its error rose by that.
func (a *adwin) look() (alarm Alarm, rose bool) {
	before := a.mean()
	for {
		difference, bound, found := a.cut()
		if !found {
			break
		}
		if difference > 0 {
			alarm, rose = Alarm{ADWIN, difference, bound}, true
		}
		a.drop()
	}
	if !rose || a.mean() <= before {
		return Alarm{}, false
	}
	*a = adwin{delta: a.delta}
	return alarm, true
}

func (a *adwin) mean() float64 { return float64(a.wrong) / float64(max(a.width, 1)) }

// cut looks for the first cut, from the old end, whose sides differ by more
// than the bound: newer less older.
func (a *adwin) cut() (difference, bound float64, found bool) {
	if a.width < 2*adwinPart {
		return 0, 0, false
	}
	mean := a.mean()
	variance := float64(mean * (1 - mean))
	log := math.Log(2 * math.Log(float64(a.width)) / a.delta)
	var n0, wrong0 uint64
	for i := len(a.rows) - 1; i >= 0; i-- {
		row := &a.rows[i]
		for _, wrong := range row.wrong[:row.n] {
			n0 += 1 << i
			wrong0 += wrong
			n1 := a.width - n0
			if n1 < adwinPart {
				return 0, 0, false
			}
			if n0 < adwinPart {
				continue
			}
			// With one division and no root: most cuts show nothing.
			part := 1 / float64(float64(n0)*float64(n1))
			difference = part * (float64(float64(a.wrong-wrong0)*float64(n0)) - float64(float64(wrong0)*float64(n1)))
			inverse := float64(a.width) * part
			rare, square := float64(inverse*log)*2/3, float64(inverse*log)*2*variance
			if beyond := math.Abs(difference) - rare; beyond > 0 && float64(beyond*beyond) > square {
				return difference, rare + math.Sqrt(square), true
			}
		}
	}
	return 0, 0, false
}

func (a *adwin) clone() Detector {
	b := *a
	return &b
}

func (a *adwin) state(e *encoder) {
	e.uint8(a.pending)
	for i := range a.rows {
		row := &a.rows[i]
		e.uint8(uint8(row.n))
		for _, wrong := range row.wrong[:row.n] {
			e.uint64(wrong)
		}
	}
}

func (a *adwin) restore(d *decoder) {
	a.pending = d.uint8()
	d.check(a.pending < adwinEvery, "outcomes since the last look")
	for i := range a.rows {
		row := &a.rows[i]
		row.n = int(d.uint8())
		if d.check(row.n <= adwinBuckets, "buckets of one size"); d.err != nil {
			return
		}
		for j := range row.n {
			row.wrong[j] = d.uint64()
			d.check(row.wrong[j] <= 1<<i, "errors of a bucket")
			a.width += 1 << i
			a.wrong += row.wrong[j]
		}
	}
}
