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
	Done  Kind = "done"  // a unit: its outputs and its range
	Fence Kind = "fence" // a new owner's first record: it covers nothing
)

// Header is what every record of a partition says of itself, in its NATS
// headers, so that the last record alone tells the cursor and the owner.
type Header struct {
	Kind   Kind
	Epoch  uint64 // rises by one with each owner
	From   uint64 // log sequences covered, both inclusive; a fence has From = To + 1
	To     uint64 // the cursor after this record
	Worker string // who wrote it
}

const (
	headerKind   = "Tidings-Kind"
	headerEpoch  = "Tidings-Epoch"
	headerFrom   = "Tidings-From"
	headerTo     = "Tidings-To"
	headerWorker = "Tidings-Worker"
)

func (h Header) lines() broker.Header {
	return broker.Header{
		headerKind:   {string(h.Kind)},
		headerEpoch:  {strconv.FormatUint(h.Epoch, 10)},
		headerFrom:   {strconv.FormatUint(h.From, 10)},
		headerTo:     {strconv.FormatUint(h.To, 10)},
		headerWorker: {h.Worker},
	}
}

// ParseHeader reads the header of a record of a partition's stream.
func ParseHeader(r broker.Record) (Header, error) {
	h := Header{Kind: Kind(r.Header.Get(headerKind)), Worker: r.Header.Get(headerWorker)}
	if h.Kind != Done && h.Kind != Fence {
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
	// The last number there is would leave no sequence for a next unit.
	if h.From == 0 || h.To == math.MaxUint64 || h.Kind == Done && h.From > h.To || h.Kind == Fence && h.From != h.To+1 {
		return h, fmt.Errorf("record %d on %s covers %d..%d, which is no range", r.Sequence, r.Subject, h.From, h.To)
	}
	return h, nil
}
