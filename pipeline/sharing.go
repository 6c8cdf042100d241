package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// Sharing is how a process divides a pipeline's partitions with other processes
// that come and go.
type Sharing struct {
	ID      string           // of this process, unlike any other's
	TTL     time.Duration    // how long a process may be silent; 0 is guarantees.LeaseTTL
	Now     func() time.Time // a clock that goes on; what it shows does not matter
	Notice  func(string)     // tells people what changes hands
	Project Shape            // of what outside readers get, where this process publishes
}

// What is shared beside the partitions of stages.
const (
	chainLease      = "chain/0"      // the whole graph, where it is chained
	projectionStage = "projection"   // who publishes for outside readers
	projectionLease = "projection/0" // whoever is willing to run topics

	coordinatorStage = "coordinator"   // who puts barriers into the log, and completes them
	coordinatorLease = "coordinator/0" // whoever runs anything
)

// leaseBucket holds the leases.
func (n Name) leaseBucket() string { return string(n) + "-lease" }

// Share makes Run divide the partitions with whoever else shares them, and
// publish for outside readers where that is this process's to do. It comes
// before Run. Without it Run takes its partitions from whoever has them.
func (r *Runner) Share(s Sharing) { r.sharing = &s }

// sharedPartitions are all that is shared. Stages that lose least when
// processes divide them come first: tokenize has no state, classify's
// partitions all learn the same.
func (p Plan) sharedPartitions() (all []string) {
	all = []string{projectionLease}
	if p.Holds() {
		all = append(all, coordinatorLease)
	}
	if p.Partitions.Chained() {
		return append(all, chainLease)
	}
	for _, stage := range []string{TokenizeStage, TopicsStage, DFStage, ClassifyStage} {
		for i := range *p.Partitions.of(stage) {
			all = append(all, stage+"/"+strconv.Itoa(i))
		}
	}
	return all
}

// willing is what this process would run of them.
func (r *Runner) willing() (all []string) {
	if r.plan.Holds() {
		all = append(all, coordinatorLease)
	}
	if r.plan.Partitions.Chained() {
		return append(all, chainLease, projectionLease)
	}
	for _, stage := range Stages() {
		for _, i := range r.chosen[stage] {
			all = append(all, stage+"/"+strconv.Itoa(i))
		}
	}
	if len(r.chosen[TopicsStage]) > 0 {
		all = append(all, projectionLease)
	}
	return all
}

// shift runs what is this process's share, as that changes. One goroutine owns
// it; each post runs on one of its own.
type shift struct {
	runner *Runner
	leases *guarantees.Leases
	posts  map[string]*post // by name
	ended  chan ended
}

// post is a worker at work, or the projection.
type post struct {
	partitions []string // as their leases are called
	worker     *worker  // nil: the projection, or the coordinator
	cancel     context.CancelFunc
	stopped    bool // it has been told to end
}

func (p *post) stop() {
	p.stopped = true
	p.cancel()
}

// ended is how a post ended.
type ended struct {
	name string
	err  error
}

func (r *Runner) runShared(ctx context.Context) error {
	s := &shift{
		runner: r, posts: map[string]*post{}, ended: make(chan ended),
		leases: guarantees.NewLeases(guarantees.LeaseOptions{
			Broker: r.broker, Bucket: r.plan.Pipeline.leaseBucket(),
			Member:     guarantees.Member{ID: r.sharing.ID, Name: r.who, Willing: r.willing()},
			Partitions: r.plan.sharedPartitions(),
			TTL:        r.sharing.TTL, Now: r.sharing.Now, Notice: r.sharing.Notice,
		}),
	}
	return errors.Join(s.run(ctx), s.leave(ctx))
}

// run takes turns until the context ends or a post fails.
func (s *shift) run(ctx context.Context) error {
	changed, done, err := s.leases.Changes()
	if err != nil {
		return err
	}
	defer done()
	tick := time.NewTicker(s.leases.LookEvery())
	defer tick.Stop()
	working, stop := context.WithCancel(ctx)
	defer stop()
	for err == nil && ctx.Err() == nil {
		if err = s.turn(working); err != nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-changed:
		case e := <-s.ended:
			err = s.end(e)
		}
	}
	stop()
	return errors.Join(err, s.hand(ctx, tick.C))
}

