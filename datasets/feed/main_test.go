package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidings/datasets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// here is the one private address that the tests' servers have.
var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// server answers as the test says, and counts.
type server struct {
	url string

	mu     sync.Mutex
	answer map[string]http.HandlerFunc
	asked  map[string][]http.Header
}

func serve(t *testing.T, answer map[string]http.HandlerFunc) *server {
	t.Helper()
	s := &server{answer: answer, asked: map[string][]http.Header{}}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.URL.Path] = append(s.asked[r.URL.Path], r.Header)
		f := s.answer[r.URL.Path]
		s.mu.Unlock()
		if f == nil {
			http.NotFound(w, r)
			return
		}
		f(w, r)
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

// set changes an answer.
func (s *server) set(path string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer[path] = f
}

// requests are the headers of those that came.
func (s *server) requests(path string) []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// feedOf is a feed with items of these guids, the newest first.
func feedOf(guids ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>news</title><link>http://example.org/</link>`)
	for i, g := range guids {
		at := time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour)
		fmt.Fprintf(&b, `<item><guid isPermaLink="false">%s</guid><title>title %s</title><description>&lt;p&gt;text of %s&lt;/p&gt;</description><pubDate>%s</pubDate><category>c1</category><category>c2</category></item>`, g, g, g, at.Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// notices hears what a reader tells.
type notices struct {
	mu   sync.Mutex
	told []string
}

func (n *notices) tell(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, text)
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.told, "\n")
}

// once reads each feed once.
func once(t *testing.T, urls []string, o Options) (rows []datasets.Row, told string, err error) {
	t.Helper()
	var n notices
	o.Once, o.Notice, o.Allow = true, n.tell, here
	r, err := Open(context.Background(), urls, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, n.String(), nil
		}
		if err != nil {
			return rows, n.String(), err
		}
		if row.Err != nil || row.Number != uint64(len(rows)+1) {
			t.Errorf("row %+v behind %d", row, len(rows))
		}
		rows = append(rows, row)
	}
}

// ids are the documents', without the server's address.
func ids(rows []datasets.Row, url string) string {
	var all []string
	for _, row := range rows {
		all = append(all, strings.ReplaceAll(row.Document.ID, url, ""))
	}
	return strings.Join(all, " ")
}
