package guarantees

import (
	"fmt"
	"math"
	"strconv"

	"tidings/internal/broker"
)

// Kind says what a record in a partition's stream is.
type Kind string

// The kinds.
const (
	Done    Kind = "done"  // a unit: its outputs and its range
	Fence   Kind = "fence" // a new owner's first record: it covers nothing
	Claimed Kind = "claim" // at-most-once: the unit that comes next, or is lost
	Hole    Kind = "hole"  // at-most-once: a range that is lost
	Ack     Kind = "ack"   // at-least-once: all up to To need not be done again

	// Rewound begins an attempt: a fence, and of what attempts before say only
	// what is at or before To counts.
	Rewound Kind = "attempt"
	// Announced tells the epoch of a new owner before its fence stands, where records
	// are released and it has something else to fence first. Readers pass it over.
	Announced Kind = "announce"
	// Aborted is no record's kind. It is what readers call a record that counts
	// no more, being of an attempt that has ended before it.
	Aborted Kind = "aborted"
)

// covers says whether a record of this kind speaks for its range.
func (k Kind) covers() bool { return k == Done || k == Hole }

// empty says whether a record of this kind has no range, only a cursor.
func (k Kind) empty() bool { return k == Fence || k == Ack || k == Rewound || k == Announced }

// Header is what every record of a partition says of itself, in its NATS
// headers, so that the last record alone tells the cursor and the owner.
type Header struct {
	Kind   Kind
	Epoch  uint64 // rises with each owner: by one, or, where records are released, to the sequence of its first record
	From   uint64 // log sequences covered, both inclusive; fences and acks have From = To + 1
	To     uint64 // the cursor after this record
	Worker string // who wrote it
	// Attempt is which attempt it is part of, where all partitions go back
	// together; else 0.
	Attempt uint64

	// A unit that was not met in its place, but because an input brought a range
	// again: which record of which input, as in "tok/0@123", and "tok/0@123+1"
	// where that record itself was delivered again. "" for all others.
	Trigger string
	// Part is the only tokenize partition whose entries such a unit holds, from
	// 1; 0 is all of them.
	Part int

	Met Met
}

const (
	headerKind   = "Tidings-Kind"
	headerEpoch  = "Tidings-Epoch"
	headerFrom   = "Tidings-From"
	headerTo     = "Tidings-To"
	headerWorker = "Tidings-Worker"

	headerAttempt = "Tidings-Attempt"

	headerTrigger = "Tidings-Trigger"
	headerPart    = "Tidings-Part"
	headerMet     = "Tidings-Met"
)

func (h Header) lines() broker.Header {
	lines := broker.Header{
		headerKind:   {string(h.Kind)},
		headerEpoch:  {strconv.FormatUint(h.Epoch, 10)},
		headerFrom:   {strconv.FormatUint(h.From, 10)},
		headerTo:     {strconv.FormatUint(h.To, 10)},
		headerWorker: {h.Worker},
	}
	if h.Attempt > 0 {
		lines[headerAttempt] = []string{strconv.FormatUint(h.Attempt, 10)}
	}
	if h.Trigger != "" {
		lines[headerTrigger] = []string{h.Trigger}
		lines[headerPart] = []string{strconv.Itoa(h.Part)}
	}
	if h.Met.Lane > 0 {
		lines[headerMet] = []string{h.Met.String()}
	}
	return lines
}

// ParseHeader reads the header of a record of a partition's stream.
func ParseHeader(r broker.Record) (Header, error) {
	h := Header{Kind: Kind(r.Header.Get(headerKind)), Worker: r.Header.Get(headerWorker), Trigger: r.Header.Get(headerTrigger)}
	switch h.Kind {
	case Done, Fence, Claimed, Hole, Ack, Rewound, Announced:
	default:
		return h, fmt.Errorf("record %d on %s is of kind %q; a newer version of the program wrote it, or another program did", r.Sequence, r.Subject, h.Kind)
	}
	for _, f := range []struct {
		name string
		to   *uint64
	}{{headerEpoch, &h.Epoch}, {headerFrom, &h.From}, {headerTo, &h.To}} {
		n, err := strconv.ParseUint(r.Header.Get(f.name), 10, 64)
		if err != nil {
			return h, fmt.Errorf("record %d on %s has no number in %s: %w", r.Sequence, r.Subject, f.name, err)
		}
		*f.to = n
	}
	if attempt := r.Header.Get(headerAttempt); attempt != "" || h.Kind == Rewound {
		var err error
		if h.Attempt, err = strconv.ParseUint(attempt, 10, 64); err != nil || h.Attempt == 0 {
			return h, fmt.Errorf("record %d on %s does not tell its attempt, but %q", r.Sequence, r.Subject, attempt)
		}
	}
	if h.Trigger != "" {
		var err error
		if h.Part, err = strconv.Atoi(r.Header.Get(headerPart)); err != nil || h.Part < 0 || h.Kind != Done {
			return h, fmt.Errorf("record %d on %s says that %q brought it about, but not of which part", r.Sequence, r.Subject, h.Trigger)
		}
	}
	if met := r.Header.Get(headerMet); met != "" {
		var err error
		if h.Met, err = parseMet(met); err != nil {
			return h, fmt.Errorf("record %d on %s says that it met %q: %w", r.Sequence, r.Subject, met, err)
		}
	}
	// The last number there is would leave no sequence for a next unit.
	if h.From == 0 || h.To == math.MaxUint64 || !h.Kind.empty() && h.From > h.To || h.Kind.empty() && h.From != h.To+1 {
		return h, fmt.Errorf("record %d on %s covers %d..%d, which is no range", r.Sequence, r.Subject, h.From, h.To)
	}
	return h, nil
}
