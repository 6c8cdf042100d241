package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tidings/datasets"
	"tidings/datasets/catalogue"
	"tidings/internal/terminal"
)

// CacheFlags say where data sets of the catalogue are kept and fetched from.
type CacheFlags struct {
	Cache        string `name:"cache" placeholder:"DIR" help:"Where data sets that are known by name are kept. Default: tidings/datasets in your cache folder."`
	Mirror       string `name:"mirror" placeholder:"URL" help:"Fetch data sets from a copy, which has them as URL/NAME/FILE, instead of from their sources."`
	AllowPrivate bool   `name:"allow-private" help:"Let private and loopback addresses be fetched from: a mirror or feeds on your own network."`

	progress *terminal.Progress // nil: nobody is shown how fetching goes on
}

// ShowOn lets p show how fetching goes on.
func (f *CacheFlags) ShowOn(p *terminal.Progress) { f.progress = p }

// OpenCache finds the cache.
func (f *CacheFlags) OpenCache() (catalogue.Cache, error) {
	if f.Cache != "" {
		dir, err := filepath.Abs(f.Cache)
		return catalogue.Cache{Dir: dir}, err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return catalogue.Cache{}, &UsageError{fmt.Errorf("there is no folder for data sets: %w; name one with --cache DIR", err)}
	}
	return catalogue.Cache{Dir: filepath.Join(dir, "tidings", "datasets")}, nil
}

// Fetcher makes what fetches into the cache.
func (f *CacheFlags) Fetcher(cache catalogue.Cache) (*catalogue.Fetcher, error) {
	o := catalogue.Options{
		Cache: cache, Mirror: f.Mirror, AllowPrivate: f.AllowPrivate && f.Mirror != "",
		UserAgent: "tidings (fetches what a person asks for, one request after another)",
	}
	if f.progress != nil {
		o.Progress, o.Notice = shower(f.progress), f.progress.Notice
	}
	fetcher, err := catalogue.NewFetcher(o)
	if err != nil {
		return nil, &UsageError{err}
	}
	return fetcher, nil
}

// isEvents says whether a spec is a range of day pages, and which.
func isEvents(spec string) (days string, is bool) {
	name, days, parted := strings.Cut(spec, ":")
	e, err := catalogue.Find(name)
	return days, parted && err == nil && e.Daily()
}

// openCatalogue opens data sets, or parts of them, that are in the cache.
func openCatalogue(ctx context.Context, r request) (*Source, error) {
	cache, err := r.read.OpenCache()
	if err != nil {
		return nil, err
	}
	if days, is := isEvents(r.specs[0]); is {
		return openEvents(ctx, r, cache, days)
	}
	if err := catalogue.Check(r.specs[0]); err != nil {
		return nil, &UsageError{err}
	}
	selected, err := cache.Resolve(ctx, r.specs[0])
	if err != nil {
		return nil, err
	}
	read := *r.read
	if selected.Folder != "" {
		read.Limit = 0 // it counts the rows of the folder
	}
	source, err := openFiles(ctx, request{specs: selected.Paths, read: &read})
	if err != nil {
		return nil, err
	}
	if selected.Folder != "" {
		source.Reader = catalogue.Within(source.Reader, selected.Folder, r.read.Limit)
		source.Name += "-" + selected.Part
	}
	if source.Documents = selected.Documents; r.read.Limit > 0 {
		source.Documents = min(source.Documents, r.read.Limit)
	}
	return source, nil
}

// openEvents opens day pages, and fetches those that are missing.
func openEvents(ctx context.Context, r request, cache catalogue.Cache, text string) (*Source, error) {
	f := r.read
	days, err := catalogue.ParseDays(text, time.Now())
	if err != nil {
		return nil, &UsageError{fmt.Errorf("--from %s: %w", r.specs[0], err)}
	}
	if f.Shuffle != nil || f.Format != "" || len(f.Columns) > 0 || len(f.Classes) > 0 {
		return nil, &UsageError{fmt.Errorf("--from %s is read in the order of its days and as what it is: leave out --shuffle, --format, --columns and --classes", r.specs[0])}
	}
	if len(cache.Missing(days)) > 0 {
		fetcher, err := f.Fetcher(cache)
		if err != nil {
			return nil, err
		}
		defer fetcher.Close()
		if err := fetcher.FetchDays(ctx, days); err != nil {
			return nil, err
		}
	}
	source, reader, err := cache.OpenDays(days, datasets.Options{Limit: f.Limit})
	if err != nil {
		return nil, err
	}
	return &Source{Source: *source, Reader: reader}, nil
}

// orDataSet adds to the error of a file that is not there that a data set has
// nearly its name.
func orDataSet(specs []string, err error) error {
	for _, spec := range specs {
		if _, missing := os.Lstat(spec); missing == nil || strings.ContainsAny(spec, "/.*") {
			continue
		}
		name, _, _ := strings.Cut(spec, ":")
		if near := catalogue.Near(name); near != "" {
			return fmt.Errorf("%w; a data set of nearly that name is %s", err, near)
		}
	}
	return err
}

// shower shows how far a fetch is, at the rate since its stage began.
func shower(p *terminal.Progress) func(catalogue.Progress) {
	stage, began, first := "", time.Time{}, int64(0)
	return func(at catalogue.Progress) {
		now := time.Now()
		if at.Stage != stage {
			stage, began, first = at.Stage, now, at.Done
		}
		unit := terminal.Bytes
		if at.Days {
			unit = terminal.Days
		}
		rate := float64(at.Done-first) / cmp.Or(now.Sub(began).Seconds(), math.Inf(1))
		p.Show(terminal.Status{Stage: at.Stage, Unit: unit, Documents: uint64(max(at.Done, 0)), Total: uint64(max(at.Total, 0)), Rate: rate})
	}
}
