package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bomb is n MiB of zero bytes, packed: members of 1 MiB, as gzip allows.
func bomb(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 1<<20))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(b.Bytes(), n)
}

// Properties: what is above the limit, told beforehand, not told, or packed, is
// an error at the limit and not beyond; memory and what the server can send
// stay small; what is exactly at the limit is read.
func TestBodiesAboveTheLimit(t *testing.T) {
	const limit = 1 << 20
	packed := bomb(t, 1<<10)
	var sent atomic.Int64
	endless := func(w http.ResponseWriter) {
		piece := make([]byte, 64<<10)
		for {
			n, err := w.Write(piece)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/told":
			w.Header().Set("Content-Length", "10737418240")
			endless(w)
		case "/endless":
			endless(w)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			n, _ := w.Write(packed)
			sent.Add(int64(n))
		case "/exact":
			_, _ = w.Write(make([]byte, limit))
		case "/one-more":
			_, _ = w.Write(make([]byte, limit+1))
		}
	})
	c := client(t, Options{BytesMax: limit})
	for _, tt := range []struct {
		path string
		read int
		want error
	}{{"/told", 0, ErrTooBig}, {"/endless", limit, ErrTooBig}, {"/bomb", limit, ErrTooBig}, {"/one-more", limit, ErrTooBig}, {"/exact", limit, nil}} {
		sent.Store(0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		body, _, err := get(c, to+tt.path, nil)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, tt.want) || len(body) != tt.read {
			t.Errorf("%s: %d bytes, %v; want %d, %v", tt.path, len(body), err, tt.read, tt.want)
		}
		if n := sent.Load(); n > 32<<20 {
			t.Errorf("%s: the server sent %d bytes", tt.path, n)
		}
		t.Logf("%s: %v; %d kB allocated in %s, the server sent %d kB", tt.path, err, (after.TotalAlloc-before.TotalAlloc)>>10, time.Since(began).Round(time.Millisecond), sent.Load()>>10)
	}
}

// Properties: a packed body is unpacked, except where a part of it or the bytes
// themselves are asked for; a broken one, or one packed in another way, is an
// error.
func TestPackedBodies(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, "unpacked")
	_ = z.Close()
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", strings.TrimPrefix(r.URL.Path, "/"))
		switch r.URL.RawQuery {
		case "cut":
			_, _ = w.Write(packed.Bytes()[:12])
		case "none":
			_, _ = io.WriteString(w, "not packed")
		case "empty":
		default:
			_, _ = w.Write(packed.Bytes())
		}
	})
	for _, tt := range []struct {
		path   string
		header http.Header
		want   string
		wrong  bool
	}{
		{path: "/gzip", want: "unpacked"},
		{path: "/X-GZIP", want: "unpacked"},
		{path: "/gzip?empty"},
		{path: "/gzip", header: http.Header{"Range": {"bytes=0-"}}, want: packed.String()},
		{path: "/gzip", header: http.Header{"Accept-Encoding": {"identity"}}, want: packed.String()},
		{path: "/gzip?cut", wrong: true},
		{path: "/gzip?none", wrong: true},
		{path: "/br", wrong: true},
		{path: "/gzip, gzip", wrong: true},
	} {
		body, _, err := get(client(t, Options{BytesMax: 1 << 20}), to+tt.path, tt.header)
		if (err != nil) != tt.wrong || !tt.wrong && string(body) != tt.want {
			t.Errorf("%s: %q, %v", tt.path, body, err)
		}
	}
}

