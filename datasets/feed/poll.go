package feed

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"time"

	"tidings/datasets"
	"tidings/internal/fetch"
)

// poller asks for one feed.
type poller struct {
	url    string
	name   string // url without credentials
	alone  bool   // the source has no other feed: its end tells what is wrong
	o      Options
	client *fetch.Client
	room   *room
	to     *Reader
	random *rand.Rand

	etag, modified string // of what was read last
	failures       int    // since it was read last
	seed           maphash.Seed
	seen           map[uint64]uint64 // items by the hash of their id: the last reading that had them
	reading        uint64
}

func newPoller(url string, o Options, i uint64, client *fetch.Client, room *room, to *Reader) *poller {
	return &poller{
		url: url, name: fetch.Redact(url), o: o, client: client, room: room, to: to,
		random: rand.New(rand.NewPCG(o.Seed, i)), seed: maphash.MakeSeed(), seen: map[uint64]uint64{},
	}
}

// run asks again and again, until there is no use in it.
func (p *poller) run(ctx context.Context) {
	for {
		err := p.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		wait, gone := time.Minute, false
		if !errors.Is(err, errNoRoom) {
			wait, gone = p.judge(err, time.Now())
		}
		switch {
		case errors.Is(err, errNoRoom): // asked again, also where each feed is asked once
		case gone, p.o.Once && err != nil:
			p.to.lost(fmt.Sprintf("%s: %v%s", p.name, err, p.advice(err)))
			return
		case p.o.Once:
			p.to.read()
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// judge says how long the feed is left alone after a reading, or that there is
// no use in another one, and tells a person what changed.
func (p *poller) judge(err error, now time.Time) (wait time.Duration, gone bool) {
	every := p.o.Every + time.Duration(p.random.Int64N(int64(p.o.Every)/10+1))
	if err == nil {
		if p.failures > 0 {
			p.o.Notice(fmt.Sprintf("feed %s can be read again", p.name))
		}
		p.failures = 0
		return every, false
	}
	p.failures++
	var status *fetch.StatusError
	isStatus := errors.As(err, &status)
	if isStatus && status.Code == http.StatusGone ||
		errors.Is(err, fetch.ErrPrivate) || errors.Is(err, fetch.ErrScheme) {
		if !p.alone {
			p.o.Notice(fmt.Sprintf("feed %s: %v; it is not asked any more%s", p.name, err, p.advice(err)))
		}
		return 0, true
	}
	wait = p.backOff()
	if isStatus && (status.Code == http.StatusTooManyRequests || status.Code == http.StatusServiceUnavailable) {
		wait = max(wait, every, min(status.RetryAfter, afterMax))
	}
	if p.failures == 1 && !(p.o.Once && p.alone) { // what goes on failing is not told each time
		again := fmt.Sprintf("; it is asked again at %s, and less and less often as long as it fails", now.Add(wait).Format("15:04"))
		if p.o.Once {
			again = ""
		}
		p.o.Notice(fmt.Sprintf("feed %s: %v%s%s", p.name, err, p.advice(err), again))
	}
	return wait, false
}

// backOff doubles from a minute on, with up to a tenth more by chance, so that
// feeds that failed together do not come back together.
func (p *poller) backOff() time.Duration {
	wait := min(time.Minute, p.o.Every)
	for range min(p.failures-1, 16) {
		wait *= 2
	}
	wait = min(wait, max(backOffMax, p.o.Every))
	return wait + time.Duration(p.random.Int64N(int64(wait)/10+1))
}

// advice says what a person can do about an error.
func (p *poller) advice(err error) string {
	var status *fetch.StatusError
	switch {
	case errors.Is(err, fetch.ErrPrivate) && p.o.AllowPrivate:
		return "; addresses of this kind are never asked"
	case errors.Is(err, fetch.ErrPrivate):
		return "; --allow-private lets feeds on your own networks be read"
	case errors.Is(err, fetch.ErrTooBig):
		return "; ask the publisher for a shorter feed"
	case !errors.As(err, &status):
		return ""
	case status.Code == http.StatusGone:
		return "; take it off the list"
	case status.Code == http.StatusNotFound:
		return "; look whether the address is right"
	case status.Code == http.StatusUnauthorized, status.Code == http.StatusForbidden:
		return "; write the name and password as https://name:password@host/, or leave it out"
	}
	return ""
}

// poll asks for the feed and delivers what is new.
func (p *poller) poll(ctx context.Context) error {
	header := http.Header{"Accept": {"application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"}}
	if p.etag != "" {
		header.Set("If-None-Match", p.etag)
	}
	if p.modified != "" {
		header.Set("If-Modified-Since", p.modified)
	}
	answer, err := p.client.Get(ctx, p.url, header)
	if err != nil {
		return unnamed(err)
	}
	defer answer.Body.Close()
	if answer.Status == http.StatusNotModified {
		return nil
	}
	body, leave, err := p.room.read(ctx, answer.Body)
	if err != nil {
		return err
	}
	defer leave()
	_ = answer.Body.Close() // the host's next turn need not wait for the rows
	items, err := parse(body, answer.Header.Get("Content-Type"), answer.URL)
	if err != nil {
		return err
	}
	if err := p.deliver(ctx, items, time.Now()); err != nil {
		return err
	}
	p.etag, p.modified = short(answer.Header.Get("ETag")), short(answer.Header.Get("Last-Modified"))
	return nil
}

// unnamed takes the address off an error of fetch: the feed is named anyway.
func unnamed(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// short drops a validator that is longer than any honest one.
func short(validator string) string {
	if len(validator) > 1024 {
		return ""
	}
	return validator
}

// deliver sends the items that were not seen yet, oldest first.
func (p *poller) deliver(ctx context.Context, items []item, now time.Time) error {
	p.reading++
	if len(items) > ItemsMax {
		items = newest(items, ItemsMax)
		p.o.Notice(fmt.Sprintf("feed %s has more than %d items: the newest so many are read", p.name, ItemsMax))
	}
	sortByTime(items)
	for i := range items {
		document := items[i].document(p.name, p.o.Label, now)
		key := maphash.String(p.seed, document.ID)
		_, known := p.seen[key]
		p.seen[key] = p.reading
		if known {
			continue
		}
		select {
		case p.to.rows <- datasets.Row{File: p.name, Line: uint64(items[i].place), Document: document}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// What a feed does not show any more may be forgotten.
	if len(p.seen) > 2*ItemsMax {
		for key, reading := range p.seen {
			if reading < p.reading {
				delete(p.seen, key)
			}
		}
	}
	return nil
}
