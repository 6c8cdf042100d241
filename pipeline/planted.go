package pipeline

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"time"

	"tidings"
	"tidings/guarantees"
	"tidings/internal/planted"
	"tidings/model"
	"tidings/pipeline/topics"
)

// plant spoils the state that a worker has restored where a test wants it: its
// model sums in any order, or it has forgotten what it has met.
func (w *worker) plant() {
	a := w.assembly
	if w.faults.Plants(planted.ReadsClock) {
		for i, s := range a.ahead {
			a.ahead[i] = clocked{s}
		}
	}
	if a.classify != nil && w.faults.Plants(planted.UnorderedSum) {
		a.classify.learner.model = disordered{a.classify.learner.model}
	}
	if w.faults.Plants(planted.MarkForgets) {
		if a.df != nil {
			clear(a.df.at)
		}
		if a.topics != nil {
			clear(a.topics.at)
		}
	}
}

// plantKeep gives the mark of df's inputs to a second store, and plantMarks
// believes that one and not the snapshot, where a test wants it.
func (w *worker) plantKeep(mark uint64) {
	if w.stage == DFStage && w.faults.Plants(planted.SecondMarks) {
		w.faults.Planted.Keep("marks of df", mark)
	}
}

func (w *worker) plantMarks() {
	if w.stage != DFStage || !w.faults.Plants(planted.SecondMarks) {
		return
	}
	kept := w.faults.Planted.Newest("marks of df")
	for _, p := range w.partitions {
		w.assembly.df.at[p] = max(w.assembly.df.at[p], kept)
	}
}

// clocked gives documents that have no time the present one.
type clocked struct{ Stage }

func (s clocked) Step(u *Unit) error {
	err := s.Stage.Step(u)
	for i := range u.Entries {
		if e := &u.Entries[i]; e.Kind == DocumentEntry && e.Time == noTime {
			e.Time = time.Now().UnixNano()
		}
	}
	return err
}

// disordered takes the features of a vector as a Go map hands them out.
type disordered struct{ model.Model }

func (m disordered) Predict(v tidings.Vector, scores []float64) []float64 {
	return m.Model.Predict(shuffled(v), scores)
}

func (m disordered) Learn(v tidings.Vector, label string, scores []float64) error {
	return m.Model.Learn(shuffled(v), label, scores)
}

func shuffled(v tidings.Vector) (out tidings.Vector) {
	values := make(map[uint32]float64, len(v.Index))
	for i, index := range v.Index {
		values[index] = v.Value[i]
	}
	for index, value := range values {
		out.Index, out.Value = append(out.Index, index), append(out.Value, value)
	}
	return out
}

// plantedFrom begins some records too early, and has forgotten that it
// took them, where a test wants it.
func plantedFrom(f *guarantees.Faults, from uint64) (first uint64, forgets bool) {
	if from > 1 && f.Plants(planted.MarkForgets) {
		return max(1, from-min(from-1, 3)), true
	}
	return from, false
}

// plantedTimer is the saved state of windows, without the time up to which they
// are closed where a test wants it.
func plantedTimer(f *guarantees.Faults, r io.Reader) io.Reader {
	if !f.Plants(planted.TimerOutside) {
		return r
	}
	saved, err := io.ReadAll(r)
	const head = 4 + 1 + 8
	if err != nil || len(saved) < head+4 {
		return bytes.NewReader(saved)
	}
	in, out := saved[head:len(saved)-4], bytes.Clone(saved[:head])
	plan, n := binary.Uvarint(in)
	keep := n + int(plan)
	_, seen := binary.Uvarint(in[keep:])
	keep += seen
	out, in = append(out, in[:keep]...), in[keep:]
	_, newest := binary.Varint(in)
	out, in = binary.AppendVarint(out, noTime), in[newest:]
	size, watermark := binary.Uvarint(in)
	in = in[watermark+int(size):]
	none, _ := topics.NewWatermark(0).AppendBinary(nil) // has no errors
	out = append(binary.AppendUvarint(out, uint64(len(none))), none...)
	for range 6 { // what the first definition has counted
		_, n := binary.Uvarint(in)
		out, in = append(out, in[:n]...), in[n:]
	}
	_, floor := binary.Varint(in)
	out = append(binary.AppendVarint(out, math.MinInt64), in[floor:]...)
	binary.LittleEndian.PutUint64(out[5:], uint64(len(out)-head))
	return bytes.NewReader(binary.LittleEndian.AppendUint32(out, crc32.Checksum(out[head:], crc32.MakeTable(crc32.Castagnoli))))
}
