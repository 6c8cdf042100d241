package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// child is set in the environment of a process that a test starts to kill it.
const child = "TIDINGS_CATALOGUE_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(child); spec != "" {
		os.Exit(fetchAsChild(spec))
	}
	goleak.VerifyTestMain(m)
}

// fetchAsChild fetches the data set "thing" from a mirror into a cache.
func fetchAsChild(spec string) int {
	mirror, dir, _ := strings.Cut(spec, " ")
	f, err := NewFetcher(Options{Cache: Cache{dir}, Mirror: mirror, AllowPrivate: true})
	if err == nil {
		err = f.Fetch(context.Background(), thing(bulk(), true))
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// bulk is what is fetched: the same in each run, and no page of HTML.
func bulk() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 1<<20+17)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

// thing is a data set of one file.
func thing(data []byte, published bool) Entry {
	file := File{Name: "thing.bin", About: int64(len(data))}
	if published {
		sum := sha256.Sum256(data)
		file.Bytes, file.SHA256 = int64(len(data)), hex.EncodeToString(sum[:])
	}
	return Entry{Name: "thing", Files: []File{file}}
}

// server answers with data, in the way that the test wants, and remembers what
// it was asked and how many bytes of it it sent.
type server struct {
	*httptest.Server
	data []byte

	answering sync.WaitGroup // requests under way

	mu     sync.Mutex
	ranges []string // of each request
	sent   int64
	etag   string
	// answer is asked first, with the number of the request from 1; true: it
	// has answered.
	answer func(n int, w http.ResponseWriter, r *http.Request) bool
}

func newServer(t *testing.T, data []byte, answer func(n int, w http.ResponseWriter, r *http.Request) bool) *server {
	t.Helper()
	s := &server{data: data, etag: `"one"`, answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.answering.Add(1)
	defer s.answering.Done()
	s.mu.Lock()
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	n, answer := len(s.ranges), s.answer
	etag, data := s.etag, s.data
	s.mu.Unlock()
	w = &counted{ResponseWriter: w, s: s}
	if answer != nil && answer(n, w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

func (s *server) asked() (ranges []string, sent int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ranges), s.sent
}

// forget begins to count anew. A request that its client has left may still be
// writing, so it is waited for.
func (s *server) forget() {
	s.answering.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ranges, s.sent = nil, 0
}

// counted counts what is sent.
type counted struct {
	http.ResponseWriter
	s *server
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.sent += int64(n)
	return n, err
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// cut sends so many of the bytes that it announces, and breaks the connection.
func cut(w http.ResponseWriter, data []byte, sent int) bool {
	w.Header().Set("ETag", `"one"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	_, _ = w.Write(data[:sent])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// notices are what a person was told.
type notices struct {
	mu  sync.Mutex
	all []string
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, text)
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.all, "\n")
}

// fetcher is one that asks the server, and waits for nothing.
func fetcher(t *testing.T, cache Cache, mirror string) (*Fetcher, *notices) {
	t.Helper()
	n := &notices{}
	f, err := NewFetcher(Options{Cache: cache, Mirror: mirror, AllowPrivate: true, FirstWait: time.Millisecond, Notice: n.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("notices:\n%s", n)
		}
	})
	return f, n
}

// begun puts a part into the cache, as an earlier run would have left it.
func begun(t *testing.T, c Cache, e Entry, part []byte, n string) {
	t.Helper()
	path := c.Path(e, e.Files[0])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path+partSuffix, part)
	if n != "" {
		write(t, path+noteSuffix, []byte(n))
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// whole checks that the file is there, and nothing else but what belongs there.
func whole(t *testing.T, c Cache, e Entry, data []byte) {
	t.Helper()
	path := c.Path(e, e.Files[0])
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(data) {
		t.Fatalf("%d bytes are there, and not the %d that the server has", len(got), len(data))
	}
	if _, err := os.Stat(path + partSuffix); err == nil {
		t.Error("the part is still there")
	}
	sum := sha256.Sum256(data)
	if kept, err := readSum(path); err != nil || kept != hex.EncodeToString(sum[:]) {
		t.Errorf("the checksum that is kept is %q, %v", kept, err)
	}
}
