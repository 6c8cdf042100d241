package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidings/datasets"
)

// Properties: an item becomes a document: known by its guid within the feed,
// HTML as text, oldest first; categories are labels only where they are asked to be.
func TestItemsBecomeDocuments(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/rss": body(feedOf("b", "a"))})
	address := strings.Replace(s.url, "//", "//me:secret@", 1) + "/rss"
	rows, told, err := once(t, []string{address, address}, Options{UserAgent: "tidings/test"})
	if err != nil || ids(rows, s.url) != "/rss#a /rss#b" || told != "" {
		t.Fatalf("%v, %q, %v", rows, told, err)
	}
	d := rows[0].Document
	if d.Title != "title a" || d.Text != "text of a" || !d.Time.Equal(time.Date(1999, 12, 31, 11, 0, 0, 0, time.UTC)) || d.Label != "" || d.Labels != nil {
		t.Errorf("%+v", d)
	}
	if rows[0].File != s.url+"/rss" || rows[0].Line != 2 {
		t.Errorf("it stands at %s:%d", rows[0].File, rows[0].Line)
	}
	if asked := s.requests("/rss"); len(asked) != 1 || asked[0].Get("User-Agent") != "tidings/test" || asked[0].Get("Authorization") == "" {
		t.Errorf("the server was asked %v", asked)
	}
	rows, _, err = once(t, []string{s.url + "/rss"}, Options{Label: true, Limit: 1})
	if err != nil || len(rows) != 1 || rows[0].Document.Label != "c1" || len(rows[0].Document.Labels) != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// Properties: a feed is asked again after its time, with what it said last; what
// is new comes once, what is known never again; a feed that fails is asked less
// and less often, told once, and told again when it works; one that says how long
// to wait is left alone so long; one that is gone is not asked any more.
func TestFeedsAreAskedPolitely(t *testing.T) {
	const every = 20 * time.Minute
	s := serve(t, map[string]http.HandlerFunc{
		"/news": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") == "Fri, 31 Dec 1999 12:00:00 GMT" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", "Fri, 31 Dec 1999 12:00:00 GMT")
			_, _ = io.WriteString(w, feedOf("b", "a"))
		},
		"/broken": status(500),
		"/busy": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "36000")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		"/gone": status(http.StatusGone),
	})
	synctest.Test(t, func(t *testing.T) {
		var n notices
		r, err := Open(t.Context(), []string{s.url + "/news", s.url + "/broken", s.url + "/busy", s.url + "/gone"}, Options{Every: every, Notice: n.tell, Allow: here, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(want ...string) {
			t.Helper()
			for _, w := range want {
				row, err := r.Next()
				if err != nil || strings.TrimPrefix(row.Document.ID, s.url) != w {
					t.Fatalf("%v, %v; want %s", row.Document.ID, err, w)
				}
			}
		}
		expect("/news#a", "/news#b")
		time.Sleep(9*time.Hour + 30*time.Minute)
		for path, want := range map[string][2]int{"/news": {25, 29}, "/broken": {8, 11}, "/busy": {1, 1}, "/gone": {1, 1}} {
			if n := len(s.requests(path)); n < want[0] || n > want[1] {
				t.Errorf("%s was asked %d times, want %v", path, n, want)
			}
		}
		s.set("/broken", body(feedOf("late")))
		s.set("/busy", body(feedOf("freed")))
		expect("/busy#freed", "/broken#late")
		s.set("/news", body(feedOf("d", "c", "b", "a", "c")))
		expect("/news#c", "/news#d")
		time.Sleep(24 * time.Hour) // and nobody is told anything again
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := r.Next(); !errors.Is(err, context.Canceled) {
			t.Errorf("behind Close: %v", err)
		}
		told := n.String()
		for _, want := range []string{"/broken: the server answers 500 Internal Server Error; it is asked again at ", "/broken can be read again", "/busy: the server answers 429 Too Many Requests, and asks to be left alone for 10h0m0s; it is asked again at 10:00", "/busy can be read again", "/gone: the server answers 410 Gone; it is not asked any more; take it off the list"} {
			if strings.Count(told, want) != 1 {
				t.Errorf("%q was told %d times:\n%s", want, strings.Count(told, want), told)
			}
		}
		if lines := strings.Count(told, "\n") + 1; lines != 5 {
			t.Errorf("%d notices:\n%s", lines, told)
		}
	})
}

// Properties: each way a server misbehaves is told with what to do; the good
// feed beside comes whole; memory and what the server can send are bounded.
func TestMisbehavingServers(t *testing.T) {
	var s *server
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	laughs := `<!DOCTYPE lolz [<!ENTITY lol "lol">` + laughing() + `]>`
	tests := map[string]struct {
		answer http.HandlerFunc
		told   string // "" where it can be read
		ids    string
	}{
		"page":         {answer: body(`<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/the.rss"></head><body>hello`), told: "this is a web page, no feed; its feed is URL/the.rss"},
		"page-plain":   {answer: body("<html><body>hello"), told: "this is a web page, no feed; look for the address of its feed"},
		"nothing":      {answer: body(""), told: "the answer is empty"},
		"noise":        {answer: body("\x00\x01\xfe\xff" + strings.Repeat("\x80", 5000)), told: "neither RSS nor Atom nor JSON Feed"},
		"not-modified": {answer: status(304)},
		"not-found":    {answer: status(404), told: "404 Not Found; look whether the address is right"},
		"forbidden":    {answer: status(403), told: "403 Forbidden; write the name and password"},
		"gone":         {answer: status(410), told: "410 Gone; it is not asked any more; take it off the list"},
		"busy":         {answer: status(429), told: "429 Too Many Requests"},
		"failing":      {answer: status(500), told: "500 Internal Server Error"},
		"loop":         {answer: redirect("/loop"), told: "too many redirects"},
		"to-private":   {answer: redirect("http://127.0.0.2/"), told: "not a public one: it leads to 127.0.0.2; it is not asked any more; --allow-private"},
		"to-cloud":     {answer: redirect("http://169.254.169.254/latest"), told: "not a public one"},
		"to-file":      {answer: redirect("file:///etc/passwd"), told: "only http and https addresses are followed"},
		"endless":      {answer: endless(feedOf("a")), told: "sends too much: the limit is 16777216 bytes"},
		"endless-announced": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10737418240")
			endless(feedOf("a"))(w, r)
		}, told: "sends too much: 10737418240 bytes, the limit is 16777216"},
		"bomb":       {answer: bomb(1 << 10), told: "sends too much"},
		"headers":    {answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, told: "headers exceeded"},
		"malformed":  {answer: body(`<rss version="2.0"><channel><item><title>a</title></channel>`), told: "not valid"},
		"cut-off":    {answer: body(feedOf("a", "b")[:300]), told: "not valid"},
		"external":   {answer: body(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><guid>x</guid><title>t &x;</title></item></channel></rss>`), ids: "/external#x"},
		"laughs":     {answer: body(laughs + `<rss version="2.0"><channel><item><guid>x</guid><title>t &lol9;</title></item></channel></rss>`), ids: "/laughs#x"},
		"deep":       {answer: body(`<rss version="2.0"><channel>` + strings.Repeat("<a>", 1<<20)), told: "64 elements inside each other"},
		"many":       {answer: body(`<rss version="2.0"><channel>` + strings.Repeat("<a/>", 1<<20)), told: "100000 elements"},
		"items":      {answer: body(`<rss version="2.0"><channel>` + strings.Repeat("<item/>", itemsAllMax+1)), told: "more than 10000 items"},
		"spaces":     {answer: body(`<rss version="2.0"><channel>` + strings.Repeat(`<a xmlns:b="c"/>`, 1<<15)), told: "name spaces"},
		"attributes": {answer: body(`<rss version="2.0" ` + attributes(1000) + `><channel>`), told: "64 attributes"},
		"json-deep":  {answer: body(`{"version":"https://jsonfeed.org/version/1","items":` + strings.Repeat("[", 1<<20)), told: "not valid"},
		"json-null":  {answer: body(`{"version":"https://jsonfeed.org/version/1","items":[null,{"id":"1","content_text":"x"}]}`), ids: "/json-null#1"},
		"twice":      {answer: body(feedOf("a", "a", "a")), ids: "/twice#a"},
		"no-guids":   {answer: body(`<rss version="2.0"><channel><item><title>one</title><link>http://example.org/1</link></item><item><title>two</title></item><item><title>two</title></item></channel></rss>`), ids: "/no-guids#c7c7bac534d042e13251e4f6ca03df0f http://example.org/1"},
	}
	answers := map[string]http.HandlerFunc{"/good": body(feedOf("b", "a"))}
	for name, tt := range tests {
		answers["/"+name] = tt.answer
	}
	s = serve(t, answers)
	for name, tt := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		var rows []datasets.Row
		var told string
		var err error
		synctest.Test(t, func(t *testing.T) { // nobody waits for the host's next turn
			rows, told, err = once(t, []string{s.url + "/" + name, s.url + "/good"}, Options{})
		})
		runtime.ReadMemStats(&after)
		took, grew := time.Since(began), after.TotalAlloc-before.TotalAlloc
		t.Logf("%s: %s, %d kB allocated in all: %s", name, took.Round(time.Millisecond), grew>>10, told)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		good, got := 0, []string{}
		for _, row := range rows {
			if row.File == s.url+"/good" {
				good++
			} else {
				got = append(got, strings.TrimPrefix(row.Document.ID, s.url))
			}
		}
		if good != 2 {
			t.Errorf("%s: %d rows of the good feed", name, good)
		}
		if strings.Join(got, " ") != tt.ids {
			t.Errorf("%s: rows %q, want %q", name, got, tt.ids)
		}
		if want := strings.ReplaceAll(tt.told, "URL", s.url); !strings.Contains(told, want) || tt.told == "" && told != "" {
			t.Errorf("%s: told %q, want %q", name, told, want)
		}
		if strings.Contains(told, "root:") || grew > 300<<20 {
			t.Errorf("%s: %d MB were allocated: %s", name, grew>>20, told)
		}
	}
}

// endless sends a feed and then goes on.
func endless(head string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.WriteString(w, strings.TrimSuffix(head, "</channel></rss>"))
		for piece := []byte(strings.Repeat("<item/>", 4096)); err == nil; {
			_, err = w.Write(piece)
		}
	}
}

