package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state"
)

// worker runs some partitions of one stage, or the whole chain: it reads
// units, lets its stages step, and commits a record a partition. Two
// goroutines: one reads, decodes and runs the stages without state ahead, the
// other owns the state and the commits.
type worker struct {
	plan       Plan
	broker     *broker.Broker
	stage      string // "" for the chain
	partitions []int
	who        string // written into every record
	faults     *guarantees.Faults
	every      uint64 // documents between two snapshots; 0: none are made
	snapshots  guarantees.Snapshots
	notice     func(string) // tells people
	elsewhere  *elsewhere   // where df counts live; nil: here
	verifies   bool         // what replay makes again is compared with what is stored
	whole      bool         // the streams between stages are not purged
	looks      func(partition int, to uint64, l *Learner)

	assembly *assembly     // of the last attempt
	bell     *alarm        // of this attempt
	met      atomic.Uint64 // the last log sequence that its state has met
	passed   uint64        // documents that this attempt has read, or restored
	done     uint64        // the last log sequence whose unit is done
	saved    uint64        // documents that had passed at the last snapshot
	unstored bool          // the last snapshot could not be stored, and that was said
	overfull uint64        // more was held back than there is room for, behind the barrier before this log sequence
}

// promise is what the worker's stage promises.
func (w *worker) promise() guarantees.Promise { return w.plan.Promise(w.writes().Stage) }

func (w *worker) name() string {
	if w.stage == "" {
		return "the chain"
	}
	return w.stage
}

// writes is the node whose streams the worker writes.
func (w *worker) writes() Node {
	stage := w.stage
	if stage == "" {
		stage = ClassifyStage
	}
	n, err := node(stage)
	if err != nil {
		panic(err) // a worker is made for stages of the graph only
	}
	return n
}

// owns tells which log messages belong to the worker's partitions, of n.
func (w *worker) owns(n int) func(uint64) bool {
	return func(sequence uint64) bool { return slices.Contains(w.partitions, blockOwner(sequence, n)) }
}

// run works until the context ends. When the outcome of a commit is not known,
// the broker went away, or a fault killed it, it opens its partitions again and
// goes on from what is committed.
func (w *worker) run(ctx context.Context) error {
	for {
		err := w.attempt(ctx)
		switch {
		case errors.Is(err, guarantees.ErrRewound) && ctx.Err() == nil:
			// All begin again behind the last complete snapshot.
		case errors.Is(err, guarantees.ErrKilled) && ctx.Err() == nil:
			// What it had in memory is gone; it begins as after a crash.
		case (errors.Is(err, guarantees.ErrUncertain) || errors.Is(err, broker.ErrNoBroker) || errors.Is(err, broker.ErrUnknown)) && ctx.Err() == nil:
			if w.broker.Await(ctx) != nil {
				return nil
			}
		case errors.Is(err, state.ErrMoved) && ctx.Err() == nil:
			// Its counts are not where it left them; it looks where they are.
		case ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, guarantees.ErrRewound)):
			return nil
		case ctx.Err() != nil && w.faults != nil && (errors.Is(err, guarantees.ErrUncertain) || errors.Is(err, guarantees.ErrKilled)):
			return nil // whoever comes next finds out what is stored
		default:
			return fmt.Errorf("%s stopped: %w", w.name(), w.explain(err))
		}
	}
}

// explain says what it means that input is not there any more.
func (w *worker) explain(err error) error {
	switch {
	case !errors.Is(err, broker.ErrGone):
		return err
	case w.stage == "" || w.stage == TokenizeStage:
		return fmt.Errorf("%w; somebody deleted them from the log before they were read, and their documents cannot be classified: read the source into another --pipeline", err)
	}
	return fmt.Errorf("%w; they are deleted when snapshots hold what came of them, and those in %s are missing or damaged: its state cannot be rebuilt, read the source into another --pipeline", err, w.snapshots.Store)
}

