package datasets

import (
	"bytes"
	"errors"
	"io"

	"tidings"
)

// parser makes a document of a record. It tells all that is wrong with it, as
// a *tidings.DocumentError.
type parser interface {
	parse(rec record) (tidings.Document, error)
}

// rows numbers what records and parser give.
type rows struct {
	source  *Source
	records records
	parser  parser
	shuffle *shuffle // also records, when there is one
	close   func() error
	limit   uint64
	number  uint64
	err     error // that ended it
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
	row := Row{Number: r.number, File: r.source.Path, Line: rec.line}
	if rec.bad != "" {
		err = tidings.Refuse(tidings.ReasonRow, rec.bad)
	} else {
		row.Document, err = r.parser.parse(rec)
	}
	if err != nil {
		row.Document = tidings.Document{}
		row.Err = &RowError{File: row.File, Line: row.Line, Err: err}
		row.Raw = bytes.Clone(rec.data[:min(len(rec.data), RawBytesMax)])
	}
	return row, nil
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
