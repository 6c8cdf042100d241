package drift

import "math"

// TermsDefault is how many standard deviations the terms detector takes for a
// change when no number is given.
const TermsDefault = 5

const (
	termsBuckets   = 1 << 10
	termsBlock     = 250 // documents
	termsReference = 8   // blocks
	termsCurrent   = 4   // blocks
	termsBlocks    = termsReference + termsCurrent
	termsDocument  = 256  // terms of one document that count: the first ones
	termsHistory   = 64   // distances remembered
	termsLeast     = 20   // distances before the first alarm
	termsFloor     = 0.01 // of the mean: the least standard deviation
)

// terms compares the words of the last 1,000 documents with those of the 2,000
// before them, without any label: in how many documents each of 1,024 hashed
// terms stood, as the Hellinger distance of the two distributions,
//
//	sqrt(1 - sum sqrt(p q)),
//
// each time 250 documents have passed. Two windows of fixed length follow Kifer,
// Ben-David and Gehrke (2004, "Detecting Change in Data Streams", section 3);
// the distance is that of Ditzler and Polikar (2011, "Hellinger Distance Based
// Drift Detection for Nonstationary Environments", section 3), and so is the
// threshold, which is not fixed but a number of standard deviations above the
// mean of the distances so far (here the last 64; at least 20, so that no alarm
// comes before document 8,000). So news that always changes, by day and season,
// alarms only when it changes more than it does. What alarmed is not among
// those 64, and the windows begin anew behind it: the next alarm is at least
// 3,000 documents away.
//
// The statistic is the distance, 0 to 1, the threshold the mean and so many
// standard deviations.
//
// Parameter: the number of standard deviations, usually 3 to 8. Of a document
// the first 256 distinct terms count, so that no single one makes an alarm.
//
// Counts are whole numbers and the sum runs in the order of the buckets. Memory:
// 13 blocks of counts and two sums, 36 KB.
type terms struct {
	labelless
	deviations float64
	documents  int // in the block that is being filled
	filling    termsBlockCounts
	blocks     [termsBlocks]termsBlockCounts // a ring
	first, n   int                           // the oldest block, and how many there are
	reference  termsCounts                   // of the older blocks together
	current    termsCounts                   // and of the newer ones
	history    [termsHistory]float64         // a ring of distances
	oldest     int
	distances  int
}

// termsBlockCounts are at most 250 * 256.
type termsBlockCounts [termsBuckets]uint16

type termsCounts [termsBuckets]uint32

func (c *termsCounts) add(b *termsBlockCounts) {
	for i, n := range b {
		c[i] += uint32(n)
	}
}

func (c *termsCounts) take(b *termsBlockCounts) {
	for i, n := range b {
		c[i] -= uint32(n)
	}
}

func newTerms(deviations float64) Detector { return &terms{deviations: deviations} }

func (t *terms) Name() string { return Terms }

func (t *terms) Bytes() int64 {
	return termsBuckets*(2*(termsBlocks+1)+2*4) + termsHistory*8 + 64
}

func (t *terms) Document(hashes []uint64) (Alarm, bool) {
	for _, h := range hashes[:min(len(hashes), termsDocument)] {
		t.filling[h%termsBuckets]++
	}
	if t.documents++; t.documents < termsBlock {
		return Alarm{}, false
	}
	t.push()
	clear(t.filling[:])
	t.documents = 0
	if t.n < termsBlocks {
		return Alarm{}, false
	}
	return t.compare()
}

// push adds the filled block; where the ring is full the oldest one leaves.
func (t *terms) push() {
	if t.n == termsBlocks {
		t.reference.take(t.block(0))
		t.reference.add(t.block(termsReference))
		t.current.take(t.block(termsReference))
		t.first = (t.first + 1) % termsBlocks
		t.n--
	}
	*t.block(t.n) = t.filling
	t.n++
	if t.n <= termsReference {
		t.reference.add(&t.filling)
	} else {
		t.current.add(&t.filling)
	}
}

// block is the i-th oldest.
func (t *terms) block(i int) *termsBlockCounts { return &t.blocks[(t.first+i)%termsBlocks] }

// compare measures the distance of the windows and judges it by those before.
func (t *terms) compare() (Alarm, bool) {
	distance, ok := hellinger(&t.reference, &t.current)
	if !ok {
		return Alarm{}, false
	}
	if t.distances >= termsLeast {
		mean, deviation := t.usual()
		if threshold := mean + float64(t.deviations*deviation); distance > threshold {
			t.first, t.n = 0, 0
			t.reference, t.current = termsCounts{}, termsCounts{}
			return Alarm{Terms, distance, threshold}, true
		}
	}
	t.remember(distance)
	return Alarm{}, false
}

// hellinger is the distance of two distributions; there is none where one of
// them has no terms at all.
func hellinger(p, q *termsCounts) (distance float64, ok bool) {
	var inP, inQ uint64
	var sum float64
	for i := range p {
		inP += uint64(p[i])
		inQ += uint64(q[i])
		sum += math.Sqrt(float64(p[i]) * float64(q[i]))
	}
	if inP == 0 || inQ == 0 {
		return 0, false
	}
	return math.Sqrt(max(0, 1-sum/math.Sqrt(float64(inP)*float64(inQ)))), true
}

func (t *terms) remember(distance float64) {
	if t.distances == termsHistory {
		t.oldest = (t.oldest + 1) % termsHistory
		t.distances--
	}
	t.history[(t.oldest+t.distances)%termsHistory] = distance
	t.distances++
}

// distance is the i-th oldest that is remembered.
func (t *terms) distance(i int) float64 { return t.history[(t.oldest+i)%termsHistory] }

// usual is the mean of the distances remembered and their standard deviation.
// Sums run from the oldest on, wherever it stands.
func (t *terms) usual() (mean, deviation float64) {
	for i := range t.distances {
		mean += t.distance(i)
	}
	mean /= float64(t.distances)
	var squares float64
	for i := range t.distances {
		d := t.distance(i) - mean
		squares += float64(d * d)
	}
	return mean, max(math.Sqrt(squares/float64(t.distances-1)), float64(termsFloor*mean))
}

func (t *terms) clone() Detector {
	u := *t
	return &u
}

func (t *terms) state(e *encoder) {
	e.uint8(uint8(t.documents))
	e.counts(&t.filling)
	e.uint8(uint8(t.n))
	for i := range t.n {
		e.counts(t.block(i))
	}
	e.uint8(uint8(t.distances))
	for i := range t.distances {
		e.float(t.distance(i))
	}
}

func (t *terms) restore(d *decoder) {
	t.documents = int(d.uint8())
	d.check(t.documents < termsBlock, "documents of a block")
	d.counts(&t.filling, t.documents)
	n := int(d.uint8())
	if d.check(n <= termsBlocks, "blocks"); d.err != nil {
		return
	}
	for range n {
		block := t.filling
		d.counts(&t.filling, termsBlock)
		t.push()
		t.filling = block
	}
	distances := int(d.uint8())
	if d.check(distances <= termsHistory, "distances"); d.err != nil {
		return
	}
	for range distances {
		distance := d.float()
		d.check(distance >= 0 && distance <= 1, "a distance")
		t.remember(distance)
	}
}
