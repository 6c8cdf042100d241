package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings/datasets"
	"tidings/datasets/catalogue"
	"tidings/datasets/sample"
	"tidings/internal/fetch"
)

// ReadFlags say how files of documents are read.
type ReadFlags struct {
	Format  string            `name:"format" placeholder:"NAME" complete:"${formats}" help:"${formats}. Default: told from the content of each file."`
	Columns map[string]string `name:"columns" placeholder:"FIELD=COLUMN" mapsep:"," help:"Where a field stands (id, time, label, title, text): column names, or numbers from 1, as in label=1,text=3."`
	Classes []string          `name:"classes" placeholder:"NAME" help:"Names of numbered classes: World,Sports calls label 1 World."`
	Shuffle *uint64           `name:"shuffle" placeholder:"SEED" help:"Read in a random order that SEED decides."`
	Limit   uint64            `name:"limit" placeholder:"N" help:"Stop after N rows."`
	CacheFlags
}

// SourceFlags say where documents come from.
type SourceFlags struct {
	From []string `name:"from" sep:"none" placeholder:"SOURCE" complete:"sample,log,in,-,${datasets},FILE" help:"A file, an archive (tar, tar.gz, tar.zst, zip), a folder of files, a data set by its name (ag-news, ag-news:test, current-events:2024-01..2024-03; ingest datasets list tells all), - for standard input, sample or sample:N for the built-in one, log for what is in the log already, in for what clients send (ingest), https://HOST/FEED for a feed (RSS, Atom, JSON Feed), a file of feeds (OPML, or an address a line; feeds:FILE whatever it looks like). Repeatable: several files are read one after another, as one source; 'a*.jsonl' is all that match, in the order of their names. What a file holds is told from its content: JSON lines, CSV, Reuters-21578, articles of 20 Newsgroups, days of Wikipedia's current events; in a folder or an archive also plain text, whose folder is its label."`
	ReadFlags
	Every time.Duration `name:"every" placeholder:"TIME" help:"How often feeds are asked for news; 1m at the least. Default: 15m."`
	Seed  uint64        `name:"seed" default:"0" placeholder:"N" help:"Seed of the built-in sample, 0 being its own; of feeds, of the random part of the times between requests, 0 being chance."`
	Pack  int           `name:"pack" placeholder:"N" help:"Documents in one log message at most (1 to 256). Default: as many as fit."`

	following *following // nil: the command reads no feeds
}

// Source is an opened source.
type Source struct {
	datasets.Source
	datasets.Reader
	Documents uint64 // how many there are, 0 when nobody knows
	Synthetic bool   // its event times are made up
	Repeats   bool   // the same document comes again and again, which is no mistake

	// Feeds tells how many feeds there are and how many of them could not be
	// read, when each has been asked once. nil: it is no source of such.
	Feeds func() (failed, asked int)
}

// Unread is the error of feeds that could not be read beside others that could.
func (s *Source) Unread() error {
	if s.Feeds == nil {
		return nil
	}
	failed, asked := s.Feeds()
	if failed == 0 || failed == asked { // all of them are an error of the reader
		return nil
	}
	return fmt.Errorf("%d of %d feeds could not be read, as is told above; what the others had is kept, and the same command asks again for all", failed, asked)
}

// Specs that are no file's path.
const (
	Stdin  = "-"
	Sample = "sample"
	Live   = "in"  // no source to read, but what clients send to ingest
	Log    = "log" // no source to read, but what classify finds in the log
)

// request is what a scheme opens: one or several specs that are its own.
type request struct {
	specs []string
	read  *ReadFlags
	seed  uint64
	stdin io.Reader

	follow *following // nil: no feeds are read
}

// scheme is one way to name documents that are not a file's path.
type scheme struct {
	name    string                 // told when schemes are mixed
	is      func(spec string) bool // whether the spec is of this scheme
	several bool                   // takes more than one spec
	open    func(ctx context.Context, r request) (*Source, error)
}

