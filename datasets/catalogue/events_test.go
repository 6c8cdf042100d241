package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func date(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestARangeOfDays(t *testing.T) {
	today := time.Date(2024, 5, 6, 0, 0, 1, 0, time.UTC)
	for text, want := range map[string]string{
		"2024-01-01..2024-03-31": "2024-01-01..2024-03-31 91",
		"2024-02-29":             "2024-02-29 1",
		"2024-02":                "2024-02-01..2024-02-29 29",
		"2023":                   "2023-01-01..2023-12-31 365",
		"2023-12..2024-01-02":    "2023-12-01..2024-01-02 33",
		"2024-05-05":             "2024-05-05 1",
	} {
		d, err := ParseDays(text, today)
		if got := fmt.Sprint(d, " ", d.Count()); err != nil || got != want || len(d.All()) != d.Count() {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                       "is no day",
		"yesterday":              "is no day",
		"2023-02-29":             "is no day",
		"2024-13":                "is no day",
		"2024-01-01..":           "is no day",
		"2024-02..2024-01":       "ends before it begins",
		"2000-12-31..2001-02-01": "begins before 2001-01-15",
		"2024-05-06":             "goes beyond 2024-05-05: the pages of today are still being written, those of later days not begun; write ..2024-05-05",
		"2024":                   "goes beyond",
	} {
		if d, err := ParseDays(text, today); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v, want %q", text, d, err, want)
		}
	}
}

func FuzzDays(f *testing.F) {
	for _, seed := range []string{"2024-01-01..2024-03-31", "2024-02", "2023", "..", "2024-01-01..2024-01-01..2024-01-01"} {
		f.Add(seed)
	}
	today := date("2024-05-06")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDays(text, today)
		if err != nil {
			return
		}
		if n := d.Count(); n < 1 || n > DaysMax || len(d.All()) != n {
			t.Errorf("%q has %d days", text, n)
		}
		if again, err := ParseDays(d.String(), today); err != nil || again != d {
			t.Errorf("%q is %s, which is %s, %v", text, d, again, err)
		}
	})
}

// wiki answers as the interface of Wikipedia does. Every tenth day has no page.
func wiki(t *testing.T, answer func(int, http.ResponseWriter, *http.Request) bool) (s *server, titles *[]int) {
	titles = &[]int{}
	s = newServer(t, nil, func(n int, w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		all := strings.Split(q.Get("titles"), "|")
		*titles = append(*titles, len(all))
		if r.URL.Path != "/w/api.php" || q.Get("maxlag") == "" || !strings.HasPrefix(r.Header.Get("User-Agent"), "tidings") {
			t.Errorf("asked as %s %s, %s", r.Method, r.URL, r.Header.Get("User-Agent"))
		}
		if answer != nil && answer(n, w, r) {
			return true
		}
		var pages []any
		for _, title := range all {
			at, err := time.Parse(titlePrefix+titleLayout, title)
			if err != nil {
				t.Error(err)
			}
			if at.Day()%10 == 0 {
				pages = append(pages, map[string]any{"title": title, "missing": true})
				continue
			}
			content := ";Armed conflicts and attacks\n*What happened on " + day(at) + "\n"
			pages = append(pages, map[string]any{"title": title, "revisions": []any{map[string]any{"slots": map[string]any{"main": map[string]any{"content": content}}}}})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"batchcomplete": true, "query": map[string]any{"pages": pages}}); err != nil {
			t.Error(err)
		}
		return true
	})
	return s, titles
}

