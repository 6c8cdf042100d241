package drift

// EveryDefault is the number of documents between two alarms of the baseline
// when none is given.
const EveryDefault = 10_000

// every is the baseline: it alarms each time so many documents have passed,
// whatever they say. A detector that finds no more than it does has found
// nothing.
//
// Statistic and threshold are both that number; usually as many as pass between
// two alarms of the detectors it stands beside. Memory: 16 bytes.
type every struct {
	labelless
	number    float64
	documents uint64 // since the last alarm
}

func newEvery(number float64) Detector { return &every{number: number} }

func (v *every) Name() string { return Every }

func (v *every) Bytes() int64 { return 16 }

func (v *every) Document([]uint64) (Alarm, bool) {
	if v.documents++; float64(v.documents) < v.number {
		return Alarm{}, false
	}
	v.documents = 0
	return Alarm{Every, v.number, v.number}, true
}

func (v *every) clone() Detector {
	w := *v
	return &w
}

func (v *every) state(e *encoder) { e.uint64(v.documents) }

func (v *every) restore(d *decoder) {
	v.documents = d.uint64()
	d.check(float64(v.documents) < v.number, "documents since the last alarm")
}