// bomb sends so many MiB in few bytes.
func bomb(n int) http.HandlerFunc {
	member := packed(make([]byte, 1<<20))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		for range n {
			if _, err := w.Write(member); err != nil {
				return
			}
		}
	}
}

func laughing() string {
	var b strings.Builder
	for i := 1; i < 10; i++ {
		from := fmt.Sprintf("&lol%d;", i-1)
		if i == 1 {
			from = "&lol;"
		}
		fmt.Fprintf(&b, `<!ENTITY lol%d "%s">`, i, strings.Repeat(from, 10))
	}
	return b.String()
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// Properties: servers that keep silent hold nobody, not even whoever ends the
// reading.
func TestSilentServersHoldNobody(t *testing.T) {
	silent := map[string]http.HandlerFunc{}
	for i := range 2 * smallAtOnce {
		silent[fmt.Sprintf("/%d", i)] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	}
	slow, good := serve(t, silent), serve(t, map[string]http.HandlerFunc{"/good": body(feedOf("b", "a"))})
	var urls []string
	for path := range silent {
		urls = append(urls, slow.url+path)
	}
	var n notices
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := Open(ctx, append(urls, good.url+"/good"), Options{Notice: n.tell, Allow: here})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		if row, err := r.Next(); err != nil || row.File != good.url+"/good" {
			t.Errorf("%v, %v", row, err)
		}
	}
	cancel()
	if _, err := r.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// Properties: whoever takes rows slowly gets all of them, and no server is blamed
// for it.
func TestSlowReaderGetsAll(t *testing.T) {
	const feeds = 2 * smallAtOnce
	answers := map[string]http.HandlerFunc{}
	for i := range feeds {
		answers[fmt.Sprintf("/%d", i)] = body(feedOf("b", "a"))
	}
	s := serve(t, answers)
	synctest.Test(t, func(t *testing.T) {
		var urls []string
		for path := range answers {
			urls = append(urls, s.url+path)
		}
		var n notices
		r, err := Open(t.Context(), urls, Options{Once: true, Notice: n.tell, Allow: here})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		rows := 0
		for {
			if rows%50 == 0 {
				time.Sleep(time.Hour)
			}
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		if told := n.String(); rows != 2*feeds || told != "" {
			t.Errorf("%d rows, want %d; told %q", rows, 2*feeds, told)
		}
	})
}

// Properties: a source none of whose feeds can be read is an error with the
// reasons; so is one of which all are gone, however long it went on.
func TestSourceWithoutFeeds(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/gone": status(410)})
	_, told, err := once(t, []string{s.url + "/1"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "no feed is left to be read: "+s.url+"/1: the server answers 404 Not Found; look") || told != "" {
		t.Errorf("%v, %q", err, told)
	}
	synctest.Test(t, func(t *testing.T) {
		_, _, err = once(t, []string{s.url + "/1", s.url + "/2", s.url + "/3", s.url + "/4", s.url + "/gone"}, Options{})
	})
	if err == nil || !strings.Contains(err.Error(), "and 2 more like these") {
		t.Errorf("%v", err)
	}
	r, err := Open(context.Background(), []string{s.url + "/gone", "http://127.0.0.2/private"}, Options{Allow: here})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), "410 Gone") || !strings.Contains(err.Error(), "127.0.0.2") {
		t.Errorf("%v", err)
	}
	for _, bad := range [][]string{nil, {""}, {"ftp://example.org/"}, {"/etc/passwd"}, make([]string, FeedsMax+1)} {
		if r, err := Open(context.Background(), bad, Options{}); err == nil {
			t.Errorf("%.60q was opened", bad)
			_ = r.Close()
		}
	}
	if _, err := Open(context.Background(), []string{s.url}, Options{Every: time.Second}); err == nil {
		t.Error("a feed can be asked each second")
	}
}

// Properties: what a feed does not show any more is forgotten in the end, so
// that memory does not grow with the time a feed is read.
func TestMemoryOfAFeedIsBounded(t *testing.T) {
	i := 0
	s := serve(t, map[string]http.HandlerFunc{"/rss": func(w http.ResponseWriter, _ *http.Request) {
		var guids []string
		for range ItemsMax + 10 {
			i++
			guids = append(guids, fmt.Sprint(i))
		}
		_, _ = io.WriteString(w, feedOf(guids...))
	}})
	synctest.Test(t, func(t *testing.T) {
		var n notices
		r, err := Open(t.Context(), []string{s.url + "/rss"}, Options{Notice: n.tell, Allow: here})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for range 5 * ItemsMax {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(n.String(), "has more than 1000 items") {
			t.Errorf("told %q", n.String())
		}
	})
}
