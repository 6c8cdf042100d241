package catalogue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The day pages are asked for as the operators of Wikipedia ask programs to
// (https://www.mediawiki.org/wiki/API:Etiquette): one request after another
// with a pause between them, as many pages in one as the interface allows,
// maxlag so that it says no when the servers have too much to do, and a
// User-Agent that says who asks.
const (
	eventsAPI    = "https://en.wikipedia.org/w/api.php"
	eventsPage   = "https://en.wikipedia.org/w/index.php?action=raw&title=Portal:Current_events/"
	titlePrefix  = "Portal:Current events/"
	titleLayout  = "2006 January 2"
	titlesMax    = 50 // in one request, what the interface allows everybody
	maxlag       = "5"
	pageBytesMax = 2 << 20 // of one page, as Wikipedia allows it
	daySuffix    = ".wikitext"
	noPageSuffix = ".missing" // asked for, and there was no page
)

// DayPath is where the page of a day stands, or has to be placed by hand.
func (c Cache) DayPath(at time.Time) string {
	return filepath.Join(c.Dir, eventsEntry, at.UTC().Format("2006"), day(at)+daySuffix)
}

func (c Cache) noPagePath(at time.Time) string {
	return strings.TrimSuffix(c.DayPath(at), daySuffix) + noPageSuffix
}

// asked says whether it is known what page a day has.
func (c Cache) asked(at time.Time) bool {
	for _, path := range []string{c.DayPath(at), c.noPagePath(at)} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// Missing are the days of a range whose pages are not in the cache and were
// not found absent either.
func (c Cache) Missing(d Days) (missing []time.Time) {
	for _, at := range d.All() {
		if !c.asked(at) {
			missing = append(missing, at)
		}
	}
	return missing
}

// DaysByHand says how pages get into the cache.
func (c Cache) DaysByHand(missing []time.Time) string {
	at := missing[0]
	return fmt.Sprintf("  With a network: ingest datasets fetch %s:%s\n  Without one, by hand, each day's page:\n    get   %s\n    as    %s",
		Events, Days{at, missing[len(missing)-1]}, eventsPage+url.QueryEscape(strings.ReplaceAll(at.Format(titleLayout), " ", "_")), c.DayPath(at))
}

// FetchDays gets the pages of the days that are not in the cache yet. Each
// answer is stored at once, so that a run that was cut goes on where it ended.
// The error says which days are missing and what to do.
func (f *Fetcher) FetchDays(ctx context.Context, d Days) error {
	if len(f.o.Cache.Missing(d)) == 0 {
		return nil
	}
	e, err := Find(eventsEntry)
	if err != nil {
		return err
	}
	unlock, err := f.lock(ctx, e)
	if err != nil {
		return err
	}
	defer unlock()
	missing := f.o.Cache.Missing(d) // another process may have been at it
	stage, total := Events+" "+d.String(), len(missing)
	none := 0
	for len(missing) > 0 {
		f.o.Progress(Progress{Stage: stage, Done: int64(total - len(missing)), Total: int64(total), Days: true})
		n, err := f.days(ctx, missing[:min(len(missing), titlesMax)])
		none += n
		rest := f.o.Cache.Missing(Days{missing[0], missing[len(missing)-1]})
		switch {
		case ctx.Err() != nil:
			f.o.Notice(fmt.Sprintf("stopped: %d of %d pages are kept; the same command goes on from there", total-len(rest), total))
			return ctx.Err()
		case kindOf(err) == machine:
			return err
		case err != nil:
			return fmt.Errorf("the pages of %d days from %s on cannot be fetched: %w\n%s", len(rest), day(rest[0]), err, f.o.Cache.DaysByHand(rest))
		}
		if missing = rest; len(missing) > 0 {
			if err := sleep(ctx, f.pause()); err != nil {
				return err
			}
		}
	}
	f.o.Progress(Progress{Stage: stage, Done: int64(total), Total: int64(total), Days: true})
	if none > 0 {
		f.o.Notice(fmt.Sprintf("%d of the days have no page; that is kept in mind too", none))
	}
	return nil
}

// pause is how long is waited between two requests.
func (f *Fetcher) pause() time.Duration { return min(eventsPause, f.o.FirstWait) }

// days asks for some pages and stores what comes; none is how many there are
// not.
func (f *Fetcher) days(ctx context.Context, days []time.Time) (none int, err error) {
	wait := f.o.FirstWait
	for tries := 1; ; tries++ {
		var a answer
		if a, err = f.ask(ctx, days); err == nil {
			return f.keep(a, days)
		}
		if k := kindOf(err); ctx.Err() != nil || k != 0 || tries == attemptsMax {
			return 0, err
		}
		pause := min(max(wait, retryAfter(err), a.retryAfter), waitMax)
		f.o.Notice(fmt.Sprintf("%v; asking again in %s", err, pause))
		if err := sleep(ctx, pause); err != nil {
			return 0, err
		}
		wait *= 2
	}
}

// answer is what the interface says (action=query, formatversion=2).
type answer struct {
	Error *struct {
		Code string `json:"code"`
		Info string `json:"info"`
	} `json:"error"`
	Query struct {
		Pages []struct {
			Title     string `json:"title"`
			Missing   bool   `json:"missing"`
			Invalid   bool   `json:"invalid"`
			Revisions []struct {
				Slots struct {
					Main struct {
						Content *string `json:"content"`
					} `json:"main"`
				} `json:"slots"`
			} `json:"revisions"`
		} `json:"pages"`
	} `json:"query"`

	retryAfter time.Duration
}

// ask makes one request.
func (f *Fetcher) ask(ctx context.Context, days []time.Time) (a answer, err error) {
	titles := make([]string, len(days))
	for i, at := range days {
		titles[i] = titlePrefix + at.Format(titleLayout)
	}
	api := eventsAPI
	if f.o.Mirror != "" {
		api = f.o.Mirror + "/w/api.php"
	}
	r, err := f.client.Get(ctx, api+"?"+url.Values{
		"action": {"query"}, "prop": {"revisions"}, "rvprop": {"content"}, "rvslots": {"main"},
		"format": {"json"}, "formatversion": {"2"}, "maxlag": {maxlag}, "titles": {strings.Join(titles, "|")},
	}.Encode(), http.Header{})
	if err != nil {
		return a, refused(err, false)
	}
	defer r.Body.Close()
	if seconds, err := parseCount(cmp.Or(r.Header.Get("Retry-After"), "0")); err == nil {
		a.retryAfter = time.Duration(min(seconds, int64(waitMax/time.Second))) * time.Second
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, eventsBytes))
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: %w", api, err)
	case len(text) == eventsBytes:
		return a, mark(another, "%s: the answer has more than %d bytes", api, eventsBytes)
	case isPage(text):
		return a, fmt.Errorf("%s: %w", api, page())
	}
	if err := parseAnswer(text, &a); err != nil {
		return a, fmt.Errorf("%s: %w", api, err)
	}
	return a, nil
}

