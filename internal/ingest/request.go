package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// request is what one client sent at once. Its answers become known one after
// the other; with the last of them done is called, once.
type request struct {
	form    form
	answers []Answer
	open    int // answers that are not known
	done    func([]Answer)
}

// arrival is a document on its way into the log, or a late label, or a reject: a
// refusal that nobody else would hear of.
type arrival struct {
	request *request
	answer  *Answer
	id      uint64 // hashes of its id (of a late label: its key)
	hash    uint64 // and of its line
	late    bool   // a late label
	label   string
	line    []byte
	size    int // of the line as it came
	reject  bool
}

// turn makes a reject of an arrival that is refused.
func (a *arrival) turn() error {
	line, err := json.Marshal(pipeline.Reject{ID: a.answer.ID, Reason: a.answer.Reason, Detail: a.answer.Detail})
	a.line, a.reject = line, true
	return err
}

// form is how a request is read.
type form struct {
	name     string // what an error calls it: "tidings.in", "POST /documents"
	single   bool   // one JSON object, however many lines it takes
	linesMax int
	asks     bool // somebody hears the answers
	late     bool // late labels, not documents
}

// place is what an error calls one line.
func (f form) place(line int) string {
	if line == 0 {
		return f.name
	}
	return fmt.Sprintf("%s line %d", f.name, line)
}

// read makes a request of what a client sent: an answer for each document, of
// which those that cannot enter are known.
func (l *Live) read(data []byte, f form, done func([]Answer)) (*request, []arrival) {
	r := &request{form: f, done: done}
	rows := [][]byte{data}
	if data = bytes.TrimSpace(data); !f.single {
		rows = bytes.Split(data, []byte{'\n'})
	}
	several := len(rows) > 1
	var err error
	if len(rows) > f.linesMax {
		r.answers = []Answer{{}}
		r.answers[0].refuse(pipeline.ReasonMessageTooBig, fmt.Sprintf("%s: %d lines, the limit is %d; nothing of it was taken: send them in parts", f.name, len(rows), f.linesMax))
		return r, l.heard(r, f, nil)
	}
	var decoder jsonl.Decoder
	waiting := make([]arrival, 0, len(rows))
	r.answers = make([]Answer, 0, len(rows))
	for i, row := range rows {
		if several && len(bytes.TrimSpace(row)) == 0 {
			continue
		}
		r.answers = append(r.answers, Answer{})
		answer, line := &r.answers[len(r.answers)-1], 0
		if several {
			line = i + 1
			answer.Line = line
		}
		var a arrival
		if f.late {
			a, answer.ID, err = lateLabel(&decoder, row, f.place(line))
		} else {
			a, answer.ID, err = l.arrival(&decoder, row, f.place(line))
		}
		if err != nil {
			answer.refuse(reasonOf(err), err.Error())
			continue
		}
		a.request, a.answer, a.size = r, answer, len(a.line)
		waiting = append(waiting, a)
	}
	return r, l.heard(r, f, waiting)
}

// arrival reads a document on its way.
func (l *Live) arrival(decoder *jsonl.Decoder, row []byte, where string) (arrival, string, error) {
	document, err := l.document(decoder, row, where)
	if err != nil {
		return arrival{}, knownID(document.ID), err
	}
	text := jsonl.Append(make([]byte, 0, len(row)+16), &document)
	return arrival{id: idHash(document.ID), hash: xxhash.Sum64(text), label: document.Label, line: text}, knownID(document.ID), nil
}

// lateLabel reads a late label on its way. Whether there is such a document only
// the pipeline knows, where the label comes to its turn.
func lateLabel(decoder *jsonl.Decoder, row []byte, where string) (arrival, string, error) {
	label, err := decoder.DecodeLabel(row)
	if err != nil {
		return arrival{}, knownID(label.ID), tidings.Refuse(reasonOf(err), fmt.Sprintf("%s: %v; the label is left out", where, err))
	}
	text := jsonl.AppendLabel(nil, &label)
	return arrival{late: true, id: labelKey(&label, text), hash: xxhash.Sum64(text), line: text}, knownID(label.ID), nil
}

// labelKey is what two late labels share of which the second may be the first
// one sent again: all that they say, where they have a time, else the id, so that
// only the newest label of a document can be one sent again, and one that goes
// back to an older label is news.
func labelKey(l *tidings.LateLabel, line []byte) uint64 {
	if !l.Time.IsZero() {
		return xxhash.Sum64(line)
	}
	return idHash(l.ID)
}

// document reads one; of one that may not enter the error says why.
func (l *Live) document(decoder *jsonl.Decoder, row []byte, where string) (tidings.Document, error) {
	left := func(err error) error {
		return tidings.Refuse(reasonOf(err), fmt.Sprintf("%s: %v; the document is left out", where, err))
	}
	fields, err := decoder.Decode(row)
	if err != nil {
		return tidings.Document{}, left(err)
	}
	if err := fields.Check(); err != nil {
		return tidings.Document{ID: string(fields.ID)}, left(err)
	}
	fields.Source = nil // the subject tells it
	d, err := fields.Document()
	if err != nil {
		return d, left(err)
	}
	if d.Time.After(l.o.Clock.Now().Add(FutureMax)) {
		return d, inTheFuture(where, d.Time)
	}
	return d, nil
}

// heard counts the refusals. Where nobody hears them, they go into the log.
func (l *Live) heard(r *request, f form, waiting []arrival) []arrival {
	for i := range r.answers {
		a := &r.answers[i]
		if a.Status != Refused {
			continue
		}
		l.refused(a.Detail)
		if f.asks {
			continue
		}
		reject := arrival{request: r, answer: a}
		if err := reject.turn(); err == nil {
			reject.size = len(reject.line)
			waiting = append(waiting, reject)
		}
	}
	r.open = len(waiting)
	return waiting
}

// knownID is an id that can be repeated to whoever sent it.
func knownID(id string) string {
	if len(id) > tidings.IDBytesMax {
		return ""
	}
	return id
}

// reasonOf is why a document was refused.
func reasonOf(err error) tidings.Reason {
	var d *tidings.DocumentError
	if errors.As(err, &d) {
		return d.Reason
	}
	return tidings.ReasonRow
}
