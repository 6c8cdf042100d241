package eval

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"tidings"
	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// Trial is one run of an experiment: a plan, and what goes wrong.
type Trial struct {
	Plan   pipeline.Plan
	Faults pipeline.FaultPlan // "" for nothing
	// Watch, if set, hears how many documents have their first prediction, each
	// time that more have: of how many the label is known, and for how many of
	// these it was right. It must not wait.
	Watch func(documents, right, labelled uint64)
}

// Seal puts one more end behind a log that is complete. What a fault makes a
// worker do again of the last documents then comes before the log's end, up to
// which trials look.
func Seal(ctx context.Context, b *broker.Broker, name pipeline.Name) error {
	stream := name.LogStream().Name
	last, err := b.LastSequence(ctx, stream)
	if err != nil {
		return err
	}
	a := b.Appender(stream, last)
	defer a.Close()
	return errors.Join(a.Append(name.LogSubject(pipeline.ControlRecord, "seal"), nil, []byte(`{"end":true}`)), a.Wait(ctx))
}

// Run lets the trial's pipeline work over the log that stands on the broker,
// which has to be the one that the truth is of, sealed, and nothing else of that
// pipeline. It makes no snapshots, so that all that was written can be read
// again: whatever is killed builds its state from the first record on.
func (t Trial) Run(ctx context.Context, b *broker.Broker, truth *Truth) (*Outcome, error) {
	p := t.Plan
	faults, err := t.faults(ctx, b)
	if err != nil {
		return nil, err
	}
	o := truth.newOutcome(p)
	w := newObserver(truth, o)
	learnt := &weights{truth: truth.model, of: map[replicaAt]model.Distance{}}
	began := time.Now()
	tally, err := run(ctx, b, p, faults, 0, func(u *pipeline.Unit) {
		w.unit(u)
		if t.Watch != nil {
			t.Watch(o.Documents, w.right, w.labelled)
		}
	}, learnt)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	w.end()
	s := tally.Summary(p)
	o.Accuracy, o.MacroF1 = s.Accuracy, s.MacroF1
	o.PredictionsDigest, o.DFDigest, o.ModelDigest = s.PredictionsDigest, s.DFDigest, s.ModelDigest
	o.PerSecond = float64(o.Documents) / took.Seconds()
	if err := errors.Join(t.df(ctx, b, truth, tally.To, o), t.updates(ctx, b, tally.To, o, learnt), t.idle(ctx, b, o), t.meetAgain(ctx, b, o)); err != nil {
		return nil, err
	}
	o.equals(truth, tally, w.bits.sum())
	return o, nil
}

// faults puts the fault plan to work, nil when there is none.
func (t Trial) faults(ctx context.Context, b *broker.Broker) (*guarantees.Faults, error) {
	if t.Faults.Faults == "" {
		return nil, nil
	}
	if err := pipeline.Create(ctx, b, t.Plan); err != nil {
		return nil, err
	}
	if err := pipeline.StoreFaults(ctx, b, t.Plan.Pipeline, t.Faults); err != nil {
		return nil, err
	}
	return t.Plan.Faults(b, t.Faults)
}

// idle lists the faults that never struck. Where all partitions go back together
// it hangs on the moment how much each has done in vain, and so whether a fault
// that is drawn meets a record: of these nothing is said.
func (t Trial) idle(ctx context.Context, b *broker.Broker, o *Outcome) error {
	reports, err := pipeline.ReportFaults(ctx, b, t.Plan)
	for _, r := range reports {
		switch {
		case r.Drawn && t.Plan.Holds():
			continue
		case len(r.Strikes) > 0:
			o.struck = append(o.struck, r.Fault)
			continue
		case !r.Drawn:
			o.missed = append(o.missed, r.Fault)
		}
		o.Idle = append(o.Idle, r.Fault)
	}
	return err
}

// meetAgain lets each partition that met its records as they arrived meet them
// again, in the order that it wrote down.
func (t Trial) meetAgain(ctx context.Context, b *broker.Broker, o *Outcome) error {
	if !t.Plan.Races() {
		return nil
	}
	for _, stage := range []string{pipeline.DFStage, pipeline.ClassifyStage} {
		for i := range t.Plan.Partitions.Of(stage) {
			_, jumps, err := pipeline.MeetAgain(ctx, b, t.Plan, stage, i)
			o.Jumps += jumps
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				o.Unmet = append(o.Unmet, err.Error())
			}
		}
	}
	return nil
}

// df compares the counts at the log's end.
func (t Trial) df(ctx context.Context, b *broker.Broker, truth *Truth, last uint64, o *Outcome) error {
	df, err := t.counts(ctx, b, last)
	if err == nil {
		o.DFError, o.DFErrorMax = truth.dfError(df)
	}
	return err
}

