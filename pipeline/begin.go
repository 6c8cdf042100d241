package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// beginKey is where the pipeline keeps the log sequence from which its log is
// whole, once it has been trimmed.
const beginKey = "log-begins"

// LogBegin is the log sequence from which a pipeline's log is whole, 1 when
// nothing was deleted. Single records may stand before it: the last one of each
// source stays, for it says how far the source has been read. Of an empty log it
// is the next sequence.
func LogBegin(ctx context.Context, b *broker.Broker, name Name) (uint64, error) {
	first, err := b.FirstSequence(ctx, name.LogStream().Name)
	if err != nil {
		return 0, err
	}
	stored, _, err := storedBegin(ctx, b, name)
	return max(first, stored, 1), err
}

// storedBegin is what is noted, and its revision; 0 when nothing is.
func storedBegin(ctx context.Context, b *broker.Broker, name Name) (sequence, revision uint64, err error) {
	e, err := b.KeyEntry(ctx, name.metaBucket(), beginKey)
	if errors.Is(err, broker.ErrEmpty) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if sequence, err = strconv.ParseUint(string(e.Value), 10, 64); err != nil {
		return 0, 0, fmt.Errorf("bucket %s, key %s: %q is no log sequence; another program wrote it", name.metaBucket(), beginKey, e.Value)
	}
	return sequence, e.Revision, nil
}

// noteBegin notes where the log begins before what stands there is deleted. It
// only rises, though several processes may write it.
func noteBegin(ctx context.Context, b *broker.Broker, name Name, begin uint64) error {
	for {
		stored, revision, err := storedBegin(ctx, b, name)
		if err != nil || stored >= begin {
			return err
		}
		_, err = b.SetKey(ctx, name.metaBucket(), beginKey, strconv.AppendUint(nil, begin, 10), revision)
		if !errors.Is(err, broker.ErrConflict) {
			return err
		}
	}
}

// TrimmedError says that a part of the log was wanted that has been deleted.
type TrimmedError struct {
	Pipeline Name
	Wanted   uint64 // log sequence
	Begin    uint64 // from here on the log is whole
}

func (e *TrimmedError) Error() string {
	return fmt.Sprintf("the log of pipeline %s begins at %d/0: what stood before has been deleted (--keep), and it was wanted from %d/0 on; nobody can say any more what came of that", e.Pipeline, e.Begin, e.Wanted)
}

// Is makes it a broker.ErrGone.
func (e *TrimmedError) Is(target error) bool { return target == broker.ErrGone }

// CheckBegin is a *TrimmedError when the log is not whole from a sequence on.
func CheckBegin(ctx context.Context, b *broker.Broker, name Name, from uint64) error {
	begin, err := LogBegin(ctx, b, name)
	if err == nil && from < begin {
		err = &TrimmedError{name, max(from, 1), begin}
	}
	return err
}

// placeBehind is from where a partition's stream has to be read to have all
// behind a log sequence: what it holds begins there, or later where what was
// before is deleted.
func (p Plan) placeBehind(ctx context.Context, b *broker.Broker, n Node, partition int, after uint64) (guarantees.Place, error) {
	stream := p.Pipeline.partitionStream(n, partition).Name
	last, err := b.LastSequence(ctx, stream)
	if err != nil || last == 0 {
		return guarantees.Place{Next: 1}, err
	}
	first, err := b.FirstSequence(ctx, stream)
	if err != nil || first == 1 && after == 0 || p.met(n.Stage) { // of those nothing is purged
		return guarantees.Place{Next: 1}, err
	}
	if p.Holds() {
		return p.validBehind(ctx, b, stream, first, last, after)
	}
	begin := func(sequence uint64) (guarantees.Place, error) {
		r, err := b.Record(ctx, stream, sequence)
		if err != nil {
			return guarantees.Place{}, err
		}
		h, err := guarantees.ParseHeader(r)
		return guarantees.Place{At: h.From - 1, Next: sequence}, err
	}
	place, err := begin(first)
	if err != nil || !p.Promise(n.Stage).Marks() { // there ranges come again, and From does not only rise
		return place, err
	}
	// The last record that begins at or before what comes behind the sequence.
	for low, high := first+1, last; low <= high; {
		middle := low + (high-low)/2
		found, err := begin(middle)
		if err != nil {
			return place, err
		}
		if found.At <= after {
			place, low = found, middle+1
		} else {
			high = middle - 1
		}
	}
	return place, nil
}

// validBehind is placeBehind where records may count no more: among those that
// do From only rises.
func (p Plan) validBehind(ctx context.Context, b *broker.Broker, stream string, first, last, after uint64) (place guarantees.Place, err error) {
	attempt, _, err := p.Attempt(ctx, b)
	if err != nil {
		return place, err
	}
	at := func(sequence uint64) (guarantees.Place, bool, error) {
		r, err := b.Record(ctx, stream, sequence)
		if err != nil {
			return place, false, err
		}
		h, err := guarantees.ParseHeader(r)
		return guarantees.Place{At: h.From - 1, Next: sequence}, attempt.Valid(h.Attempt, h.To), err
	}
	valid := false
	for ; !valid && first <= last; first++ {
		if place, valid, err = at(first); err != nil {
			return place, err
		}
	}
	for low, high := first, last; low <= high; {
		middle := low + (high-low)/2
		probe, found, valid := middle, place, false
		for ; probe >= low; probe-- { // those that count no more lie side by side
			if found, valid, err = at(probe); err != nil {
				return place, err
			}
			if valid {
				break
			}
		}
		switch {
		case !valid:
			low = middle + 1
		case found.At <= after:
			place, low = found, middle+1
		default:
			high = probe - 1
		}
	}
	return place, nil
}
