package catalogue

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/internal/fetch"
)

// Properties, of a server that behaves:
//   - the file is in the cache, byte for byte, with its checksum, whether one
//     is published or not, and whether the server tells its size or not;
//   - a second time nothing is asked for;
//   - progress ends with all bytes, and never goes back.
func TestAFileIsFetchedOnce(t *testing.T) {
	data := bulk()
	streamed := func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(data); i += 100_000 {
			_, _ = w.Write(data[i:min(i+100_000, len(data))])
			_ = http.NewResponseController(w).Flush()
		}
		return true
	}
	for name, published := range map[string]bool{"published": true, "not published": false} {
		for how, answer := range map[string]func(int, http.ResponseWriter, *http.Request) bool{"with a length": nil, "without": streamed} {
			t.Run(name+" "+how, func(t *testing.T) {
				s := newServer(t, data, answer)
				c, e := Cache{t.TempDir()}, thing(data, published)
				f, _ := fetcher(t, c, s.URL+"/")
				last := Progress{}
				f.o.Progress = func(p Progress) {
					if p.Done < last.Done && p.Stage == last.Stage {
						t.Errorf("%+v after %+v", p, last)
					}
					last = p
				}
				if err := f.Fetch(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				whole(t, c, e, data)
				if last.Done != int64(len(data)) {
					t.Errorf("the last progress is %+v", last)
				}
				if ranges, sent := s.asked(); len(ranges) != 1 || sent != int64(len(data)) {
					t.Errorf("%d requests, %d bytes", len(ranges), sent)
				}
				s.forget()
				last = Progress{}
				if err := f.Fetch(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				if ranges, _ := s.asked(); len(ranges) != 0 {
					t.Errorf("asked again: %q", ranges)
				}
			})
		}
	}
}

// Properties, of a part that an earlier run left:
//   - where it surely is one, only the rest is asked for and sent;
//   - where the file has changed, the server does not go on in the middle or
//     the part is none, all of it is fetched, and is right in the end;
//   - a part that is whole is not asked for at all.
func TestAPartIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	tests := map[string]struct {
		published bool
		part      []byte
		note      string // URL stands for the file's address
		etag      string
		answer    func(int, http.ResponseWriter, *http.Request) bool
		sent      int
		told      string
	}{
		"the same file":                  {true, data[:half], `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half, ""},
		"no checksum but the same ETag":  {false, data[:half], `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half, ""},
		"no note but a checksum":         {true, data[:half], "", "", nil, len(data) - half, ""},
		"from another mirror":            {true, data[:half], `{"url":"http://elsewhere.example/","etag":"\"two\""}`, `"one"`, nil, len(data) - half, ""},
		"no checksum, another address":   {false, data[:half], `{"url":"http://elsewhere.example/","etag":"\"one\""}`, `"one"`, nil, len(data), "cannot be gone on with"},
		"no checksum and no validator":   {false, data[:half], `{"url":"URL"}`, "", nil, len(data), "cannot be gone on with"},
		"a weak validator alone":         {false, data[:half], `{"url":"URL","etag":"W/\"one\""}`, "", nil, len(data), "cannot be gone on with"},
		"changed at the source":          {false, data[:half], `{"url":"URL","etag":"\"old\""}`, `"one"`, nil, len(data), "has changed at its source"},
		"a note that is none":            {true, data[:half], `{"url":`, `"one"`, nil, len(data) - half, ""},
		"longer than the file":           {true, append(data[:len(data):len(data)], 1), "", `"one"`, nil, len(data), "cannot be gone on with"},
		"whole already":                  {true, data, "", `"one"`, nil, 0, ""},
		"whole already, nobody knows it": {false, data, `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data), "416"},
		"damaged":                        {true, make([]byte, half), `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half + len(data), "is fetched from its beginning"},
		"a server without ranges": {true, data[:half], `{"url":"URL","etag":"\"one\""}`, "", func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write(data)
			return true
		}, len(data), "does not go on in the middle"},
		"a server that gives another range": {true, data[:half], "", "", func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-9/%d", len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(data[:10])
			return true
		}, 10 + len(data), "was asked for what follows byte"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, test.answer)
			s.etag = test.etag
			c, e := Cache{t.TempDir()}, thing(data, test.published)
			begun(t, c, e, test.part, strings.ReplaceAll(test.note, "URL", s.URL+"/thing/thing.bin"))
			f, n := fetcher(t, c, s.URL)
			if err := f.Fetch(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			whole(t, c, e, data)
			if _, sent := s.asked(); sent > int64(test.sent)+64 || sent < int64(test.sent) { // 64: the text of an error
				t.Errorf("%d bytes were sent, want %d", sent, test.sent)
			}
			if !strings.Contains(n.String(), test.told) || test.told == "" && n.String() != "" {
				t.Errorf("told %q, want %q", n, test.told)
			}
		})
	}
}

