package doctor_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/doctor"
	"tidings/internal/state/redistest"
	"tidings/pipeline"
)

// examine runs all checks and returns the results by code. On a busy machine a
// check may take long.
func examine(t *testing.T, o doctor.Options) (map[doctor.Code]doctor.Result, doctor.Summary) {
	t.Helper()
	if o.CheckTime == 0 {
		o.CheckTime = time.Minute
	}
	results := map[doctor.Code]doctor.Result{}
	summary, err := doctor.Run(brokertest.Context(t), o, func(r doctor.Result) {
		if _, twice := results[r.Code]; twice || r.Title == "" || r.Found == "" {
			t.Errorf("%+v", r)
		}
		if (r.Status == doctor.Warning || r.Status == doctor.Failed) && (r.Meaning == "" || r.Fix == "") {
			t.Errorf("it does not say what it means and what to do: %+v", r)
		}
		results[r.Code] = r
	})
	if err != nil {
		t.Fatal(err)
	}
	return results, summary
}

const (
	jetStream = "jetstream { store_dir: \"${STORE}\" }\nmax_payload: 8MB\n"
	everybody = "$JS.API.INFO, $JS.API.STREAM.NAMES, $JS.API.STREAM.LIST, $JS.API.STREAM.DELETE.*"
)

// Properties, of a server elsewhere: what is wrong with it is told by the
// check that is about it, what depends on it is skipped, and a password is
// never told.
func TestAServerElsewhere(t *testing.T) {
	user := func(permissions string) string {
		return jetStream + "authorization { users: [ { user: u, password: hidden, permissions: " + permissions + " } ] }"
	}
	allow := func(subjects string) string {
		return `{ publish: { allow: ["` + strings.Join(strings.Split(subjects, ", "), `", "`) + `"] } }`
	}
	tests := map[string]struct {
		config string
		user   string
		code   doctor.Code
		status doctor.Status
		says   string
		skips  doctor.Code
	}{
		"as it should be":    {jetStream, "", doctor.Permissions, doctor.OK, "a stream could be made", ""},
		"without JetStream":  {"max_payload: 8MB", "", doctor.JetStreamOn, doctor.Failed, "not enabled", doctor.Permissions},
		"small messages":     {"jetstream { store_dir: \"${STORE}\" }\nmax_payload: 1MB", "", doctor.PayloadSize, doctor.Warning, "1.0 MB", ""},
		"no user":            {user("{ publish: [\">\"] }"), "", doctor.BrokerReachable, doctor.Failed, "does not accept the credentials", doctor.BrokerVersion},
		"wrong password":     {user("{ publish: [\">\"] }"), "u:hiddener@", doctor.BrokerReachable, doctor.Failed, "does not accept the credentials", doctor.BrokerVersion},
		"not the API":        {user(allow("tidings.>")), "u:hidden@", doctor.JetStreamOn, doctor.Failed, "$JS.API.INFO", doctor.StorageFree},
		"no inbox":           {user(`{ publish: [">"], subscribe: { deny: ["_INBOX.>"] } }`), "u:hidden@", doctor.JetStreamOn, doctor.Failed, "_INBOX", doctor.StorageFree},
		"may not remove":     {user(allow("$JS.API.INFO")), "u:hidden@", doctor.Permissions, doctor.Warning, "STREAM.DELETE", ""},
		"may not make":       {user(allow(everybody)), "u:hidden@", doctor.Permissions, doctor.Failed, "STREAM.CREATE.tidings-doctor-", ""},
		"may not publish":    {user(allow("$JS.API.>")), "u:hidden@", doctor.Permissions, doctor.Failed, "cannot publish: ", ""},
		"may not keep keys":  {user(allow("$JS.API.>, tidings.>")), "u:hidden@", doctor.Permissions, doctor.Failed, "$KV.tidings-doctor-", ""},
		"may do all":         {user(allow("$JS.API.>, tidings.>, $KV.>")), "u:hidden@", doctor.Permissions, doctor.OK, "", ""},
		"few streams":        {jetStream + "accounts { A { jetstream { max_streams: 2 }, users: [ { user: u, password: hidden } ] } }", "u:hidden@", doctor.JetStreamOn, doctor.Warning, "0 streams of 2", ""},
		"little storage":     {jetStream + "accounts { A { jetstream { max_file: 32MB }, users: [ { user: u, password: hidden } ] } }", "u:hidden@", doctor.StorageFree, doctor.Failed, "of 34 MB", ""},
		"limits are a must":  {jetStream + "accounts { A { jetstream { max_file: 1GB, max_bytes_required: true }, users: [ { user: u, password: hidden } ] } }", "u:hidden@", doctor.JetStreamOn, doctor.Failed, "has to name a limit", doctor.Permissions},
		"sync is not told":   {jetStream, "", doctor.SyncSetting, doctor.Skipped, "not visible from here", ""},
		"clocks are the one": {jetStream, "", doctor.ClockSkew, doctor.OK, "agree", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := brokertest.Foreign(t, tt.config)
			began := time.Now()
			results, _ := examine(t, doctor.Options{Broker: broker.Options{URL: "nats://" + tt.user + address}})
			if r := results[tt.code]; r.Status != tt.status || !strings.Contains(r.Found, tt.says) {
				t.Errorf("%+v\nwant %s: ...%s...", r, tt.status, tt.says)
			}
			if r := results[tt.skips]; tt.skips != "" && (r.Status != doctor.Skipped || r.Because == "") {
				t.Errorf("%+v", r)
			}
			for _, r := range results {
				if strings.Contains(r.Found+r.Meaning+r.Fix, "hidden") {
					t.Errorf("the password is told: %+v", r)
				}
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %s: a denial was waited for", took)
			}
		})
	}
}

