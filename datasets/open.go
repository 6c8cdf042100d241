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
)

// Open opens a source: the path of a file, or "-" for standard input. The error
// says what was found instead of rows, and what to do about it. The caller
// closes the Reader.
func Open(spec string, o Options) (*Source, Reader, error) {
	if err := o.check(); err != nil {
		return nil, nil, err
	}
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

// OpenAll opens several files, one after another, as one source.
func OpenAll(specs []string, o Options) (*Source, Reader, error) {
	if len(specs) != 1 {
		return nil, nil, errors.New("several files are not one source yet; give one")
	}
	return Open(specs[0], o)
}

// check reports all that is wrong with the options at once.
func (o *Options) check() error {
	var errs []error
	if !slices.Contains([]string{"", formatJSONL, formatCSV}, o.Format) {
		errs = append(errs, fmt.Errorf("format %q is not known; the formats are %s and %s", o.Format, formatCSV, formatJSONL))
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
		return nil, fmt.Errorf("%s: there is no such file%s", spec, nearNames(spec))
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", spec, errors.Unwrap(err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; give one of the files in it%s", spec, someNames(spec))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &input{path: spec, base: baseName(spec), regular: info.Mode().IsRegular(), size: info.Size(), from: f, close: f.Close}, nil
}

// rows tells what the input holds and puts the readers together: bytes,
// uncompressed, cut into records, shuffled, parsed.
func (in *input) rows(o Options) (*Source, Reader, error) {
	raw := bufio.NewReaderSize(in.from, HeadBytesMax)
	plain, compression, err := decompress(in.path, raw)
	if err != nil {
		return nil, nil, err
	}
	text := &stream{r: plain, file: in.path, compression: compression}
	br := bufio.NewReaderSize(text, 2*HeadBytesMax)
	head := peekHead(br, in.regular)
	source := &Source{Path: in.path, Compression: compression, Resumable: in.regular}
	if err := refuseForeign(in.path, head); err != nil {
		return nil, nil, err
	}
	if len(head) == 0 && text.err == io.EOF && compression == "" && compressedName(in.path) {
		return nil, nil, fmt.Errorf("%s is empty, not even a compressed file without rows; fetch or write it again", in.path)
	}
	if source.Format, err = formatOf(in.path, head, o.Format); err != nil {
		if text.err != nil && text.err != io.EOF {
			err = text.err // what was found is cut off before it could be told
		}
		return nil, nil, err
	}
	source.Name = in.base + "-" + in.fingerprint(head, source.Format, o)
	if bytes.HasPrefix(head, bom) {
		_, _ = br.Discard(len(bom)) // they were peeked at
	}

	r := &rows{source: source, limit: o.Limit, close: in.Close}
	if source.Format == formatJSONL {
		r.records, r.parser = &jsonRecords{lines: lines{r: br}}, newJSONParser(o)
	} else if r.records, r.parser, err = openCSV(source, br, head, o); err != nil {
		return nil, nil, err
	}
	if o.Shuffle != nil {
		r.shuffle = newShuffle(r.records, *o.Shuffle, o.TempDir, in.path)
		r.records = r.shuffle
	}
	return source, r, nil
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
// Of the content that is the first row, with a CSV's header: a file that grows,
// or that was cut off and is repaired, is the same source and goes on.
func (in *input) fingerprint(head []byte, format string, o Options) string {
	lines := 1
	if format == formatCSV && in.regular {
		lines = 2
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %s", firstLines(head, lines), format)
	if o.Shuffle != nil { // the order of a shuffled file depends on all of it
		fmt.Fprintf(h, " shuffle %d %d", *o.Shuffle, in.size)
	}
	for _, field := range sortedKeys(o.Columns) {
		fmt.Fprintf(h, " %q=%q", field, o.Columns[field])
	}
	fmt.Fprintf(h, " %q", o.Classes)
	return fmt.Sprintf("%x", h.Sum(nil)[:4])
}

// firstLines is so many lines of head that are not blank, or what there is.
func firstLines(head []byte, lines int) []byte {
	head = bytes.TrimSpace(head)
	for i, b := range head {
		if b != '\n' {
			continue
		}
		if lines--; lines == 0 {
			return bytes.TrimSpace(head[:i])
		}
	}
	return head
}

// baseName makes a name for the log of a file's name.
func baseName(path string) string {
	const most = 48
	base := filepath.Base(path)
	for _, suffixes := range [][]string{{".gz", ".zst", ".zstd"}, {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"}} {
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