// Properties, of a server that fails for a while: the file is whole in the end,
// what came is not sent twice where the server can go on, and who waits is told
// what for.
func TestAServerThatFailsForAWhile(t *testing.T) {
	data := bulk()
	status := func(code int, header ...string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n > 2 {
				return false
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	tests := map[string]struct {
		answer func(int, http.ResponseWriter, *http.Request) bool
		told   string
	}{
		"500":                 {status(500), "the server answers 500 Internal Server Error; asking again in 1ms"},
		"429":                 {status(429), "429 Too Many Requests"},
		"503 with a wait":     {status(503, "Retry-After", "1"), "asking again in 1s"},
		"connections reset":   {func(n int, _ http.ResponseWriter, _ *http.Request) bool { return n <= 4 && cutNow() }, "asking again"},
		"cut at every eighth": {cutting(data, len(data)/8), "the connection ended"},
		"cut without ranges": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n < 4 {
				return cut(w, data, n*1000)
			}
			_, _ = w.Write(data)
			return true
		}, "does not go on in the middle"},
		"closed early, no length": {func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Connection", "close")
			w.Header().Set("Transfer-Encoding", "identity")
			_, _ = w.Write(data[:500_000])
			return true
		}, "the connection ended after 500000 of"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, test.answer)
			c, e := Cache{t.TempDir()}, thing(data, true)
			f, n := fetcher(t, c, s.URL)
			if err := f.Fetch(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			whole(t, c, e, data)
			if !strings.Contains(n.String(), test.told) {
				t.Errorf("told %q, want %q", n, test.told)
			}
			if _, sent := s.asked(); strings.Contains(name, "eighth") && sent != int64(len(data)) {
				t.Errorf("%d bytes were sent of %d", sent, len(data))
			}
		})
	}
}

func cutNow() bool { panic(http.ErrAbortHandler) }

// cutting serves ranges, each answer cut after so many bytes.
func cutting(data []byte, after int) func(int, http.ResponseWriter, *http.Request) bool {
	return func(_ int, w http.ResponseWriter, r *http.Request) bool {
		first, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"))
		rest := data[first:]
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(rest)))
		if first > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(rest[:min(len(rest), after)])
		_ = http.NewResponseController(w).Flush()
		if len(rest) > after {
			panic(http.ErrAbortHandler)
		}
		return true
	}
}

