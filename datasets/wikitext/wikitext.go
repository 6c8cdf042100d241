// Package wikitext reads pages of Wikipedia's "Portal:Current events", one day
// each, in the markup in which they are written.
//
// The one rule to keep: an error that is a *tidings.DocumentError concerns one
// item and the next one may be read; any other error is the end of the page.
//
// A Reader owns the page it has read; what it reads from stays with the
// caller. It is not safe for concurrent use.
package wikitext

import (
	"io"
	"time"

	"tidings"
)

// Looks tells from the beginning of a file whether it is a day page.
func Looks(head []byte) bool { return false }

// Reader reads the items of one page.
type Reader struct{ r io.Reader }

// NewReader returns a reader of the items of the page in r, which tells of the
// day. The zero time: the day that the page itself names.
func NewReader(r io.Reader, day time.Time) *Reader { return &Reader{r: r} }

// Next returns the next item and its line, from 1. The error is a
// *tidings.DocumentError when the item is bad, io.EOF after the last one, and
// otherwise says why the page cannot be read.
func (r *Reader) Next() (d tidings.Document, line uint64, err error) { return d, 0, io.EOF }

// Topic returns the event that the item returned last stands under, the
// outermost first, separated by " > "; "" when it stands under none. It is
// for reference: a classifier must never be shown it.
func (r *Reader) Topic() string { return "" }

// Raw returns the beginning of the item that Next returned last, at most
// RawBytesMax of it.
func (r *Reader) Raw() []byte { return nil }

// RawBytesMax bounds what Raw returns.
const RawBytesMax = 256
