package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// openCSV reads as many records as it takes to know the columns, and puts them
// back, but for a header. name and base are for ids that are generated.
func openCSV(t *text, o Options, name string, base uint64) (records, error) {
	first, _, _ := bytes.Cut(bytes.TrimLeft(t.head, " \t\r\n"), []byte("\n"))
	delimiter, _ := delimiterOf(first)
	c := &csvRecords{lines: lines{r: t.r}, delimiter: delimiter}
	p := &csvParser{delimiter: delimiter, name: name, base: base}
	const tries = 10 // a broken first row must not end a file without a header
	var waiting []record
	for range tries {
		rec, err := c.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		rec.data = bytes.Clone(rec.data)
		if rec.bad == "" {
			if p.fields, p.buf, err = csvFields(nil, nil, rec.data, delimiter); err != nil {
				rec.bad = err.Error()
			}
		}
		if rec.bad != "" {
			waiting = append(waiting, rec)
			continue
		}
		l, header, err := newLayout(p.fields, o)
		if err != nil {
			return nil, &fault{file: t.file, what: ": " + err.Error(), err: err}
		}
		if !header {
			waiting = append(waiting, rec)
		} else {
			c.ordinal-- // a header is no row
		}
		c.waiting, p.layout = waiting, l
		return &csvDocuments{c, p}, nil
	}
	if len(waiting) > 0 {
		return nil, &fault{file: t.file, what: fmt.Sprintf(":%d: %s; none of the first rows can be read, so the columns are not known", waiting[0].line, waiting[0].bad)}
	}
	return c, nil // no rows at all
}

// csvDocuments makes documents of the records at once: what their columns mean
// differs from file to file.
type csvDocuments struct {
	records *csvRecords
	parser  *csvParser
}

func (c *csvDocuments) next() (record, error) {
	rec, err := c.records.next()
	if err != nil || rec.bad != "" {
		return rec, err
	}
	if rec.document, err = c.parser.parse(rec); err != nil {
		return rec.refused(err), nil
	}
	rec.form = parsed
	return rec, nil
}

// csvRecords cuts CSV (RFC 4180) into records. It holds at most one record's
// lines. encoding/csv is not used because there a quote that is never closed
// takes the rest of the file with it: here such a row is bad, and reading goes
// on with the line below the one where it began.
type csvRecords struct {
	lines     lines
	delimiter byte
	ordinal   uint64
	waiting   []record // read ahead by openCSV

	buf      []byte // lines of the record, and after a bad one lines to be cut again
	pos      int    // of the first line in buf not yet delivered
	line     uint64 // its number
	overlong []byte // the head of a line above the limit that stands behind buf
}

func (c *csvRecords) next() (record, error) {
	if len(c.waiting) > 0 {
		rec := c.waiting[0]
		c.waiting = c.waiting[1:]
		return rec, nil
	}
	for {
		rec, blank, err := c.cut()
		if err != nil {
			return record{}, err
		}
		if !blank {
			c.ordinal++
			rec.ordinal = c.ordinal
			return rec, nil
		}
	}
}

// cut delivers the record that begins at pos.
func (c *csvRecords) cut() (rec record, blank bool, err error) {
	if c.pos > len(c.buf)/2 { // what is delivered gives its room to what comes
		c.buf, c.pos = append(c.buf[:0], c.buf[c.pos:]...), 0
	}
	end, err := c.more(c.pos)
	if errors.Is(err, errOverlong) {
		rec = record{line: c.line, data: c.overlong, bad: tooLongText}
		c.overlong = nil
		c.line++
		return rec, false, nil
	}
	if err != nil {
		return record{}, false, err
	}
	start, firstEnd := c.pos, end
	open, bad := scanCSV(c.buf[start:end], c.delimiter, false)
	for open && bad == nil {
		if end-start > LineBytesMax {
			bad = errors.New(tooLongText)
			break
		}
		next, err := c.more(end)
		if err != nil {
			if err != io.EOF && !errors.Is(err, errOverlong) {
				return record{}, false, err
			}
			bad = errors.New("a quote that opens here is not closed")
			break
		}
		open, bad = scanCSV(c.buf[end:next], c.delimiter, true)
		end = next
	}
	rec = record{line: c.line, data: c.buf[start:end]}
	if bad != nil {
		end = firstEnd
		rec = record{line: c.line, data: c.buf[start:end], bad: bad.Error()}
	}
	c.line += uint64(max(1, bytes.Count(c.buf[start:end], []byte("\n"))))
	c.pos = end
	return rec, ended(c.buf[start:end]), nil
}

