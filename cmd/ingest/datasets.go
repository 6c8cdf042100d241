package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"tidings/datasets/catalogue"
	"tidings/internal/cli"
	"tidings/internal/terminal"
)

// dataSets are the subcommands about the catalogue.
type dataSets struct {
	List  dataSetList  `cmd:"" default:"withargs" help:"List the data sets, and which are here."`
	Info  dataSetInfo  `cmd:"" help:"Tell all about one: terms, sources, checksums, and how to get it without a network."`
	Fetch dataSetFetch `cmd:"" help:"Fetch data sets, for --from NAME afterwards. Stopped, the same command goes on."`
}

// dataSetList is the command that lists them.
type dataSetList struct {
	Cache string `name:"cache" placeholder:"DIR" group:"Source" help:"Where the data sets are kept. Default: tidings/datasets in your cache folder."`
	JSON  bool   `name:"json" group:"Result" help:"A record a line."`
}

// Run prints a line for each data set.
func (l *dataSetList) Run(_ context.Context, s cli.Streams) error {
	cache, err := (&cli.CacheFlags{Cache: l.Cache}).OpenCache()
	if err != nil {
		return err
	}
	if l.JSON {
		for _, e := range catalogue.Entries() {
			if err := writeDataSet(s.Out, cache, e); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tDOCUMENTS\tLABELS\tLANGUAGE\tDOWNLOAD\tHERE")
	for _, e := range catalogue.Entries() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, documentsOf(e), labelsOf(e), e.Language, sizeOf(e), hereOf(cache, e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "\nkept in %s\n`ingest datasets info NAME` tells the terms, `ingest datasets fetch NAME` fetches, --from NAME reads\n", cache.Dir)
	return err
}

func documentsOf(e catalogue.Entry) string {
	if e.Daily() {
		return "by day"
	}
	return thousands(e.Documents)
}

func labelsOf(e catalogue.Entry) string {
	if e.Labels == 0 {
		return "not counted"
	}
	return fmt.Sprint(e.Labels)
}

func sizeOf(e catalogue.Entry) string {
	size := catalogue.Size(e.Size())
	for _, f := range e.Files {
		if f.Bytes == 0 {
			return "about " + size
		}
	}
	if e.Daily() {
		return "by day"
	}
	return size
}

// hereOf says how much of a data set the cache has.
func hereOf(cache catalogue.Cache, e catalogue.Entry) string {
	if e.Daily() {
		if n := cache.DaysHere(); n > 0 {
			return thousands(uint64(n)) + " days"
		}
		return "no"
	}
	if cache.Whole(e) {
		return "yes"
	}
	begun := int64(0)
	for _, f := range e.Files {
		_, bytes := cache.State(e, f)
		begun += bytes
	}
	if begun > 0 {
		return catalogue.Size(begun) + " of it"
	}
	return "no"
}

func thousands(n uint64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// dataSetInfo is the command that tells all about one.
type dataSetInfo struct {
	Name  string `arg:"" name:"name" complete:"${datasets}" help:"The data set, as in the list."`
	Cache string `name:"cache" placeholder:"DIR" group:"Source" help:"Where the data sets are kept. Default: tidings/datasets in your cache folder."`
	JSON  bool   `name:"json" group:"Result" help:"One record."`
}

// Run prints what the catalogue knows.
func (i *dataSetInfo) Run(_ context.Context, s cli.Streams) error {
	cache, err := (&cli.CacheFlags{Cache: i.Cache}).OpenCache()
	if err != nil {
		return err
	}
	e, err := catalogue.Find(i.Name)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	if i.JSON {
		return writeDataSet(s.Out, cache, e)
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s: %s\n", e.Name, e.Title)
	for _, line := range [][2]string{
		{"what", e.About}, {"documents", documentsOf(e) + partsOf(e)}, {"labels", labelsOf(e)}, {"language", e.Language},
		{"terms", e.Terms}, {"", e.TermsURL}, {"cite", e.Cite}, {"home", e.Home}, {"download", sizeOf(e)}, {"here", hereOf(cache, e)},
		{"read it", "--from " + strings.Join(e.From(), ", --from ")},
	} {
		fmt.Fprintf(w, "  %s\t%s\n", line[0], line[1])
	}
	for _, f := range e.Files {
		if f.SHA256 == "" {
			fmt.Fprintf(w, "  checked\t%s against its own first download; the size is that of %s\n", f.Name, f.Source)
			continue
		}
		fmt.Fprintf(w, "  checked\t%s as published by %s\n", f.Name, f.Source)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	byHand := cache.ByHand(e, e.Files)
	if e.Daily() {
		byHand = cache.DaysByHand([]time.Time{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	_, err = fmt.Fprintln(s.Out, "\n"+byHand)
	return err
}

func partsOf(e catalogue.Entry) string {
	var parts []string
	for _, p := range e.Parts {
		parts = append(parts, p.Name+" "+thousands(p.Documents))
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// dataSetRecord is a data set as JSON.
type dataSetRecord struct {
	Name      string       `json:"name"`
	Title     string       `json:"title"`
	About     string       `json:"about"`
	Documents uint64       `json:"documents,omitempty"`
	Labels    int          `json:"labels,omitempty"`
	Language  string       `json:"language"`
	Terms     string       `json:"terms"`
	TermsURL  string       `json:"terms_url"`
	Cite      string       `json:"cite"`
	Home      string       `json:"home"`
	From      []string     `json:"from"`
	Here      bool         `json:"here"`
	Files     []fileRecord `json:"files"`
}

// fileRecord is one of its files.
type fileRecord struct {
	Name        string   `json:"name"`
	Path        string   `json:"path"`
	URLs        []string `json:"urls"`
	Bytes       int64    `json:"bytes,omitempty"`
	BytesAbout  int64    `json:"bytes_about,omitempty"`
	SHA256      string   `json:"sha256,omitempty"`
	PublishedBy string   `json:"published_by"`
	Here        bool     `json:"here"`
	BytesHere   int64    `json:"bytes_here"`
}

// writeDataSet writes a data set as one record.
func writeDataSet(to io.Writer, cache catalogue.Cache, e catalogue.Entry) error {
	files := []fileRecord{}
	for _, f := range e.Files {
		state, bytes := cache.State(e, f)
		files = append(files, fileRecord{
			Name: f.Name, Path: cache.Path(e, f), URLs: f.URLs, Bytes: f.Bytes, BytesAbout: f.About, SHA256: f.SHA256,
			PublishedBy: f.Source, Here: state == catalogue.Here, BytesHere: bytes,
		})
	}
	return json.NewEncoder(to).Encode(dataSetRecord{
		Name: e.Name, Title: e.Title, About: e.About, Documents: e.Documents, Labels: e.Labels, Language: e.Language,
		Terms: e.Terms, TermsURL: e.TermsURL, Cite: e.Cite, Home: e.Home, From: e.From(), Here: cache.Whole(e), Files: files,
	})
}

// dataSetFetch is the command that fetches.
type dataSetFetch struct {
	Names          []string `arg:"" name:"name" complete:"${datasets}" help:"The data sets, as in the list; current-events:2024-01-01..2024-03-31 for a range of days."`
	cli.CacheFlags `group:"Source"`
	JSON           bool `name:"json" group:"Result" help:"Progress and result as JSON, a record a line."`
}

// Run fetches one data set after another.
func (f *dataSetFetch) Run(ctx context.Context, s cli.Streams) error {
	wanted := make([]want, len(f.Names))
	var wrong []error
	for i, name := range f.Names {
		var err error
		wanted[i], err = parseWant(name)
		wrong = append(wrong, err)
	}
	if f.AllowPrivate && f.Mirror == "" {
		wrong = append(wrong, errors.New("--allow-private is for a mirror on your own network: name it with --mirror URL"))
	}
	if err := errors.Join(wrong...); err != nil {
		return &cli.UsageError{Err: err}
	}
	cache, err := f.OpenCache()
	if err != nil {
		return err
	}
	to := s.Err
	if f.JSON {
		to = s.Out
	}
	p := terminal.NewProgress(to, f.JSON, time.Now, terminal.Detect(to, os.Getenv))
	f.ShowOn(p)
	fetcher, err := f.Fetcher(cache)
	if err != nil {
		return err
	}
	defer fetcher.Close()
	var fetched []want
	for _, w := range wanted {
		if err = w.fetch(ctx, fetcher, p); err != nil {
			break
		}
		fetched = append(fetched, w)
	}
	p.Finish()
	for _, w := range fetched {
		if told := f.tell(s.Out, cache, w); told != nil {
			return errors.Join(err, told)
		}
	}
	return err
}

// Idle is what is for other commands that fetch.
func (f *dataSetFetch) Idle() []cli.Idle {
	if f.Mirror != "" {
		return nil
	}
	return []cli.Idle{{Flag: "allow-private"}}
}

// want is one data set that was asked for.
type want struct {
	entry catalogue.Entry
	days  catalogue.Days // where it is fetched day by day
	spec  string         // how --from reads it
}

func parseWant(spec string) (want, error) {
	name, rest, parted := strings.Cut(spec, ":")
	e, err := catalogue.Find(name)
	w := want{entry: e, spec: e.Name}
	switch {
	case err != nil:
		return w, err
	case e.Daily() && !parted:
		return w, fmt.Errorf("%s is fetched for a range of days: write %s", name, strings.Join(e.From(), ", or "))
	case e.Daily():
		w.days, err = catalogue.ParseDays(rest, time.Now())
		w.spec = catalogue.Events + ":" + w.days.String()
	case parted:
		return w, fmt.Errorf("%s: a data set is fetched whole: write %s", spec, name)
	}
	return w, err
}

// fetch tells the terms, then fetches.
func (w want) fetch(ctx context.Context, f *catalogue.Fetcher, p *terminal.Progress) error {
	p.Notice(fmt.Sprintf("%s: %s\n  terms: %s\n  %s", w.entry.Name, w.entry.Title, w.entry.Terms, w.entry.TermsURL))
	if w.entry.Daily() {
		return f.FetchDays(ctx, w.days)
	}
	return f.Fetch(ctx, w.entry)
}

func (f *dataSetFetch) tell(to io.Writer, cache catalogue.Cache, w want) error {
	if f.JSON {
		return json.NewEncoder(to).Encode(map[string]any{"fetched": w.entry.Name, "cache": cache.Dir, "from": w.spec})
	}
	_, err := fmt.Fprintf(to, "%s is in %s; read it with --from %s%s\n", w.spec, cache.Dir, w.spec, f.cacheFlag())
	return err
}

// cacheFlag is what the commands that read need too.
func (f *dataSetFetch) cacheFlag() string {
	if f.Cache == "" {
		return ""
	}
	return " --cache " + f.Cache
}
