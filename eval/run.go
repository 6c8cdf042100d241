package eval

import (
	"context"
	"sync"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Run lets a pipeline work, all stages in this process, until all that is in its
// log is committed, and adds up what was. faults, if not nil, go wrong on the
// way. each, if not nil, sees every stretch of results; it is valid until it
// returns.
func Run(ctx context.Context, b *broker.Broker, p pipeline.Plan, faults *guarantees.Faults, each func(u *pipeline.Unit)) (*pipeline.Tally, error) {
	every := uint64(0)
	if faults != nil {
		every = snapshotsUnderFaults
	}
	return run(ctx, b, p, faults, every, each, nil)
}

// run is Run, with a snapshot each time so many documents have passed; 0: none.
// look, if not nil, sees every replica of the model, at the end of the log too.
func run(ctx context.Context, b *broker.Broker, p pipeline.Plan, faults *guarantees.Faults, every uint64, each func(u *pipeline.Unit), look *weights) (*pipeline.Tally, error) {
	if err := pipeline.Create(ctx, b, p); err != nil {
		return nil, err
	}
	r, err := pipeline.NewRunner(b, p, "", "eval")
	if err != nil {
		return nil, err
	}
	r.Inject(faults)
	r.Snapshots(every)
	r.Verify()
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		return nil, err
	}
	if look != nil {
		look.last = last
		r.Look(look.look)
		r.KeepStreams() // who looks compares what stands in them, from the beginning
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	var failure error
	running.Go(func() {
		failure = r.Run(working)
		stop()
	})
	t, err := Follow(working, b, p, last, each)
	if err == nil && look != nil { // what is lost at the end is there before its loser is
		err = r.Await(working, last)
	}
	stop()
	running.Wait()
	if failure != nil {
		return t, failure
	}
	return t, err
}

// snapshotsUnderFaults is how many documents pass between two snapshots where
// things go wrong: few, for it is recovery that is looked at.
const snapshotsUnderFaults = 500

// Follow adds up what a pipeline commits, up to a log sequence.
func Follow(ctx context.Context, b *broker.Broker, p pipeline.Plan, last uint64, each func(u *pipeline.Unit)) (*pipeline.Tally, error) {
	t := pipeline.NewTally()
	results, err := pipeline.OpenResults(ctx, b, p)
	if err != nil {
		return t, err
	}
	defer results.Close()
	for t.To < last {
		u, err := results.Next(ctx)
		if err != nil {
			return t, err
		}
		t.Add(u)
		if each != nil {
			each(u)
		}
	}
	return t, nil
}

// Replay feeds the log of a pipeline to the oracle, up to its present end.
func (o *Oracle) Replay(ctx context.Context, b *broker.Broker, name pipeline.Name) error {
	return o.replay(ctx, b, name, ^uint64(0), nil)
}

// replay is Replay up to a log sequence, if the log comes so far. each, if not
// nil, is called behind every message with the last sequence.
func (o *Oracle) replay(ctx context.Context, b *broker.Broker, name pipeline.Name, to uint64, each func(last uint64)) error {
	if o.Promotions == nil {
		plan := o.plan
		plan.Pipeline = name
		o.Promotions = pipeline.NewPromotions(b, plan)
	}
	stream := name.LogStream().Name
	last, err := b.LastSequence(ctx, stream)
	if last = min(last, to); err != nil || last <= o.Tally.To {
		return err
	}
	if err := pipeline.CheckBegin(ctx, b, name, o.Tally.To+1); err != nil {
		return err
	}
	r, err := b.Read(ctx, stream, o.Tally.To+1, broker.ReaderOptions{Ahead: 1024})
	if err != nil {
		return err
	}
	defer r.Close()
	for o.Tally.To < last {
		records, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for _, record := range records {
			if record.Sequence > last {
				break
			}
			if err := o.Take(ctx, record); err != nil {
				return err
			}
			if each != nil {
				each(last)
			}
		}
	}
	return nil
}
