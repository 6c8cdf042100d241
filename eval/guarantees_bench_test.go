package eval_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"tidings/guarantees"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// What BenchmarkGuarantees is asked for; the defaults are what docs/measured.md shows.
var (
	guaranteesDocuments  = flag.Int("guarantees.documents", 30_000, "documents of the filled log")
	guaranteesPartitions = flag.Int("guarantees.partitions", 2, "of each stage; 1 is the chain")
	guaranteesLoad       = flag.Duration("guarantees.load", 1500*time.Millisecond, "how long each load is kept up; three snapshot intervals at least; 0 for none")
	guaranteesRows       = flag.String("guarantees.rows", "", "regular expression for the rows to measure, the yardstick excepted; empty: all")
	guaranteesKill       = flag.Bool("guarantees.kill", true, "kill processes, too")
)

const (
	guaranteesPerSecond = 500 // of the lighter load, and of the one under which a process is killed
	killedBeside        = 4   // processes that are killed beside each other: mostly the others wait
)

// guaranteeRow is a line of the table: a recovery, where df counts live, and how
// often state is saved.
type guaranteeRow struct {
	name    string
	plan    pipeline.Plan
	every   uint64 // documents between two snapshots, where they are not the recovery itself
	yard    bool   // the yardstick: at-least-once kept, the cheapest that loses nothing
	samples []guaranteeSample
}

// Intervals that are compared: of documents between the snapshots that replay
// goes back to, and of the time that the recovery snapshot holds outputs back.
var (
	replayIntervals   = []uint64{1000, pipeline.SnapshotEvery}
	snapshotIntervals = []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second}
)

// guaranteeRowsAll are all that a pipeline can be asked for.
func guaranteeRowsAll(b *testing.B) (rows []*guaranteeRow) {
	b.Helper()
	n := *guaranteesPartitions
	for _, state := range []string{"", pipeline.RedisState} {
		if state != "" && !redistest.Installed() {
			b.Log("THERE IS NO redis-server; install it (`make redis`): state in Redis is not measured")
			continue
		}
		for _, recovery := range guarantees.Recoveries("") {
			promise, err := guarantees.NewPromise("", recovery)
			if err != nil {
				b.Fatal(err)
			}
			row := guaranteeRow{name: promise.Guarantee + ", " + recovery, every: pipeline.SnapshotEvery, yard: recovery == guarantees.Kept && state == ""}
			if state != "" {
				row.name += ", Redis"
			}
			row.plan = pipeline.Plan{
				Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
				Guarantee: promise.Guarantee, Recovery: recovery, State: state,
			}
			for _, r := range row.intervals() {
				if r.plan = r.plan.WithDefaults(); r.plan.Check() == nil { // not every recovery goes with a Redis
					rows = append(rows, &r)
				}
			}
		}
	}
	return rows
}

// intervals are a row for each interval that its recovery is measured at.
func (r guaranteeRow) intervals() (rows []guaranteeRow) {
	name := r.name
	switch r.plan.Recovery {
	case guarantees.Replay:
		for _, r.every = range replayIntervals {
			r.name = fmt.Sprintf("%s, a snapshot each %d", name, r.every)
			rows = append(rows, r)
		}
	case guarantees.BySnapshot:
		for _, every := range snapshotIntervals {
			r.plan.SnapshotEvery, r.name = pipeline.Interval{Time: every}, fmt.Sprintf("%s each %v", name, every)
			rows = append(rows, r)
		}
	default:
		rows = append(rows, r)
	}
	return rows
}

// BenchmarkGuarantees measures what each guarantee and recovery costs, with state
// in workers and in a Redis, and prints a table in Markdown. Each iteration
// measures each row once, in turn, so that a noisy machine is as noisy to all; the
// table has medians. Brokers store on disk and run in this process, one document
// is one message.
//
//   - throughput, processor time and overhead: from a filled log to outputs that are
//     released, all stages in this process;
//   - latency: from the log to the output that is released, at half of the capacity
//     just measured and at 500 documents a second;
//   - recovery: two worker processes share the partitions under 500 documents a
//     second, the first is killed with SIGKILL, and the other takes over what it had.
func BenchmarkGuarantees(b *testing.B) {
	want, err := regexp.Compile(*guaranteesRows)
	if err != nil {
		b.Fatal(err)
	}
	rows := guaranteeRowsAll(b)
	rows = slices.DeleteFunc(rows, func(r *guaranteeRow) bool { return !r.yard && !want.MatchString(r.name) })
	documents := lines(b, "wikipedia-current-events.jsonl.gz", *guaranteesDocuments)
	rounds := 0
	for b.Loop() {
		began := time.Now()
		guaranteeRound(b, rows, documents, rounds)
		rounds++
		fmt.Fprintf(os.Stderr, "round %d took %v\n", rounds, time.Since(began).Round(time.Second))
	}
	printGuarantees(rows, rounds)
}

// guaranteeRound adds a sample to each row. A few pipelines are there at a time, and
// what they have on the disk goes with them.
func guaranteeRound(b *testing.B, rows []*guaranteeRow, documents [][]byte, round int) {
	b.Helper()
	var redis *redistest.Server
	if slices.ContainsFunc(rows, func(r *guaranteeRow) bool { return r.plan.State != "" }) {
		redis = redistest.New(b, "--appendonly", "yes", "--appendfsync", "everysec")
		defer func() {
			redis.Kill(b)
			redis.Empty(b)
		}()
	}
	for some := range slices.Chunk(rows, killedBeside) {
		var trials []*guaranteeTrial
		for _, r := range some {
			t := openGuaranteeTrial(b, r, redis)
			t.steady(b, documents)
			trials = append(trials, t)
		}
		if *guaranteesKill {
			killTrials(b, trials, documents, round)
		}
		for _, t := range trials {
			t.row.samples = append(t.row.samples, t.sample)
			t.close(b)
		}
	}
}

// killTrials kills processes of several pipelines beside each other.
func killTrials(b *testing.B, trials []*guaranteeTrial, documents [][]byte, round int) {
	b.Helper()
	var killing sync.WaitGroup
	for _, t := range trials {
		killing.Go(func() {
			if err := t.kill(b.Context(), documents, round); err != nil {
				b.Errorf("%s: killed: %v", t.row.name, err)
			}
		})
	}
	killing.Wait()
}
