package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"tidings/internal/fetch"
)

// Limits of fetching.
const (
	fileBytesMax  = 8 << 30 // of a file whose size nobody has published
	attemptsMax   = 5       // in a row that bring nothing new
	answersMax    = 1000    // of one address, each of which brings something
	waitMax       = 60 * time.Second
	copyBytes     = 256 << 10
	lockLooks     = 100 * time.Millisecond // how often a lock is looked at
	redirectsMax  = 5
	idleTimeout   = 60 * time.Second
	eventsPause   = time.Second // between two requests for day pages
	eventsBytes   = 32 << 20    // of one answer with day pages
	rateBytesLow  = 16          // a second, below which a server is given up
	firstWaitTime = time.Second
)

// Options of a Fetcher. The zero value fetches into no cache; set Cache.
type Options struct {
	Cache Cache

	// Mirror is the address of a copy of the catalogue's files, which has them
	// as MIRROR/DATA SET/FILE, and of the day pages' program as
	// MIRROR/w/api.php. It is asked instead of the sources. "": the sources.
	Mirror string

	// AllowPrivate lets loopback and private addresses be asked, for a mirror on
	// one's own network. Without a mirror it is refused.
	AllowPrivate bool

	// UserAgent says who asks; "": "tidings".
	UserAgent string

	// Progress is told how far a file is, often, from the goroutine that
	// fetches. nil: nobody is told.
	Progress func(Progress)

	// Notice is told what a person should know. nil: nobody is told.
	Notice func(string)

	// FirstWait is how long is waited before the second attempt; the waits
	// double up to a minute. 0: a second.
	FirstWait time.Duration
}

// Progress is how far a file is.
type Progress struct {
	Stage string // what is done: the file's name, or "checking"
	Done  int64  // bytes, or days
	Total int64  // 0: not known
	Days  bool   // Done and Total count days
}

// Fetcher gets data sets into a cache. It is safe for concurrent use, also
// with Fetchers of other processes on the same cache: one fetches a data set,
// the others wait for it. Close it.
type Fetcher struct {
	o      Options
	client *fetch.Client
}

// NewFetcher returns a Fetcher.
func NewFetcher(o Options) (*Fetcher, error) {
	o.FirstWait = cmp.Or(o.FirstWait, firstWaitTime)
	if o.AllowPrivate && o.Mirror == "" {
		return nil, errors.New("private addresses are allowed for a mirror alone: the sources are public; name the mirror, or do not allow them")
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	o.Mirror = strings.TrimRight(o.Mirror, "/")
	return &Fetcher{o: o, client: fetch.New(fetch.Options{
		UserAgent: o.UserAgent, AllowPrivate: o.AllowPrivate, IdleTimeout: idleTimeout, RateMin: rateBytesLow,
		RedirectsMax: redirectsMax, PerHost: 1,
	})}, nil
}

// Close gives the connections back.
func (f *Fetcher) Close() { f.client.Close() }

// Fetch gets all files of a data set that the cache does not have, and checks
// those that it has. A file that is there in part is gone on with. Cancelled,
// it keeps what has come. The error says what is missing and what to do.
func (f *Fetcher) Fetch(ctx context.Context, e Entry) error {
	if e.Daily() {
		return fmt.Errorf("%s is fetched for a range of days: write %s", e.Name, e.From()[0])
	}
	unlock, err := f.lock(ctx, e)
	if err != nil {
		return err
	}
	defer unlock()
	for _, file := range e.Files {
		if err := f.file(ctx, e, file); err != nil {
			return err
		}
	}
	return nil
}

// file gets or checks one file.
func (f *Fetcher) file(ctx context.Context, e Entry, file File) error {
	path := f.o.Cache.Path(e, file)
	switch info, err := os.Stat(path); {
	case err == nil && file.Bytes > 0 && info.Size() != file.Bytes:
		return fmt.Errorf("%w; delete it, and the same command gets it", f.o.Cache.absent(e, file))
	case err == nil:
		return f.again(ctx, e, file)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	d := &download{f: f, file: file, path: path}
	var failed []string
	urls := f.urls(e, file)
	for i, url := range urls {
		err := d.from(ctx, url)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return d.stopped(ctx.Err())
		case kindOf(err) == machine:
			return err
		}
		if i+1 < len(urls) {
			f.o.Notice(fmt.Sprintf("%v; asking %s", err, fetch.Redact(urls[i+1])))
		}
		failed = append(failed, err.Error())
	}
	return fmt.Errorf("%s of %s cannot be fetched:\n  %s\n%s", file.Name, e.Name, strings.Join(failed, "\n  "), f.o.Cache.ByHand(e, []File{file}))
}

// again checks a file that is there already.
func (f *Fetcher) again(ctx context.Context, e Entry, file File) error {
	path := f.o.Cache.Path(e, file)
	want := file.SHA256
	if want == "" {
		want, _ = readSum(path) // none kept: it was placed by hand and is taken as it is
	}
	sum, err := f.sum(ctx, path, file)
	if err != nil {
		return err
	}
	if want != "" && sum != want {
		return fmt.Errorf("%s was changed: its sha256 is %s where %s is expected; delete it, and the same command gets it again", path, sum, want)
	}
	return local(writeSum(path, sum))
}

func (f *Fetcher) sum(ctx context.Context, path string, file File) (string, error) {
	size := file.Bytes
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	return fileSum(ctx, path, func(done int64) { f.o.Progress(Progress{Stage: "checking " + file.Name, Done: done, Total: size}) })
}

// urls are where a file is looked for, in this order.
func (f *Fetcher) urls(e Entry, file File) []string {
	if f.o.Mirror != "" {
		return []string{f.o.Mirror + "/" + e.Name + "/" + file.Name}
	}
	return file.URLs
}

// lock makes the data set's folder and waits until nobody else works in it.
func (f *Fetcher) lock(ctx context.Context, e Entry) (unlock func(), err error) {
	dir := filepath.Join(f.o.Cache.Dir, e.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the cache cannot be made: %w; name another folder with --cache", err)
	}
	l := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o644))
	locked, err := l.TryLock()
	if err == nil && !locked {
		f.o.Notice(fmt.Sprintf("another process is fetching %s into %s; waiting until it is done", e.Name, dir))
		locked, err = l.TryLockContext(ctx, lockLooks)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil || !locked:
		return nil, fmt.Errorf("%s cannot be locked: %w; name another folder with --cache", dir, err)
	}
	return func() { _ = l.Close() }, nil
}

// kind says what an error means for what is tried next. It is not seen in the
// error's text.
type kind int

const (
	another kind = iota + 1 // another address may help, asking this one again does not
	begin                   // what is there belongs to something else: from the beginning
	machine                 // this machine cannot store it; no other address helps
)

// marked is an error of a kind.
type marked struct {
	error
	kind kind
}

func (m marked) Unwrap() error { return m.error }

func mark(k kind, format string, args ...any) error { return marked{fmt.Errorf(format, args...), k} }

// kindOf is 0 for errors that asking again may cure.
func kindOf(err error) kind {
	if m := (marked{}); errors.As(err, &m) {
		return m.kind
	}
	return 0
}

// local says what an error of the file system means; nil stays nil.
func local(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return mark(machine, "the disk is full: %w", err)
	}
	return marked{err, machine}
}