func (t Trial) counts(ctx context.Context, b *broker.Broker, last uint64) (map[uint64]uint32, error) {
	if t.Plan.Partitions.Chained() {
		return chainedDF(ctx, b, t.Plan, last)
	}
	return pipeline.DFValues(ctx, b, t.Plan, last)
}

// updates compares each replica's ledger with the oracle's. What a rollback
// undid does not count as repeated: it is how often the model has learnt
// something that counts. It compares the weights that these updates have made,
// too.
func (t Trial) updates(ctx context.Context, b *broker.Broker, last uint64, o *Outcome, model *weights) error {
	source, err := ledger.NewRun(ctx, b, t.Plan)
	if err != nil {
		return err
	}
	o.Updates.Replicas = source.Replicas()
	for replica := range source.Replicas() {
		end, err := endOf(ctx, b, t.Plan, replica, last)
		if err != nil {
			return err
		}
		d, err := ledger.Diff(ctx, upTo{source, end.record}, replica, ledger.Oracle{Run: source}, 0, 0)
		if err != nil {
			return err
		}
		o.Updates.Expected += d.Expected
		o.Updates.Applied += end.version.Updates
		o.Updates.Lost += d.Lost
		if learnt := d.Expected - d.Lost; end.version.Updates > learnt {
			o.Updates.Repeated += end.version.Updates - learnt
		}
		o.Updates.Unproven += source.Proofs[replica].Broken
		if err := model.tell(o, replica, end.version); err != nil {
			return err
		}
	}
	if o.Weights != nil {
		o.Weights.Percent /= float64(o.Weights.Replicas)
	}
	return nil
}

// replicaEnd is where a replica of the model has met the whole log.
type replicaEnd struct {
	record  uint64 // of the partition's stream
	version pipeline.Version
}

func endOf(ctx context.Context, b *broker.Broker, p pipeline.Plan, replica int, last uint64) (end replicaEnd, err error) {
	r, err := pipeline.OpenPartition(ctx, b, p, pipeline.ClassifyStage, replica)
	if err != nil {
		return end, err
	}
	defer r.Close()
	for {
		c, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		end.record = c.Sequence
		if c.Kind == guarantees.Done {
			end.version = c.Unit.Learnt.After
		}
		if c.Through() >= last && (c.Kind == guarantees.Done || c.Kind == guarantees.Hole) {
			return end, nil
		}
	}
}

// upTo is a run's ledger as far as a record of its stream: what came behind
// the log's end may still be on its way.
type upTo struct {
	*ledger.Run
	record uint64
}

// Updates reads a replica's ledger.
func (s upTo) Updates(ctx context.Context, replica int) iter.Seq2[ledger.Update, error] {
	return func(yield func(ledger.Update, error) bool) {
		for u, err := range s.Run.Updates(ctx, replica) {
			if err == nil && u.Record > s.record {
				continue // to its end, where it is proved
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// chainedDF tells how often each term has been counted in a pipeline that is
// one worker: its records name the documents that it met.
func chainedDF(ctx context.Context, b *broker.Broker, p pipeline.Plan, last uint64) (map[uint64]uint32, error) {
	times, err := chainedTimes(ctx, b, p, last)
	if err != nil {
		return nil, err
	}
	df := map[uint64]uint32{}
	tokenize := pipeline.NewTokenize(p.Features, func(uint64) bool { return true })
	r, err := b.Read(ctx, p.Pipeline.LogStream().Name, 1, broker.ReaderOptions{Ahead: 1024})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var u pipeline.Unit
	for u.To < last {
		records, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			u.Reset()
			u.AddLog(record)
			if err := tokenize.Step(&u); err != nil {
				return nil, err
			}
			for i := range u.Entries {
				for _, term := range u.TermsOf(&u.Entries[i]) {
					df[u.Dict.Hash(term.Ref)] += times[u.Entries[i].Position]
				}
			}
		}
	}
	return df, nil
}

// chainedTimes is how often the state of a chain has met each document.
func chainedTimes(ctx context.Context, b *broker.Broker, p pipeline.Plan, last uint64) (map[tidings.Position]uint32, error) {
	r, err := pipeline.OpenPartition(ctx, b, p, pipeline.ClassifyStage, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	times := map[tidings.Position]uint32{}
	for cursor := uint64(0); cursor < last; {
		c, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		again := c.Trigger == "" && c.To <= cursor
		if c.Kind == guarantees.Done && !(again && p.Recovery == guarantees.Rollback) {
			for i := range c.Unit.Entries {
				if e := &c.Unit.Entries[i]; e.Kind == pipeline.DocumentEntry {
					times[e.Position]++
				}
			}
		}
		if c.Kind == guarantees.Done || c.Kind == guarantees.Hole {
			cursor = max(cursor, c.To)
		}
	}
	return times, nil
}
