package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Properties: an answer comes whole, with its header; who asks is told, and
// nothing else about them.
func TestGetBringsWhatTheServerSends(t *testing.T) {
	var got http.Header
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header().Set("ETag", `"7"`)
		_, _ = io.WriteString(w, "body")
	})
	body, r, err := get(client(t, Options{UserAgent: "tidings/1"}), strings.Replace(to, "//", "//me:secret@", 1)+"/a?b=c#d", http.Header{"If-None-Match": {`"6"`}})
	if err != nil || string(body) != "body" || r.Status != 200 || r.Header.Get("ETag") != `"7"` || r.URL != to+"/a?b=c#d" {
		t.Fatalf("%q, %+v, %v", body, r, err)
	}
	if got.Get("User-Agent") != "tidings/1" || got.Get("If-None-Match") != `"6"` || got.Get("Authorization") == "" || got.Get("Cookie") != "" {
		t.Errorf("the server got %v", got)
	}
}

// Properties: a redirect is followed so many times, only from web to web, never
// to a weaker one or a private address; what one server may know no other is told.
func TestRedirects(t *testing.T) {
	var asked atomic.Int64
	var last *http.Request
	var to string
	mux := http.NewServeMux()
	for path, location := range map[string]func() string{
		"/private": func() string { return strings.Replace(to, "127.0.0.1", "127.0.0.2", 1) },
		"/cloud":   func() string { return "http://169.254.169.254/latest/meta-data" },
		"/file":    func() string { return "file:///etc/passwd" },
		"/gopher":  func() string { return "gopher://127.0.0.1:6379/_FLUSHALL" },
		"/nowhere": func() string { return "http:///x" },
		"/loop":    func() string { return "/loop" },
		"/same":    func() string { return "/end" },
		"/good":    func() string { return strings.Replace(to, "//", "//you:hidden@", 1) + "/end" },
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", location())
			w.WriteHeader(http.StatusFound)
		})
	}
	mux.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		last = r
		_, _ = io.WriteString(w, "the end")
	})
	to = serve(t, mux.ServeHTTP)
	c := client(t, Options{RedirectsMax: 3})
	for path, want := range map[string]error{"/private": ErrPrivate, "/cloud": ErrPrivate, "/file": ErrScheme, "/gopher": ErrScheme, "/nowhere": ErrScheme, "/loop": ErrRedirects} {
		asked.Store(0)
		_, _, err := get(c, to+path, nil)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if n := asked.Load(); path == "/loop" && n != 4 {
			t.Errorf("the loop was asked %d times, want once and 3 times more", n)
		}
	}
	withName := strings.Replace(to, "//", "//me:secret@", 1)
	if _, _, err := get(c, withName+"/same", nil); err != nil || last.Header.Get("Authorization") == "" {
		t.Errorf("the same server does not know who asks any more: %v", err)
	}
	other := strings.Replace(to, "127.0.0.1", "localhost", 1)
	body, r, err := get(c, strings.Replace(other, "//", "//me:secret@", 1)+"/good?token=1", nil)
	if err != nil || string(body) != "the end" || r.URL != to+"/end" {
		t.Fatalf("%q, %+v, %v", body, r, err)
	}
	if last.Referer() != "" || last.Header.Get("Authorization") != "" {
		t.Errorf("the second server got %v", last.Header)
	}
}

// Properties: an error shows enough of an address to know it, however long it is.
func TestErrorsShortenAddresses(t *testing.T) {
	to := serve(t, http.NotFound)
	_, _, err := get(client(t, Options{}), to+"/?titles="+strings.Repeat("x", 4000), nil)
	var status *StatusError
	if !errors.As(err, &status) || !strings.HasPrefix(err.Error(), to+"/?titles=x") || len(err.Error()) > 300 {
		t.Errorf("%v", err)
	}
}

func TestRedirectFromHTTPSToHTTPIsRefused(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the plain server was asked") })
	s := httptest.NewTLSServer(http.RedirectHandler(plain, http.StatusMovedPermanently))
	t.Cleanup(s.Close)
	c := client(t, Options{})
	c.transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	if _, _, err := get(c, s.URL, nil); !errors.Is(err, ErrDowngrade) {
		t.Errorf("%v, want ErrDowngrade", err)
	}
}

