package guarantees

import (
	"errors"
	"fmt"
)

// ErrRewound reports that all partitions of the pipeline went back to the last
// complete snapshot: what was done behind it counts no more. It is no failure:
// open the partition again and go on from there.
var ErrRewound = errors.New("all partitions went back to the last complete snapshot")

// Limits of what partitions agree on.
const (
	RewindsMax  = 4096 // attempts that ended behind a new snapshot each
	releasesMax = 64   // releases of which the time is remembered
)

// Attempt is what all partitions of a pipeline agree on where snapshots are
// taken together (Chandy and Lamport, "Distributed snapshots", 1985; Carbone et
// al., "State Management in Apache Flink", VLDB 2017, section 3). It says of
// every record in every stream whether it counts, and whether it may be seen.
//
// An attempt is the work from one recovery to the next. A barrier is a log
// sequence behind which every partition ends a unit and saves its state; it is
// complete when all of them have. The zero value is a pipeline that has never
// run.
type Attempt struct {
	Number uint64 `json:"attempt"` // from 1; rises by one with each recovery
	// Complete is the log sequence of the last complete barrier: what comes of
	// the log up to there is released, for good.
	Complete uint64 `json:"complete"`
	// Planned are barriers in what the log held already when the attempt began.
	Planned  Planned   `json:"planned,omitzero"`
	Rewinds  []Rewind  `json:"rewinds,omitempty"`
	Releases []Release `json:"releases,omitempty"` // the last ones, oldest first

	revision uint64
}

// Rewind says where attempts ended: what those up to Through, and not in a
// rewind before, say of the log behind To counts no more.
type Rewind struct {
	Through uint64 `json:"through"`
	To      uint64 `json:"to"`
}

// Release says when a barrier became complete, by the clock of the broker.
type Release struct {
	At   uint64 `json:"at"`
	Time int64  `json:"time,omitempty"` // Unix nanoseconds; of the last one it is when the Attempt was stored
}

// Planned are barriers behind each Every-th log sequence after Behind, up to
// Through. The zero value is none.
type Planned struct {
	Behind  uint64 `json:"behind"`
	Through uint64 `json:"through"`
	Every   uint64 `json:"every"`
}

// At says whether a barrier is planned at a log sequence.
func (p Planned) At(sequence uint64) bool {
	return p.Every > 0 && sequence > p.Behind && sequence <= p.Through && (sequence-p.Behind)%p.Every == 0
}

// Limit is the last sequence that a unit from on may cover, if it could reach
// to.
func (p Planned) Limit(from, to uint64) uint64 {
	if p.Every == 0 || from > p.Through {
		return to
	}
	next := p.Behind + p.Every
	if from > p.Behind {
		next = p.Behind + (from-p.Behind+p.Every-1)/p.Every*p.Every
	}
	if next > p.Through {
		return to
	}
	return min(to, next)
}

// Valid says whether what an attempt says of the log up to a sequence counts.
// Of attempts that this one does not know yet nothing does.
func (a *Attempt) Valid(attempt, to uint64) bool {
	if attempt >= a.Number {
		return attempt == a.Number
	}
	for _, r := range a.Rewinds {
		if attempt <= r.Through {
			return to <= r.To
		}
	}
	return false
}

// Counts says whether a record counts.
func (a *Attempt) Counts(h Header) bool {
	_, to := h.Span()
	return a.Valid(h.Attempt, to)
}

// ReleasedAt is when what comes of the log up to a sequence was released, in
// Unix nanoseconds; 0 where that is not remembered any more.
func (a *Attempt) ReleasedAt(to uint64) int64 {
	for i, r := range a.Releases {
		if to <= r.At {
			if i == 0 && len(a.Releases) == releasesMax {
				return 0 // it may have been released with one before
			}
			return r.Time
		}
	}
	return 0
}

// next is the attempt that begins behind this one.
func (a *Attempt) next() (Attempt, error) {
	n := *a
	n.Number, n.Planned = a.Number+1, Planned{}
	if a.Number == 0 {
		return n, nil
	}
	n.Rewinds = append([]Rewind(nil), a.Rewinds...)
	if last := len(n.Rewinds) - 1; last >= 0 && n.Rewinds[last].To == a.Complete {
		n.Rewinds[last].Through = a.Number
		return n, nil
	}
	if len(n.Rewinds) == RewindsMax {
		return n, fmt.Errorf("the pipeline has gone back to a snapshot from %d places, and no more are remembered: all that is released stays as it is; read the source into another --pipeline", RewindsMax)
	}
	n.Rewinds = append(n.Rewinds, Rewind{a.Number, a.Complete})
	return n, nil
}

// release makes a barrier complete. When that was is known once it is stored.
func (a *Attempt) release(at uint64) {
	a.Complete = at
	if len(a.Releases) == releasesMax {
		a.Releases = append(a.Releases[:0], a.Releases[1:]...)
	}
	a.Releases = append(a.Releases, Release{At: at})
}
