// Package doctor looks whether all that a run needs is in place: the broker,
// its settings and what they mean for the promises of a pipeline, an existing
// pipeline's plan and streams, the machine, and a Redis.
//
// The rule to keep: a check tells what it has seen and nothing else. What
// cannot be seen from here is skipped and says so; it is never taken to be
// fine. And nothing is left behind: whatever a check makes to try something,
// it removes, on the broker and on the disk.
//
// One Run owns everything it opens and closes it before it returns.
package doctor

import (
	"context"
	"errors"
	"strings"
	"time"

	"tidings/internal/broker"
	"tidings/internal/state"
	"tidings/pipeline"
)

// Code names a check. It does not change when texts do: programs may branch on
// it.
type Code string

// The codes.
const (
	CPU               Code = "CPU"
	Memory            Code = "MEMORY"
	OpenFiles         Code = "OPEN_FILES"
	StoreLock         Code = "STORE_LOCK"
	BrokerReachable   Code = "BROKER_REACHABLE"
	BrokerVersion     Code = "BROKER_VERSION"
	JetStreamOn       Code = "JETSTREAM_ON"
	PayloadSize       Code = "PAYLOAD_SIZE"
	StorageFree       Code = "STORAGE_FREE"
	SyncSetting       Code = "SYNC_SETTING"
	Permissions       Code = "PERMISSIONS"
	ClockSkew         Code = "CLOCK_SKEW"
	PipelinePlan      Code = "PIPELINE_PLAN"
	PipelineStreams   Code = "PIPELINE_STREAMS"
	RedisReachable    Code = "REDIS_REACHABLE"
	RedisVersion      Code = "REDIS_VERSION"
	RedisMemoryPolicy Code = "REDIS_MEMORY_POLICY"
	RedisPersistence  Code = "REDIS_PERSISTENCE"
)

// Status is how a check ended.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // a run works, and something about it is weaker or will break
	Failed  Status = "failed"  // a run fails, or does not keep what it promises
	Skipped Status = "skipped" // it could not be seen
)

// Result is what a check has found. Its texts hold no secrets; they can hold
// what a server said, so clean them before a terminal sees them.
type Result struct {
	Code    Code   `json:"code"`
	Title   string `json:"title"`
	Status  Status `json:"status"`
	Found   string `json:"found"`             // what was seen, or why nothing could be
	Meaning string `json:"meaning,omitempty"` // for the data
	Fix     string `json:"fix,omitempty"`     // what to do
	Because Code   `json:"because,omitempty"` // it was not looked at, because this check did not go well
}

// Check is one question.
type Check struct {
	Code  Code
	Title string
	Needs Code // it is skipped when this one failed or was skipped; "": it stands alone

	applies func(Options) bool // nil: always
	run     func(context.Context, *visit) Result
}

// Options say what is looked at. The zero value is an embedded broker in a
// temporary directory.
type Options struct {
	Broker broker.Options
	Plan   pipeline.Plan // compared with the stored one; its pipeline is looked at
	Redis  string        // URL of a Redis that is to hold state, "" for none
	// CheckTime is how long one check may take; 0 is CheckTimeDefault.
	CheckTime time.Duration
}

// CheckTimeDefault is how long one check may take.
const CheckTimeDefault = 5 * time.Second

func (o Options) remote() bool { return o.Broker.URL != "" }

