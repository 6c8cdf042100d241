package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// What a caller branches on, beside what Inspect tells.
var (
	// ErrUnfit reports a Redis that must not hold state, as it is set up.
	ErrUnfit = errors.New("the Redis cannot hold state")
	// ErrForeign reports keys that are another pipeline's, or no pipeline's.
	ErrForeign = errors.New("the keys in the Redis are another pipeline's")
	// ErrFenced reports that another worker has opened the counts since.
	ErrFenced = errors.New("another worker has the state")
	// ErrMoved reports counts that are not where they were left: the Redis has
	// lost its last writes, or all of them. Open them again.
	ErrMoved = errors.New("the state in the Redis is not what it was")
)

// Options of a connection.
type Options struct {
	Pipeline string       // its name
	Identity string       // what no other pipeline has, whatever its name
	Brief    bool         // the pipeline ends with a process: its keys are its own, and go with Close
	Guest    bool         // with another process; Close leaves keys alone
	Notice   func(string) // tells people; nil: nobody
}

// How long one waits for a Redis.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 30 * time.Second // of one request; a slow one is no dead one
	slowAfter     = 5 * time.Second  // people are told that it is
	pauseFirst    = 50 * time.Millisecond
	pauseMax      = time.Second
	connections   = 8
)

// Redis is a connection to the one in which a pipeline's state lives. Any number
// of goroutines may use it.
type Redis struct {
	client  *redis.Client
	where   string
	base    string // begins the names of all its keys
	options Options
	wires   wires

	mu      sync.Mutex
	waiting int // goroutines that are without an answer
}

// OpenRedis connects, and waits for a Redis that does not answer until the
// context ends. ErrURL, ErrCredentials, ErrTLS, ErrDenied, ErrUnfit and
// ErrForeign say what has to be changed first. No error holds a password.
func OpenRedis(ctx context.Context, url string, o Options) (*Redis, error) {
	at, err := parse(url)
	if err != nil {
		return nil, err
	}
	// What goes wrong with a connection is told by the error, not on the
	// terminal by the library.
	logging.Disable()
	c := at.options
	c.PoolSize, c.DialTimeout = connections, dialTimeout
	c.ReadTimeout, c.WriteTimeout = answerTimeout, answerTimeout
	r := &Redis{where: where(c), options: o, base: at.prefix + ":{" + o.Pipeline + "}"}
	c.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dial(ctx, c)
		if err != nil {
			return nil, err
		}
		return r.wires.add(conn), nil
	}
	if o.Brief {
		r.base = at.prefix + ":{" + o.Pipeline + "." + o.Identity + "}"
	}
	if err := r.fit(ctx, url); err != nil {
		return nil, err
	}
	r.client = redis.NewClient(c)
	if err := r.do(ctx, func(ctx context.Context) error { return r.claim(ctx) }); err != nil {
		return nil, errors.Join(err, r.client.Close())
	}
	return r, nil
}

// fit refuses a Redis that must not hold state.
func (r *Redis) fit(ctx context.Context, url string) error {
	return r.do(ctx, func(ctx context.Context) error {
		asking, done := context.WithTimeout(ctx, dialTimeout)
		defer done()
		i, err := Inspect(asking, url)
		switch {
		case err != nil:
			return err
		case i.Loading:
			return fmt.Errorf("%w: %s (it is reading its data from the disk)", ErrUnreachable, i.Where)
		case i.Role == "slave":
			return fmt.Errorf("%w: %s is a replica, which takes no writes; name the primary", ErrUnfit, i.Where)
		case i.Policy != "" && i.Policy != "noeviction":
			return fmt.Errorf("%w: %s has maxmemory-policy %s, so when its memory is full it forgets counts without a word, and predictions are then made from wrong ones; set maxmemory-policy noeviction", ErrUnfit, i.Where, i.Policy)
		}
		return nil
	})
}

// claim takes the prefix for the pipeline, or finds that it has it.
func (r *Redis) claim(ctx context.Context) error {
	err := r.client.SetNX(ctx, r.base, r.options.Identity, 0).Err()
	if err != nil {
		return err
	}
	found, err := r.client.Get(ctx, r.base).Result()
	if err != nil && !strings.HasPrefix(err.Error(), "WRONGTYPE") {
		return err
	}
	if err != nil || found != r.options.Identity {
		return r.foreign()
	}
	return nil
}

func (r *Redis) foreign() error {
	return fmt.Errorf("%w: at %s, %s belongs to another pipeline than the one with this name in this store; name another prefix (--state 'URL?prefix=NAME'), or, if nobody needs what is there, delete the keys that begin with %s", ErrForeign, r.where, r.base, r.base)
}

// String tells people where it is, without secrets.
func (r *Redis) String() string { return r.where }

