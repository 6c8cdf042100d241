package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/state"
	"tidings/pipeline"
)

// StateFlags say where a pipeline's state and its snapshots live.
type StateFlags struct {
	State     string `name:"state" placeholder:"URL" complete:"embedded" help:"Where df counts live: embedded, or the Redis at URL, as in redis://USER:PASSWORD@host:6379/0?prefix=tidings, rediss:// for TLS, or unix:///path. The variable TIDINGS_STATE keeps a password off the command line. Default: embedded."`
	Snapshots string `name:"snapshots" placeholder:"WHERE" complete:"objects,files,redis" help:"Where snapshots of state are kept: objects, with the broker, files, in the --store directory, files:DIR, or redis, in the Redis of --state. Default: objects."`
}

// The kinds of stores of snapshots.
const (
	inObjects = "objects"
	inFiles   = "files"
	inRedis   = "redis"
)

// snapshots divides --snapshots into its kind and a directory.
func (f *StateFlags) snapshots() (kind, dir string) {
	kind, dir, _ = strings.Cut(f.Snapshots, ":")
	if kind == "" {
		kind = inObjects
	}
	return kind, dir
}

// embedded says whether df counts live in workers.
func (f *StateFlags) embedded() bool { return f.State == "" || f.State == "embedded" }

// StateURL is the Redis's, "" where there is none.
func (f *StateFlags) StateURL() string {
	if f.embedded() {
		return ""
	}
	return f.State
}

// CheckState tells what is wrong with the flags, for a broker that is set up by
// others. It holds no password.
func (f *StateFlags) CheckState(b *BrokerFlags) error {
	if !f.embedded() {
		if !strings.Contains(f.State, "://") {
			return &UsageError{errors.New("--state: write embedded, or the URL of a Redis, as in redis://127.0.0.1:6379/0")}
		}
		if err := state.CheckURL(f.State); err != nil {
			return &UsageError{fmt.Errorf("--state: %w", err)}
		}
	}
	switch kind, dir := f.snapshots(); {
	case kind == inFiles && dir == "" && b.Store == "":
		return &UsageError{errors.New("--snapshots files keeps them in the --store directory, and there is none: give --store DIR, or --snapshots files:DIR")}
	case kind == inFiles:
		return nil
	case dir != "" || kind != inObjects && kind != inRedis:
		return &UsageError{fmt.Errorf("--snapshots %q is not known; write objects, files, files:DIR or redis", f.Snapshots)}
	case kind == inRedis && f.embedded():
		return &UsageError{errors.New("--snapshots redis keeps them in the Redis of --state: give --state redis://HOST:6379/0 too")}
	}
	return nil
}

// StateInto says in a plan where its state and snapshots live, and no more of it than
// the kind.
func (f *StateFlags) StateInto(p pipeline.Plan) (pipeline.Plan, error) {
	if !f.embedded() {
		p.State = pipeline.RedisState
	}
	if kind, _ := f.snapshots(); kind != inObjects {
		p.Snapshots = kind
	}
	return checked(p)
}

// Outside is what a pipeline keeps outside of broker and process.
type Outside struct {
	Redis     *state.Redis             // nil: none
	Snapshots guarantees.SnapshotStore // nil: with the broker
}

// Close gives back what was opened.
func (o Outside) Close() error {
	if o.Redis == nil {
		return nil
	}
	return o.Redis.Close()
}

// Opening is how what is kept outside is opened.
type Opening struct {
	Pipeline pipeline.Name // it has to exist
	Store    string        // the directory of the broker's store, if there is one
	Brief    bool          // the pipeline ends with this process
	Guest    bool          // or with the one that has started it
	Notice   func(string)
}

// OpenState opens what the pipeline keeps outside. It waits for a Redis that is
// not there, and says so.
func (f *StateFlags) OpenState(ctx context.Context, b *broker.Broker, how Opening) (o Outside, err error) {
	kind, dir := f.snapshots()
	if f.embedded() && kind == inObjects {
		return o, nil
	}
	identity, err := pipeline.Identity(ctx, b, how.Pipeline, rand.Text())
	if err != nil {
		return o, err
	}
	if kind == inFiles {
		if dir == "" {
			dir = filepath.Join(how.Store, "snapshots")
		}
		files := state.Files{Dir: filepath.Join(dir, string(how.Pipeline))}
		if err := ownFiles(files, how.Pipeline, identity); err != nil {
			return o, err
		}
		o.Snapshots = files
	}
	if !f.embedded() {
		o.Redis, err = state.OpenRedis(ctx, f.State, state.Options{
			Pipeline: string(how.Pipeline), Identity: identity, Brief: how.Brief, Guest: how.Guest, Notice: how.Notice,
		})
		if err != nil {
			return o, fmt.Errorf("--state: %w", err)
		}
		if kind == inRedis {
			o.Snapshots = o.Redis.Blobs()
		}
	}
	return o, nil
}

// ownFiles marks a directory as a pipeline's, and refuses another's.
func ownFiles(f state.Files, name pipeline.Name, identity string) error {
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return fmt.Errorf("--snapshots: %w", err)
	}
	path := filepath.Join(f.Dir, "pipeline")
	owner, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = owner.WriteString(identity + "\n")
		return errors.Join(err, owner.Close())
	}
	found, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--snapshots: %w", err)
	}
	if strings.TrimSpace(string(found)) != identity {
		return fmt.Errorf("--snapshots: %s holds snapshots of another pipeline %s than the one in this store; name another directory with --snapshots files:DIR, or delete this one if nobody needs it", f.Dir, name)
	}
	return nil
}
