package datasets

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tidings/datasets/archive"
	"tidings/internal/near"
)

// Open opens a source: the path of a file, an archive or a folder, a pattern of
// them, or "-" for standard input. The error says what was found instead of
// rows, and what to do about it. The caller closes the Reader.
func Open(spec string, o Options) (*Source, Reader, error) { return OpenAll([]string{spec}, o) }

// OpenAll opens files, archives and folders as one source, whose rows come one
// file after another: the files in the order given, those of a folder or a
// pattern in the order of their names. The same list is the same source. When
// a file comes, goes or changes its size it is another one, which is read from
// its beginning; only the last file may grow.
func OpenAll(specs []string, o Options) (*Source, Reader, error) {
	if err := o.Check(); err != nil {
		return nil, nil, err
	}
	if len(specs) == 1 && specs[0] == "-" {
		return openOne(specs[0], o)
	}
	if slices.Contains(specs, "-") {
		return nil, nil, errors.New("standard input is a source alone; leave out the files, or - for it")
	}
	specs, err := expand(specs)
	if err != nil {
		return nil, nil, err
	}
	if len(specs) == 1 {
		if info, err := os.Stat(specs[0]); err != nil || !info.IsDir() {
			return openOne(specs[0], o)
		}
	}
	return openList(specs, o)
}

// openOne opens one file or standard input.
func openOne(spec string, o Options) (*Source, Reader, error) {
	in, err := openInput(spec, o)
	if err != nil {
		return nil, nil, err
	}
	source, r, err := in.rows(o)
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	return source, r, nil
}

// openList opens several files, or those of folders.
func openList(specs []string, o Options) (*Source, Reader, error) {
	if len(specs) == 0 {
		return nil, nil, errors.New("no file is named")
	}
	whole, err := look(specs, o.Shuffle != nil)
	if err != nil {
		return nil, nil, err
	}
	if whole.files == 0 {
		return nil, nil, whole.none(specs)
	}
	path := specs[0]
	if len(specs) > 1 {
		path = fmt.Sprintf("%s and %d more", path, len(specs)-1)
	}
	source := &Source{Path: path, Resumable: true}
	f := &files{o: o, tree: &tree{specs: specs}, labels: whole.folders, several: len(specs) > 1}
	base := specs[0]
	if absolute, err := filepath.Abs(base); err == nil {
		base = absolute
	}
	source.Name = baseName(base) + "-" + fingerprint(string(whole.sum), "", o.Format, 0, o)
	if err := f.begin(); err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return source, f.rows(source, o, f.Close), nil
}

// Check reports all that is wrong with the options at once.
func (o *Options) Check() error {
	var errs []error
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		errs = append(errs, fmt.Errorf("--format %q is not known; %sthe formats are %s", o.Format, near.Question(o.Format, Formats()), strings.Join(Formats(), ", ")))
	}
	for _, field := range sortedKeys(o.Columns) {
		if !slices.Contains(fields, field) {
			errs = append(errs, fmt.Errorf("columns: no field is called %q; the fields are %s", field, strings.Join(fields, ", ")))
		} else if o.Columns[field] == "" {
			errs = append(errs, fmt.Errorf("columns: no column is given for the field %q", field))
		}
	}
	return errors.Join(errs...)
}

// fields are those of a document that a source can hold.
var fields = []string{"id", "time", "label", "labels", "title", "text"}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// input is an opened file or standard input.
type input struct {
	path    string
	base    string // what Source.Name begins with
	regular bool   // a file: it ends, and reads the same again
	size    int64  // of a regular file
	from    io.Reader
	at      io.ReaderAt // of a regular file, else nil
	close   func() error
}

// Close closes the file; standard input stays open.
func (in *input) Close() error { return in.close() }

func openInput(spec string, o Options) (*input, error) {
	if spec == "-" {
		if o.Stdin == nil {
			return nil, errors.New("standard input was asked for, and there is none")
		}
		return &input{path: "standard input", base: "stdin", from: o.Stdin, close: func() error { return nil }}, nil
	}
	f, err := os.Open(spec)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(spec)
	}
	if err != nil {
		return nil, faultOf(spec, "%s", unreadable(err))
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, faultOf(spec, "%s", unreadable(err))
	}
	in := &input{path: spec, base: baseName(spec), regular: info.Mode().IsRegular(), size: info.Size(), from: f, close: f.Close}
	if in.regular {
		in.at = f
	}
	return in, nil
}

