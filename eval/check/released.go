package check

import (
	"fmt"
	"slices"

	"tidings/guarantees"
	"tidings/pipeline"
)

// releases says whether what a stage makes is published at once and again
// after a crash, for readers who leave out what they have.
func (h *History) releases(stage string) bool {
	return !h.Partitions.Chained() && (stage == pipeline.TokenizeStage || stage == pipeline.DFStage) && h.promise(stage).Recovery == guarantees.Replay
}

// released is what a lane knows of a stream whose records are published at once:
// what is at or below the mark comes again and is nothing wrong, and neither is a
// former owner's record. What is left out comes yet, or is a gap.
type released struct {
	on      bool
	waiting uint64   // records behind a range that has not come
	from    uint64   // where the first of them begins
	at      uint64   // its sequence in the stream
	epochs  []uint64 // of which records are there, where some are purged
}

// resumes says whether what a record leaves out may have stood in records of its
// owner that are purged. Those of other owners that stand between may be older
// by far, so that what is left of the stream begins with what comes again.
func (l *lane) resumes(r Record) bool {
	if !l.stream.Purged || slices.Contains(l.released.epochs, r.Epoch) {
		return false
	}
	l.released.epochs = append(l.released.epochs, r.Epoch)
	return r.From > l.cursor+1
}

// takeReleased takes a record of such a stream.
func (l *lane) takeReleased(r Record) {
	if l.resumes(r) {
		l.begin, l.cursor, l.released.waiting = r.From-1, r.From-1, 0
	}
	switch r.Kind {
	case guarantees.Fence:
		l.account.Fences++
		if r.Epoch <= l.epoch {
			l.say(Fence, r, "a fence, and epoch %d had begun", l.epoch)
		}
		l.epoch = max(l.epoch, r.Epoch)
		if r.From > l.cursor+1 {
			l.gap(r.From, r.Sequence)
		}
	case guarantees.Done:
		l.release(r)
	default:
		l.say(Alien, r, "%q under %s", r.Kind, l.promise)
	}
}

func (l *lane) release(r Record) {
	switch {
	case r.From > l.cursor+1:
		if l.released.waiting++; l.released.waiting == 1 {
			l.released.from, l.released.at = r.From, r.Sequence
		}
		return
	case r.From <= l.cursor:
		l.account.Repeated += l.said(r, l.cursor)
		if r.To <= l.cursor {
			return
		}
		if r.ValuesTo != nil {
			r.Values -= r.ValuesTo(l.cursor)
		}
	}
	l.released.waiting = 0
	l.record, l.have, l.want = r, true, 0
	l.sort(l.cursor + 1)
	l.cursor = r.To
}

// unfilled tells of what has never come, when the stream has ended.
func (l *lane) unfilled() {
	if l.released.waiting > 0 && l.released.from > l.cursor+1 {
		l.gap(l.released.from, l.released.at)
	}
}

func (l *lane) gap(from, sequence uint64) {
	l.findings.add(Gap, l.where, from-1-l.cursor, l.cursor+1, from-1, fmt.Sprintf("record %d begins at %d, the one before ended at %d", sequence, from, l.cursor))
}

// said is how much a record says of log messages up to a sequence.
func (l *lane) said(r Record, to uint64) (n uint64) {
	if !l.hasEntries() {
		if r.ValuesTo == nil {
			return uint64(r.Values)
		}
		return uint64(r.ValuesTo(to))
	}
	for i := range r.Entries {
		if e := &r.Entries[i]; e.Position.Sequence <= to && e.Kind == pipeline.DocumentEntry {
			n++
		}
	}
	return n
}
