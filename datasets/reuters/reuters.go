// Package reuters reads the Reuters-21578 collection as it is distributed:
// files of SGML, reut2-000.sgm to reut2-021.sgm (Lewis 1997).
//
// The one rule to keep: an error that is a *tidings.DocumentError concerns one
// record and the next one may be read; any other error is the end. Memory does
// not grow with the file.
//
// A Reader owns a buffer and nothing else; what it reads from stays with the
// caller. It is not safe for concurrent use.
package reuters

import (
	"bytes"
	"fmt"
	"io"

	"tidings"
)

// Limits of one record.
const (
	RecordBytesMax = 2 << 20 // a longer record is bad; the collection's longest has 15 KB
	RawBytesMax    = 256     // what Raw returns of a record
)

const (
	bufferBytesMin = 64 << 10
	emptyReadsMax  = 100 // reads in a row that give nothing and no error
)

var (
	opening = []byte("<REUTERS")
	closing = []byte("</REUTERS>")
	doctype = []byte("<!DOCTYPE lewis")
)

// Looks tells from the beginning of a file whether it is one of the
// collection: it begins with the collection's document type or with a record.
func Looks(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if bytes.HasPrefix(head, doctype) {
		return true
	}
	rest, found := bytes.CutPrefix(head, opening)
	return found && len(rest) > 0 && (isSpace(rest[0]) || rest[0] == '>')
}

// Reader reads the records of one file, or of several one after another.
type Reader struct {
	r   io.Reader
	err error // what the underlying reader ended with

	buffer []byte
	at     int    // in buffer: what stands before it has been delivered
	line   uint64 // of buffer[at], from 1

	raw  []byte
	text []byte // scratch space
}

// NewReader returns a reader of the records in r. It does not close r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: r, line: 1, raw: make([]byte, 0, RawBytesMax)}
}

// Raw returns the beginning of what the last call of Next was about, at most
// RawBytesMax of it. It is valid until Next is called again.
func (r *Reader) Raw() []byte { return r.raw }

// Next returns the next record and the line that it begins in, from 1.
//
// The document's id is "reut-" and the record's NEWID; its label the first
// topic, and Labels all topics when there are several. The text is the body,
// or what the TEXT element holds beside title, author and dateline when there
// is no body, without the signature "Reuter" in the end and without control
// characters. Bytes that are not UTF-8 are taken as Latin-1. DATE is taken as
// UTC, to the millisecond.
//
// The error is a *tidings.DocumentError when the record is bad (it has no
// NEWID, no text, no date that can be read, no end, or is above
// RecordBytesMax), and for what stands between records and is none. It is
// io.EOF after the last one, and what the underlying reader said otherwise.
func (r *Reader) Next() (d tidings.Document, line uint64, err error) {
	r.raw = r.raw[:0]
	if line, err = r.begin(); err != nil {
		return d, line, err
	}
	line = r.line
	record, closed, err := r.record()
	if err != nil {
		return d, line, err
	}
	d, err = r.parse(record, closed)
	r.forward(len(record))
	if err == nil {
		err = d.Check()
	}
	if err != nil {
		return tidings.Document{}, line, err
	}
	return d, line, nil
}

// begin goes to the next record. What it passes on the way is bad when it is
// more than blank space and a declaration.
func (r *Reader) begin() (line uint64, err error) {
	var g gap
	for {
		rest := r.buffer[r.at:]
		i := bytes.Index(rest, opening)
		passed := i
		if i < 0 {
			passed = max(0, len(rest)-len(opening)+1)
			if r.err != nil {
				passed = len(rest)
			}
		}
		r.raw = g.pass(rest[:passed], r.line, r.raw)
		r.forward(passed)
		switch found := i >= 0; {
		case (found || r.err != nil) && g.bytes > 0:
			return g.line, tidings.Refuse(tidings.ReasonRow, fmt.Sprintf("%d bytes between the records belong to none: no <REUTERS ...> begins there", g.bytes))
		case found:
			return r.line, nil
		case r.err != nil:
			return r.line, r.err
		}
		r.fill()
	}
}

var newline = []byte("\n")

