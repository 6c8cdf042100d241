// Package feed reads documents from web feeds: RSS, Atom and JSON Feed, many at
// once, asked again and again.
//
// The rule to keep: a feed is a stranger's. Nothing that one sends, or does not
// send, harms another or the reader: what is wrong with it is told, it is asked
// less often, and the rest goes on. And it is a stranger's machine: it is not
// asked more often than was agreed, and not for what it said has not changed.
//
// A Reader owns a goroutine for each feed and the connections; Close ends them.
package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"tidings/datasets"
	"tidings/internal/fetch"
)

// Limits.
const (
	FeedsMax     = 1000     // in one source
	BodyBytesMax = 16 << 20 // of one feed, unpacked
	ItemsMax     = 1000     // of one feed, each time; the newest are taken

	EveryMin = time.Minute // what Every may be at the least

	timeout    = 2 * time.Minute  // for one feed, from its turn to its last byte
	idle       = 30 * time.Second // without a byte
	hostEvery  = time.Second      // between two requests to one host
	backOffMax = 6 * time.Hour    // between two tries of a feed that fails, or Every where that is more
	afterMax   = 24 * time.Hour   // as long as a server may ask to be left alone
	errorsMax  = 3                // shown where all feeds fail
)

// Options of Open. The zero value asks every 15 minutes.
type Options struct {
	Every time.Duration // between two requests for one feed; 0: 15 minutes
	Once  bool          // ask each feed once, and end

	// Label takes the first category of an item as its label. Without it
	// categories are nobody's verdict: they are left out.
	Label bool

	Limit uint64 // rows, then the source ends; 0: no limit
	Seed  uint64 // of the random part of the times between requests

	UserAgent    string         // "": that of fetch
	AllowPrivate bool           // feeds on one's own networks
	Allow        []netip.Prefix // ranges that may be reached besides

	// Notice hears what a person should know: feeds that fail, work again, or are
	// gone. It is called by several goroutines. nil: nobody hears it.
	Notice func(text string)
}

// Reader delivers the items of feeds as rows, those of one feed oldest first.
// A row's File is its feed's address without credentials, its Line the item's
// place in the feed. An item that was delivered does not come again as long as
// the feed shows it.
//
// Next waits for the next item. It returns io.EOF behind the last one of a
// source that is asked once or has a limit, and an error when no feed is left
// to be asked, or when none could be read where each is asked once.
type Reader struct {
	rows  chan datasets.Row
	stop  context.CancelFunc
	ended chan struct{} // closed behind the last feed, when errs are complete

	limit  uint64
	number uint64
	err    error // that ended it

	mu   sync.Mutex
	errs []string // why feeds are not asked any more
	good bool     // one could be read

	asked int // feeds, each address once
}

// Open starts to ask for the feeds, until ctx ends. Addresses that are none,
// and too many of them, are errors at once; one that comes twice is asked for
// once.
func Open(ctx context.Context, addresses []string, o Options) (*Reader, error) {
	o.Every = cmp.Or(o.Every, 15*time.Minute)
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	var urls []string
	for _, a := range addresses {
		if err := checkAddress(a); err != nil {
			return nil, err
		}
		if !slices.Contains(urls, a) {
			urls = append(urls, a)
		}
	}
	switch {
	case len(urls) == 0:
		return nil, errors.New("no feed is named")
	case len(urls) > FeedsMax:
		return nil, fmt.Errorf("%d feeds, the limit is %d: make two lists, and read each into the log by a process of its own", len(urls), FeedsMax)
	case o.Every < EveryMin && !o.Once:
		return nil, fmt.Errorf("--every %s: a feed is asked once in %s at the most; write --every 15m", o.Every, EveryMin)
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Reader{rows: make(chan datasets.Row), stop: stop, ended: make(chan struct{}), limit: o.Limit, asked: len(urls)}
	client := fetch.New(fetch.Options{
		UserAgent: o.UserAgent, AllowPrivate: o.AllowPrivate, Allow: o.Allow,
		Timeout: timeout, IdleTimeout: idle, BytesMax: BodyBytesMax, Interval: hostEvery,
		OneConnectionEach: true, // the next request is minutes away
	})
	room := newRoom()
	var feeds sync.WaitGroup
	for i, url := range urls {
		p := newPoller(url, o, uint64(i), client, room, r)
		p.alone = len(urls) == 1
		feeds.Go(func() { p.run(ctx) })
	}
	go func() {
		feeds.Wait()
		client.Close()
		close(r.ended)
	}()
	return r, nil
}

// checkAddress says what is wrong with a feed's address.
func checkAddress(address string) error {
	switch u, err := url.Parse(address); {
	case web(address) && err == nil && u.Hostname() == "":
		return errors.New("the address of a feed names no host: write https://HOST/FEED")
	case web(address):
		return nil
	}
	return fmt.Errorf("%q is no feed's address: it has to begin with https:// or http://", clip(fetch.Redact(address)))
}

func web(address string) bool {
	a := strings.ToLower(address)
	return strings.HasPrefix(a, "https://") || strings.HasPrefix(a, "http://")
}

// Next waits for the next item.
func (r *Reader) Next() (datasets.Row, error) {
	if r.err == nil && r.limit > 0 && r.number == r.limit {
		r.err = io.EOF
	}
	if r.err != nil {
		return datasets.Row{}, r.err
	}
	select {
	case row := <-r.rows:
		r.number++
		row.Number = r.number
		return row, nil
	case <-r.ended:
		r.err = r.verdict()
		return datasets.Row{}, r.err
	}
}

// errEnded reports that a source was called off or closed.
var errEnded = fmt.Errorf("the feeds are not read any more: %w", context.Canceled)

// verdict says how the source ended, when no feed is asked any more.
func (r *Reader) verdict() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.good:
		return io.EOF
	case len(r.errs) == 0:
		return errEnded
	}
	slices.Sort(r.errs) // whichever came first
	shown := strings.Join(r.errs[:min(len(r.errs), errorsMax)], "; ")
	if more := len(r.errs) - errorsMax; more > 0 {
		shown += fmt.Sprintf("; and %d more like these", more)
	}
	return fmt.Errorf("no feed is left to be read: %s", shown)
}

// Failed tells how many of the feeds asked are not asked any more because they
// could not be read. Where each is asked once it is all of those, when Next has
// returned io.EOF; before a limit ended the source, those known by then.
func (r *Reader) Failed() (failed, asked int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.errs), r.asked
}

// lost is told of a feed that is not asked any more.
func (r *Reader) lost(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, text)
}

// read is told that a feed that ends in good order, asked once, was read.
func (r *Reader) read() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.good = true
}

// Close ends the feeds and waits for them.
func (r *Reader) Close() error {
	r.stop()
	<-r.ended
	r.err = errEnded
	return nil
}

func clip(s string) string {
	const shown = 200
	if len(s) > shown {
		return strings.ToValidUTF8(s[:shown], "") + "..."
	}
	return s
}