// Properties: every day is asked for once, fifty a request, one request after
// another; days without a page are counted and not asked for again; a longer
// range asks for the new days alone.
func TestDaysAreFetchedOnce(t *testing.T) {
	s, titles := wiki(t, nil)
	c := Cache{t.TempDir()}
	f, n := fetcher(t, c, s.URL)
	d := Days{date("2024-01-01"), date("2024-04-30")}
	last := Progress{}
	f.o.Progress = func(p Progress) { last = p }
	if err := f.FetchDays(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(*titles); got != "[50 50 21]" || last.Done != 121 || last.Total != 121 || !last.Days {
		t.Errorf("asked for %s, %+v", got, last)
	}
	if n.String() != "11 of the days have no page; that is kept in mind too" {
		t.Errorf("told %q", n)
	}
	page, err := os.ReadFile(c.DayPath(date("2024-02-29")))
	if err != nil || !strings.Contains(string(page), "What happened on 2024-02-29") {
		t.Errorf("a page is %q, %v", page, err)
	}
	if _, err := os.Stat(c.DayPath(date("2024-02-20"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a page that is missing: %v", err)
	}
	if err := f.FetchDays(t.Context(), d); err != nil || len(*titles) != 3 {
		t.Errorf("a second time: %v, asked for %v", err, *titles)
	}
	d.Last = date("2024-05-03")
	if err := f.FetchDays(t.Context(), d); err != nil || fmt.Sprint(*titles) != "[50 50 21 3]" {
		t.Errorf("more days: %v, asked for %v", err, *titles)
	}
}

// Properties, of an interface that is slow, says no or answers in parts: what
// it gives is kept, what it leaves out is asked for again.
func TestDaysThatComeInParts(t *testing.T) {
	first := func(n int, answer func(http.ResponseWriter, *http.Request)) func(int, http.ResponseWriter, *http.Request) bool {
		return func(at int, w http.ResponseWriter, r *http.Request) bool {
			if at <= n {
				answer(w, r)
			}
			return at <= n
		}
	}
	tests := map[string]struct {
		answer func(int, http.ResponseWriter, *http.Request) bool
		told   string
	}{
		"maxlag": {first(2, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"error":{"code":"maxlag","info":"Waiting for a database server: 5.2 seconds lagged"}}`)
		}), "maxlag"},
		"429": {first(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }), "429"},
		"503": {first(1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), "503"},
		"one page alone": {first(1, func(w http.ResponseWriter, r *http.Request) {
			title, rest, _ := strings.Cut(r.URL.Query().Get("titles"), "|")
			next, _, _ := strings.Cut(rest, "|")
			fmt.Fprintf(w, `{"continue":{"rvcontinue":"1"},"query":{"pages":[{"title":%q,"revisions":[{"slots":{"main":{"content":"* x"}}}]},{"title":%q},{"title":"Elsewhere","missing":true}]}}`, title, next)
		}), ""},
		"cut in the middle": {first(1, func(http.ResponseWriter, *http.Request) { cutNow() }), "asking again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := wiki(t, test.answer)
			c := Cache{t.TempDir()}
			f, n := fetcher(t, c, s.URL)
			d := Days{date("2024-03-01"), date("2024-03-09")}
			if err := f.FetchDays(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if missing := c.Missing(d); len(missing) > 0 {
				t.Errorf("%d days are missing", len(missing))
			}
			if !strings.Contains(n.String(), test.told) {
				t.Errorf("told %q, want %q", n, test.told)
			}
		})
	}
}

// Properties, of an interface that gives nothing: it ends after few requests
// with the reason, the address of a page and the path to place it.
func TestDaysThatDoNotCome(t *testing.T) {
	text := func(status int, text string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return true
		}
	}
	tests := map[string]struct {
		answer func(int, http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"404":             {text(404, ""), "404 Not Found"},
		"a page":          {text(200, "<!doctype html><html>hello"), "a web page instead of the file"},
		"no JSON":         {text(200, "{"), "the answer is not what the interface of Wikipedia says"},
		"another shape":   {text(200, `{"query":{"pages":{"1":{}}}}`), "the answer is not what"},
		"nothing":         {text(200, `{}`), "has none of the 9 pages"},
		"an error":        {text(200, `{"error":{"code":"badvalue","info":"no such thing"}}`), `"badvalue": "no such thing"`},
		"busy for ever":   {text(200, `{"error":{"code":"maxlag","info":"busy"}}`), `"maxlag"`},
		"a page too long": {text(200, `{"query":{"pages":[{"title":"Portal:Current events/2024 March 1","revisions":[{"slots":{"main":{"content":"`+strings.Repeat("x", pageBytesMax+1)+`"}}}]}]}}`), "the limit is 2097152"},
		"too much":        {text(200, strings.Repeat(" ", eventsBytes+1)), "more than 33554432 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, titles := wiki(t, test.answer)
			c := Cache{t.TempDir()}
			f, _ := fetcher(t, c, s.URL)
			err := f.FetchDays(t.Context(), Days{date("2024-03-01"), date("2024-03-09")})
			if err == nil {
				t.Fatal("fetched")
			}
			for _, want := range []string{test.want, "9 days from 2024-03-01", "title=Portal:Current_events/2024_March_1", filepath.Join(c.Dir, "wikipedia-current-events", "2024", "2024-03-01.wikitext"), "ingest datasets fetch current-events:2024-03-01..2024-03-09"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nhas no %q", err, want)
				}
			}
			if len(*titles) > attemptsMax {
				t.Errorf("%d requests", len(*titles))
			}
		})
	}
}

// Properties: a run that is stopped keeps the pages that came, and the next one
// asks for the others alone.
func TestDaysThatWereStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, titles := wiki(t, func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 2 {
			cancel()
			<-r.Context().Done()
		}
		return n == 2
	})
	c := Cache{t.TempDir()}
	f, n := fetcher(t, c, s.URL)
	d := Days{date("2024-01-01"), date("2024-03-31")}
	if err := f.FetchDays(ctx, d); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if n.String() != "stopped: 50 of 91 pages are kept; the same command goes on from there" {
		t.Errorf("told %q", n)
	}
	if err := f.FetchDays(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(*titles); got != "[50 41 41]" {
		t.Errorf("asked for %s", got)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"query":{"pages":[{"title":"Portal:Current events/2024 March 1","missing":true}]}}`))
	f.Add([]byte(`{"query":{"pages":[{"title":"Portal:Current events/2024 March 1","revisions":[{"slots":{"main":{"content":"x"}}}]}]}}`))
	f.Add([]byte(`{"error":{"code":"maxlag"}}`))
	f.Add([]byte(`{"query":{"pages":[{"title":"../../etc/passwd","missing":true}]}}`))
	days := []time.Time{date("2024-03-01"), date("2024-03-02")}
	dir := f.TempDir()
	fetcher, err := NewFetcher(Options{Cache: Cache{dir}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var a answer
		if parseAnswer(text, &a) != nil {
			return
		}
		none, err := fetcher.keep(a, days)
		if none < 0 || none > len(a.Query.Pages) {
			t.Errorf("%d missing, %v", none, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 1 {
			t.Errorf("it wrote %v, %v", entries, err)
		}
	})
}
