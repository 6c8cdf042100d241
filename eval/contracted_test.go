package eval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/guarantees"
	"tidings/guarantees/guaranteestest"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/state"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// The log of a cell: short sources, for where faults are planned a unit ends where
// a source does.
const (
	contractSources   = 6
	contractDocuments = 20 // of each
	contractTrouble   = 50 // documents before it comes: in the third unit
)

// contracted is a pipeline in which what a cell of the contract says goes wrong.
type contracted struct {
	cell   guaranteestest.Cell
	broker *broker.Broker
	plan   pipeline.Plan
	redis  string // where df counts live; "": in workers
	faults *guarantees.Faults

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	failed  []error
	told    []string
}

// notice takes what people are told: trouble of a worker is none of theirs.
func (r *contracted) notice(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, "people are told: "+text)
}

// newContracted makes the pipeline and its log.
func newContracted(t *testing.T, redis string, c guaranteestest.Cell) *contracted {
	t.Helper()
	b, p := evaltest.Broker(t), contractPlan("cell", c)
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	for documents := range slices.Chunk(evaltest.Documents(contractSources*contractDocuments), contractDocuments) {
		evaltest.Fill(t, b, p.Pipeline, documents, 1)
	}
	r := &contracted{cell: c, broker: b, plan: p}
	if p.State != "" {
		r.redis = redis + "?prefix=" + strings.ReplaceAll(c.String(), "/", "-")
	}
	r.faults = evaltest.Faults(b, p, c.Faults(contractTrouble)...)
	switch c.Trouble {
	case guaranteestest.Paused:
		r.faults.Pause = r.replace
	case guaranteestest.Uncertain:
		r.faults.Kill = func(_ context.Context, partition string) error {
			return fmt.Errorf("%s: %w: the connection was away", partition, guarantees.ErrUncertain)
		}
	}
	r.ctx, r.stop = context.WithTimeout(t.Context(), brokertest.Patience)
	return r
}

// contractPlan is the plan of a cell's pipeline, whether there can be one or not.
func contractPlan(name pipeline.Name, c guaranteestest.Cell) pipeline.Plan {
	p := pipeline.Plan{
		Pipeline: name, Partitions: pipeline.Partitions{Tokenize: c.Partitions, DF: c.Partitions, Classify: c.Partitions, Topics: c.Partitions},
		Guarantee: c.Promise.Guarantee, Recovery: c.Promise.Recovery, Order: c.Order,
		Topics: topics.Options{Windows: contractWindows(), Bursts: 3, Stories: 3},
	}
	if c.Promise.Holds() {
		p.SnapshotEvery.Documents = 2 * contractDocuments
	}
	if c.State != "embedded" {
		p.State = c.State
	}
	return p.WithDefaults()
}

// contractWindows are of event time and of documents.
func contractWindows() (all []topics.Definition) {
	for _, s := range []string{"tumbling:24h", "count:16"} {
		d, err := topics.Parse(s)
		if err != nil {
			panic(err)
		}
		all = append(all, d)
	}
	return all
}

// work runs stages, as a process would: "" for all.
func (r *contracted) work(stages, who string) {
	r.running.Go(func() {
		err := r.process(stages, who)
		if err == nil || who == "first" && r.cell.Trouble == guaranteestest.Paused && errors.Is(err, guarantees.ErrFenced) {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, fmt.Errorf("the %s: %w", who, err))
		r.stop()
	})
}

func (r *contracted) process(stages, who string) error {
	runner, err := pipeline.NewRunner(r.broker, r.plan, stages, who)
	if err != nil {
		return err
	}
	if r.redis != "" {
		redis, err := state.OpenRedis(r.ctx, r.redis, state.Options{Pipeline: string(r.plan.Pipeline), Identity: r.redis, Notice: r.notice})
		if err != nil {
			return err
		}
		defer redis.Close()
		runner.StateIn(redis, false)
	}
	runner.Inject(r.faults)
	runner.Snapshots(2 * contractDocuments)
	runner.Verify()
	runner.Notice(r.notice)
	return runner.Run(r.ctx)
}

// worker is what runs the partition to which the trouble comes.
func (r *contracted) worker() string {
	for _, w := range r.plan.Workers() {
		if w == "" || w == r.cell.Stage.Name || w == r.cell.Stage.Name+"/0" {
			return w
		}
	}
	return "no worker runs " + r.cell.Stage.Name
}

