package catalogue

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"tidings/internal/fetch"
)

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
