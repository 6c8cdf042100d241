package pipeline

import (
	"fmt"
	"io"
	"sort"
	"strconv"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Releases says whether what a stage makes is published before it is certain,
// and again after a crash: by replay, in a stream that stages alone read.
func (p Plan) Releases(stage string) bool {
	return p.between(stage) && p.Promise(stage).Recovery == guarantees.Replay
}

// between says whether stages alone read what a stage writes.
func (p Plan) between(stage string) bool {
	return !p.Partitions.Chained() && (stage == TokenizeStage || stage == DFStage)
}

// valueEnd says that a partition's df values up to a number of them are those of
// log messages up to a sequence.
type valueEnd struct {
	sequence uint64
	values   int
}

// endValues notes that the values that there are belong to log messages up to
// this one.
func (u *Unit) endValues(partition int, sequence uint64) {
	ends, n := u.values[partition], len(u.DF[partition])
	switch last := len(ends) - 1; {
	case last >= 0 && ends[last].sequence == sequence:
		ends[last].values = n
	case last < 0 && n > 0 || last >= 0 && n > ends[last].values:
		u.values[partition] = append(ends, valueEnd{sequence, n})
	}
}

// ValuesTo is how many of a df partition's values are those of log messages up to a
// sequence, where the record tells (Plan.Releases).
func (u *Unit) ValuesTo(partition int, sequence uint64) int {
	ends := u.values[partition]
	i := sort.Search(len(ends), func(i int) bool { return ends[i].sequence > sequence })
	if i == 0 {
		return 0
	}
	return ends[i-1].values
}

// values writes where the values of each log message end.
func (c *codec) values(u *Unit, partition int) {
	e := &c.enc
	ends := u.values[partition]
	e.uint(uint64(len(ends)))
	last := valueEnd{u.From, 0}
	for _, end := range ends {
		e.uint(end.sequence - last.sequence)
		e.uint(uint64(end.values - last.values))
		last = end
	}
}

func (c *codec) decodeValues(u *Unit, partition int) {
	d := &c.dec
	u.room(partition + 1)
	end := valueEnd{u.From, 0}
	for i := range d.count(2) {
		step, n := d.uint(), d.uint()
		if i > 0 && step == 0 || n == 0 || step > u.To-end.sequence || n > uint64(len(u.DF[partition])-end.values) {
			d.fail()
			return
		}
		end = valueEnd{end.sequence + step, end.values + int(n)}
		u.values[partition] = append(u.values[partition], end)
	}
	if end.values != len(u.DF[partition]) {
		d.fail()
	}
}

// gapMax is how many records of a released stream may leave something out before
// it comes: of what an owner had under way when one failed, the rest may be
// stored, and its zombies' likewise.
const gapMax = 256

// openReleased makes a frame of what a record of a released stream says that has
// not come before.
func (s *side) openReleased(r broker.Record, h guarantees.Header) error {
	mark := s.at
	takes, err := s.takes(h)
	if err != nil || !takes {
		return err
	}
	s.remember(guarantees.Place{At: h.To, Next: r.Sequence + 1})
	if err := s.decode(r, h); err != nil || h.From > mark {
		return err
	}
	for s.entry < len(s.frame.Entries) && s.frame.Entries[s.entry].Position.Sequence <= mark {
		s.entry++
	}
	if s.node.Stage == DFStage {
		s.value = s.frame.ValuesTo(s.partition, mark)
	}
	return nil
}

// takes says whether a record brings anything above the mark. One that leaves
// something out follows one that is not stored; whoever wrote it makes both
// again.
func (s *side) takes(h guarantees.Header) (bool, error) {
	switch {
	case h.Kind == guarantees.Fence && h.From > s.at+1:
		return false, s.gapError(h.From)
	case h.Kind != guarantees.Done || h.To <= s.at:
		return false, nil
	case h.From > s.at+1:
		if s.skipped++; s.skipped > gapMax {
			return false, s.gapError(h.From)
		}
		return false, nil
	}
	s.skipped = 0
	return true, nil
}

// gapError reports that what comes next begins too late, and nobody makes what is
// before it.
func (s *side) gapError(from uint64) error {
	return fmt.Errorf("it goes on at %d, but the one before ended at %d; the stream is damaged: rebuild it from the log with another --pipeline", from, s.at)
}

// places are pieces of a state that is a place in the log alone: where a stage
// without state goes on that publishes again what is behind it.
func (w *worker) places(a *assembly, committers []*guarantees.Committer) (all []piece) {
	for i, p := range w.partitions {
		all = append(all, piece{
			name: w.stage + "/" + strconv.Itoa(p), limit: committers[i].Limit(),
			copy:  func() (func(io.Writer) error, error) { return func(io.Writer) error { return nil }, nil },
			load:  func(_ io.Reader, at uint64) error { a.begun[p] = at; return nil },
			reset: func() error { a.begun[p] = 0; return nil },
			at:    func() uint64 { return a.begun[p] },
		})
	}
	return all
}

// soonShare is the share of a snapshot's documents with which the first one is
// made where everything before it would be published again.
const soonShare = 10

// soon is how many documents count as having passed since the last snapshot.
func (w *worker) soon(from restored) uint64 {
	if every := w.saves(); every > 0 && from.after == 0 && w.promise().Recovery == guarantees.Replay {
		return every - every/soonShare
	}
	return 0
}
