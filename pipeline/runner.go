package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Runner runs stages of one pipeline in this process: those that it was made
// for, or, with Share, its share of them.
type Runner struct {
	plan      Plan
	broker    *broker.Broker
	who       string
	chosen    map[string][]int // by stage; of a chain nothing
	faults    *guarantees.Faults
	every     uint64
	sharing   *Sharing // nil: it has all that it was made for
	store     guarantees.SnapshotStore
	elsewhere *elsewhere // where df counts live; nil: in workers
	notice    func(string)
	clock     Clock // of the coordinator of snapshots; nil: the machine's
	looks     func(partition int, to uint64, l *Learner)

	verifies bool // what replay makes again is compared with what is stored
	whole    bool // the streams between stages are not purged

	mu      sync.Mutex
	workers []*worker // at work, or that were when Run ended
}

// NewRunner prepares the partitions that stages selects: "" or "all" for all,
// else names with or without a partition, as in "tokenize,df/0". who is
// written into every record, so that people can tell who wrote it. The
// pipeline has to exist on the broker (Create).
func NewRunner(b *broker.Broker, p Plan, stages, who string) (*Runner, error) {
	chosen, err := selectPartitions(p, stages)
	if err != nil {
		return nil, err
	}
	return &Runner{plan: p, broker: b, who: who, chosen: chosen}, nil
}

// worker makes one for partitions of a stage; "" is the chain.
func (r *Runner) worker(stage string, partitions []int) *worker {
	return &worker{
		plan: r.plan, broker: r.broker, stage: stage, partitions: partitions, who: r.who, faults: r.faults, every: r.every,
		snapshots: guarantees.Snapshots{Store: r.store}, elsewhere: r.elsewhere, verifies: r.verifies, whole: r.whole, notice: r.tell, looks: r.looks,
	}
}

// all are the workers of what the runner was made for.
func (r *Runner) all() (workers []*worker) {
	if r.plan.Partitions.Chained() {
		return []*worker{r.worker("", []int{0})}
	}
	for _, stage := range Stages() {
		if partitions := r.chosen[stage]; len(partitions) > 0 {
			for _, group := range r.plan.groups(stage, partitions) {
				workers = append(workers, r.worker(stage, group))
			}
		}
	}
	return workers
}

// Workers names what is to run for a whole pipeline to be at work: each is what
// NewRunner calls stages, and one worker.
func (p Plan) Workers() (workers []string) {
	if p.Partitions.Chained() {
		return []string{""}
	}
	for _, stage := range Stages() {
		if p.shares(stage) {
			workers = append(workers, stage)
			continue
		}
		for i := range *p.Partitions.of(stage) {
			workers = append(workers, stage+"/"+strconv.Itoa(i))
		}
	}
	return workers
}

// groups divides a stage's partitions among workers. Where they can share one
// state, one worker has them all.
func (p Plan) groups(stage string, partitions []int) [][]int {
	if p.shares(stage) {
		return [][]int{partitions}
	}
	return slices.Collect(slices.Chunk(partitions, 1))
}

// Snapshots makes the workers save their state each time so many documents have
// passed. It comes before Run; without it they use the snapshots that there are.
func (r *Runner) Snapshots(every uint64) { r.every = every }

// KeepIn says where snapshots are kept. It comes before Run, and is needed where
// the plan says that they are not with the broker.
func (r *Runner) KeepIn(s guarantees.SnapshotStore) { r.store = s }

// Verify makes what replay makes again be compared with what is stored, by
// position: a stage that is not pure fails with an *ImpureError. It comes before
// Run. It costs a reading of what is made again, nothing else.
func (r *Runner) Verify() { r.verifies = true }

// KeepStreams leaves in the streams between stages what no snapshot needs any more,
// for who wants to read them from their beginning when the work is done. It comes
// before Run.
func (r *Runner) KeepStreams() { r.whole = true }

// Notice has people told of what does not end the work. It comes before Run.
func (r *Runner) Notice(f func(string)) { r.notice = f }

func (r *Runner) tell(text string) {
	if r.notice != nil {
		r.notice(text)
	}
}

// Look has f see what each partition of classify has learnt up to a log sequence,
// behind every unit of the log and before its record is stored; those that share
// one learner show the same. What is made again after a crash is seen again. It
// comes before Run; f runs on the goroutines that own the learners, several at
// once, and must neither change what it is given nor keep it.
func (r *Runner) Look(f func(partition int, to uint64, l *Learner)) { r.looks = f }

// Inject makes things go wrong according to a fault plan. It comes before Run.
func (r *Runner) Inject(f *guarantees.Faults) { r.faults = f }

func selectPartitions(p Plan, stages string) (map[string][]int, error) {
	chosen := map[string][]int{}
	if stages == "" || stages == "all" {
		stages = strings.Join(Stages(), ",")
	} else if p.Partitions.Chained() {
		return nil, errors.New("with one partition of each stage the graph is one worker and cannot be divided among processes: leave out --stages, or create the pipeline with more --partitions")
	}
	for part := range strings.SplitSeq(stages, ",") {
		stage, number, one := strings.Cut(strings.TrimSpace(part), "/")
		if _, err := node(stage); err != nil {
			return nil, err
		}
		of := *p.Partitions.of(stage)
		if !one {
			for i := range of {
				chosen[stage] = append(chosen[stage], i)
			}
			continue
		}
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= of {
			return nil, fmt.Errorf("stage %q: %s has partitions 0 to %d", part, stage, of-1)
		}
		chosen[stage] = append(chosen[stage], i)
	}
	for stage, partitions := range chosen {
		slices.Sort(partitions)
		chosen[stage] = slices.Compact(partitions)
	}
	return chosen, nil
}

// atWork notes which workers work.
func (r *Runner) atWork(workers []*worker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.workers = workers
}

// Run works until the context ends, which is no error, or a worker fails:
// then the others stop too. What is under way when it ends is committed or
// leaves no trace. A worker whose partition another one takes fails with
// guarantees.ErrFenced; where partitions are shared it goes on with the others.
func (r *Runner) Run(ctx context.Context) error {
	snapshots, err := r.plan.SnapshotsIn(r.store, r.broker)
	if err != nil {
		return err
	}
	r.store = snapshots.Store
	if r.plan.State != "" && r.elsewhere == nil {
		return fmt.Errorf("the df counts of pipeline %s are in a Redis, and it is not said where: give the --state that its processes run with", r.plan.Pipeline)
	}
	if r.sharing != nil {
		return r.runShared(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := r.all()
	r.atWork(workers)
	errs := make([]error, len(workers)+1)
	var running sync.WaitGroup
	for i, w := range workers {
		running.Go(func() {
			if errs[i] = w.run(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	if r.plan.Holds() {
		running.Go(func() {
			if errs[len(workers)] = r.coordinator().run(ctx); errs[len(workers)] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// coordinator makes that of the pipeline's snapshots.
func (r *Runner) coordinator() *coordinator {
	var clock Clock = wallClock{}
	if r.clock != nil {
		clock = r.clock
	}
	c := newCoordinator(r.broker, r.plan, guarantees.Snapshots{Store: r.store}, clock)
	c.whole = r.whole
	return c
}

// Clock makes barriers come by another clock than the machine's. It comes before
// Run.
func (r *Runner) Clock(c Clock) { r.clock = c }
