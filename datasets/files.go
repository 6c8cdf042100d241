package datasets

import (
	"errors"
	"io"
	"strings"

	"tidings/datasets/archive"
)

// files gives the records of many files, those of a list and the members of
// archives, one file after another. A file that cannot be read is a record
// that says so, and the others follow; only where none follows it ends the
// source, as it does where it is the only one.
type files struct {
	o       Options
	name    string // of the source, for ids that are generated
	tree    *tree
	labels  bool // folders of the file system are labels
	several bool // several were given, and files may have the same way below them
	ahead   []found
	ordinal uint64

	whole   place          // of the file that is read
	close   func() error   // closes it; nil: none is read
	outer   buffers        // of the file
	inner   buffers        // of the archive's member
	packed  *text          // what the archive is read from; nil for zip
	members archive.Reader // nil: it is no archive

	text    *text // what is read now; nil: nothing
	records records
	line    uint64 // of the record delivered last
	wrong   []record
}

func (f *files) next() (record, error) {
	for {
		if len(f.wrong) > 0 {
			rec := f.wrong[0]
			f.wrong = f.wrong[1:]
			f.ordinal++
			rec.ordinal = f.ordinal
			return rec, nil
		}
		if f.text == nil {
			if err := f.advance(); err != nil {
				return record{}, err
			}
			continue
		}
		if f.records == nil {
			var err error
			if f.records, err = f.text.cut(f.o, f.name, f.ordinal); err != nil {
				if err := f.failed(err); err != nil {
					return record{}, err
				}
				continue
			}
		}
		rec, err := f.records.next()
		switch {
		case err == io.EOF:
			f.text, f.records = nil, nil
		case err != nil:
			if err := f.failed(err); err != nil {
				return record{}, err
			}
		default:
			f.ordinal++
			f.line = rec.line
			rec.ordinal, rec.file = f.ordinal, f.text.file
			return rec, nil
		}
	}
}