// Close gives back the connections, and takes the keys along when the pipeline
// ends with this process.
func (r *Redis) Close() error {
	var err error
	if r.options.Brief && !r.options.Guest {
		ctx, done := context.WithTimeout(context.Background(), dialTimeout)
		defer done()
		if err = r.remove(ctx); err != nil {
			err = fmt.Errorf("the keys of this run are still in %s, and nobody needs them: delete those that begin with %s (%w)", r.where, r.base, err)
		}
	}
	return errors.Join(err, r.client.Close())
}

// remove deletes all keys.
func (r *Redis) remove(ctx context.Context) error {
	pattern := strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(r.base) + "*"
	for cursor := uint64(0); ; {
		keys, next, err := r.client.Scan(ctx, cursor, pattern, 1000).Result()
		if err == nil && len(keys) > 0 {
			err = r.client.Unlink(ctx, keys...).Err()
		}
		if err != nil || next == 0 {
			return err
		}
		cursor = next
	}
}

// do asks again and again until there is an answer, or an error that waiting
// does not help. People are told once that something waits, and when it goes on.
func (r *Redis) do(ctx context.Context, ask func(ctx context.Context) error) error {
	w := wait{redis: r}
	defer w.end(ctx)
	defer r.wires.heed(ctx)()
	for pause := pauseFirst; ; pause = min(2*pause, pauseMax) {
		slow := time.AfterFunc(slowAfter, func() {
			w.tell(fmt.Errorf("%w: %s (it has had a request for %s)", ErrUnreachable, r.where, slowAfter))
		})
		err := ask(ctx)
		slow.Stop()
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if r.client != nil { // else it is told already
			err = r.explain(ctx, err)
		}
		if !passing(err, r.client != nil) {
			return err
		}
		if pause > pauseFirst { // one connection that has ended is nothing to tell
			w.tell(err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wait is one goroutine's, for an answer.
type wait struct {
	redis       *Redis
	told, ended bool // under the Redis's lock
}

func (w *wait) tell(err error) {
	r := w.redis
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.told || w.ended {
		return
	}
	w.told = true
	if r.waiting++; r.waiting == 1 && r.options.Notice != nil {
		r.options.Notice(fmt.Sprintf("%v; the work waits for it, and nothing is lost", err))
	}
}

func (w *wait) end(ctx context.Context) {
	r := w.redis
	r.mu.Lock()
	defer r.mu.Unlock()
	w.ended = true
	if !w.told {
		return
	}
	if r.waiting--; r.waiting == 0 && ctx.Err() == nil && r.options.Notice != nil {
		r.options.Notice(fmt.Sprintf("the Redis at %s answers; the work goes on", r.where))
	}
}

// refusals are answers of a Redis that is there and will not take state now.
var refusals = []struct{ begins, means string }{
	{"OOM ", "its memory is full: raise its maxmemory"},
	{"MISCONF ", "it cannot write to its disk: look at its log, and at its disk"},
	{"READONLY ", "it has become a replica, which takes no writes"},
	{"LOADING ", "it is reading its data from the disk"},
	{"BUSY ", "it is at work for somebody else"},
	{"MASTERDOWN ", "it has lost its primary"},
	{"NOREPLICAS ", "it has too few replicas to take writes"},
}

// explain says what an error of the client means.
func (r *Redis) explain(ctx context.Context, err error) error {
	for _, known := range []error{ErrFenced, ErrMoved, ErrForeign, ErrDamaged, ErrUnreachable} {
		if errors.Is(err, known) {
			return err
		}
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s (it has closed the connection)", ErrUnreachable, r.where)
	}
	text := strings.TrimPrefix(err.Error(), "ERR ")
	for _, refusal := range refusals {
		if strings.HasPrefix(text, refusal.begins) {
			return fmt.Errorf("%w: %s (%s)", ErrUnreachable, r.where, refusal.means)
		}
	}
	if strings.HasPrefix(text, "WRONGTYPE") {
		return r.foreign()
	}
	known := inspectError(ctx, r.where, unaddressed(err))
	var answer redis.Error
	if errors.As(err, &answer) && errors.Is(known, ErrUnreachable) { // it answers, and not what helps
		return fmt.Errorf("the Redis at %s refuses a request: %w", r.where, err)
	}
	return known
}

// explained is explain, for what may be none.
func (r *Redis) explained(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return r.explain(ctx, err)
}

// unaddressed leaves out of a network's error what is said already.
func unaddressed(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// passing says whether it helps to wait: a Redis that is gone comes back, and a
// password that was right is right again. Before anything was right it is better
// to say so.
func passing(err error, was bool) bool {
	switch {
	case errors.Is(err, ErrUnreachable):
		return true
	case errors.Is(err, ErrCredentials), errors.Is(err, ErrTLS):
		return was
	case errors.Is(err, io.EOF):
		return true
	}
	return false
}