// replace has another worker take over what the one that stands still has, and
// returns when that has done something.
func (r *contracted) replace(context.Context, time.Duration) error {
	at := slices.IndexFunc(pipeline.Graph(), func(n pipeline.Node) bool { return n.Stage == r.cell.Stage.Name })
	stream := fmt.Sprintf("%s-%s-0", r.plan.Pipeline, pipeline.Graph()[at].Writes)
	last, err := r.broker.LastSequence(r.ctx, stream)
	if err != nil {
		return err
	}
	reader, err := r.broker.Read(r.ctx, stream, last+1, broker.ReaderOptions{})
	if err != nil {
		return err
	}
	defer reader.Close()
	r.work(r.worker(), "second")
	for {
		records, err := reader.Next(r.ctx)
		if errors.Is(err, broker.ErrGone) {
			return nil // it has done so much that it is purged by now
		}
		if err != nil {
			return err
		}
		for _, record := range records {
			h, err := guarantees.ParseHeader(record)
			if err != nil || h.Worker == "second" && h.Kind == guarantees.Done {
				return err
			}
		}
	}
}

// run works until all of the log is committed, and says what came of it.
func (r *contracted) run(t *testing.T) (o guaranteestest.Outcome, err error) {
	t.Helper()
	defer r.stop()
	workers := []string{""}
	if r.cell.Trouble == guaranteestest.Paused {
		workers = r.plan.Workers() // each by itself, for the one that is replaced ends
	}
	for _, w := range workers {
		r.work(w, "first")
	}
	tally, met, err := r.follow(t)
	r.stop()
	r.running.Wait()
	if len(r.failed) > 0 {
		err = errors.Join(r.failed...)
	}
	if err != nil {
		return o, fmt.Errorf("after log sequence %d: %w", tally.To, err)
	}
	o = met.outcome()
	if r.cell.Stage.Name == pipeline.TopicsStage {
		o = countedOutcome(tally, met)
	}
	o.Struck, o.Broken = struck(t, r.broker, r.plan), r.told
	r.audit(t, tally, &o)
	return o, nil
}

// met is how often each document of the log has a result, and which windows
// have come.
type met struct {
	predicted, lost map[tidings.Position]int
	windows         map[string]int
}

func (r *contracted) follow(t *testing.T) (*pipeline.Tally, met, error) {
	t.Helper()
	m := met{map[tidings.Position]int{}, map[tidings.Position]int{}, map[string]int{}}
	last, err := r.broker.LastSequence(t.Context(), r.plan.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	tally, err := eval.Follow(r.ctx, r.broker, r.plan, last, func(u *pipeline.Unit) {
		for i := range u.Entries {
			switch e := &u.Entries[i]; e.Kind {
			case pipeline.DocumentEntry:
				m.predicted[e.Position]++
			case pipeline.LostEntry:
				m.lost[e.Position]++
			}
		}
		for _, of := range u.Windows {
			for _, w := range of {
				m.windows[fmt.Sprint(w.Definition, w.Number, w.Start)]++
			}
		}
	})
	return tally, m, err
}

func (m met) outcome() guaranteestest.Outcome {
	o := guaranteestest.Outcome{Documents: contractSources * contractDocuments}
	for position, n := range m.predicted {
		if n > 1 {
			o.Repeated++
		}
		delete(m.lost, position)
	}
	o.Lost = o.Documents - len(m.predicted)
	o.Untold = o.Lost - len(m.lost)
	return o
}

// countedOutcome is what came of a stage that counts: lost and repeated are what
// it has met, and windows that come twice.
func countedOutcome(tally *pipeline.Tally, m met) guaranteestest.Outcome {
	o := guaranteestest.Outcome{Documents: contractSources * contractDocuments}
	for _, c := range tally.Counts {
		o.Lost = max(o.Lost, o.Documents-int(c.In))
		o.Repeated = max(o.Repeated, int(c.In)-o.Documents)
	}
	for _, n := range m.windows {
		o.Repeated = max(o.Repeated, n-1)
	}
	return o
}

// audit checks what stands in the streams.
func (r *contracted) audit(t *testing.T, tally *pipeline.Tally, o *guaranteestest.Outcome) {
	t.Helper()
	report := evaltest.CheckFinished(t, r.broker, r.plan)
	for _, f := range report.Findings {
		if f.Broken {
			o.Broken = append(o.Broken, f.String())
		} else if f.Kind == check.Differs {
			o.Differing = append(o.Differing, f.String())
		}
	}
	summary := tally.Summary(r.plan)
	results := map[string]string{
		"predictions": summary.PredictionsDigest, "model": summary.ModelDigest, "df": summary.DFDigest, "windows": pipeline.Digest(tally.WindowsDigest),
	}
	for _, d := range report.Digests {
		seen, told := results[d.Of]
		if !d.Equal() || told && seen != d.Oracle {
			o.Differing = append(o.Differing, fmt.Sprintf("the digest of %s (%s in the streams, %s in the results, %s)", d.Of, d.Run, seen, d.Oracle))
		}
	}
}
