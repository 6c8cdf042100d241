package check

import (
	"context"
	"errors"
	"iter"
	"slices"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Remet is what came of letting a partition meet again what it met as it
// arrived, in the order that it wrote down.
type Remet struct {
	Where string
	Units int // records that are what that makes of them
	Jumps int // of these, units that were met behind later ones: they raced, and lost
	Err   error
}

// remeet does so with all partitions that meet records as they arrive.
func remeet(ctx context.Context, b *broker.Broker, p pipeline.Plan) (all []Remet, err error) {
	for _, stage := range []string{pipeline.DFStage, pipeline.ClassifyStage} {
		for i := range p.Partitions.Of(stage) {
			r := Remet{Where: place(stage, i)}
			r.Units, r.Jumps, r.Err = pipeline.MeetAgain(ctx, b, p, stage, i)
			if errors.Is(r.Err, broker.ErrNoBroker) || ctx.Err() != nil {
				return all, errors.Join(r.Err, ctx.Err())
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// inLogOrder are the records of a partition of classify that met its own as they
// arrived, as if it had met them in the order of the log: a record ends where
// all lanes have come, and holds what stands up to there. pipeline's sorter does
// the like for readers; a check does not ask what it checks.
func inLogOrder(records iter.Seq2[Record, error], lanes int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		at, met := uint64(0), make([]uint64, lanes)
		var held []pipeline.Entry
		for r, err := range records {
			if err != nil || r.Kind != guarantees.Done || r.Met.Lane < 1 || r.Met.Lane > lanes {
				if r.Kind != guarantees.Rewound { // it tells of the log
					r.From, r.To = at+1, at // a fence's cursor is a number of messages
				}
				if !yield(r, err) {
					return
				}
				continue
			}
			for _, e := range r.Entries {
				e.Scores = nil // valid until the next record
				held = append(held, e)
			}
			from, to := r.Span()
			if from != met[r.Met.Lane-1]+1 { // again, or something is missing: the lane says which
				r.From, r.To = from, to
				if !yield(r, nil) {
					return
				}
				continue
			}
			if met[r.Met.Lane-1] = to; r.Met.Aligned {
				for i := range met {
					met[i] = to
				}
			}
			to = slices.Min(met)
			if to == at {
				continue
			}
			slices.SortStableFunc(held, func(a, b pipeline.Entry) int { return a.Position.Compare(b.Position) })
			n, _ := slices.BinarySearchFunc(held, to+1, func(e pipeline.Entry, sequence uint64) int {
				if e.Position.Sequence < sequence {
					return -1
				}
				return 1
			})
			r.From, r.To, r.Entries = at+1, to, slices.Clone(held[:n])
			held = append(held[:0], held[n:]...)
			at = to
			if !yield(r, nil) {
				return
			}
		}
	}
}
