// Package reuters reads the Reuters-21578 collection as it is distributed:
// files of SGML, reut2-000.sgm to reut2-021.sgm.
//
// The one rule to keep: an error that is a *tidings.DocumentError concerns one
// record and the next one may be read; any other error is the end. Memory does
// not grow with the file.
//
// A Reader owns a buffer and nothing else; what it reads from stays with the
// caller. It is not safe for concurrent use.
package reuters

import (
	"io"

	"tidings"
)

// Looks tells from the beginning of a file whether it is one of the collection.
func Looks(head []byte) bool { return false }

// Reader reads the records of one file after another.
type Reader struct{ r io.Reader }

// NewReader returns a reader of the records in r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Next returns the next record and the line that it begins in, from 1. The
// error is a *tidings.DocumentError when the record is bad, io.EOF after the
// last one, and what the underlying reader said otherwise.
func (r *Reader) Next() (d tidings.Document, line uint64, err error) { return d, 0, io.EOF }

// Raw returns the beginning of the record that Next returned last, at most
// RawBytesMax of it. It is valid until Next is called again.
func (r *Reader) Raw() []byte { return nil }

// RawBytesMax bounds what Raw returns.
const RawBytesMax = 256
