package doctor

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"tidings/internal/broker"
	"tidings/internal/ingest"
)

func jetStreamOn(ctx context.Context, v *visit) Result {
	var err error
	if v.account, err = v.broker.Account(ctx); err != nil {
		return noJetStream(err)
	}
	// The pipeline's streams, its bucket and its output.
	wanted := len(v.options.Plan.WithDefaults().Streams()) + 2
	return judgeAccount(v.account, wanted, !v.options.remote())
}

func noJetStream(err error) Result {
	meaning := "a run would not start: streams are where everything is kept"
	switch {
	case errors.Is(err, broker.ErrNoJetStream):
		return failed("JetStream is not enabled", meaning, "start the server with -js, or enable JetStream for this account")
	case errors.Is(err, broker.ErrDenied):
		return failed(err.Error(), meaning, "allow this user to publish to $JS.API.> and to subscribe to _INBOX.>")
	}
	return failed(err.Error(), meaning, "look at the server's log")
}

func judgeAccount(a broker.Account, wanted int, embedded bool) Result {
	found := "on, with " + count(a.Streams, "stream", "streams")
	if a.StreamsMax >= 0 {
		found += fmt.Sprintf(" of %d", a.StreamsMax)
	}
	switch {
	case a.MustLimitStreams:
		return failed(found+"; each stream has to name a limit of bytes", "a run would not start: the pipeline's streams name none, for they never forget",
			"set max_bytes_required: false for this account")
	case a.StreamsMax >= 0 && a.Streams+wanted > a.StreamsMax:
		return warning(found+fmt.Sprintf("; a new pipeline makes %d", wanted), "a pipeline that exists goes on; a new one would not start", "raise the account's limit of streams, or remove those that nobody needs")
	case a.StreamBytesMax >= 0:
		return warning(found+"; a stream may hold "+size(a.StreamBytesMax), "the log holds everything that ever came in: at that size it refuses more, and nothing is lost", "raise max_stream_bytes when more than that will come")
	}
	if !embedded && a.StreamsMax < 0 {
		found += ", no limit on the account"
	}
	return ok(found)
}

// Storage below which a check warns or fails.
const (
	storageWarning = 1 << 30
	storageFailure = 64 << 20
	storageShare   = 10 // of what is stored, the share that should be free: 1/10
)

func storageFree(_ context.Context, v *visit) Result {
	a := v.account
	if v.options.remote() {
		return judgeStorage(storage{stored: a.Stored, limit: a.StoredMax, disk: -1})
	}
	dir := v.broker.Info().Store
	if v.newAt != "" {
		dir = existing(v.newAt)
	}
	limit := v.options.Broker.StoreBytes
	if limit == 0 {
		limit = broker.StoreBytesDefault
	}
	return judgeStorage(storage{stored: a.Stored, limit: limit, disk: diskFree(dir), dir: dir, embedded: true})
}

// storage is what is stored and what may still be; -1 is not known, or no
// limit.
type storage struct {
	stored, limit, disk int64
	dir                 string
	embedded            bool
}

func judgeStorage(s storage) Result {
	found := "the streams hold " + size(s.stored)
	left := int64(-1)
	if s.limit >= 0 {
		found += " of " + size(s.limit)
		left = max(s.limit-s.stored, 0)
	}
	fix := "raise the account's limit of storage, or make room there"
	if s.embedded {
		fix = "raise --store-size"
	}
	switch {
	case s.disk >= 0:
		found += fmt.Sprintf("; %s free on the disk of %s", size(s.disk), s.dir)
		if left < 0 || s.disk < left {
			left, fix = s.disk, "make room on the disk, or name a --store on another one"
		}
	default:
		found += "; the disk of the server is not visible from here"
	}
	meaning := "when it is full the run stops with an error; what was stored before is kept, and with more room the same command goes on"
	switch {
	case left < 0:
		return skipped(found+", and the account has no limit", "look at the disk of the server")
	case left < storageFailure:
		return failed(found, meaning, fix)
	case left < max(storageWarning, s.stored/storageShare):
		return warning(found, meaning, fix)
	}
	return ok(found)
}

