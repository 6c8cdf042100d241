package catalogue

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"tidings"
	"tidings/datasets"
	"tidings/datasets/wikitext"
)

// OpenDays reads the items of the day pages in the cache, one day after
// another; days without a page bring nothing. All pages have to be there, and
// the error says how to get those that are not. The source is named by its
// first day: read with a later last day, it goes on.
//
// Limit of the options ends it early; the others are for files.
func (c Cache) OpenDays(d Days, o datasets.Options) (*datasets.Source, datasets.Reader, error) {
	if missing := c.Missing(d); len(missing) > 0 {
		return nil, nil, fmt.Errorf("the pages of %d of the %d days are not in the cache, the first of them is %s\n%s", len(missing), d.Count(), day(missing[0]), c.DaysByHand(missing))
	}
	source := &datasets.Source{
		Name: Events + "-" + day(d.First), Path: Events + ":" + d.String(), Format: "wikitext", Resumable: true,
	}
	return source, &dayReader{cache: c, days: d.All(), limit: o.Limit}, nil
}

// dayReader reads pages one after another.
type dayReader struct {
	cache Cache
	days  []time.Time // not read yet
	limit uint64
	rows  uint64

	path string
	file *os.File // of the page that is read; nil: none
	page *wikitext.Reader
	err  error // that ended it
}

// Next returns the next item.
func (r *dayReader) Next() (datasets.Row, error) {
	for r.err == nil {
		if r.limit > 0 && r.rows == r.limit {
			r.err = io.EOF
			break
		}
		if r.page == nil {
			r.err = r.open()
			continue
		}
		d, line, err := r.page.Next()
		var refused *tidings.DocumentError
		switch {
		case err == nil:
			r.rows++
			return datasets.Row{Number: r.rows, File: r.path, Line: line, Document: d}, nil
		case errors.As(err, &refused):
			r.rows++
			return datasets.Row{
				Number: r.rows, File: r.path, Line: line, Raw: bytes.Clone(r.page.Raw()),
				Err: &datasets.RowError{File: r.path, Line: line, Err: refused},
			}, nil
		case err == io.EOF:
			r.err = r.shut()
		default:
			r.err = fmt.Errorf("%s cannot be read: %w; the days before it were delivered. Delete it, and the same command fetches it again", r.path, err)
		}
	}
	return datasets.Row{}, r.err
}

// open opens the page of the next day that has one.
func (r *dayReader) open() error {
	for len(r.days) > 0 {
		at := r.days[0]
		r.days = r.days[1:]
		r.path = r.cache.DayPath(at)
		f, err := os.Open(r.path)
		if errors.Is(err, fs.ErrNotExist) && r.cache.asked(at) {
			continue // it is known to have none
		}
		if err != nil {
			return fmt.Errorf("%s cannot be read: %w", r.path, errors.Unwrap(err))
		}
		r.file = f
		r.page = wikitext.NewReader(bufio.NewReader(f), at)
		return nil
	}
	return io.EOF
}

func (r *dayReader) shut() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file, r.page = nil, nil
	return err
}

// Close closes the page that is read.
func (r *dayReader) Close() error {
	r.err = errors.New("the source is closed")
	return r.shut()
}

// Within delivers the rows of an archive's members that are in one of its
// folders, with numbers of their own, and ends after limit rows; 0: no limit.
// What the archive as a whole is to blame for is no row of it.
func Within(r datasets.Reader, folder string, limit uint64) datasets.Reader {
	return &within{Reader: r, folder: folder, limit: limit}
}

type within struct {
	datasets.Reader
	folder string
	limit  uint64
	rows   uint64
}

// Next returns the next row that is in the folder.
func (w *within) Next() (datasets.Row, error) {
	if w.limit > 0 && w.rows == w.limit {
		return datasets.Row{}, io.EOF
	}
	for {
		row, err := w.Reader.Next()
		if err != nil {
			return datasets.Row{}, err
		}
		if strings.Contains(row.File, ":"+w.folder+"/") {
			w.rows++
			row.Number = w.rows
			return row, nil
		}
	}
}