// schemes are all there are; what is of none of them is the path of a file. The
// first that says yes has the spec.
func schemes() []scheme {
	return []scheme{
		{name: "standard input", is: func(spec string) bool { return spec == Stdin }, open: openStdin},
		{name: "the built-in sample", is: IsSample, open: openSample},
		{name: "what clients send", is: func(spec string) bool { return spec == Live }, open: openLive},
		{name: "the log", is: func(spec string) bool { return spec == Log }, open: openLog},
		{name: "a data set of the catalogue", is: catalogue.Is, open: openCatalogue},
		{name: feedsScheme, is: isFeeds, several: true, open: openFeeds},
		{name: "an address", is: func(spec string) bool { return strings.Contains(spec, "://") }, open: openForeign},
	}
}

// files is the scheme of what has no other.
func files() scheme { return scheme{name: "files", several: true, open: openFiles} }

func schemeOf(spec string) scheme {
	for _, s := range schemes() {
		if s.is(spec) {
			return s
		}
	}
	return files()
}

// Given lists the flags that only a source to read can use.
func (f *SourceFlags) Given() (flags []string) {
	for _, g := range []struct {
		name  string
		given bool
	}{
		{"--format", f.Format != ""}, {"--columns", len(f.Columns) > 0}, {"--classes", len(f.Classes) > 0},
		{"--shuffle", f.Shuffle != nil}, {"--limit", f.Limit > 0}, {"--every", f.Every != 0}, {"--seed", f.Seed > 0}, {"--pack", f.Pack != 0},
	} {
		if g.given {
			flags = append(flags, g.name)
		}
	}
	return flags
}

// Open opens what --from names. Of standard input it waits for the first line.
func (f *SourceFlags) Open(ctx context.Context, stdin io.Reader) (*Source, error) {
	if f.Every != 0 && !f.Feeds() {
		return nil, &UsageError{errors.New("--every is for feeds: leave it out, or name a feed with --from https://HOST/FEED")}
	}
	return f.open(ctx, request{specs: f.From, read: &f.ReadFlags, seed: f.Seed, stdin: stdin, follow: f.following})
}

// OpenSpecs opens one source of one or several specs; all are of one scheme.
// seed is that of the sample.
func (f *ReadFlags) OpenSpecs(ctx context.Context, specs []string, seed uint64, stdin io.Reader) (*Source, error) {
	return f.open(ctx, request{specs: specs, read: f, seed: seed, stdin: stdin})
}

func (f *ReadFlags) open(ctx context.Context, r request) (*Source, error) {
	specs := r.specs
	if len(specs) == 0 {
		return nil, &UsageError{errors.New("no source is named; name one with --from")}
	}
	if err := r.read.options().Check(); err != nil {
		return nil, &UsageError{err}
	}
	first := schemeOf(specs[0])
	for i, spec := range specs[1:] {
		switch other := schemeOf(spec); {
		case other.name != first.name:
			return nil, &UsageError{fmt.Errorf("%s and %s cannot be one source: the first is %s, the other %s; read them one after another, in two runs", shown(specs)[0], shown(specs)[i+1], first.name, other.name)}
		case !first.several:
			return nil, &UsageError{fmt.Errorf("%s is %s, which is a source alone; leave out %s", shown(specs)[0], first.name, shown(specs)[i+1])}
		}
	}
	return first.open(ctx, r)
}

func (f *ReadFlags) options() *datasets.Options {
	return &datasets.Options{Format: f.Format, Columns: f.Columns, Classes: f.Classes, Shuffle: f.Shuffle, Limit: f.Limit}
}

// OpenFile opens one spec.
func (f *ReadFlags) OpenFile(ctx context.Context, spec string, stdin io.Reader) (*Source, error) {
	return f.OpenSpecs(ctx, []string{spec}, 0, stdin)
}

