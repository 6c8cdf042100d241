package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"tidings"
)

// record is one row as it stands in the file. One of JSON lines is not looked
// at before it is delivered; other formats give the document with it.
type record struct {
	ordinal  uint64 // 1, 2, 3... in the source's order
	file     string // "": the source is one file
	line     uint64 // where it begins, from 1
	form     form
	data     []byte           // its line or, of a bad one, its head; valid until the next record is read
	document tidings.Document // of a parsed one
	bad      string           // why it is bad
	reason   tidings.Reason   // "": ReasonRow
}

// form says what stands where in a record.
type form byte

const (
	asWritten form = iota // data is a line of JSON
	parsed                // document is the document
	canonical             // data is the document as jsonl writes it
	wholeFile             // bad tells of a file, or of the rest of one
)

// refused makes a record of a document that has something wrong with it.
func (rec record) refused(err error) record {
	rec.form, rec.document, rec.bad = asWritten, tidings.Document{}, err.Error()
	if refused := (*tidings.DocumentError)(nil); errors.As(err, &refused) {
		rec.reason = refused.Reason
	}
	return rec
}

// records cuts a source into rows. The error is io.EOF at the end, or says
// what is lost.
type records interface {
	next() (record, error)
}

// lines reads lines in bounded memory.
type lines struct {
	r    *bufio.Reader
	buf  []byte // a line longer than the reader's buffer
	read uint64 // lines read so far
}

// next returns the next line with its newline, valid until the next call. Of a
// line above the limit it returns the head and tooLong. A line that an error
// cut off is not returned: it is not known to be whole.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	line, err = l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.buf = append(l.buf[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.r.ReadSlice('\n')
			if len(l.buf)+len(line) > LineBytesMax {
				tooLong = true
			} else {
				l.buf = append(l.buf, line...)
			}
		}
		line = l.buf
	}
	if err != nil && (err != io.EOF || len(line) == 0) {
		return nil, false, err
	}
	l.read++
	if tooLong || len(line) > LineBytesMax {
		return line[:min(len(line), RawBytesMax)], true, nil
	}
	return line, false, nil
}

// jsonRecords are the lines that are not blank.
type jsonRecords struct {
	lines   lines
	ordinal uint64
}

func (j *jsonRecords) next() (record, error) {
	for {
		line, tooLong, err := j.lines.next()
		if err != nil {
			return record{}, err
		}
		if len(bytes.TrimSpace(line)) == 0 && !tooLong {
			continue
		}
		j.ordinal++
		rec := record{ordinal: j.ordinal, line: j.lines.read, data: line}
		if tooLong {
			rec.bad = tooLongText
		}
		return rec, nil
	}
}

var tooLongText = fmt.Sprintf("the row is longer than the limit of %d MiB", LineBytesMax>>20)