// attempt takes the partitions, builds their state from what they have
// committed, and goes on.
func (w *worker) attempt(ctx context.Context) error {
	committers, err := w.open(ctx)
	defer func() {
		for _, c := range committers {
			c.Close()
		}
	}()
	if err == nil {
		err = together(committers)
	}
	if err != nil {
		return err
	}
	from, err := w.rebuild(ctx, committers)
	if err != nil {
		return err
	}
	in, err := w.input(ctx, committers, from)
	if err != nil {
		return err
	}
	feed := startFeed(ctx, in, w.assembly, w.saves(), w.soon(from), w.plan.Holds())
	defer feed.stop()
	working, stop := context.WithCancel(ctx)
	defer stop()
	for _, c := range committers {
		c.OnFailure(stop) // also while there is nothing to commit
	}
	outsides := w.outsides(w.assembly)
	for _, o := range outsides {
		o.start(context.WithoutCancel(ctx), stop)
	}
	defer stopAll(outsides)
	w.bell = &alarm{stop: stop}
	leave := w.attend(working, committers, w.bell, outsides)
	defer leave()
	if err = w.work(working, feed, committers); !errors.Is(err, context.Canceled) {
		return err
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitTimeout)
	defer cancel()
	failed := w.waitStored(settle, committers, outsides)
	switch {
	case ctx.Err() == nil && failed == nil:
		return w.rung(settle, committers)
	case ctx.Err() == nil:
		return failed
	}
	feed.stop()
	if failed == nil && w.flush(settle) {
		failed = w.part(settle, in, committers)
	}
	return errors.Join(err, failed)
}

// rebuild makes the stages and their state anew, from snapshots where there are
// any, and says from where their inputs are read then.
func (w *worker) rebuild(ctx context.Context, committers []*guarantees.Committer) (from restored, err error) {
	w.met.Store(0)
	if w.assembly, err = w.assemble(); err != nil {
		return from, err
	}
	if err := w.begin(ctx, w.assembly); err != nil {
		return from, err
	}
	if from, err = w.restore(ctx, w.assembly, committers); err != nil {
		return from, err
	}
	w.assembly.start = nil // it can be large
	w.passed, w.saved, w.done = from.documents, from.documents, 0
	w.met.Store(from.after)
	w.plantMarks()
	for i, c := range committers {
		if err := c.Rewind(ctx, w.restoredTo(i)); err != nil {
			return from, err
		}
	}
	w.plant()
	return from, nil
}

// waitStored waits until what was handed over is stored, and says what is not.
func (w *worker) waitStored(ctx context.Context, committers []*guarantees.Committer, outsides []*redisCounts) (failed error) {
	for _, c := range committers {
		failed = errors.Join(failed, c.Wait(ctx))
	}
	for _, o := range outsides {
		failed = errors.Join(failed, o.failure())
	}
	return failed
}

// part leaves a snapshot behind for whoever comes next, if it saves them time
// worth the while.
func (w *worker) part(ctx context.Context, in input, committers []*guarantees.Committer) error {
	if every := w.saves(); every == 0 || w.done == 0 || w.passed-w.saved < every/10 {
		return nil
	}
	all, err := w.take(ctx, committers, w.done, in.resume(w.done))
	if err != nil {
		return err
	}
	_ = w.store(ctx, all) // where it cannot be stored, a start only takes longer
	return nil
}

func (w *worker) open(ctx context.Context) (committers []*guarantees.Committer, err error) {
	n := w.writes()
	for _, p := range w.partitions {
		s := w.plan.Pipeline.partitionStream(n, p)
		c, err := guarantees.Open(ctx, w.broker, guarantees.Partition{
			Name: n.Stage + "/" + strconv.Itoa(p), Stream: s.Name, Subject: s.Subjects[0], Worker: w.who,
			Promise: w.promise(), Between: w.plan.between(n.Stage), Faults: w.faults, Barriers: w.plan.barriers(w.broker), Lanes: w.plan.lanes(n.Stage),
		})
		if err != nil {
			return committers, err
		}
		committers = append(committers, c)
	}
	return committers, nil
}