// hand hands over what each post has as soon as it has stopped.
func (s *shift) hand(ctx context.Context, tick <-chan time.Time) (err error) {
	s.runner.atWork(s.workers())
	for _, p := range s.posts {
		p.stop()
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitTimeout)
	defer cancel()
	for len(s.posts) > 0 {
		select {
		case <-tick:
			_ = s.leases.Renew(settle) // whoever stops is not dead yet
		case e := <-s.ended:
			partitions := s.posts[e.name].partitions
			err = errors.Join(err, s.end(e), away(s.leases.GiveBack(settle, partitions)))
		}
	}
	return err
}

// turn starts and stops posts as the leases say.
func (s *shift) turn(ctx context.Context) error {
	turn, err := s.leases.Turn(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return away(err)
	}
	want := s.runner.posts(turn.Keep)
	for name, p := range s.posts {
		if !slices.Equal(p.partitions, want[name]) {
			p.stop() // once it has ended it begins with what it has then
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if s.posts[name] == nil {
			s.start(ctx, name, want[name])
		}
	}
	s.runner.atWork(s.workers())
	idle := slices.DeleteFunc(turn.Surplus, s.runs)
	if len(idle) == 0 {
		return nil
	}
	return away(s.leases.GiveBack(ctx, idle))
}

// away is nil for an error that says that the broker does not answer: leases
// can wait until it does. What cannot wait the workers find out.
func away(err error) error {
	for _, passing := range []error{broker.ErrNoBroker, broker.ErrUnknown, broker.ErrEmpty, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, passing) {
			return nil
		}
	}
	return err
}

// runs says whether a post still runs a partition.
func (s *shift) runs(partition string) bool {
	for _, p := range s.posts {
		if slices.Contains(p.partitions, partition) {
			return true
		}
	}
	return false
}

func (s *shift) workers() (all []*worker) {
	for _, name := range slices.Sorted(maps.Keys(s.posts)) {
		if w := s.posts[name].worker; w != nil {
			all = append(all, w)
		}
	}
	return all
}

// start runs a post until it is stopped.
func (s *shift) start(ctx context.Context, name string, partitions []string) {
	ctx, cancel := context.WithCancel(ctx)
	p := &post{partitions: partitions, cancel: cancel}
	s.posts[name] = p
	r := s.runner
	if name == projectionStage {
		go func() { s.ended <- ended{name, Project(ctx, r.broker, r.plan, r.sharing.Project)} }()
		return
	}
	if name == coordinatorStage {
		go func() { s.ended <- ended{name, r.coordinator().run(ctx)} }()
		return
	}
	stage, numbers := "", []int{0}
	if name != chainLease {
		stage, numbers = split(partitions)
	}
	p.worker = r.worker(stage, numbers)
	go func() { s.ended <- ended{name, p.worker.run(ctx)} }()
}

// end takes note that a post has ended. Who was fenced joins again; how the last
// commits of one that was stopped ended is for the next owner to find out; any
// other error is this process's.
func (s *shift) end(e ended) error {
	p := s.posts[e.name]
	p.cancel()
	delete(s.posts, e.name)
	switch fenced := errors.Is(e.err, guarantees.ErrFenced); {
	case p.stopped && (fenced || errors.Is(e.err, guarantees.ErrUncertain) || errors.Is(e.err, broker.ErrNoBroker)):
		return nil
	case fenced:
		s.runner.sharing.Notice(fmt.Sprintf("%v. This process goes on with what is left to it", e.err))
		return nil
	}
	return e.err
}

// leave takes leave of the others.
func (s *shift) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.runner.sharing.ttl())
	defer cancel()
	return away(s.leases.Leave(ctx))
}

func (s *Sharing) ttl() time.Duration {
	if s.TTL == 0 {
		return guarantees.LeaseTTL
	}
	return s.TTL
}

// posts divides partitions among workers: where the promise lets them share
// one state, a stage has one worker here.
func (r *Runner) posts(partitions []string) map[string][]string {
	all := map[string][]string{}
	for _, p := range partitions {
		stage, _, _ := strings.Cut(p, "/")
		name := p
		if stage == projectionStage || stage == coordinatorStage || p != chainLease && r.plan.shares(stage) {
			name = stage
		}
		all[name] = append(all[name], p)
	}
	return all
}

// split is the stage of some of its partitions, and their numbers.
func split(partitions []string) (stage string, numbers []int) {
	for _, p := range partitions {
		var number string
		stage, number, _ = strings.Cut(p, "/")
		if n, err := strconv.Atoi(number); err == nil {
			numbers = append(numbers, n)
		}
	}
	return stage, numbers
}
