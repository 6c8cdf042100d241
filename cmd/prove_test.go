package cmd_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state/redistest"
)

// What `make prove` asks for; a short proof runs with all other tests.
var (
	proveKills   = flag.Int("prove.kills", 6, "how many worker processes to kill")
	proveBrokers = flag.Int("prove.brokers", 2, "how often to kill the broker's process")
	proveZombies = flag.Int("prove.zombies", 2, "how many worker processes to pause, replace and wake")
	proveRedis   = flag.Int("prove.redis", 2, "how often to kill the Redis in which df counts are")
	proveSize    = flag.Int("prove.documents", 6000, "documents of each pipeline that is disturbed")
	proveBy      = flag.String("prove.recovery", "", "commit, replay or snapshot; empty: pipelines take turns")
	proveSeed    = flag.Uint64("prove.seed", 0, "decides the moments; 0 is another one each time")
)

// divisions are pipelines that processes share in several ways.
var divisions = []division{
	{"2", []string{"", "", ""}},
	{"tokenize=2,df=3,classify=2,topics=1", []string{"tokenize,df", "", "classify,topics"}},
	{"1", []string{"", ""}},
	{"4", []string{"", "", ""}},
}

// division says which stages each process of a pipeline is willing to run.
type division struct {
	partitions string
	stages     []string
}

// Properties, of pipelines shared by processes in several ways, of which random
// ones are killed with SIGKILL at random moments, also while they start, and
// started again while the others take over:
//   - no document is lost and none is predicted twice;
//   - predictions, df, model and windows are those of the oracle over the same
//     log, and of a run of the same file that nobody touched;
//   - each partition's stream tiles the log, each record by whoever had written
//     the fence before it.
func TestProveKilledWorkers(t *testing.T) {
	p := newProof(t, "kill -9 of a worker process", *proveKills)
	p.lanes(3, func(l *lane, n int) {
		for round := 0; n > 0; round++ {
			r := l.round(divisions[(l.number+round)%len(divisions)])
			n -= r.disturb(n, r.killWorker)
			r.finish()
		}
	})
}

// Properties, of a broker in a process of its own that is killed with SIGKILL
// at random moments and started again on the same store, with workers in other
// processes and a source in yet another:
//   - all go on by themselves, and the rest as above.
func TestProveKilledBrokers(t *testing.T) {
	p := newProof(t, "kill -9 of the broker's process", *proveBrokers)
	p.lanes(2, func(l *lane, n int) {
		for round := 0; n > 0; round++ {
			r := l.round(divisions[(l.number+round)%2])
			n -= r.disturb(n, r.killBroker)
			r.finish()
		}
	})
}

// Properties, of worker processes that are paused (SIGSTOP) at random moments
// until others have taken their partitions over and committed, and then woken:
//   - from the other's fence on they leave no record, and they notice;
//   - the rest as above.
func TestProveZombies(t *testing.T) {
	p := newProof(t, "a worker process paused, replaced and woken", *proveZombies)
	p.lanes(2, func(l *lane, n int) {
		for round := 0; n > 0; round++ {
			r := l.round(divisions[(l.number+round)%2])
			n -= r.disturb(n, r.wakeZombie)
			r.finish()
		}
	})
}

// Properties, of pipelines whose df counts are in a Redis, which is killed with
// SIGKILL at random moments, every other time together with a worker process, and
// comes back without its last writes:
//   - all go on by themselves, and the rest as above.
func TestProveKilledRedis(t *testing.T) {
	redistest.Need(t)
	p := newProof(t, "kill -9 of the Redis with the counts", *proveRedis)
	p.lanes(min(2, max(1, *proveRedis/4)), func(l *lane, n int) {
		l.redis = redistest.New(l.t, "--appendonly", "yes")
		for round := 0; n > 0; round++ {
			r := l.round(divisions[(l.number+round)%2])
			n -= r.disturb(n, r.killRedis)
			r.finish()
		}
	})
}

// proof counts what was tried and what came of it.
type proof struct {
	t    *testing.T
	what string
	n    int
	file string
	want account

	mu       sync.Mutex
	times    []time.Duration // from each disturbance to the first new commit
	back     []time.Duration // to commits as fast as before
	busy     int             // disturbances with work under way
	accounts int             // rounds that were compared; in each ingest was killed, too
}

// proveRate is how many documents come in a second, where the machine is fast enough,
// until a pipeline has been disturbed as often as it is to be.
const proveRate = 300