// Properties: looking leaves no stream on a server, however much was allowed.
func TestNothingIsLeftOnAServer(t *testing.T) {
	s := brokertest.Serve(t)
	if err := pipeline.Create(t.Context(), s.Broker, pipeline.Plan{}.WithDefaults()); err != nil {
		t.Fatal(err)
	}
	before, err := s.Account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results, summary := examine(t, doctor.Options{Broker: broker.Options{URL: s.URL()}})
	if summary.Failed > 0 || results[doctor.PipelinePlan].Status != doctor.OK || results[doctor.PipelineStreams].Status != doctor.OK {
		t.Errorf("%+v", results)
	}
	after, err := s.Account(t.Context())
	if err != nil || after.Streams != before.Streams || after.Stored != before.Stored {
		t.Errorf("%+v became %+v (%v)", before, after, err)
	}
	// Interrupted at any moment, likewise.
	for i := range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
		_, _ = doctor.Run(ctx, doctor.Options{Broker: broker.Options{URL: s.URL()}}, func(doctor.Result) {})
		cancel()
	}
	if after, err = s.Account(t.Context()); err != nil || after.Streams != before.Streams {
		t.Errorf("%d streams became %d (%v)", before.Streams, after.Streams, err)
	}
}

// Properties: a temporary directory leaves nothing, a store that does not exist
// is not made, and one that does has the same files afterwards.
func TestNothingIsLeftOnTheDisk(t *testing.T) {
	brokertest.NoLeaks(t)
	temp := brokertest.Dir(t)
	t.Setenv("TMPDIR", temp)
	store := filepath.Join(brokertest.Dir(t), "a", "store")
	results, summary := examine(t, doctor.Options{Broker: broker.Options{Store: store}})
	if summary.Failed > 0 || !strings.Contains(results[doctor.StoreLock].Found, "no store") {
		t.Errorf("%+v", results)
	}
	if _, err := os.Stat(filepath.Dir(store)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory was made: %v", err)
	}
	b, err := broker.Open(t.Context(), broker.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pipeline.Create(t.Context(), b, pipeline.Plan{}.WithDefaults()), b.Close()); err != nil {
		t.Fatal(err)
	}
	before := files(t, store)
	results, summary = examine(t, doctor.Options{Broker: broker.Options{Store: store}})
	if summary.Failed > 0 || results[doctor.SyncSetting].Status != doctor.Warning || results[doctor.PipelineStreams].Status != doctor.OK {
		t.Errorf("%+v", results)
	}
	// The server takes the files of a stream away after it has answered.
	after := files(t, store)
	for deadline := time.Now().Add(brokertest.Patience); !slices.Equal(before, after) && time.Now().Before(deadline); after = files(t, store) {
		runtime.Gosched()
	}
	if !slices.Equal(before, after) {
		t.Errorf("%q\nbecame %q", before, after)
	}
	if left := files(t, temp); len(left) > 1 {
		t.Errorf("left in the temporary directory: %q", left)
	}
}

