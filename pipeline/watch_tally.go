package pipeline

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"

	"tidings/model/drift"
)

// alarmsKept is how many of the last alarms a tally remembers.
const alarmsKept = 8

// detectorsMax is how many detectors' alarms are counted apart: more than there
// are.
const detectorsMax = 64

// AlarmTally adds up alarms.
type AlarmTally struct {
	Last        []Alarm // oldest first, without those of the baseline
	DriftDigest uint64  // of what the detectors remember, at the last end of a source

	counts map[string]uint64
	chain  uint64 // hash of all alarms in their order
}

// AlarmCount is how often a detector alarmed.
type AlarmCount struct {
	Detector string `json:"detector"` // with its parameter, if that is not the default
	Alarms   uint64 `json:"alarms"`
}

func (t *AlarmTally) add(e *Entry) {
	if e.Kind == EndEntry {
		t.DriftDigest = e.DriftDigest
	}
	for _, a := range e.AllAlarms() {
		if t.counts == nil {
			t.counts = map[string]uint64{}
		}
		if t.counts[a.Detector] > 0 || len(t.counts) < detectorsMax {
			t.counts[a.Detector]++
		}
		b := binary.LittleEndian.AppendUint64(make([]byte, 0, 64), t.chain)
		b = binary.LittleEndian.AppendUint64(b, a.Position.Sequence)
		b = binary.LittleEndian.AppendUint32(b, a.Position.Line)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(a.Statistic))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(a.Threshold))
		t.chain = xxhash.Sum64(append(b, a.Detector...))
		if a.Baseline() {
			continue
		}
		if t.Last = append(t.Last, a); len(t.Last) > alarmsKept {
			t.Last = append(t.Last[:0], t.Last[1:]...)
		}
	}
}

// Digest hashes all alarms with every bit of theirs, in log order.
func (t *AlarmTally) Digest() uint64 { return t.chain }

// Count is how often a detector alarmed.
func (t *AlarmTally) Count(detector string) uint64 { return t.counts[detector] }

// Counts are those of the detectors that watch, the baseline last; nil where
// none does.
func (t *AlarmTally) Counts(o drift.Options) (all []AlarmCount) {
	for _, s := range o.Specs() {
		all = append(all, AlarmCount{string(s), t.counts[s.Name()]})
	}
	return all
}