// Properties, of a server that never gives the file:
//   - it ends, after few requests, with an error that has the reason, the
//     address, the path, size and checksum to do it by hand;
//   - nothing stands under the file's name;
//   - what came before a web page is kept.
func TestAServerThatNeverGivesIt(t *testing.T) {
	data := bulk()
	page := "\n <!DOCTYPE html><html><body>Please log in to the network</body></html>"
	always := func(f func(w http.ResponseWriter, r *http.Request)) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, r *http.Request) bool {
			f(w, r)
			return true
		}
	}
	tests := map[string]struct {
		answer func(int, http.ResponseWriter, *http.Request) bool
		want   string
		most   int // requests
	}{
		"404":          {always(http.NotFound), "the server answers 404 Not Found", 1},
		"403":          {always(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }), "403 Forbidden", 1},
		"500 for ever": {always(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }), "500 Internal Server Error (5 attempts)", 5},
		"a web page": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, page)
		}), "a web page instead of the file", 1},
		"a web page in disguise": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, page)
		}), "a web page instead of the file", 1},
		"a redirect loop": {always(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }), "too many redirects", redirectsMax + 1},
		"a redirect to a file": {always(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}), "only http and https", 1},
		"another file": {always(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) }), "1000 bytes where 1048593 are expected", 1},
		"damaged":      {always(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, len(data))) }), "the sha256 is", 1},
		"too much": {always(func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(data)
			_, _ = w.Write(data)
		}), "it sends more than the 1048593 bytes", 2},
		"packed": {always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(data)
			_ = z.Close()
		}), `packs the file as "gzip"`, 1},
		"always cut at once": {func(int, http.ResponseWriter, *http.Request) bool { return cutNow() }, "(5 attempts)", 11},
		"ranges that are none": {func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Range", "bytes 7-3/2")
			w.WriteHeader(http.StatusPartialContent)
			return true
		}, "was asked for what follows byte", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, test.answer)
			c, e := Cache{t.TempDir()}, thing(data, true)
			f, _ := fetcher(t, c, s.URL)
			err := f.Fetch(t.Context(), e)
			if err == nil {
				t.Fatal("fetched")
			}
			for _, want := range []string{test.want, c.Path(e, e.Files[0]), e.Files[0].SHA256, "1048593 bytes", "ingest datasets fetch thing"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nhas no %q", err, want)
				}
			}
			if _, err := os.Stat(c.Path(e, e.Files[0])); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something stands under the file's name: %v", err)
			}
			if ranges, _ := s.asked(); len(ranges) > test.most {
				t.Errorf("%d requests, at most %d were expected", len(ranges), test.most)
			}
		})
	}
}

// Properties: a web page in place of the rest costs nothing that came before.
func TestALoginPageLeavesThePartAlone(t *testing.T) {
	data := bulk()
	s := newServer(t, data, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html>Pay for the network</html>")
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, true)
	begun(t, c, e, data[:1000], "")
	f, _ := fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err == nil {
		t.Fatal("fetched")
	}
	if state, bytes := c.State(e, e.Files[0]); state != Begun || bytes != 1000 {
		t.Errorf("the part is %d, %d bytes", state, bytes)
	}
}

// Properties: a web page that comes letter by letter, in place of a file of
// which nobody has published a checksum, does not become the file.
func TestALoginPageInPieces(t *testing.T) {
	s := newServer(t, nil, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/octet-stream")
		for _, letter := range "<html>Pay for the network</html>" {
			_, _ = io.WriteString(w, string(letter))
			_ = http.NewResponseController(w).Flush()
		}
		return true
	})
	c, e := Cache{t.TempDir()}, thing(bulk(), false)
	f, _ := fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err == nil || !strings.Contains(err.Error(), "a web page instead of the file") {
		t.Errorf("fetched a page: %v", err)
	}
	if state, _ := c.State(e, e.Files[0]); state != Absent {
		t.Errorf("something is there: %d", state)
	}
}

// Properties: a file that comes damaged is kept aside, and the next mirror is
// asked; that one's is the file. The mirror after it is not asked.
func TestTheNextMirrorIsAsked(t *testing.T) {
	data := bulk()
	gone := newServer(t, nil, func(_ int, w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true })
	damaged := newServer(t, make([]byte, len(data)), nil)
	good, unused := newServer(t, data, nil), newServer(t, data, nil)
	c, e := Cache{t.TempDir()}, thing(data, true)
	e.Files[0].URLs = []string{gone.URL + "/a", damaged.URL + "/b", good.URL + "/c", unused.URL + "/d"}
	f, n := fetcher(t, c, "http://mirror.example")
	f.o.Mirror = "" // the sources; the client still reaches the server of the test
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if _, err := os.Stat(c.Path(e, e.Files[0]) + rejectedSuffix); err != nil {
		t.Error(err)
	}
	if ranges, _ := unused.asked(); len(ranges) != 0 {
		t.Error("the last mirror was asked")
	}
	for _, want := range []string{"404", "asking " + good.URL, "is kept as"} {
		if !strings.Contains(n.String(), want) {
			t.Errorf("told %q, want %q", n, want)
		}
	}
}

