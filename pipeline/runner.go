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

// Runner runs stages of one pipeline in this process.
type Runner struct {
	plan    Plan
	workers []*worker
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
	r := &Runner{plan: p}
	if p.Partitions.Chained() {
		r.workers = []*worker{{plan: p, broker: b, partitions: []int{0}, who: who}}
		return r, nil
	}
	for _, stage := range Stages() {
		if partitions := chosen[stage]; len(partitions) > 0 {
			for _, group := range groups(p.Promise(stage), partitions) {
				r.workers = append(r.workers, &worker{plan: p, broker: b, stage: stage, partitions: group, who: who})
			}
		}
	}
	return r, nil
}

// groups divides a stage's partitions among workers. Where the promise lets
// them share one state, one worker has them all.
func groups(p guarantees.Promise, partitions []int) [][]int {
	if p.Shares() {
		return [][]int{partitions}
	}
	return slices.Collect(slices.Chunk(partitions, 1))
}

// Snapshots makes the workers save their state each time so many documents have
// passed. It comes before Run; without it they use the snapshots that there are.
func (r *Runner) Snapshots(every uint64) {
	for _, w := range r.workers {
		w.every = every
	}
}

// Inject makes things go wrong according to a fault plan. It comes before Run.
func (r *Runner) Inject(f *guarantees.Faults) {
	for _, w := range r.workers {
		w.faults = f
	}
}

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

// Has says whether this process runs every partition of a stage.
func (r *Runner) Has(stage string) bool {
	n := 0
	for _, w := range r.workers {
		if w.stage == "" {
			return true
		}
		if w.stage == stage {
			n += len(w.partitions)
		}
	}
	return n == *r.plan.Partitions.of(stage)
}

// Run works until the context ends, which is no error, or a worker fails:
// then the others stop too. What is under way when it ends is committed or
// leaves no trace.
func (r *Runner) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(r.workers))
	var running sync.WaitGroup
	for i, w := range r.workers {
		running.Go(func() {
			if errs[i] = w.run(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