// begin opens the first file, so that what is wrong with it is told early. If
// there is none, nothing is open.
func (f *files) begin() error {
	for f.text == nil && len(f.wrong) == 0 {
		if err := f.advance(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// rows makes rows of the records.
func (f *files) rows(source *Source, o Options, close func() error) *rows {
	r := &rows{source: source, limit: o.Limit, close: close}
	r.read(f, o)
	return r
}

// advance opens the next file or member, or notes what is wrong with it. The
// error is io.EOF after the last one.
func (f *files) advance() error {
	f.line = 1
	if f.members != nil {
		return f.advanceMember()
	}
	if err := f.closeFile(); err != nil {
		return err
	}
	file, err := f.nextFile()
	if err != nil {
		return err
	}
	id := file.name
	if id == "" || f.several {
		id = file.path
	}
	f.whole = newPlace(strings.ToValidUTF8(file.path, "\ufffd"), archive.Clean(id))
	if file.skip != "" {
		f.wrong = append(f.wrong, wrongFile(f.whole.file, 1, faultOf(f.whole.file, "%s", file.skip)))
		return nil
	}
	opened, err := file.open()
	if err != nil {
		f.wrong = append(f.wrong, wrongFile(f.whole.file, 1, faultOf(f.whole.file, "%s", unreadable(err))))
		return nil
	}
	f.close = opened.Close
	f.whole.among = true
	if f.labels {
		f.whole.label = f.whole.folder
	}
	info, err := opened.Stat()
	if err != nil {
		return f.failedFile(err)
	}
	t, members, err := f.outer.container(f.whole, &input{from: opened, at: opened, regular: true, size: info.Size()})
	if err != nil {
		return f.failedFile(err)
	}
	f.packed, f.members = t, members
	if members != nil {
		return nil
	}
	return f.read(&f.outer, t)
}

// nextFile returns what comes next in the list; nextFile and follows look one
// file ahead.
func (f *files) nextFile() (found, error) {
	if !f.follows() {
		return found{}, io.EOF
	}
	next := f.ahead[0]
	f.ahead = f.ahead[:0]
	return next, nil
}

// follows says whether another file comes.
func (f *files) follows() bool {
	if len(f.ahead) == 0 && f.tree != nil {
		next, err := f.tree.next()
		if err != nil {
			return false
		}
		f.ahead = append(f.ahead, next)
	}
	return len(f.ahead) > 0
}

func (f *files) advanceMember() error {
	m, err := f.members.Next()
	if err == io.EOF {
		f.members = nil
		if f.packed == nil {
			return nil
		}
		// What follows an archive is of no interest, but for its end: that it is there.
		_, err = io.Copy(io.Discard, f.packed.r)
	}
	if err != nil {
		return f.failedFile(err)
	}
	if f.members == nil {
		return nil
	}
	p := f.whole.inside(m.Name, f.tree != nil)
	if companion(p.name) {
		return nil
	}
	if m.Skip != "" {
		f.wrong = append(f.wrong, wrongFile(p.file, 1, faultOf(p.file, "%s", m.Skip)))
		return nil
	}
	t, err := f.inner.open(p, m.Body)
	f.text = &text{place: p}
	if err != nil {
		return f.failed(err)
	}
	if archive.IsZip(t.head) || t.isTar() {
		return f.failed(faultOf(p.file, "is an archive in an archive; unpack the outer one and read the folder"))
	}
	return f.read(&f.inner, t)
}

// read makes a text the one that is read, if it is of a format that is known.
func (f *files) read(b *buffers, t *text) error {
	f.text = t
	if companion(t.name) {
		f.text = nil
		return nil
	}
	b.decode(t)
	if err := t.tell(f.o.Format); err != nil {
		return f.failed(err)
	}
	return nil
}

// failed ends the text that is read. That concerns the whole file unless it is
// a member of an archive that is sound itself.
func (f *files) failed(err error) error {
	t := f.text
	f.text, f.records = nil, nil
	if f.members == nil {
		return f.failedFile(err)
	}
	if cause := f.members.Broken(); cause != nil {
		return f.failedFile(cause)
	}
	f.wrong = append(f.wrong, wrongFile(t.file, f.line, err))
	return nil
}

// failedFile ends the file that is read. What a file was cut off from can come
// back: where that is the last file, the source ends as if it were its only
// one, so that reading goes on there when it is whole. Else the records that
// follow would get other numbers.
func (f *files) failedFile(err error) error {
	told := (*fault)(nil)
	switch {
	case errors.As(err, &told):
	case f.packed != nil && f.members != nil:
		err = broken(f.whole.file, formTar, f.packed.stream.bytes, err)
	case f.members != nil:
		err = broken(f.whole.file, formZip, 0, err)
	default:
		err = &fault{file: f.whole.file, what: ": " + err.Error(), err: err}
	}
	f.members, f.packed = nil, nil
	if closing := f.closeFile(); closing != nil {
		return closing
	}
	if cut := errors.As(err, &told) && told.broken; f.tree == nil || cut && !f.follows() {
		return err
	}
	f.wrong = append(f.wrong, wrongFile(f.whole.file, f.line, err))
	return nil
}

func (f *files) closeFile() error {
	if f.close == nil {
		return nil
	}
	err := f.close()
	f.close = nil
	return err
}

// Close closes the file and the folder that are read.
func (f *files) Close() error {
	err := f.closeFile()
	if f.tree != nil {
		err = errors.Join(err, f.tree.Close())
	}
	return err
}

// wrongFile is the record that stands for a file, or for the rest of it from a
// line on.
func wrongFile(file string, line uint64, err error) record {
	what := err.Error()
	if told := (*fault)(nil); errors.As(err, &told) {
		what = told.what
	}
	return record{file: file, line: max(line, 1), form: wholeFile, bad: strings.TrimLeft(what, " :")}
}