// Properties: through a redirect, as sources that keep their files elsewhere
// answer, the rest alone is asked for too.
func TestARedirectKeepsTheRange(t *testing.T) {
	data := bulk()
	elsewhere := newServer(t, data, nil)
	s := newServer(t, nil, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.URL+"/signed?for=a-minute", http.StatusFound)
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, false)
	begun(t, c, e, data[:1000], `{"url":"`+s.URL+`/thing/thing.bin","etag":"\"one\""}`)
	f, _ := fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if ranges, sent := elsewhere.asked(); len(ranges) != 1 || ranges[0] != "bytes=1000-" || sent != int64(len(data))-1000 {
		t.Errorf("%d bytes were sent for %q", sent, ranges)
	}
}

// Properties: without permission no private address is reached, neither as a
// mirror nor through a redirect; the error says what to do.
func TestPrivateAddressesAreRefused(t *testing.T) {
	s := newServer(t, bulk(), nil)
	f, err := NewFetcher(Options{Cache: Cache{t.TempDir()}, Mirror: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = f.Fetch(t.Context(), thing(bulk(), true))
	if !errors.Is(err, fetch.ErrPrivate) && (err == nil || !strings.Contains(err.Error(), "--allow-private")) {
		t.Errorf("fetched from a private address: %v", err)
	}
	if ranges, _ := s.asked(); len(ranges) != 0 {
		t.Errorf("it was asked: %q", ranges)
	}
	if _, err := NewFetcher(Options{AllowPrivate: true}); err == nil {
		t.Error("private addresses are allowed without a mirror")
	}
}

// Properties: where nobody listens the error asks for the network, and comes at
// once.
func TestWithoutANetwork(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	f, n := fetcher(t, Cache{t.TempDir()}, s.URL)
	err := f.Fetch(t.Context(), thing(bulk(), true))
	if err == nil || !strings.Contains(err.Error(), "is there a network?") || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("without a network: %v", err)
	}
	if n.String() != "" {
		t.Errorf("told %q", n)
	}
}

// Properties, of a run that is stopped in the middle: the part is kept, who
// stopped it is told so, and the next run asks for the rest alone.
func TestACancelledFetchIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	s := newServer(t, data, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:half])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, false)
	f, n := fetcher(t, c, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.o.Progress = func(p Progress) {
		if p.Done == int64(half) {
			cancel()
		}
	}
	if err := f.Fetch(ctx, e); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	if want := "stopped: 512 KiB of 1.0 MiB of thing.bin have come and are kept; the same command goes on from there"; n.String() != want {
		t.Errorf("told %q, want %q", n, want)
	}
	f, _ = fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if ranges, sent := s.asked(); sent != int64(len(data)) || ranges[1] != fmt.Sprintf("bytes=%d-", half) {
		t.Errorf("%d bytes were sent of %d, for %q", sent, len(data), ranges)
	}
}

// Properties, of a process that is killed in the middle (kill -9): another one
// goes on, the bytes are equal, and no byte that was stored is sent again.
func TestAKilledFetchIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	s := newServer(t, data, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:half])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // until the process is gone
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, true)
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), child+"="+s.URL+" "+c.Dir)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		<-look.C
		if _, bytes := c.State(e, e.Files[0]); bytes == int64(half) {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the process does not begin")
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	f, _ := fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	ranges, sent := s.asked()
	if sent != int64(len(data)) || len(ranges) != 2 || ranges[1] != fmt.Sprintf("bytes=%d-", half) {
		t.Errorf("%d bytes were sent of %d, for %q", sent, len(data), ranges)
	}
}

// Properties: of several that want the same one fetches and the others wait,
// say so, and find it there; who is stopped while waiting ends.
func TestOneFetchesAndTheOthersWait(t *testing.T) {
	data := bulk()
	here, release := make(chan struct{}), make(chan struct{})
	s := newServer(t, data, func(int, http.ResponseWriter, *http.Request) bool {
		close(here)
		<-release
		return false
	})
	c, e := Cache{t.TempDir()}, thing(data, true)
	first, _ := fetcher(t, c, s.URL)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := first.Fetch(t.Context(), e); err != nil {
			t.Error(err)
		}
	})
	<-here
	ctx, cancel := context.WithCancel(t.Context())
	impatient, _ := fetcher(t, c, s.URL)
	impatient.o.Notice = func(string) { cancel() }
	if err := impatient.Fetch(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while waiting: %v", err)
	}
	second, _ := fetcher(t, c, s.URL)
	second.o.Notice = func(notice string) {
		if !strings.Contains(notice, "another process is fetching thing") {
			t.Errorf("told %q", notice)
		}
		close(release)
	}
	if err := second.Fetch(t.Context(), e); err != nil {
		t.Error(err)
	}
	wg.Wait()
	whole(t, c, e, data)
	if ranges, _ := s.asked(); len(ranges) != 1 {
		t.Errorf("%d requests", len(ranges))
	}
}

