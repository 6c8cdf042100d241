package features

import (
	"math"
	"math/bits"
)

// NoTime is the event time of a document that has none.
const NoTime int64 = math.MinInt64

// clock tells a df that forgets where it is between two halvings. This is
// forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): a document does
// not lose weight as time goes; later ones weigh more, by 2^(t/half-life) as
// seen from a landmark, and a df is the sum of weights divided by the weight of
// now. The landmark moves on by whole half-lives, which halves all sums, so
// that they stay integers of bounded size.
//
// Time is the number of documents, or the latest event time so far, from the
// first one on; it never goes back, and a document without a time, or with an
// older one, comes at the latest. It goes in steps of a 1024th of a half-life.
type clock struct {
	halfLife    HalfLife
	documents   uint64 // that came
	first, last int64  // event times
	timed       bool   // there was one

	era  uint64 // half-lives gone
	step uint32 // of the next one
}

// dfUnit is a document in a df that forgets, which is in 256ths of one.
const dfUnit = 256

const clockSteps = 1024

// decay has, for each step, the weight of a document as seen from the beginning
// of the half-life, in dfUnit and rounded up, and what a sum of weights is
// multiplied by to be seen from the step, in 2^-32.
var decay = func() (table [clockSteps]struct {
	weight uint32
	now    uint64
}) {
	for i := range table {
		growth := math.Exp2(float64(i) / clockSteps)
		table[i].weight = uint32(math.Ceil(dfUnit * growth))
		table[i].now = uint64(math.Round(float64(1<<32) / growth))
	}
	return
}()

// runs says whether anything is forgotten.
func (c *clock) runs() bool { return c.halfLife != HalfLife{} }

// tick goes on to the next document and returns how many half-lives have ended
// with it.
func (c *clock) tick(time int64) (ended uint64) {
	elapsed, halfLife := c.documents, c.halfLife.Documents
	if halfLife == 0 {
		c.see(time)
		elapsed, halfLife = uint64(c.last)-uint64(c.first), uint64(c.halfLife.Time)
	}
	c.documents++
	era := elapsed / halfLife
	high, low := bits.Mul64(elapsed%halfLife, clockSteps)
	step, _ := bits.Div64(high, low, halfLife)
	ended, c.era, c.step = era-c.era, era, uint32(step)
	return ended
}

func (c *clock) see(time int64) {
	switch {
	case time == NoTime:
	case !c.timed:
		c.first, c.last, c.timed = time, time, true
	default:
		c.last = max(c.last, time)
	}
}

// weight is what the current document adds to a sum.
func (c *clock) weight() uint32 { return decay[c.step].weight }

// now is a sum in dfUnit, as the current document sees it.
func (c *clock) now(sum uint64) uint64 {
	high, low := bits.Mul64(sum, decay[c.step].now)
	return high<<32 | low>>32 + low>>31&1 // rounded
}

// halved is a sum after so many half-lives.
func halved[T uint32 | uint64](sum T, ended uint64) T { return sum >> min(ended, 64) }

// halvedUp is halved, rounded up.
func halvedUp(sum uint32, ended uint64) uint32 {
	ended = min(ended, 32)
	return uint32((uint64(sum) + 1<<ended - 1) >> ended)
}
