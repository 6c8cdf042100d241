package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"github.com/cespare/xxhash/v2"

	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// Source is where ledgers come from: a run, the oracle, or a file.
type Source interface {
	// Replicas is how many ledgers there are.
	Replicas() int
	// Log names the log that positions are of, "" when nobody knows.
	Log() string
	// Updates reads one of them from its beginning on.
	Updates(ctx context.Context, replica int) iter.Seq2[Update, error]
}

// Run is a pipeline on a broker.
type Run struct {
	Broker *broker.Broker
	Plan   pipeline.Plan
	Proofs map[int]Proof // of the replicas that were read to their ends

	log string
}

// NewRun prepares reading a pipeline's ledgers.
func NewRun(ctx context.Context, b *broker.Broker, p pipeline.Plan) (*Run, error) {
	log, err := identity(ctx, b, p)
	return &Run{Broker: b, Plan: p, Proofs: map[int]Proof{}, log: log}, err
}

// identity names a log: what stands first in it, and when it came.
func identity(ctx context.Context, b *broker.Broker, p pipeline.Plan) (string, error) {
	stream := p.Pipeline.LogStream().Name
	first, err := b.FirstSequence(ctx, stream)
	if err != nil {
		return "", err
	}
	r, err := b.Record(ctx, stream, first)
	if errors.Is(err, broker.ErrEmpty) {
		return "", nil
	}
	at := binary.LittleEndian.AppendUint64(nil, uint64(r.Time.UnixNano()))
	return pipeline.Digest(xxhash.Sum64(append(at, r.Data...))), err
}

// Replicas are the classify partitions.
func (r *Run) Replicas() int { return r.Plan.Partitions.Classify }

// Log names the pipeline's log.
func (r *Run) Log() string { return r.log }

// Updates expands a partition's records.
func (r *Run) Updates(ctx context.Context, replica int) iter.Seq2[Update, error] {
	return pulled(func(each func(Update) error) error {
		proof, err := Expand(ctx, r.Broker, r.Plan, replica, each)
		if err == nil {
			r.Proofs[replica] = proof
		}
		return err
	})
}

// Oracle is what ought to have been learnt from a pipeline's log: every label of
// a document, and every one that came later and in time, once, in order.
type Oracle struct{ Run *Run }

// Replicas is 1.
func (o Oracle) Replicas() int { return 1 }

// Log names the run's log.
func (o Oracle) Log() string { return o.Run.log }

// Updates reads the log up to its end as it is now.
func (o Oracle) Updates(ctx context.Context, _ int) iter.Seq2[Update, error] {
	return pulled(func(each func(Update) error) error {
		l := newLog(o.Run.Broker, o.Run.Plan)
		defer l.close()
		last, err := o.Run.Broker.LastSequence(ctx, l.stream)
		if err != nil || last == 0 {
			return err
		}
		w := waiting{ring: pipeline.NewRing(o.Run.Plan.LabelWait), labels: map[string]bool{}}
		l.each = w.meet
		at := o.Run.Plan.Start.Version()
		failed := w.take(ctx, l.versions, &o.Run.Plan.Start)
		learn := func(u Update) {
			if u.takes != nil {
				at = u.takes.Version()
				failed = errors.Join(failed, w.take(ctx, l.versions, u.takes))
				return
			}
			if failed != nil || !w.learns(u.Label) {
				return
			}
			at = at.Add(u.Position, u.Label)
			u.Chain = at.Chain
			failed = each(u)
		}
		for sequence := uint64(1); sequence <= last && err == nil && failed == nil; sequence++ {
			err = l.labels(ctx, sequence, sequence, learn)
		}
		return errors.Join(err, failed)
	})
}

// waiting follows which labels a model learns, without one: those that it has
// room for, and of those that came later, the ones whose documents are kept.
type waiting struct {
	ring   *pipeline.Ring
	labels map[string]bool
	at     uint64 // of a late label, where its document is in the ring
	late   bool
	ready  bool // the entry's label may be learnt
}

// take makes the labels those of a version that takes over.
func (w *waiting) take(ctx context.Context, versions *pipeline.Promotions, p *pipeline.Promotion) error {
	if p.Number == 0 {
		return nil
	}
	v, err := versions.Fetch(ctx, p)
	if err != nil {
		return err
	}
	clear(w.labels)
	for _, label := range v.Model.Labels() {
		w.labels[label] = true
	}
	return nil
}

func (w *waiting) meet(e *pipeline.Entry, terms int) {
	w.late, w.ready = e.Kind == pipeline.LabelEntry, true
	switch e.Kind {
	case pipeline.DocumentEntry:
		w.ring.Add(e, terms, nil)
	case pipeline.LabelEntry:
		w.at, w.ready = w.ring.Bind(e)
	}
}

// learns says whether the label of the entry that was met last is learnt.
func (w *waiting) learns(label string) bool {
	if !w.ready || !w.labels[label] && len(w.labels) == model.LabelsMax {
		return false
	}
	w.labels[label] = true
	if w.late {
		w.ring.Learnt(w.at, label)
	} else {
		w.ring.LearntLast(label)
	}
	return true
}

// errEnough ends reading when nobody wants more.
var errEnough = errors.New("enough")

// pulled makes a sequence of what a function hands out.
func pulled(read func(each func(Update) error) error) iter.Seq2[Update, error] {
	return func(yield func(Update, error) bool) {
		err := read(func(u Update) error {
			if !yield(u, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Update{}, err)
		}
	}
}
