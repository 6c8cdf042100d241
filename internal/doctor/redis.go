package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tidings/internal/state"
)

// redisMajor is the oldest version that was tried.
const redisMajor = 7

func redisReachable(ctx context.Context, v *visit) Result {
	var err error
	v.redis, err = state.Inspect(ctx, v.options.Redis)
	if err != nil {
		return noRedis(err)
	}
	found := v.redis.Where + " answers"
	switch {
	case v.redis.Role == "slave":
		return failed(found+", and is a replica", "a replica takes no writes, so it cannot hold state", "name the primary in --state")
	case v.redis.Loading:
		return warning(found+", and is reading its data from the disk", "it refuses writes until it is done", "wait a moment")
	}
	return ok(found)
}

func noRedis(err error) Result {
	fix := "start it, or correct --state redis://HOST:6379/0"
	switch {
	case errors.Is(err, state.ErrURL):
		fix = "correct --state"
	case errors.Is(err, state.ErrCredentials):
		fix = "give user and password in the URL: redis://USER:PASSWORD@HOST:6379/0"
	case errors.Is(err, state.ErrDenied):
		fix = "allow this user the command INFO, and what is to be stored"
	case errors.Is(err, state.ErrTLS):
		fix = "use rediss:// and the name that is in the certificate; set SSL_CERT_FILE to the certificate of the authority that signed it"
	}
	return failed(err.Error(), "state cannot be kept there: a run would not start; nothing is lost", fix)
}

func redisVersion(_ context.Context, v *visit) Result {
	if v.redis.Version == "" {
		return skipped("it does not tell its version", "")
	}
	if !v.redis.AtLeast(redisMajor) {
		return warning("Redis "+v.redis.Version, fmt.Sprintf("it was tried with %d and later only", redisMajor), "upgrade it")
	}
	return ok("Redis " + v.redis.Version)
}

// redisNearlyFull is the share of its memory limit, in percent, at which a
// Redis is reported.
const redisNearlyFull = 80

func redisMemoryPolicy(_ context.Context, v *visit) Result { return judgePolicy(v.redis) }

func judgePolicy(i state.Info) Result {
	found := fmt.Sprintf("maxmemory-policy is %s, %s used", i.Policy, size(i.Used))
	if i.Max > 0 {
		found += " of " + size(i.Max)
	}
	fix := "set maxmemory-policy noeviction"
	switch {
	case i.Policy == "":
		return skipped("maxmemory-policy is not visible to this user", fix)
	case i.Policy != "noeviction" && i.Max > 0 && strings.HasPrefix(i.Policy, "allkeys-"):
		return failed(found, "when it is full it forgets counts and cursors without a word: predictions are then made from a df that is wrong", fix)
	case i.Policy != "noeviction":
		return warning(found, "it does not touch state now, and would with a memory limit and keys that may go", fix)
	case i.Max > 0 && i.Used*100 >= i.Max*redisNearlyFull:
		return warning(found, "when it is full it refuses writes: the run stops with an error, and nothing is lost", "raise maxmemory")
	}
	return ok(found)
}

func redisPersistence(_ context.Context, v *visit) Result { return judgePersistence(v.redis) }

func judgePersistence(i state.Info) Result {
	hidden := strings.Join(i.Hidden, ", ")
	fix := "set appendonly yes and appendfsync always (or everysec, and receivers that drop what comes twice)"
	if i.WriteFailed {
		return failed("its last write to the disk failed", "what it holds now is gone when it stops", "look at its log, and at its disk")
	}
	if i.AppendOnly {
		return judgeFsync(i, fix)
	}
	switch {
	case hidden != "":
		return warning("appendonly is no; "+hidden+" is not visible to this user", "when it stops or is killed it goes back to its last snapshot, if it takes any: what came since is computed again, and outputs that were made come again", fix)
	case i.Save == "":
		return failed("appendonly is no and it takes no snapshots", "when it stops all state is gone and is computed again from the log; outputs that were made come again", fix)
	}
	return warning("appendonly is no; it takes snapshots ("+i.Save+")", "when it is killed it goes back to the last snapshot: what came since is computed again, and outputs that were made come again", fix)
}

func judgeFsync(i state.Info, fix string) Result {
	found := "appendonly is yes, appendfsync " + i.AppendFsync
	meaning := "a killed Redis loses nothing; after a power failure it goes back by %s, behind the log: state and cursor still fit each other, and outputs that were made come again"
	switch i.AppendFsync {
	case "always":
		return ok(found)
	case "":
		return skipped("appendonly is yes; appendfsync is not visible to this user", "let who runs it look: always survives a power failure")
	case "everysec":
		return warning(found, fmt.Sprintf(meaning, "a second"), fix)
	}
	return warning(found, fmt.Sprintf(meaning, "half a minute or more"), fix)
}