// Properties: what cannot become a store is told before a run finds out.
func TestAFileIsNoStore(t *testing.T) {
	brokertest.NoLeaks(t)
	store := filepath.Join(brokertest.Dir(t), "store")
	if err := os.WriteFile(store, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	results, summary := examine(t, doctor.Options{Broker: broker.Options{Store: store}})
	if summary.Failed != 1 || results[doctor.StoreLock].Status != doctor.Failed || !strings.Contains(results[doctor.StoreLock].Found, "is a file") {
		t.Errorf("%+v", results[doctor.StoreLock])
	}
}

// files are the paths of all files and folders below a directory.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it has gone meanwhile
			return nil
		}
		paths = append(paths, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestAStoreThatIsHeld(t *testing.T) {
	dir := brokertest.Dir(t)
	brokertest.Open(t, broker.Options{Store: dir})
	results, _ := examine(t, doctor.Options{Broker: broker.Options{Store: dir}})
	if r := results[doctor.StoreLock]; r.Status != doctor.Failed || !strings.Contains(r.Found, "is held by") {
		t.Errorf("%+v", r)
	}
	if r := results[doctor.BrokerReachable]; r.Status != doctor.Skipped || r.Because != doctor.StoreLock {
		t.Errorf("%+v", r)
	}
}

// Properties: a plan that differs is told setting by setting; a stream that
// somebody has made forgetful, or taken records from, is told.
func TestAPipelineThatSomebodyChanged(t *testing.T) {
	s := brokertest.Serve(t)
	plan := pipeline.Plan{}.WithDefaults()
	if err := s.CreateStream(t.Context(), broker.Stream{Name: "tidings-log", Subjects: []string{"other"}, BytesMax: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := pipeline.Create(t.Context(), s.Broker, plan); err != nil {
		t.Fatal(err)
	}
	plan.Partitions = pipeline.Partitions{Tokenize: 1, DF: 2, Classify: 1, Topics: 1}
	results, _ := examine(t, doctor.Options{Broker: broker.Options{URL: s.URL()}, Plan: plan})
	if r := results[doctor.PipelinePlan]; r.Status != doctor.Warning || !strings.Contains(r.Found, "partitions.df: stored 1, asked for 2") {
		t.Errorf("%+v", r)
	}
	if r := results[doctor.PipelineStreams]; r.Status != doctor.Failed || !strings.Contains(r.Found, "takes other subjects than tidings.log.>") {
		t.Errorf("%+v", r)
	}
}

// Properties: a server that accepts and says nothing costs the time of one
// check; Ctrl-C ends it at once.
func TestASilentServer(t *testing.T) {
	brokertest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := doctor.Options{Broker: broker.Options{URL: "nats://" + l.Addr().String()}, CheckTime: 100 * time.Millisecond}
	results, _ := examine(t, o)
	if r := results[doctor.BrokerReachable]; r.Status != doctor.Failed || !strings.Contains(r.Found, "does not answer in time") {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o.CheckTime = time.Hour
	began := time.Now()
	_, err = doctor.Run(ctx, o, func(r doctor.Result) {
		if r.Code == doctor.OpenFiles {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
	})
	if !errors.Is(err, context.Canceled) || time.Since(began) > time.Minute {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// Properties: what a Redis would forget is told by the check that is about it.
func TestARedis(t *testing.T) {
	url := redistest.Start(t, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "yes")
	results, summary := examine(t, doctor.Options{Redis: url})
	if r := results[doctor.RedisMemoryPolicy]; r.Status != doctor.Failed || !strings.Contains(r.Found, "allkeys-lru") {
		t.Errorf("%+v", r)
	}
	if r := results[doctor.RedisPersistence]; r.Status != doctor.Warning || !strings.Contains(r.Found, "everysec") {
		t.Errorf("%+v", r)
	}
	if summary.Failed != 1 {
		t.Errorf("%+v", summary)
	}
	results, _ = examine(t, doctor.Options{Redis: "redis://u:hidden@127.0.0.1:1"})
	if r := results[doctor.RedisReachable]; r.Status != doctor.Failed || strings.Contains(r.Found, "hidden") {
		t.Errorf("%+v", r)
	}
}
