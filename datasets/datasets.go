// Package datasets reads documents from files, folders, archives and standard
// input: JSON lines, CSV, plain text by folder and the forms of some well-known
// collections, plain or compressed, in the source's order or shuffled.
//
// The one rule to keep: a bad row is a row. It comes with its number and an
// error, the next one may be read, and whoever counts rows counts it too; so is
// a file among others that cannot be read. Only an error of Next itself ends a
// source. Memory does not grow with the source.
//
// A Reader owns the file it opened and the temporary files it made; Close gives
// both back. It is not safe for concurrent use.
package datasets

import (
	"fmt"
	"io"

	"tidings"
)

// Limits of one row and of what is read ahead.
const (
	LineBytesMax       = 8 << 20  // of a row: a line of JSON, a CSV record with its line breaks
	RawBytesMax        = 256      // of a bad row's head, kept for whoever looks into it
	HeadBytesMax       = 64 << 10 // looked at to tell what a file is
	ColumnsMax         = 1024     // of a CSV record
	ZstdWindowBytesMax = 64 << 20 // what a zstd stream may ask to be kept in memory
)

// Row is one row of a source.
type Row struct {
	Number   uint64           // 1, 2, 3... in the order of delivery, good and bad rows alike
	File     string           // as it was given to Open, the way from a folder that was given, "archive:member"
	Line     uint64           // where the row begins in the file, from 1
	Document tidings.Document // Source is left empty
	Err      error            // a *RowError when the row is bad; Document is empty then
	Raw      []byte           // the head of a bad row, at most RawBytesMax
}

// RowError says why one row was left out. The other rows are not concerned.
type RowError struct {
	File  string
	Line  uint64
	Err   error // a *tidings.DocumentError
	Whole bool  // it is no row but a file among others, or all of one from Line on
}

func (e *RowError) Error() string {
	if e.Whole {
		return fmt.Sprintf("%s %v; the other files are read", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v; the row is left out", e.File, e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *RowError) Unwrap() error { return e.Err }

// Reader delivers the rows of a source.
//
// Next returns io.EOF after the last one. Any other error is the end too: the
// rest of the source cannot be read, and the error says what is lost. What
// came before it is good. Next then goes on returning it.
type Reader interface {
	Next() (Row, error)
	Close() error
}

// Options change how a source is read. The zero value reads what is found, in
// the file's order, to its end.
type Options struct {
	// Format is one of Formats; "": told from the content of each file.
	Format string

	// Columns says where a field (id, time, label, title, text; in JSON lines
	// labels too) stands: under which name or, in a CSV, in which column from
	// 1. Fields that are not listed are looked for under their usual names.
	Columns map[string]string

	// Classes are the names of numbered classes: label 1 is called Classes[0].
	// nil: labels are what the file says, except in the layout of AG News.
	Classes []string

	// Shuffle delivers the rows in a random order, each order as likely as any
	// other, the same for the same rows and seed. It writes all of them to
	// temporary files in TempDir before the first one comes. nil: as they stand.
	Shuffle *uint64

	// TempDir is where the temporary files go; "": the system's place for them.
	TempDir string

	// Limit ends the source after so many rows, as if it held no more; with
	// Shuffle they are a random sample. 0: no limit.
	Limit uint64

	// Stdin is what "-" reads.
	Stdin io.Reader
}

// Source is what a source was found to be.
type Source struct {
	// Name stands for the source in the log: letters, digits, "_" and "-". It
	// is made of the file's name and a hash of its first row and of the
	// options that change what its rows are or their order, so that the same
	// file gets the same name again, also when it has grown.
	Name        string
	Path        string // as given to Open, "standard input" for "-"
	Format      string // "jsonl" or "csv"
	Compression string // "", "gzip" or "zstd"

	// Resumable says that reading it again gives the same rows, so that row
	// numbers can be kept as a cursor: true for files, not for pipes.
	Resumable bool
}