var errOverlong = errors.New("a line above the limit")

// more makes sure that buf holds the whole line that begins at from, and
// returns its end.
func (c *csvRecords) more(from int) (int, error) {
	if from < len(c.buf) {
		if i := bytes.IndexByte(c.buf[from:], '\n'); i >= 0 {
			return from + i + 1, nil
		}
		return len(c.buf), nil // the file's last line
	}
	if c.overlong != nil {
		return 0, errOverlong
	}
	line, tooLong, err := c.lines.next()
	if err != nil {
		return 0, err
	}
	if c.pos == from {
		c.line = c.lines.read
	}
	if tooLong {
		c.overlong = bytes.Clone(line)
		return 0, errOverlong
	}
	c.buf = append(c.buf, line...)
	return len(c.buf), nil
}

// scanCSV looks at one line of a record, from a record's beginning or from
// inside quotes, and tells whether quotes are still open at its end. A quote
// inside a field that did not begin with one is part of the text.
func scanCSV(line []byte, delimiter byte, quoted bool) (open bool, err error) {
	i := 0
	for {
		if !quoted && i < len(line) && line[i] == '"' {
			quoted = true
			i++
		}
		if quoted {
			n := bytes.IndexByte(line[i:], '"')
			if n < 0 {
				return true, nil
			}
			i += n + 1
			if i < len(line) && line[i] == '"' {
				i++
				continue
			}
			quoted = false
			if ended(line[i:]) {
				return false, nil
			}
			if line[i] != delimiter {
				return false, errQuote
			}
			i++
			continue
		}
		n := bytes.IndexByte(line[i:], delimiter)
		if n < 0 {
			return false, nil
		}
		i += n + 1
	}
}

var errQuote = errors.New("text follows a closing quote; a quote inside a quoted field is written twice")

// ended reports whether only the line's end is left.
func ended(rest []byte) bool {
	return len(rest) == 0 || string(rest) == "\n" || string(rest) == "\r\n" || string(rest) == "\r"
}

// csvFields appends the fields of a whole record to dst. They point into data,
// or into buf where something had to be unquoted. A line break inside quotes
// is "\n", whichever it was.
func csvFields(dst [][]byte, buf, data []byte, delimiter byte) ([][]byte, []byte, error) {
	data = bytes.TrimSuffix(data, []byte("\n"))
	data = bytes.TrimSuffix(data, []byte("\r"))
	if cap(buf) < len(data) {
		buf = make([]byte, 0, len(data)) // never longer, so that fields stay where they are
	}
	for {
		if len(dst) == ColumnsMax {
			return dst, buf, fmt.Errorf("the row has more than %d columns", ColumnsMax)
		}
		var field []byte
		var more bool
		var err error
		if len(data) > 0 && data[0] == '"' {
			n := len(buf)
			buf, data, more, err = unquote(buf, data[1:], delimiter)
			field = buf[n:len(buf):len(buf)]
		} else {
			i := bytes.IndexByte(data, delimiter)
			if more = i >= 0; more {
				field, data = data[:i], data[i+1:]
			} else {
				field = data
			}
		}
		if err != nil {
			return dst, buf, err
		}
		dst = append(dst, field)
		if !more {
			return dst, buf, nil
		}
	}
}

// unquote appends a field whose opening quote has been read to buf, and
// returns what follows its delimiter; more says whether there was one.
func unquote(buf, data []byte, delimiter byte) (field, rest []byte, more bool, err error) {
	for {
		i := bytes.IndexByte(data, '"')
		if i < 0 {
			return buf, nil, false, errors.New("a quote is not closed")
		}
		buf = appendLines(buf, data[:i])
		data = data[i+1:]
		switch {
		case len(data) == 0:
			return buf, nil, false, nil
		case data[0] == '"':
			buf = append(buf, '"')
			data = data[1:]
		case data[0] == delimiter:
			return buf, data[1:], true, nil
		default:
			return buf, nil, false, errQuote
		}
	}
}

// appendLines appends text and turns "\r\n" into "\n".
func appendLines(buf, text []byte) []byte {
	for {
		i := bytes.Index(text, []byte("\r\n"))
		if i < 0 {
			return append(buf, text...)
		}
		buf = append(buf, text[:i]...)
		text = text[i+1:]
	}
}