// Properties: silence, a byte a minute and a body that never gets done end after
// the times that were set; whoever reads slowly is not ended.
func TestSlowServers(t *testing.T) {
	tests := map[string]struct {
		server func(w http.ResponseWriter, r *http.Request)
		reader time.Duration // between two reads
		o      Options
		want   error
		most   time.Duration
	}{
		"silent before the header": {
			server: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			want:   ErrTooSlow, most: 31 * time.Second,
		},
		"silent in the body": {server: trickle(20, 0, 0), want: ErrTooSlow, most: 31 * time.Second},
		"a byte a minute":    {server: trickle(1, 1, time.Minute), want: ErrTooSlow, most: 31 * time.Second},
		"a byte a second":    {server: trickle(1, 1, time.Second), want: ErrTooSlow, most: 31 * time.Second},
		"1,000 bytes a second for ever": {
			server: trickle(1000, 1000, time.Second), o: Options{Timeout: 2 * time.Minute},
			want: ErrTooSlow, most: 2*time.Minute + time.Second,
		},
		"a slow reader": {
			server: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
			reader: 10 * time.Minute, most: time.Hour * 10000,
		},
		"a redirect with a slow body": {
			server: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/again")
				w.WriteHeader(http.StatusFound)
				trickle(1, 1, time.Minute)(w, r)
			},
			o: Options{RedirectsMax: 2}, want: ErrRedirects, most: 3 * 31 * time.Second,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, tt.o)
				inMemory(t, c, http.HandlerFunc(tt.server))
				began := time.Now()
				r, err := c.Get(context.Background(), "http://example.org/", nil)
				if err == nil {
					piece := make([]byte, 32<<10)
					for err == nil {
						_, err = r.Body.Read(piece)
						time.Sleep(tt.reader)
					}
					_ = r.Body.Close()
				}
				if tt.want == nil && err != io.EOF || tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if took := time.Since(began); took > tt.most {
					t.Errorf("it took %s, at most %s was allowed", took, tt.most)
				} else {
					t.Logf("after %s: %v", took, err)
				}
			})
		})
	}
}

// trickle sends first bytes, and then so many again and again.
func trickle(first, then int, every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write(make([]byte, first))
		for err == nil {
			w.(http.Flusher).Flush()
			if every == 0 {
				<-r.Context().Done()
				return
			}
			select {
			case <-time.After(every):
			case <-r.Context().Done():
				return
			}
			_, err = w.Write(make([]byte, then))
		}
	}
}

// Properties: a header without end, in one field, in many, or in many provisional
// answers, and a header of a byte a second are ended, with little memory.
func TestHeadersWithoutEnd(t *testing.T) {
	for name, answer := range map[string]func(c net.Conn, i int) error{
		"one field": func(c net.Conn, i int) error {
			if i == 0 {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nA: ")
			}
			_, err := c.Write(bytes.Repeat([]byte("a"), 4096))
			return err
		},
		"many fields": func(c net.Conn, i int) error {
			if i == 0 {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			}
			_, err := fmt.Fprintf(c, "A%d: b\r\n", i)
			return err
		},
		"provisional answers": func(c net.Conn, i int) error {
			_, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n")
			return err
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan int)
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, err = http.ReadRequest(bufio.NewReader(c))
			}
			i := 0
			for ; err == nil && i < 1<<20; i++ {
				err = answer(c, i)
			}
			_ = c.Close()
			done <- i
		}()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err = get(client(t, Options{}), "http://"+l.Addr().String(), nil)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := <-done; n >= 1<<20 {
			t.Errorf("%s: all of it was read", name)
		}
		_ = l.Close()
		t.Logf("%s: %v; %d kB allocated", name, err, (after.TotalAlloc-before.TotalAlloc)>>10)
	}
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{})
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				_, err := http.ReadRequest(bufio.NewReader(theirs))
				if err == nil {
					_, err = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nA: ")
				}
				for err == nil {
					time.Sleep(time.Second)
					_, err = theirs.Write([]byte("a"))
				}
			}()
			return ours, nil
		}
		began := time.Now()
		_, err := c.Get(context.Background(), "http://example.org/", nil)
		if took := time.Since(began); !errors.Is(err, ErrTooSlow) || took > 31*time.Second {
			t.Errorf("a byte of header a second: %v after %s", err, took)
		}
		time.Sleep(2 * time.Second) // of the test's time: the server notices
	})
}