// Properties: what is no answer is a StatusError with its code and with how
// long the server asks to be left alone, bounded; 304 is an answer.
func TestStatus(t *testing.T) {
	date := time.Now().Add(time.Hour)
	tests := map[string]struct {
		code  int
		after string
		want  time.Duration
	}{
		"gone":             {code: 410},
		"too many":         {code: 429, after: "120", want: 2 * time.Minute},
		"a date":           {code: 503, after: date.UTC().Format(http.TimeFormat), want: time.Hour},
		"a date long past": {code: 503, after: "Mon, 02 Jan 2006 15:04:05 GMT"},
		"nonsense":         {code: 503, after: "soon"},
		"negative":         {code: 503, after: "-5"},
		"for ever":         {code: 503, after: "4294967295", want: retryAfterMax},
		"no location":      {code: 301},
		"unknown code":     {code: 599},
	}
	for name, tt := range tests {
		to := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", tt.after)
			w.WriteHeader(tt.code)
			_, _ = io.WriteString(w, strings.Repeat("sorry ", 1000))
		})
		_, _, err := get(client(t, Options{}), strings.Replace(to, "//", "//me:secret@", 1), nil)
		least := tt.want
		if name == "a date" { // of whole seconds, and some have passed
			least = time.Until(date) - time.Second
		}
		var status *StatusError
		if !errors.As(err, &status) || status.Code != tt.code || status.RetryAfter > tt.want || status.RetryAfter < least {
			t.Errorf("%s: %v, want %d and %s", name, err, tt.code, tt.want)
		}
		if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), to) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	to := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if body, r, err := get(client(t, Options{}), to, nil); err != nil || len(body) > 0 || r.Status != 304 {
		t.Errorf("304: %q, %+v, %v", body, r, err)
	}
}

// Properties: a request that is called off ends, whatever it waits for, with the
// context's error.
func TestCancel(t *testing.T) {
	began := make(chan struct{}, 1)
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "some")
			w.(http.Flusher).Flush()
		}
		began <- struct{}{}
		<-r.Context().Done()
	})
	c := client(t, Options{PerHost: 1})
	for _, path := range []string{"/header", "/body"} {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-began
			cancel()
		}()
		r, err := c.Get(ctx, to+path, nil)
		if err == nil {
			_, err = io.ReadAll(r.Body)
			_ = r.Body.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", path, err)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	c := client(t, Options{})
	for address, want := range map[string]string{
		"":                     "only http and https",
		"/etc/passwd":          "only http and https",
		"file:///etc/passwd":   "only http and https",
		"ftp://example.org/":   "only http and https",
		"http://":              "only http and https",
		"http://:80/":          "only http and https",
		"http://a b/":          "no address",
		"http://me:pw@ho%zz/":  "no address",
		"http://a\r\nHost: b/": "no address",
		"http://a/" + strings.Repeat("x", urlBytesMax): "the limit is",
	} {
		_, err := c.Get(context.Background(), address, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") || len(err.Error()) > 400 {
			t.Errorf("%.40q: %v, want %q", address, err, want)
		}
	}
}

// Properties: what is shown of an address never has its password, and is the
// same address otherwise.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{"https://me:secretpw@host/path?q=1#f", "http://[::1", "secretpw@", "http://a:secretpw@b:c@d/%zz", "//x:secretpw@y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := Redact(s)
		if again := Redact(shown); again != shown {
			t.Skip("not stable where it is no address") // only what is an address has to be
		}
		u, err := url.Parse(s)
		if err != nil || u.User == nil {
			return
		}
		if v, err := url.Parse(shown); err != nil || v.User != nil {
			t.Errorf("%q is shown as %q", s, shown)
		}
	})
}

func ExampleRedact() {
	fmt.Println(Redact("https://me:secret@example.org/feed?x=1"))
	// Output: https://example.org/feed?x=1
}