// gap is what stands between two records.
type gap struct {
	bytes       uint64 // that should not be there, without blank space before them
	line        uint64 // of the first of them
	declaration bool   // within <!DOCTYPE ...> or <?xml ...?>, up to the end of its line at most
	last        byte
}

// pass looks at the next part of the gap, which begins in a line, and adds
// the beginning of what should not be there to raw.
func (g *gap) pass(part []byte, line uint64, raw []byte) []byte {
	for i, c := range part {
		if g.bytes > 1 {
			g.bytes += uint64(len(part) - i)
			return append(raw, part[i:][:min(len(part)-i, RawBytesMax-len(raw))]...)
		}
		switch {
		case g.declaration:
			g.declaration = c != '>' && c != '\n'
		case g.bytes == 1 && g.last == '<' && (c == '!' || c == '?'):
			g.bytes, g.declaration, raw = 0, true, raw[:0]
		case g.bytes == 1:
			g.bytes++
		case isSpace(c) || c == 0x1a || c == 0xef || c == 0xbb || c == 0xbf: // the mark of UTF-8, and of the end in old systems
		default:
			g.bytes, g.line = 1, line
		}
		if g.bytes > 0 && len(raw) < RawBytesMax {
			raw = append(raw, c)
		}
		if c == '\n' {
			line++
		}
		g.last = c
	}
	return raw
}

// record returns the record that begins at r.at, and whether its end tag is
// there; it ends at the latest before the next one.
func (r *Reader) record() (record []byte, closed bool, err error) {
	searched := len(opening)
	for {
		rest := r.buffer[r.at:]
		if end, closed := recordEnd(rest, searched); end >= 0 {
			r.keep(rest[:end])
			return rest[:end], closed, nil
		}
		if r.err == io.EOF {
			r.keep(rest)
			return rest, false, nil
		}
		if r.err != nil {
			return nil, false, r.err
		}
		if len(rest) > RecordBytesMax {
			return nil, false, r.skip(rest)
		}
		searched = max(searched, len(rest)-len(closing)+1)
		r.fill()
	}
}

// recordEnd finds where a record ends that begins at 0, looking from `from`;
// -1 when not within rest. It stops at the first tag that ends the record.
func recordEnd(rest []byte, from int) (end int, closed bool) {
	for from < len(rest) {
		i := bytes.IndexByte(rest[from:], '<')
		if i < 0 {
			break
		}
		from += i
		switch {
		case bytes.HasPrefix(rest[from:], closing):
			return from + len(closing), true
		case bytes.HasPrefix(rest[from:], opening):
			return from, false
		}
		from++
	}
	return -1, false
}

// skip passes over a record that is too long, a buffer at a time.
func (r *Reader) skip(rest []byte) error {
	r.keep(rest)
	r.forward(len(opening))
	for {
		rest := r.buffer[r.at:]
		end, _ := recordEnd(rest, 0)
		if end >= 0 || r.err != nil {
			if end < 0 {
				end = len(rest)
			}
			r.forward(end)
			return tidings.Refuse(tidings.ReasonTextTooLong, fmt.Sprintf("the record has no end within %d bytes, which is the limit", RecordBytesMax))
		}
		r.forward(max(0, len(rest)-len(closing)+1))
		r.fill()
	}
}

func (r *Reader) keep(b []byte) {
	r.raw = append(r.raw, b[:min(len(b), RawBytesMax-len(r.raw))]...)
}

// forward counts what has been dealt with.
func (r *Reader) forward(n int) {
	r.line += uint64(bytes.Count(r.buffer[r.at:r.at+n], newline))
	r.at += n
}

// fill reads on. It makes room by moving what is left to the front, and by
// growing the buffer when that is full.
func (r *Reader) fill() {
	if r.at > 0 {
		r.buffer = r.buffer[:copy(r.buffer, r.buffer[r.at:])]
		r.at = 0
	}
	if len(r.buffer) == cap(r.buffer) {
		larger := make([]byte, len(r.buffer), max(bufferBytesMin, 2*cap(r.buffer)))
		copy(larger, r.buffer)
		r.buffer = larger
	}
	for range emptyReadsMax {
		n, err := r.r.Read(r.buffer[len(r.buffer):cap(r.buffer)])
		r.buffer = r.buffer[:len(r.buffer)+n]
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}