// Properties: a file that was changed, or is of another size, is told of and
// left alone; one that was placed by hand and is right gets its checksum.
func TestAFileThatIsThereIsChecked(t *testing.T) {
	data := bulk()
	s := newServer(t, data, nil)
	tests := map[string]struct {
		published bool
		there     []byte
		kept      string
		want      string
	}{
		"placed by hand":        {true, data, "", ""},
		"nobody knows its sum":  {false, data[:100], "", ""},
		"changed":               {true, make([]byte, len(data)), "", "was changed: its sha256 is"},
		"changed since fetched": {false, data, strings.Repeat("ab", 32) + "  thing.bin\n", "was changed: its sha256 is"},
		"cut off":               {true, data[:100], "", "has 100 bytes where 1048593 are expected"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, e := Cache{t.TempDir()}, thing(data, test.published)
			path := c.Path(e, e.Files[0])
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, test.there)
			if test.kept != "" {
				write(t, path+sumSuffix, []byte(test.kept))
			}
			f, _ := fetcher(t, c, s.URL)
			err := f.Fetch(t.Context(), e)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if got, _ := os.ReadFile(path); string(got) != string(test.there) {
				t.Error("the file was changed")
			}
			if _, err := readSum(path); (err == nil) != (test.want == "" || test.kept != "") {
				t.Errorf("the checksum: %v", err)
			}
		})
	}
	if ranges, _ := s.asked(); len(ranges) != 0 {
		t.Errorf("asked for %q", ranges)
	}
}

// Properties: on a full disk it ends at once, says how much is missing and what
// to do, and keeps what has come; with room it asks for the rest alone.
func TestAFullDisk(t *testing.T) {
	data := bulk()
	s := newServer(t, data, nil)
	disk := smallDisk(t, 3<<19)
	ballast := filepath.Join(disk, "ballast")
	write(t, ballast, make([]byte, 1<<20))
	c, e := Cache{filepath.Join(disk, "cache")}, thing(data, true)
	f, _ := fetcher(t, c, s.URL)
	err := f.Fetch(t.Context(), e)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("on a full disk: %v", err)
	}
	t.Log(err)
	state, kept := c.State(e, e.Files[0])
	if state != Begun || kept == 0 {
		t.Fatalf("%d bytes are kept", kept)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.forget()
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if _, sent := s.asked(); sent != int64(len(data))-kept {
		t.Errorf("%d bytes were sent, %d were kept", sent, kept)
	}
}

// Properties: a cache that cannot be made or written is told of by its name,
// with the flag that names another.
func TestACacheThatCannotBeWritten(t *testing.T) {
	s := newServer(t, bulk(), nil)
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, nil)
	f, _ := fetcher(t, Cache{filepath.Join(blocked, "cache")}, s.URL)
	err := f.Fetch(t.Context(), thing(bulk(), true))
	if err == nil || !strings.Contains(err.Error(), "--cache") || !strings.Contains(err.Error(), blocked) {
		t.Errorf("a cache that cannot be made: %v", err)
	}
}

// smallDisk mounts a file system of a size.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mount(disk, size); err != nil {
		if os.Getenv("CI") == "true" && os.Getuid() == 0 {
			t.Fatalf("A FULL DISK CANNOT BE TRIED: %v", err)
		}
		t.Skipf("A FULL DISK CANNOT BE TRIED: %v; run the test as root where a file system can be mounted, without it nothing is proven about full disks", err)
	}
	t.Cleanup(func() {
		if err := unmount(disk); err != nil {
			t.Error(err)
		}
	})
	return disk
}
