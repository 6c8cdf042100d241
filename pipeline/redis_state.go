package pipeline

import (
	"errors"
	"fmt"
	"sync"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/state"
)

// RedisState is what Plan.State calls df counts that live in a Redis.
const RedisState = "redis"

// ErrStateGone reports that the counts of a pipeline are not where they should
// be.
var ErrStateGone = errors.New("the df counts are gone")

// elsewhere is where the runner's counts live, if that is outside.
type elsewhere struct {
	redis *state.Redis

	mu      sync.Mutex
	rebuild map[int]bool // by partition: what is there is not to be used
}

// rebuilds says whether a partition's counts are to be made again.
func (e *elsewhere) rebuilds(partition int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rebuild[partition]
}

// rebuilt notes that they were.
func (e *elsewhere) rebuilt(partition int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rebuild, partition)
}

// StateIn says in which Redis df counts live; rebuild has them made again, once,
// from snapshots and the log, whatever is there. It comes before Run, and is needed
// where the plan says so.
func (r *Runner) StateIn(in *state.Redis, rebuild bool) {
	r.elsewhere = &elsewhere{redis: in, rebuild: map[int]bool{}}
	for p := range r.plan.Partitions.DF {
		r.elsewhere.rebuild[p] = rebuild
	}
}

// checkState refuses what counts outside of the process cannot do.
func (p Plan) checkState() error {
	if p.State == "" {
		return nil
	}
	var errs []error
	if p.State != RedisState {
		errs = append(errs, fmt.Errorf("state %q is not known; it is embedded or redis", p.State))
	}
	if p.Features.DFHalfLife != (features.HalfLife{}) || p.Features.DFTerms != 0 {
		errs = append(errs, errors.New("df counts in a Redis only grow: a half-life halves all of them at once, and a limit forgets some by what all others are, which takes all of them out and back in; leave out --df-half-life and --df-terms, or keep state embedded"))
	}
	if p.Fixed {
		errs = append(errs, errors.New("nothing is counted where nothing is learnt, so there is no state to be kept in a Redis: keep it embedded"))
	}
	if p.Order == guarantees.Arrival {
		errs = append(errs, errors.New("df counts in a Redis say up to where in the log they have come, and with the order arrival that does not say what they have met: keep state embedded, or the order sorted"))
	}
	return errors.Join(errs...)
}