// diskFree is how many bytes may still be written by this user on the disk of
// a directory, -1 when it cannot be told.
func diskFree(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

func syncSetting(_ context.Context, v *visit) Result {
	o := v.options.Broker
	switch {
	case o.URL != "":
		return Result{
			Status: Skipped, Found: "not visible from here: a server does not tell its clients",
			Meaning: "without sync_interval: always a power failure of the server can take the last 2 minutes of acknowledged records, and exactly-once holds for killed processes only",
			Fix:     "look for sync_interval in the server's configuration; always survives a power failure too, at a fraction of the speed",
		}
	case o.SyncAlways:
		return ok("each record is written through to the disk (--sync)")
	case o.Store == "":
		return ok("every 2 minutes; it does not matter, for without --store nothing outlives the run")
	}
	return warning("records are written through to the disk every 2 minutes",
		"what is committed survives a killed process and a killed broker; a power failure can take the last 2 minutes of it",
		"run with --sync where power failures count; it costs speed")
}

func permissions(ctx context.Context, v *visit) Result {
	name := string(v.options.Plan.WithDefaults().Pipeline)
	v.trial = v.broker.Try(ctx, name)
	return judgeTrial(v.trial, name)
}

func judgeTrial(t broker.Trial, name string) Result {
	fix := fmt.Sprintf("allow this user to publish to $JS.API.>, %s.> and $KV.%s-meta.>, and to subscribe to _INBOX.>", name, name)
	if len(t.Left) > 0 {
		return warning("what was made to try could not be removed: "+list(t.Left), "it holds next to nothing and disturbs no pipeline", "remove it with `nats stream rm`; "+fix)
	}
	if err := t.Err(); err != nil {
		last := t.Steps[len(t.Steps)-1]
		found := fmt.Sprintf("cannot %s: %v", last.What, err)
		switch {
		case !errors.Is(err, broker.ErrDenied):
			return failed(found, "a run would stop there; what is stored is kept", "look at the server's log and at the limits of the account")
		case len(t.Steps) == 1:
			// A pipeline removes no stream, so this alone stops no run.
			return warning(found, "nothing else was tried, for it could not have been removed again; a run does not need this, but may need other things that are denied", "run this check as a user who may remove streams; "+fix)
		}
		return failed(found, "a run would stop there; what is stored is kept", fix)
	}
	slowest := time.Duration(0)
	for _, s := range t.Steps {
		if s.What == "publish" {
			slowest = s.Took
		}
	}
	return ok(fmt.Sprintf("a stream could be made, written (%s), read, consumed and removed under %s", slowest.Round(10*time.Microsecond), name))
}

// Clocks that differ by more than this are reported.
const skewWarning = time.Second

func clockSkew(ctx context.Context, v *visit) Result {
	if !v.options.remote() {
		return ok("the embedded broker has this machine's clock: " + time.Now().UTC().Format(time.RFC3339))
	}
	c := v.trial.Clock
	if !c.Known {
		var err error
		if c, err = v.broker.Clock(ctx, v.options.Plan.WithDefaults().Pipeline.LogStream().Name); err != nil || !c.Known {
			return skipped("the server's clock cannot be read: neither could a stream be made nor is there one", "")
		}
	}
	return judgeClocks(c)
}

func judgeClocks(c broker.ClockOffset) Result {
	middle, bound := (c.Least+c.Most)/2, (c.Most-c.Least)/2
	way := "ahead of"
	if middle < 0 {
		way = "behind"
	}
	unit := time.Millisecond
	if bound < unit {
		unit = 10 * time.Microsecond
	}
	found := fmt.Sprintf("the server's clock is %s %s this machine's, give or take %s", middle.Abs().Round(unit), way, bound.Round(unit))
	if c.Least <= 0 && c.Most >= 0 {
		found = fmt.Sprintf("the server's clock and this machine's agree, give or take %s", bound.Round(unit))
	}
	certain := max(c.Least, -c.Most, 0) // it is at least so far off
	fix := "set both clocks by NTP (`timedatectl` shows whether that works)"
	switch {
	case certain >= ingest.FutureMax:
		return failed(found, fmt.Sprintf("where this machine is behind, documents of today lie more than %s in its future: ingest refuses them and says so in the log; latencies are wrong by as much", ingest.FutureMax), fix)
	case certain >= skewWarning:
		return warning(found, fmt.Sprintf("latencies from log to commit are wrong by as much; no document is refused before it is %s", ingest.FutureMax), fix)
	}
	return ok(found)
}
