package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tidings/datasets"
	"tidings/datasets/feed"
	"tidings/internal/fetch"
)

// feedsScheme is the name of the scheme of feeds.
const feedsScheme = "feeds"

// feedsPrefix says that a file is a list of feeds, whatever it looks like.
const feedsPrefix = "feeds:"

// everyDefault is how often feeds are asked where nobody says.
const everyDefault = 15 * time.Minute

// following says how feeds are read, by a command that can.
type following struct {
	once   bool
	every  time.Duration
	notice func(text string)
}

// FollowFeeds lets Open open feeds, each once or until ctx ends. notice hears
// what a person should know of them.
func (f *SourceFlags) FollowFeeds(once bool, notice func(text string)) {
	f.following = &following{once: once, every: f.Every, notice: notice}
}

// Feeds says whether --from names feeds, a source that has no end.
func (f *SourceFlags) Feeds() bool { return len(f.From) > 0 && schemeOf(f.From[0]).name == feedsScheme }

// isFeeds says whether a spec is a feed's address or a list of feeds.
func isFeeds(spec string) bool {
	_, isList := listOf(spec)
	return isList || isWeb(spec)
}

func isWeb(spec string) bool {
	s := strings.ToLower(spec)
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// listOf is the path of a list of feeds. Only plain files are looked into.
func listOf(spec string) (path string, is bool) {
	if path, is := strings.CutPrefix(spec, feedsPrefix); is {
		return path, true
	}
	if info, err := os.Stat(spec); err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	f, err := os.Open(spec)
	if err != nil {
		return "", false
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", false
	}
	head = head[:n]
	if n < len(head) || errors.Is(err, io.ErrUnexpectedEOF) {
		head = append(head, '\n') // the last line is whole
	}
	return spec, feed.IsList(head)
}

// openFeeds asks for feeds.
func openFeeds(ctx context.Context, r request) (*Source, error) {
	if r.follow == nil {
		return nil, &UsageError{fmt.Errorf("%s: feeds say something else each time, and only ingest and classify read them; make a log of them first, with ingest --store DIR --from %s", shown(r.specs)[0], shown(r.specs)[0])}
	}
	label, err := feedFlags(r.read)
	if err != nil {
		return nil, &UsageError{err}
	}
	var urls []string
	for _, spec := range r.specs {
		path, isList := listOf(spec)
		if !isList {
			urls = append(urls, spec)
			continue
		}
		listed, err := feed.ReadList(path)
		if err != nil {
			return nil, err
		}
		urls = append(urls, listed...)
	}
	seed := r.seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	reader, err := feed.Open(ctx, urls, feed.Options{
		Every: r.follow.every, Once: r.follow.once, Label: label, Limit: r.read.Limit, Seed: seed,
		UserAgent: "tidings/" + strings.Trim(strings.Fields(Version())[0], "()") + " (feed reader)", AllowPrivate: r.read.AllowPrivate,
		Notice: r.follow.notice,
	})
	if err != nil {
		return nil, &UsageError{err}
	}
	r.follow.notice(followText(len(urls), r.follow))
	source := &Source{
		Source: datasets.Source{Name: feedsName(r.specs), Path: strings.Join(shown(r.specs), ", ")},
		Reader: reader, Repeats: true,
	}
	if r.follow.once {
		source.Feeds = reader.Failed
	}
	return source, nil
}

// followText says what is going to happen.
func followText(n int, f *following) string {
	what := "the feed"
	if n > 1 {
		what = fmt.Sprintf("%d feeds", n)
	}
	if f.once {
		return "reading " + what + " once"
	}
	return fmt.Sprintf("reading %s every %s, until stopped", what, shortTime(cmp.Or(f.every, everyDefault)))
}

// shortTime is a time without the units that are zero: 30m and not 30m0s.
func shortTime(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// feedFlags tells what the flags ask of feeds.
func feedFlags(f *ReadFlags) (label bool, err error) {
	for _, g := range []struct {
		name  string
		given bool
	}{{"--format", f.Format != ""}, {"--classes", len(f.Classes) > 0}, {"--shuffle", f.Shuffle != nil}} {
		if g.given {
			return false, fmt.Errorf("%s is for files: leave it out for feeds", g.name)
		}
	}
	for field, column := range f.Columns {
		if field != "label" || column != "category" {
			return false, fmt.Errorf("--columns %s=%s: feeds know label=category alone, which takes the first category of an item as its label", field, column)
		}
	}
	return len(f.Columns) > 0, nil
}

// feedsName stands for the source in the log: by it documents of earlier runs
// are known. A list has its file's name, and may change.
func feedsName(specs []string) string {
	if path, isList := listOf(specs[0]); isList && len(specs) == 1 {
		return "feeds-" + nameLetters(filepath.Base(path))
	}
	sorted := shown(specs) // another password is the same source
	slices.Sort(sorted)
	sum := sha256.Sum256([]byte(strings.Join(sorted, "\n")))
	hash := hex.EncodeToString(sum[:4])
	if u, err := url.Parse(specs[0]); err == nil && len(specs) == 1 {
		return "feed-" + nameLetters(u.Hostname()) + "-" + hash
	}
	return "feeds-" + hash
}

// shown are the specs without credentials.
func shown(specs []string) []string {
	all := make([]string, len(specs))
	for i, spec := range specs {
		if all[i] = spec; isWeb(spec) {
			all[i] = fetch.Redact(spec)
		}
	}
	return all
}

// nameLetters keeps what may stand in a source's name.
func nameLetters(s string) string {
	const longest = 40
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, s)
	return s[:min(len(s), longest)]
}