// Checks are all there are, in the order in which they run.
func Checks() []Check {
	withStore := func(o Options) bool { return !o.remote() && o.Broker.Store != "" }
	withRedis := func(o Options) bool { return o.Redis != "" }
	return []Check{
		{Code: CPU, Title: "processors", run: cpu},
		{Code: Memory, Title: "memory", run: memory},
		{Code: OpenFiles, Title: "open files", run: openFiles},
		{Code: StoreLock, Title: "store directory", applies: withStore, run: storeLock},
		{Code: BrokerReachable, Title: "broker", Needs: StoreLock, run: brokerReachable},
		{Code: BrokerVersion, Title: "broker version", Needs: BrokerReachable, run: brokerVersion},
		{Code: JetStreamOn, Title: "JetStream", Needs: BrokerReachable, run: jetStreamOn},
		{Code: PayloadSize, Title: "message size", Needs: BrokerReachable, run: payloadSize},
		{Code: StorageFree, Title: "storage", Needs: JetStreamOn, run: storageFree},
		{Code: SyncSetting, Title: "write-through", Needs: BrokerReachable, run: syncSetting},
		{Code: Permissions, Title: "permissions", Needs: JetStreamOn, run: permissions},
		{Code: ClockSkew, Title: "clocks", Needs: JetStreamOn, run: clockSkew},
		{Code: PipelinePlan, Title: "plan", Needs: JetStreamOn, run: pipelinePlan},
		{Code: PipelineStreams, Title: "streams", Needs: PipelinePlan, run: pipelineStreams},
		{Code: RedisReachable, Title: "Redis", applies: withRedis, run: redisReachable},
		{Code: RedisVersion, Title: "Redis version", Needs: RedisReachable, applies: withRedis, run: redisVersion},
		{Code: RedisMemoryPolicy, Title: "Redis memory", Needs: RedisReachable, applies: withRedis, run: redisMemoryPolicy},
		{Code: RedisPersistence, Title: "Redis persistence", Needs: RedisReachable, applies: withRedis, run: redisPersistence},
	}
}

// Summary counts how the checks ended.
type Summary struct {
	OK       int `json:"ok"`
	Warnings int `json:"warnings"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
}

func (s *Summary) add(status Status) {
	switch status {
	case OK:
		s.OK++
	case Warning:
		s.Warnings++
	case Failed:
		s.Failed++
	case Skipped:
		s.Skipped++
	}
}

// visit is what the checks of one run share; an earlier one leaves there what
// a later one needs.
type visit struct {
	options Options

	broker  *broker.Broker
	openErr error
	newAt   string // where a store would be made, when there is none yet
	account broker.Account
	trial   broker.Trial
	stored  *pipeline.Plan // nil: there is no such pipeline yet
	redis   state.Info
}

// Run makes every check that applies, hands each result to tell as soon as it
// is there, and counts them. Its error is the context's, or that something
// could not be closed.
func Run(ctx context.Context, o Options, tell func(Result)) (s Summary, err error) {
	if o.CheckTime <= 0 {
		o.CheckTime = CheckTimeDefault
	}
	v := &visit{options: o}
	defer func() {
		if v.broker != nil {
			err = errors.Join(err, v.broker.Close())
		}
	}()
	useless := map[Code]bool{}
	for _, c := range Checks() {
		if c.applies != nil && !c.applies(o) {
			continue
		}
		r := Result{Status: Skipped, Found: "not looked at, because of " + string(c.Needs), Because: c.Needs}
		if !useless[c.Needs] {
			r = v.check(ctx, c)
		}
		if err := ctx.Err(); err != nil {
			return s, err
		}
		r.Code, r.Title = c.Code, c.Title
		useless[c.Code] = r.Status == Failed || r.Status == Skipped
		s.add(r.Status)
		tell(r)
	}
	return s, nil
}

func (v *visit) check(ctx context.Context, c Check) Result {
	ctx, cancel := context.WithTimeout(ctx, v.options.CheckTime)
	defer cancel()
	return c.run(ctx, v)
}

func ok(found string) Result           { return Result{Status: OK, Found: found} }
func skipped(found, fix string) Result { return Result{Status: Skipped, Found: found, Fix: fix} }
func warning(found, meaning, fix string) Result {
	return Result{Status: Warning, Found: found, Meaning: meaning, Fix: fix}
}
func failed(found, meaning, fix string) Result {
	return Result{Status: Failed, Found: found, Meaning: meaning, Fix: fix}
}

// list joins problems, the first few of them.
func list(problems []string) string {
	const shown = 6
	if n := len(problems) - shown; n > 0 {
		problems = append(problems[:shown:shown], "and "+count(n, "more", "more"))
	}
	return strings.Join(problems, "; ")
}
