package experiments

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"tidings/eval/statistics"
	"tidings/model"
)

// What the zero values of a Setting stand for.
const (
	SeedsDefault  = 20  // fewer are too few to say much
	MarginDefault = 0.2 // points of a hundred: less is no difference that matters
)

// Limits of a Setting.
const (
	SeedsMax  = 1_000
	ModelsMax = 16
)

// Setting says what an experiment is run with.
type Setting struct {
	// Model is the one that has the whole grid, Others those that have a few
	// cells of it.
	Model   string
	Others  []string
	Options model.Options
	// Seeds is how many runs of each cell there are, Seed what theirs are made of.
	// 0: SeedsDefault.
	Seeds int
	Seed  uint64
	// Margin is how many points of accuracy are no difference; it is said before
	// the first run. 0: MarginDefault.
	Margin float64
	// Workers is how many runs go beside each other; 0: one a processor.
	Workers int
	// Progress, if set, hears how many runs are done. It must not wait.
	Progress func(done, of int)
}

func (s Setting) withDefaults() Setting {
	if s.Model == "" {
		s.Model = model.Default
	}
	if s.Seeds == 0 {
		s.Seeds = SeedsDefault
	}
	if s.Margin == 0 {
		s.Margin = MarginDefault
	}
	if s.Workers < 1 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	return s
}

// Check tells all that is wrong with the setting, or nil.
func (s Setting) Check() error {
	s = s.withDefaults()
	var problems []error
	for _, name := range append([]string{s.Model}, s.Others...) {
		_, err := model.New(name, s.Options)
		problems = append(problems, err)
	}
	if s.Seeds < 1 || s.Seeds > SeedsMax {
		problems = append(problems, errors.New("the number of seeds is out of range; 1 to 1000 are possible"))
	}
	if !(s.Margin > 0 && s.Margin < 100) {
		problems = append(problems, errors.New("the margin is out of range; give points of accuracy above 0, such as 0.2"))
	}
	if len(s.Others) >= ModelsMax {
		problems = append(problems, errors.New("too many models; 16 are possible"))
	}
	return errors.Join(problems...)
}

// resampling is that of a cell's intervals.
func (s Setting) resampling() statistics.Resampling { return statistics.Resampling{Seed: s.Seed} }

// each runs n jobs, a few at a time. The first error ends it.
func (s Setting) each(ctx context.Context, n int, job func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next, done atomic.Int64
	var told sync.Mutex
	var running sync.WaitGroup
	for range min(s.Workers, n) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := job(ctx, i); err != nil {
					stop(err)
					return
				}
				if s.Progress != nil {
					told.Lock()
					s.Progress(int(done.Add(1)), n)
					told.Unlock()
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}