// parseAnswer reads an answer. An error that the interface tells of is one.
func parseAnswer(text []byte, a *answer) error {
	if err := json.Unmarshal(text, a); err != nil {
		return mark(another, "the answer is not what the interface of Wikipedia says: %w", err)
	}
	if a.Error != nil {
		err := fmt.Errorf("the interface of Wikipedia says %.40q: %.200q", a.Error.Code, a.Error.Info)
		if a.Error.Code == "maxlag" || a.Error.Code == "ratelimited" || strings.HasPrefix(a.Error.Code, "internal_api_error") {
			return err
		}
		return marked{err, another}
	}
	return nil
}

// keep stores the pages of an answer. Large answers leave some out, which are
// asked for again; one that brings nothing at all is an error.
func (f *Fetcher) keep(a answer, days []time.Time) (none int, err error) {
	of := make(map[string]time.Time, len(days))
	for _, at := range days {
		of[titlePrefix+at.Format(titleLayout)] = at
	}
	kept := 0
	for _, p := range a.Query.Pages {
		at, asked := of[p.Title]
		path, content := f.o.Cache.DayPath(at), (*string)(nil)
		if len(p.Revisions) > 0 {
			content = p.Revisions[0].Slots.Main.Content
		}
		switch {
		case !asked || !p.Missing && content == nil:
			continue
		case p.Missing:
			path, content = f.o.Cache.noPagePath(at), new(string)
			none++
		case len(*content) > pageBytesMax:
			return none, mark(another, "the page of %s has %d bytes, the limit is %d", day(at), len(*content), pageBytesMax)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), writeFile(path, []byte(*content))); err != nil {
			return none, local(err)
		}
		kept++
	}
	if kept == 0 {
		return 0, mark(another, "the answer has none of the %d pages that were asked for, from %s on", len(days), day(days[0]))
	}
	return none, nil
}

// DaysHere is how many day pages the cache has.
func (c Cache) DaysHere() int {
	pages, _ := fs.Glob(os.DirFS(filepath.Join(c.Dir, eventsEntry)), "*/*"+daySuffix) // the pattern is good
	return len(pages)
}