// place is where the input's text stands.
func (in *input) place() place {
	if !in.regular {
		return place{file: in.path, name: in.base, id: in.base, waiting: true}
	}
	return newPlace(in.path, archive.Clean(filepath.Base(in.path)))
}

// rows tells what the input holds and puts the readers together: bytes,
// uncompressed, cut into records, shuffled, parsed.
func (in *input) rows(o Options) (*Source, Reader, error) {
	f := &files{o: o, whole: in.place(), close: in.Close}
	t, members, err := f.outer.container(f.whole, in)
	if err != nil {
		return nil, nil, err
	}
	source := &Source{Path: in.path, Resumable: in.regular}
	if t != nil {
		source.Compression = t.compression
	}
	if members != nil {
		f.packed, f.members = t, members
		return in.archived(source, f, o)
	}
	f.outer.decode(t)
	if err := t.tell(o.Format); err != nil {
		return nil, nil, err
	}
	lines := 1
	if t.format == FormatCSV && in.regular {
		lines = 2
	}
	source.Format = t.format
	source.Name = in.base + "-" + fingerprint("", firstLines(t.head, lines), t.format, in.size, o)
	records, err := t.cut(o, source.Name, 0)
	if err != nil {
		return nil, nil, err
	}
	r := &rows{source: source, limit: o.Limit, close: in.Close}
	r.read(records, o)
	return source, r, nil
}

// archived makes a source of an archive. It is named after its first member.
func (in *input) archived(source *Source, f *files, o Options) (*Source, Reader, error) {
	if err := f.begin(); err != nil {
		return nil, nil, err
	}
	first, head := "", ""
	switch {
	case f.text != nil:
		source.Format = f.text.format
		first, head = f.text.id, firstLines(f.text.head, 1)
	case len(f.wrong) > 0:
		first = f.wrong[0].file
	default:
		return nil, nil, faultOf(in.path, "is an archive that holds no files; hidden ones are not looked at")
	}
	source.Name = in.base + "-" + fingerprint(first, head, o.Format, in.size, o)
	return source, f.rows(source, o, f.Close), nil
}

// peekHead looks at what stands at the beginning. Of a pipe it waits for the
// first line that is not blank and no longer: the second may be hours away.
func peekHead(br *bufio.Reader, regular bool) []byte {
	if regular {
		head, _ := br.Peek(HeadBytesMax) // an error comes again when it is read
		return head
	}
	for {
		head, err := br.Peek(min(br.Buffered()+1, HeadBytesMax))
		if err == nil {
			head, _ = br.Peek(min(br.Buffered(), HeadBytesMax))
		}
		start := bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
		if end := bytes.IndexByte(start, '\n'); end >= 0 || err != nil || len(head) == HeadBytesMax {
			return head
		}
	}
}

// fingerprint hashes what makes rows what they are and their order what it is.
// Of the content of a file that is the first row, with a CSV's header: a file
// that grows, or that was cut off and is repaired, is the same source and goes
// on. Of an archive it is the name and the first line of its first member, of
// a list of files their names and sizes.
func fingerprint(list, head, format string, size int64, o Options) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %s", head, format)
	if list != "" {
		fmt.Fprintf(h, " list %q", list)
	}
	if o.Shuffle != nil { // the order of a shuffled file depends on all of it
		fmt.Fprintf(h, " shuffle %d %d", *o.Shuffle, size)
	}
	for _, field := range sortedKeys(o.Columns) {
		fmt.Fprintf(h, " %q=%q", field, o.Columns[field])
	}
	fmt.Fprintf(h, " %q", o.Classes)
	return fmt.Sprintf("%x", h.Sum(nil)[:4])
}

// firstLines is so many lines of head that are not blank, or what there is.
func firstLines(head []byte, lines int) string {
	head = bytes.TrimSpace(head)
	for i, b := range head {
		if b != '\n' {
			continue
		}
		if lines--; lines == 0 {
			return string(bytes.TrimSpace(head[:i]))
		}
	}
	return string(head)
}

// baseName makes a name for the log of a file's name.
func baseName(path string) string {
	const most = 48
	base := filepath.Base(path)
	for _, suffixes := range [][]string{{".gz", ".zst", ".zstd", ".tgz", ".zip"}, {".tar", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"}} {
		for _, suffix := range suffixes {
			if len(base) > len(suffix) && strings.EqualFold(base[len(base)-len(suffix):], suffix) {
				base = base[:len(base)-len(suffix)]
				break
			}
		}
	}
	base = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_':
			return r
		}
		return '-'
	}, base)
	return cmp.Or(strings.Trim(base[:min(len(base), most)], "-"), "file")
}
