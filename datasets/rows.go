package datasets

import (
	"bytes"
	"cmp"
	"errors"
	"io"

	"tidings"
	"tidings/internal/jsonl"
)

// rows numbers what the records say.
type rows struct {
	source  *Source
	records records
	parser  *jsonParser   // of lines as they are written
	plain   jsonl.Decoder // of lines that this package has written
	shuffle *shuffle      // also records, when there is one
	close   func() error
	limit   uint64
	number  uint64
	err     error // that ended it
}

// read makes the records those that are read, in the order asked for.
func (r *rows) read(from records, o Options) {
	r.records, r.parser = from, newJSONParser(o)
	if o.Shuffle != nil {
		r.shuffle = newShuffle(from, *o.Shuffle, o.TempDir, r.source.Path)
		r.records = r.shuffle
	}
}

func (r *rows) Next() (Row, error) {
	if r.err == nil && r.limit > 0 && r.number == r.limit {
		r.err = io.EOF
	}
	if r.err != nil {
		return Row{}, r.err
	}
	rec, err := r.records.next()
	if err != nil {
		r.err = err
		return Row{}, err
	}
	r.number++
	row := Row{Number: r.number, File: cmp.Or(rec.file, r.source.Path), Line: rec.line}
	if row.Document, err = r.document(rec); err != nil {
		row.Document = tidings.Document{}
		row.Err = &RowError{File: row.File, Line: row.Line, Err: err, Whole: rec.form == wholeFile}
		row.Raw = bytes.Clone(rec.data[:min(len(rec.data), RawBytesMax)])
	}
	return row, nil
}

// document is what the record says, or why it says nothing.
func (r *rows) document(rec record) (tidings.Document, error) {
	switch {
	case rec.bad != "":
		return tidings.Document{}, tidings.Refuse(cmp.Or(rec.reason, tidings.ReasonRow), rec.bad)
	case rec.form == parsed:
		return rec.document, nil
	case rec.form == canonical:
		f, err := r.plain.Decode(rec.data)
		if err != nil {
			return tidings.Document{}, err
		}
		return f.Document()
	}
	return r.parser.parse(rec)
}

var errClosed = errors.New("the source is closed")

func (r *rows) Close() error {
	if errors.Is(r.err, errClosed) {
		return nil
	}
	r.err = errClosed
	var err error
	if r.shuffle != nil {
		err = r.shuffle.Close()
	}
	return errors.Join(err, r.close())
}