func newProof(t *testing.T, what string, n int) *proof {
	t.Helper()
	p := &proof{t: t, what: what, n: n, file: dataset(t, "wikipedia-current-events.jsonl.gz")}
	p.want = untouchedRun(t, "--from", p.file, "--limit", fmt.Sprint(*proveSize))
	return p
}

// lanes divides the n disturbances among brokers that run beside each other.
func (p *proof) lanes(lanes int, work func(l *lane, n int)) {
	seed := *proveSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	p.t.Run("lanes", func(t *testing.T) {
		for i := range lanes {
			if n := (p.n + i) / lanes; n > 0 {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					l := newLane(t, p, i, rand.New(rand.NewPCG(seed, uint64(i))))
					work(l, n)
				})
			}
		}
	})
	if p.t.Failed() {
		p.t.Fatalf("run again with -prove.seed=%d", seed)
	}
	p.report(seed)
}

// report prints what was proved, and how well: of n trials without a failure
// follows, with 95 % confidence, that fewer than 3/n fail (Hanley and
// Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249,
// 1983).
func (p *proof) report(seed uint64) {
	var s strings.Builder
	bound := fmt.Sprintf("(95 %%: below 3/%d = %.3f of them)", p.n, 3/float64(p.n))
	fmt.Fprintf(&s, "%d x %s, %d of them with work under way; seed %d\n", p.n, p.what, p.busy, seed)
	fmt.Fprintf(&s, "  documents lost        0 %s\n", bound)
	fmt.Fprintf(&s, "  documents twice       0 %s\n", bound)
	fmt.Fprintf(&s, "  differing digests     0 %s: %d runs of %d documents equal the oracle and an untouched run\n", bound, p.accounts, *proveSize)
	fmt.Fprintf(&s, "  until the first new commit  %s\n", spread(p.times))
	fmt.Fprintf(&s, "  until the backlog is gone   %s", spread(p.back))
	p.t.Log(s.String())
}

// spread is the median, the 95th percentile and the maximum of some times.
func spread(times []time.Duration) string {
	if len(times) == 0 {
		return "not measured"
	}
	slices.Sort(times)
	at := func(share float64) time.Duration {
		return times[int(share*float64(len(times)-1))].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %v, p95 %v, at most %v (of %d)", at(.5), at(.95), at(1), len(times))
}

// killWorker kills a process that has partitions and starts another. A third of
// those are killed before they have done anything.
func (r *round) killWorker() bool {
	r.lane.pause(time.Second)
	m := r.mark()
	r.workers[m.worker].kill(r.t)
	r.workers[m.worker] = r.work(m.worker)
	if r.random.IntN(3) == 0 {
		r.lane.pause(time.Second)
		r.workers[m.worker].kill(r.t)
		r.workers[m.worker] = r.work(m.worker)
	}
	r.recovered(m, m.epoch+1)
	return true
}

// killBroker kills the broker and starts it again.
func (r *round) killBroker() bool {
	r.lane.pause(time.Second)
	m := r.mark()
	r.lane.broker.kill(r.t)
	m.at = time.Now()
	r.lane.serve()
	r.recovered(m, m.epoch)
	return true
}

// killRedis kills the Redis, or the Redis and a process that has partitions, and
// starts what it has killed again.
func (r *round) killRedis() bool {
	r.lane.pause(time.Second)
	m := r.mark()
	r.redis.Kill(r.t)
	r.lane.kills++
	if r.lane.kills%2 == 0 {
		r.workers[m.worker].kill(r.t)
		r.workers[m.worker] = r.work(m.worker)
		m.epoch++
	}
	r.lane.pause(500 * time.Millisecond)
	m.at = time.Now()
	r.redis.Run(r.t)
	record := r.await(m.stream, m.sequence+1, func(h guarantees.Header, record broker.Record) bool {
		return h.Kind == guarantees.Done && h.Epoch >= m.epoch && !record.Time.Before(m.at)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, record.Time.Sub(m.at))
	if m.busy {
		r.busy++
	}
	return true
}

// wakeZombie pauses a process until others have taken one of its partitions,
// and go on with it. It does not count when the process was just handing that
// over: then nobody has to take it for dead.
func (r *round) wakeZombie() bool {
	r.lane.pause(time.Second)
	m := r.mark()
	zombie := r.workers[m.worker]
	zombie.forget()
	zombie.signal(r.t, syscall.SIGSTOP)
	first := r.replaced(m, m.epoch+1)
	zombie.signal(r.t, syscall.SIGCONT)
	if first < guarantees.LeaseTTL/2 {
		return false
	}
	r.recovered(m, m.epoch+1)
	zombie.find(r.t, `(taken over by another worker|lost .* to )`)
	return true
}
