package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"tidings"
)

// documents is what the packages of this one's formats read: documents, each
// with its line. An error that is no *tidings.DocumentError is the end.
type documents interface {
	Next() (d tidings.Document, line uint64, err error)
	Raw() []byte // the head of what Next returned
}

// documentRecords makes records of documents.
type documentRecords struct {
	from    documents
	classes []string
	ordinal uint64
}

func (d *documentRecords) next() (record, error) {
	document, line, err := d.from.Next()
	if bad := (*tidings.DocumentError)(nil); err != nil && !errors.As(err, &bad) {
		return record{}, err
	}
	if err == nil {
		document.Label, err = className(d.classes, document.Label)
	}
	if err == nil {
		err = document.Check()
	}
	d.ordinal++
	rec := record{ordinal: d.ordinal, line: max(line, 1), form: parsed, document: document}
	if err != nil {
		rec.data = d.from.Raw()
		return rec.refused(err), nil
	}
	return rec, nil
}

// wholeBytesMax bounds a file that is one document; its text is bounded below.
const wholeBytesMax = 2 * tidings.TextBytesMax

// wholeFileDocument reads all of a file as one document.
type wholeFileDocument struct {
	from    io.Reader
	parse   func(content []byte) (tidings.Document, error)
	content *bytes.Buffer
	read    bool
}

func (w *wholeFileDocument) Next() (tidings.Document, uint64, error) {
	if w.read {
		return tidings.Document{}, 0, io.EOF
	}
	w.read = true
	w.content.Reset()
	if _, err := w.content.ReadFrom(io.LimitReader(w.from, wholeBytesMax+1)); err != nil {
		return tidings.Document{}, 0, err
	}
	if w.content.Len() > wholeBytesMax {
		return tidings.Document{}, 1, tidings.Refuse(tidings.ReasonTextTooLong, fmt.Sprintf("the file has more than %d MiB, and is to be one document", wholeBytesMax>>20))
	}
	d, err := w.parse(w.content.Bytes())
	return d, 1, err
}

func (w *wholeFileDocument) Raw() []byte {
	return w.content.Bytes()[:min(w.content.Len(), RawBytesMax)]
}

// titleRunesMax is how long a first line may be that is a title.
const titleRunesMax = 120

// textDocument makes a document of plain text. Its first line is the title if
// it is short and a blank line follows; else all is text, and nothing is title.
func textDocument(p place, content []byte) (tidings.Document, error) {
	d := tidings.Document{ID: p.id, Label: p.label, Text: string(bytes.TrimSpace(content))}
	d.Text = strings.ReplaceAll(d.Text, "\r\n", "\n")
	first, rest, more := strings.Cut(d.Text, "\n")
	if blank, _, _ := strings.Cut(rest, "\n"); more && strings.TrimSpace(blank) == "" && utf8.RuneCountInString(first) <= titleRunesMax {
		d.Title, d.Text = strings.TrimSpace(first), strings.TrimSpace(rest)
	}
	return d, nil
}
