package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tidings/internal/broker"
)

// open opens the broker as a run would, but makes no store: where there is
// none yet, an embedded broker in a temporary directory stands for it.
func (v *visit) open(ctx context.Context) {
	if v.broker != nil || v.openErr != nil {
		return
	}
	o := v.options.Broker
	if o.Store != "" && !isStore(o.Store) {
		v.newAt, o.Store = o.Store, ""
	}
	v.broker, v.openErr = broker.Connect(ctx, o)
}

// isStore tells a directory in which a broker has been from any other.
func isStore(dir string) bool {
	for _, name := range []string{"tidings.lock", "jetstream"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func storeLock(ctx context.Context, v *visit) Result {
	dir := v.options.Broker.Store
	v.open(ctx)
	switch {
	case errors.Is(v.openErr, broker.ErrStoreInUse):
		return storeHeld(dir)
	case v.newAt != "":
		return newStore(dir)
	}
	return ok(fmt.Sprintf("%s is a store, and no other process holds it", dir))
}

func storeHeld(dir string) Result {
	found, stop := dir+" is held by another process, which cannot be told from here", "stop that process"
	if h, ok := broker.StoreHolder(dir); ok {
		found = fmt.Sprintf("%s is held by process %d", dir, h.PID)
		if h.Command != "" {
			found += " (" + h.Command + ")"
		}
		stop = fmt.Sprintf("stop process %d", h.PID)
	}
	return failed(found, "nothing is wrong with the data; two brokers on one directory would corrupt it, so a second one is refused",
		stop+"; or, when it runs with --listen, look at its broker with --nats instead of --store")
}

// newStore looks whether a directory could be made a store, and leaves nothing
// there.
func newStore(dir string) Result {
	at := existing(dir)
	if s, err := os.Stat(dir); err == nil && !s.IsDir() {
		return failed(dir+" is a file, no directory", "a run would not start", "name a directory with --store")
	}
	probe, err := os.MkdirTemp(at, ".tidings-doctor-")
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		return failed(fmt.Sprintf("there is no store in %s, and none can be made: %v", dir, err), "a run would not start",
			"name another directory with --store, or get leave to write there")
	}
	return ok(fmt.Sprintf("there is no store in %s yet; a run can make one", dir))
}

// existing is the directory itself or the nearest above it that is there.
func existing(dir string) string {
	for {
		if s, err := os.Stat(dir); err == nil && s.IsDir() {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return dir
		}
		dir = above
	}
}

func brokerReachable(ctx context.Context, v *visit) Result {
	began := time.Now()
	v.open(ctx)
	if v.openErr != nil {
		return unreachable(v.options, v.openErr)
	}
	info := v.broker.Info()
	if !v.options.remote() {
		where := "the store can be opened"
		if v.options.Broker.Store == "" || v.newAt != "" {
			where = "one can be run in a temporary directory"
		}
		return ok(fmt.Sprintf("embedded: %s (%s)", where, time.Since(began).Round(time.Millisecond)))
	}
	trip, err := v.broker.RoundTrip(ctx)
	if err != nil {
		return unreachable(v.options, err)
	}
	found := fmt.Sprintf("%s answers in %s", info.Where, trip.Round(10*time.Microsecond))
	if info.Name != "" {
		found += ", server " + info.Name
	}
	if info.Cluster != "" {
		found += ", cluster " + info.Cluster
	}
	if info.Encrypted {
		found += ", encrypted"
	}
	return ok(found)
}

func unreachable(o Options, err error) Result {
	meaning := "a run would not start; nothing is lost"
	fix := "start one with `nats-server -js`, correct --nats, or leave it out for the embedded one"
	switch {
	case errors.Is(err, broker.ErrCredentials):
		fix = "give user and password, or the token, in the URL: nats://USER:PASSWORD@HOST:4222; ask who runs the server for them"
	case errors.Is(err, broker.ErrTLS):
		fix = "use tls:// and the name that is in the server's certificate; set SSL_CERT_FILE to the certificate of the authority that signed it"
	case errors.Is(err, broker.ErrPortInUse):
		fix = "name another port with --listen, or connect to the broker that runs there with --nats"
	case !o.remote():
		fix = "get leave to write to the directory, make room on its disk, or name another one with --store"
	}
	found := err.Error()
	if end := strings.LastIndex(found, "); "); end > 0 {
		found = found[:end+1] // behind it stands what to do for who was starting a run
	}
	return failed(found, meaning, fix)
}

func brokerVersion(_ context.Context, v *visit) Result {
	return judgeVersion(v.broker.Info())
}

func judgeVersion(i broker.Info) Result {
	switch {
	case i.TooOld:
		return failed("nats-server "+i.Version+"; at least "+broker.VersionMin()+" is needed",
			"a run would not start: the compare-and-set publish that exactly-once stands on was not tried on it", "upgrade the server")
	case i.Version == "":
		return warning("the server does not tell its version", "whether its compare-and-set publish works as needed is not known", "use nats-server "+broker.VersionMin()+" or later")
	}
	return ok("nats-server " + i.Version)
}

// payloadWanted is what the embedded broker takes.
const payloadWanted = broker.RecordBytesMax

func payloadSize(_ context.Context, v *visit) Result {
	return judgePayload(v.broker.Info().PayloadBytes)
}

// payloadLeast holds one document of the greatest size, with what JSON adds.
const payloadLeast = 2 << 20

func judgePayload(bytes int64) Result {
	found := "max_payload is " + size(bytes)
	fix := fmt.Sprintf("set max_payload: %dMB in the server's configuration", payloadWanted>>20)
	switch {
	case bytes < payloadLeast:
		return warning(found, "a commit or a document beyond it cannot be stored: the run then stops with an error at that document, and what was stored before is kept", fix)
	case bytes < payloadWanted:
		return warning(found, "commits of many or long documents can be larger: the run then stops with an error, and what was stored before is kept", fix)
	}
	return ok(found)
}