// Is says whether the one spec given is this one.
func (f *SourceFlags) Is(spec string) bool { return len(f.From) == 1 && f.From[0] == spec }

// FilesOf are the files and folders that the specs name; what is written there
// would overwrite what is read.
func FilesOf(specs []string) (paths []string) {
	for _, spec := range specs {
		if path, isList := listOf(spec); isList {
			paths = append(paths, path)
		}
		if schemeOf(spec).name != files().name {
			continue
		}
		paths = append(paths, spec)
		matches, _ := filepath.Glob(spec) // a bad pattern is told when it is read
		paths = append(paths, matches...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// ReadingStdin is said before standard input is read, so that nobody wonders
// why nothing happens, or comes back.
const ReadingStdin = "reading standard input; it cannot be read again from where it stopped: pipe it in once more from its start, and documents that came before are known by their ids"

func openStdin(ctx context.Context, r request) (*Source, error) {
	// Nothing interrupts a read of a terminal or a pipe: whoever waits for its
	// first line leaves it alone, and it ends with the process.
	type opened struct {
		source *Source
		err    error
	}
	first := make(chan opened, 1)
	go func() {
		source, err := openFiles(ctx, r)
		first <- opened{source, err}
	}()
	select {
	case o := <-first:
		return o.source, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func openFiles(_ context.Context, r request) (*Source, error) {
	o := r.read.options()
	o.Stdin = r.stdin
	source, reader, err := datasets.OpenAll(r.specs, *o)
	if err != nil {
		return nil, orDataSet(r.specs, err)
	}
	return &Source{Source: *source, Reader: reader}, nil
}

func openLog(context.Context, request) (*Source, error) {
	return nil, &UsageError{errors.New("log is what a log holds already: classify --from log reads it, nothing else does; name a file, or ./log if it is one")}
}

func openLive(context.Context, request) (*Source, error) {
	return nil, &UsageError{errors.New("in is what clients send: ingest --from in takes it, and so does classify --listen HOST:PORT without --from; name a file, or ./in if it is one")}
}

func openForeign(_ context.Context, r request) (*Source, error) {
	return nil, &UsageError{fmt.Errorf("%s: only feeds at https:// and http:// are fetched: fetch it yourself, and name the file", fetch.Redact(r.specs[0]))}
}

func openSample(_ context.Context, r request) (*Source, error) {
	o := sample.Options{Seed: r.seed}
	if _, count, given := strings.Cut(r.specs[0], ":"); given {
		n, err := strconv.ParseUint(strings.ReplaceAll(count, "_", ""), 10, 64)
		if err != nil || n == 0 {
			return nil, &UsageError{fmt.Errorf("--from %s: write sample:20000 for so many documents", r.specs[0])}
		}
		o.Documents = n
	}
	if o.Seed == 0 {
		o.Seed = sample.SeedDefault
	}
	if o.Documents == 0 {
		o.Documents = sample.DocumentsDefault
	}
	if r.read.Shuffle != nil {
		return nil, &UsageError{errors.New("--shuffle is for files: the sample is in the order of its times, and --seed gives another one")}
	}
	if r.read.Limit > 0 {
		o.Documents = min(o.Documents, r.read.Limit)
	}
	return &Source{
		Source:    datasets.Source{Name: "sample-" + strconv.FormatUint(o.Seed, 10), Path: Sample, Resumable: true},
		Reader:    &sampleReader{generator: sample.New(o)},
		Documents: o.Documents,
		Synthetic: true,
	}, nil
}

// sampleReader delivers the sample as rows.
type sampleReader struct {
	generator *sample.Generator
	rows      uint64
}

func (r *sampleReader) Next() (datasets.Row, error) {
	d, ok := r.generator.Next()
	if !ok {
		return datasets.Row{}, io.EOF
	}
	r.rows++
	return datasets.Row{Number: r.rows, File: Sample, Line: r.rows, Document: d}, nil
}

func (r *sampleReader) Close() error { return nil }
