// Package wikitext reads pages of Wikipedia's "Portal:Current events", one day
// each, in the markup in which they are written.
//
// The one rule to keep: an error that is a *tidings.DocumentError concerns one
// item and the next one may be read; any other error is the end of the page.
// Time and memory are proportional to the page, whatever it holds.
//
// A Reader owns the page it has read; what it reads from stays with the
// caller. It is not safe for concurrent use.
package wikitext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tidings"
)

// Limits of one page.
const (
	PageBytesMax = 4 << 20 // a busy day has 50 KB
	ItemsMax     = 10_000  // the busiest day has about 70
	NestingMax   = 32      // of markup within markup
	RawBytesMax  = 256     // what Raw returns of an item
)

// Editors put the items between these two.
var (
	itemsBegin = []byte("<!-- All news items below this line -->")
	itemsEnd   = []byte("<!-- All news items above this line -->")
)

// Looks tells from the beginning of a file whether it is a day page: a line
// begins with the portal's template or its mark, or the first line is a
// heading of the portal.
func Looks(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if len(head) == 0 || strings.IndexByte("<{';=*_", head[0]) < 0 || bytes.HasPrefix(head, []byte("{\"")) {
		return false
	}
	first := true
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, itemsBegin) || isPortal(line) {
			return true
		}
		if first && (line[0] == ';' || line[0] == '=' || bytes.HasPrefix(line, []byte("'''"))) {
			return LabelOf(string(bytes.Trim(line, ";='* :"))) != ""
		}
		first = false
	}
	return false
}

// Reader reads the items of one page.
type Reader struct {
	r   io.Reader
	day time.Time
	err error // the end of the page

	cleaner *cleaner
	ahead   line // read already, when there is one
	waiting bool

	label string
	items int
	raw   []byte
}

// NewReader returns a reader of the items of the page in r, which tells of the
// day. The zero time: the day that the page itself names.
func NewReader(r io.Reader, day time.Time) *Reader { return &Reader{r: r, day: day} }

// Next returns the next item and its line, from 1. It reads the whole page
// when it is called first.
//
// The document's id is the day and the item's number on the page, as
// 2020-03-11-007; its time the day; its label the heading of the portal,
// normalised by LabelOf, and "" below a heading that is none of them. The text
// has no markup and no citations. An event heading is no document: a bullet
// that others stand under and that cites no source, or one that holds nothing
// but links.
//
// The error is a *tidings.DocumentError when the item is bad, io.EOF after the
// last one, and otherwise says why the page cannot be read.
func (r *Reader) Next() (d tidings.Document, line uint64, err error) {
	if r.err == nil && r.cleaner == nil {
		r.err = r.open()
	}
	r.raw = nil
	if r.err != nil {
		return d, 0, r.err
	}
	item, found := r.item()
	if !found {
		r.err = io.EOF
		return d, r.cleaner.line, r.err
	}
	if r.items++; r.items > ItemsMax {
		r.err = fmt.Errorf("the page has more than %d items, which is the limit: those before line %d were delivered, the rest is lost; split the page", ItemsMax, item.number)
		return d, item.number, r.err
	}
	r.raw = item.raw
	d = tidings.Document{
		ID:    fmt.Sprintf("%s-%03d", r.day.Format(time.DateOnly), r.items),
		Time:  r.day,
		Label: r.label,
		Text:  item.text,
	}
	if err := d.Check(); err != nil {
		return tidings.Document{}, item.number, err
	}
	return d, item.number, nil
}

// Raw returns the beginning of the item that Next returned last, at most
// RawBytesMax of it. It is valid until Next is called again.
func (r *Reader) Raw() []byte { return r.raw }

// open reads the page and learns its day.
func (r *Reader) open() error {
	page, err := io.ReadAll(io.LimitReader(r.r, PageBytesMax+1))
	if err != nil {
		return err
	}
	if len(page) > PageBytesMax {
		return fmt.Errorf("the page is larger than %d MiB, which is the limit; one page is one day", PageBytesMax>>20)
	}
	page = bytes.TrimPrefix(page, []byte("\ufeff"))
	if r.day.IsZero() {
		day, found := dayOfPage(page)
		if !found {
			return errors.New("it is not known which day the page tells of: it has no {{Current events|year=2020|month=03|day=11|...}}; name the file after its day, as 2020-03-11.wiki or 2020_March_11.txt")
		}
		r.day = day
	}
	r.day = time.Date(r.day.Year(), r.day.Month(), r.day.Day(), 0, 0, 0, 0, time.UTC)
	first := uint64(1)
	if _, rest, found := bytes.Cut(page, itemsBegin); found {
		first += uint64(bytes.Count(page[:len(page)-len(rest)], newline))
		page = rest
	}
	if before, _, found := bytes.Cut(page, itemsEnd); found {
		page = before
	}
	r.cleaner = newCleaner(page, first)
	return nil
}

// item goes to the next bullet that is a document.
func (r *Reader) item() (line, bool) {
	for {
		l, found := r.next()
		if !found {
			return line{}, false
		}
		if l.kind == heading {
			r.label = LabelOf(l.text)
			continue
		}
		if l.text == "" && !l.cited {
			continue // nothing but the bullet
		}
		r.ahead, r.waiting = r.next()
		parent := r.waiting && r.ahead.kind == bullet && r.ahead.depth > l.depth
		if l.cited || !parent && !l.linksOnly {
			return l, true
		}
	}
}

// next returns the next bullet or heading of the portal.
func (r *Reader) next() (line, bool) {
	if r.waiting {
		r.waiting = false
		return r.ahead, true
	}
	for {
		l, found := r.cleaner.next()
		if !found {
			return l, false
		}
		if _, named := labels[strings.ToLower(l.text)]; named && !l.cited && l.depth < 2 {
			l.kind = heading // however it is written
		}
		if l.kind == bullet || l.kind == heading && l.text != "" {
			return l, true
		}
	}
}