// input opens what the worker reads. A worker with state reads from where that
// was restored, to have the state of its history again; one without goes on
// where it left off.
func (w *worker) input(ctx context.Context, committers []*guarantees.Committer, from restored) (input, error) {
	attempt := committers[0].Attempt()
	r := reading{broker: w.broker, plan: w.plan, promise: w.promise(), faults: w.faults, after: ^uint64(0), planned: attempt.Planned, gate: workerGate(w.plan, attempt)}
	// Under the weaker guarantees what comes again stands between units, and under a
	// fault plan units do not depend on when something came.
	r.gathers = w.faults == nil && w.plan.Claim().OrDefault().Guarantee == guarantees.ExactlyOnce && !w.plan.Races()
	for _, p := range w.partitions {
		r.readers = append(r.readers, w.writes().Stage+"/"+strconv.Itoa(p))
	}
	for _, c := range committers {
		r.cuts = append(r.cuts, c.Cuts()...)
		r.after = min(r.after, c.Resume())
	}
	reads := w.plan.reads(w.writes())
	if w.faults != nil && len(reads) == 0 && !w.releases() {
		r.after = 0 // documents are counted from the first one on
	}
	if w.stage == "" || len(reads) > 0 {
		r.after, r.places = from.after, from.places
		for _, p := range w.pieces(ctx, w.assembly, committers) {
			r.cuts = append(r.cuts, p.at())
		}
		r.cuts = append(r.cuts, w.assembly.lead)
	}
	if w.stage == "" || len(reads) == 0 {
		return openLog(ctx, r)
	}
	if w.plan.met(w.stage) {
		return openRace(ctx, r, reads, past{name: w.plan.Pipeline.partitionStream(w.writes(), w.partitions[0]).Name, to: committers[0].Cursor()})
	}
	return openZip(ctx, r, reads)
}

// look shows what classify has learnt, behind a unit of the log.
func (w *worker) look(u *Unit) {
	if w.looks == nil || w.assembly.classify == nil || u.Trigger != "" {
		return
	}
	for _, p := range w.partitions {
		w.looks(p, u.To, w.assembly.classify.learner)
	}
}

// saves is how many documents pass between two snapshots, 0 when there is
// nothing to save, or no use for it.
func (w *worker) saves() uint64 {
	if w.stage == TokenizeStage && !w.releases() || !w.promise().Marks() || w.plan.met(w.stage) || w.plan.Holds() {
		return 0
	}
	return w.every
}

// releases says whether what the worker makes is published at once.
func (w *worker) releases() bool { return w.plan.Releases(w.writes().Stage) }

// restoredTo is up to which log sequence the state of one of its partitions was
// restored.
func (w *worker) restoredTo(i int) uint64 {
	switch a, p := w.assembly, w.partitions[i]; {
	case w.stage == TokenizeStage:
		return a.begun[p]
	case w.stage == DFStage:
		return a.df.at[p]
	case w.stage == TopicsStage:
		return a.topics.at[p]
	}
	return w.met.Load()
}

// work is the loop of the goroutine that owns the state.
func (w *worker) work(ctx context.Context, feed *feed, committers []*guarantees.Committer) error {
	d := desk{worker: w, committers: committers, alarm: w.bell}
	defer d.close()
	if err := d.verify(ctx); err != nil {
		return err
	}
	of := *w.plan.Partitions.of(w.writes().Stage)
	for _, p := range w.partitions {
		d.owns = append(d.owns, func(sequence uint64) bool { return blockOwner(sequence, of) == p })
	}
	if err := d.at(ctx, guarantees.Opened); err != nil {
		return err
	}
	for {
		u, err := feed.next(ctx, d.rest)
		if err != nil {
			if errors.Is(err, context.Canceled) {
				err = errors.Join(err, d.leave(ctx))
			}
			return err
		}
		if err := d.unit(ctx, u); err != nil {
			return err
		}
		feed.recycle(u)
	}
}
